"""The key ring of the settings: valid values, and secrecy of the keys."""

import base64
import pickle
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from providers import vault
from providers.vault import VaultError
from tests.providers.vault.rows import decrypt, encrypt, key_ring_text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "missing"),
        (" , ", "missing"),
        ("abc", "does not read"),
        ("a b:" + "A" * 44, "does not read"),
        (":" + base64.b64encode(b"secretsecretsecretsecretsecret!!").decode(), "does not read"),
        ("k:not*base64", "not base64"),
        ("k:" + base64.b64encode(b"short-but-secret").decode(), "has 16 bytes"),
        ("k:" + base64.b64encode(bytes(32)).decode(), "repeats a single byte"),
        (f"{key_ring_text('a')},{key_ring_text('a')}", "one key id twice"),
        (f"{key_ring_text('a')},b:{key_ring_text('a')[2:]}", "one key under two ids"),
    ],
)
def test_an_unusable_ring_is_named_by_a_sentence_without_its_value(settings: Any, text: str, part: str) -> None:
    settings.VAULT_KEYS = text
    with pytest.raises(ImproperlyConfigured) as caught:
        vault.current_key_ring()
    assert part in str(caught.value)
    assert vault.configuration_problem() == str(caught.value)
    assert not any(len(word) > 8 and word in str(caught.value) for word in text.replace(":", ",").split(","))


def test_the_first_key_is_current_and_both_alphabets_of_base64_are_read(settings: Any) -> None:
    secret = b"\xff\xfe" * 16
    settings.VAULT_KEYS = f"2026-b:{base64.urlsafe_b64encode(secret).decode()}, {key_ring_text('old')}"
    assert vault.configuration_problem() is None
    assert vault.current_key_ring().current.key_id == b"2026-b"
    settings.VAULT_KEYS = f"2026-b:{base64.b64encode(secret).decode()}"
    ciphertext = encrypt(b"x", table="t", column="c", row=1)
    settings.VAULT_KEYS = f"2026-b:{base64.urlsafe_b64encode(secret).decode()}"
    assert decrypt(ciphertext, table="t", column="c", row=1) == b"x"


def test_keys_show_in_no_repr_and_in_no_pickle() -> None:
    key = vault.current_key_ring().current
    assert repr(key) == "<KeyMaterial>"
    assert repr(vault.current_key_ring()) == "<KeyRing of 1>"
    with pytest.raises(VaultError):
        pickle.dumps(key)
