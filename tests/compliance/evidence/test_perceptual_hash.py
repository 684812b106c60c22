"""Keyed bands of a perceptual hash."""

import pytest

from compliance.evidence.perceptual_hash import BITS, hash_bands

MIXED = bytes(range(1, 17))


@pytest.mark.django_db
def test_equal_hashes_have_equal_bands_and_one_bit_changes_two() -> None:
    bands = hash_bands(MIXED)
    assert bands == hash_bands(MIXED)
    assert all(len(band) == 16 for band in bands)
    changed = hash_bands(bytes([MIXED[0] ^ 0b100, *MIXED[1:]]))
    assert len(set(bands) - set(changed)) <= 2 < len(bands)


@pytest.mark.parametrize("no_hash", [b"", b"\x01" * 15, b"\x01" * 17])
def test_bytes_of_another_length_have_no_bands(no_hash: bytes) -> None:
    assert len(no_hash) * 8 != BITS
    assert hash_bands(no_hash) == []


@pytest.mark.parametrize("uniform", [b"\x00" * 16, b"\xff" * 16])
def test_a_uniform_image_has_no_bands(uniform: bytes) -> None:
    assert hash_bands(uniform) == []
