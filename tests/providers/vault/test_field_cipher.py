"""A value is decrypted in its own place, with its own key and unchanged, or not at all."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import vault
from providers.vault import DataKey, VaultError
from tests.providers.vault.rows import decrypt, encrypt

PLACES = st.tuples(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))


@given(plain=st.binary(max_size=200), here=PLACES, there=PLACES)
def test_a_value_is_decrypted_in_its_own_place_only(
    plain: bytes, here: tuple[str, ...], there: tuple[str, ...]
) -> None:
    place: dict[str, Any] = dict(zip(("table", "column", "row"), here, strict=True))
    ciphertext = encrypt(plain, **place)
    assert decrypt(ciphertext, **place) == plain
    if here != there:
        other: dict[str, Any] = dict(zip(("table", "column", "row"), there, strict=True))
        with pytest.raises(VaultError):
            decrypt(ciphertext, **other)


@given(text=st.text(min_size=2, max_size=12), cut=st.integers(1, 11))
def test_moving_a_border_between_table_and_column_is_another_place(text: str, cut: int) -> None:
    cut = min(cut, len(text) - 1)
    ciphertext = encrypt(b"x", table=text[:cut], column=text[cut:], row=1)
    with pytest.raises(VaultError):
        decrypt(ciphertext, table=text, column="", row=1)
    with pytest.raises(VaultError):
        decrypt(ciphertext, table=text[:cut], column="", row=f"{text[cut:]}1")


def test_every_changed_bit_region_and_every_cut_is_refused(data_key: DataKey) -> None:
    place: dict[str, Any] = {"table": "t", "column": "c", "row": 7}
    for key in (None, data_key.pk):
        ciphertext = encrypt(b"born 1990-01-01", **place, key=key)
        for position, bit in itertools.product(range(len(ciphertext)), (0x01, 0x80)):
            changed = bytearray(ciphertext)
            changed[position] ^= bit
            with pytest.raises(VaultError):
                decrypt(bytes(changed), **place, key=key)
        for length in range(len(ciphertext)):
            with pytest.raises(VaultError):
                decrypt(ciphertext[:length], **place, key=key)
        with pytest.raises(VaultError):
            decrypt(ciphertext + b"\x00", **place, key=key)


def test_a_value_under_the_ring_does_not_pass_for_one_under_a_data_key(data_key: DataKey) -> None:
    place: dict[str, Any] = {"table": "t", "column": "c", "row": 7}
    other = vault.new_data_key()
    other.save()
    with pytest.raises(VaultError):
        decrypt(encrypt(b"x", **place), **place, key=data_key.pk)
    with pytest.raises(VaultError):
        decrypt(encrypt(b"x", **place, key=data_key.pk), **place)
    with pytest.raises(VaultError):
        decrypt(encrypt(b"x", **place, key=other.pk), **place, key=data_key.pk)


def test_no_nonce_comes_twice_in_a_hundred_thousand() -> None:
    key_id = vault.current_key_ring().current.key_id
    start = 3 + len(key_id)
    nonces = {encrypt(b"", table="t", column="c", row=1)[start : start + 12] for _ in range(100_000)}
    assert len(nonces) == 100_000
