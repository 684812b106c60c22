"""Entries of encrypted fields on an instance."""

import copy
import pickle

import pytest

from providers.vault.errors import VaultError
from providers.vault.field_values import Ciphertext, FieldValue, keep_encrypted, undecrypted


def test_no_repr_shows_a_value() -> None:
    assert repr(FieldValue(plain="CANARY")) == repr(Ciphertext(b"CANARY")) == "<encrypted>"


def test_only_ciphertexts_are_pickled() -> None:
    with pytest.raises(VaultError):
        pickle.dumps(FieldValue(plain="CANARY"))
    found = pickle.loads(pickle.dumps(FieldValue(ciphertext=b"abc", row="row")))  # noqa: S301
    assert (found.ciphertext, found.row, found.is_decrypted) == (b"abc", "row", False)


def test_a_copy_shares_no_mutable_value() -> None:
    value = FieldValue(plain={"a": []})
    twin = copy.copy(value)
    twin.plain["a"].append(1)
    assert value.plain == {"a": []}


def test_values_stay_encrypted_inside_the_context_only() -> None:
    with keep_encrypted():
        assert undecrypted.get()
    assert not undecrypted.get()
