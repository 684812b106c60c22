"""Files in frames: whole and in order, or not at all."""

import io
import itertools
import os
import tracemalloc
import uuid
from collections.abc import Iterator

import pytest

from providers import vault
from providers.vault import (
    DataKey,
    Erased,
    VaultError,
)
from providers.vault.file_cipher import FRAME_BYTES

# Files in frames

SIZES = (0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 3 * FRAME_BYTES + 17)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [999, FRAME_BYTES, FRAME_BYTES + 16, 10**7])
def test_a_file_comes_back_whatever_its_size_and_its_chunks(data_key: DataKey, size: int, step: int) -> None:
    data, document = os.urandom(size), vault.new_id()
    ciphertext = b"".join(vault.encrypt_file(pieces(data, step), key=data_key.pk, document=document))
    assert b"".join(vault.decrypt_file(pieces(ciphertext, step), key=data_key.pk, document=document)) == data
    assert vault.decrypt_bytes(ciphertext, key=data_key.pk, document=document) == data
    assert size < 64 or data[:64] not in ciphertext


def decrypted(frames: list[bytes], key: DataKey, document: uuid.UUID) -> bytes:
    return b"".join(vault.decrypt_file(frames, key=key.pk, document=document))


def test_frames_that_were_swapped_cut_repeated_or_added_are_refused(data_key: DataKey) -> None:
    document = vault.new_id()
    data = os.urandom(4 * FRAME_BYTES + 5)
    head, *frames = vault.encrypt_file([data], key=data_key.pk, document=document)
    assert [len(frame) for frame in frames] == [FRAME_BYTES + 16] * 4 + [5 + 16]
    other_head, *others = vault.encrypt_file([data], key=data_key.pk, document=document)
    wrong = {
        "swapped": [head, frames[1], frames[0], *frames[2:]],
        "cut at the end": [head, *frames[:-1]],
        "cut to the first": [head, frames[0]],
        "cut inside a frame": [head, *frames[:-1], frames[-1][:-1]],
        "cut at the start": [head, *frames[1:]],
        "one left out": [head, frames[0], *frames[2:]],
        "one repeated": [head, frames[0], *frames],
        "last repeated": [head, *frames, frames[-1]],
        "bytes added": [head, *frames, b"\x00"],
        "from another encryption": [head, others[0], *frames[1:]],
        "under another head": [other_head, *frames],
        "no frame": [head],
        "half a head": [head[:20]],
        "nothing": [],
        "not encrypted": [data],
    }
    for how, sequence in wrong.items():
        with pytest.raises(VaultError):
            pytest.fail(f"{how}: {len(decrypted(sequence, data_key, document))} bytes came out")
        with pytest.raises(VaultError):
            whole = vault.decrypt_bytes(b"".join(sequence), key=data_key.pk, document=document)
            pytest.fail(f"{how}: {len(whole)} bytes came out at once")
    assert decrypted([head, *frames], data_key, document) == data


def test_a_file_opens_for_its_own_document_and_key_only(data_key: DataKey) -> None:
    document = vault.new_id()
    other = vault.new_data_key()
    other.save()
    frames = list(vault.encrypt_file([b"picture"], key=data_key.pk, document=document))
    with pytest.raises(VaultError):
        decrypted(frames, data_key, vault.new_id())
    with pytest.raises(VaultError):
        decrypted(frames, other, document)
    forged = [frames[0][:1] + other.pk.bytes + frames[0][17:], *frames[1:]]
    with pytest.raises(VaultError):
        decrypted(forged, other, document)
    vault.destroy_data_key(data_key.pk)
    with pytest.raises(Erased):
        decrypted(frames, data_key, document)


def test_every_changed_byte_of_a_small_file_is_refused(data_key: DataKey) -> None:
    document = vault.new_id()
    ciphertext = b"".join(vault.encrypt_file([b"picture"], key=data_key.pk, document=document))
    for position in range(len(ciphertext)):
        changed = bytearray(ciphertext)
        changed[position] ^= 0x10
        with pytest.raises(VaultError):
            decrypted([bytes(changed)], data_key, document)
        with pytest.raises(VaultError):
            vault.decrypt_bytes(bytes(changed), key=data_key.pk, document=document)


# Parts of files


class Counted(io.BytesIO):
    """A file that counts the bytes that were read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def part(ciphertext: bytes, start: int, stop: int, *, size: int, key: DataKey, document: uuid.UUID) -> bytes:
    return b"".join(vault.decrypt_range(io.BytesIO(ciphertext), start, stop, size=size, key=key.pk, document=document))


@pytest.mark.parametrize("size", SIZES)
def test_every_part_of_a_file_is_the_part_of_the_plain_file(data_key: DataKey, size: int) -> None:
    data, document = os.urandom(size), vault.new_id()
    ciphertext = b"".join(vault.encrypt_file([data], key=data_key.pk, document=document))
    edges = {0, 1, size // 2, size - 1, size}
    edges |= {frame * FRAME_BYTES + step for frame in range(5) for step in (-1, 0, 1)}
    places = sorted(place for place in edges if 0 <= place <= size)
    for start, stop in itertools.combinations_with_replacement(places, 2):
        assert part(ciphertext, start, stop, size=size, key=data_key, document=document) == data[start:stop], (
            start,
            stop,
        )


def test_only_what_a_part_touches_and_the_end_is_read(data_key: DataKey) -> None:
    size, document = 40 * FRAME_BYTES, vault.new_id()
    ciphertext = b"".join(vault.encrypt_file([bytes(size)], key=data_key.pk, document=document))
    for start, stop, frames in ((0, 10, 2), (5 * FRAME_BYTES - 1, 5 * FRAME_BYTES + 1, 3), (size - 9, size, 1)):
        file = Counted(ciphertext)
        assert b"".join(vault.decrypt_range(file, start, stop, size=size, key=data_key.pk, document=document))
        assert file.taken <= 64 + frames * (FRAME_BYTES + 16) + 1


def test_a_part_outside_the_file_is_refused(data_key: DataKey) -> None:
    document = vault.new_id()
    ciphertext = b"".join(vault.encrypt_file([bytes(100)], key=data_key.pk, document=document))
    for start, stop in ((-1, 5), (0, 101), (60, 50), (101, 101)):
        with pytest.raises(ValueError, match="span"):
            part(ciphertext, start, stop, size=100, key=data_key, document=document)


def test_a_range_is_refused_when_its_frames_or_the_last_one_were_changed(data_key: DataKey) -> None:
    document = vault.new_id()
    size = 4 * FRAME_BYTES + 5
    data = os.urandom(size)
    head, *frames = vault.encrypt_file([data], key=data_key.pk, document=document)
    other_head, *others = vault.encrypt_file([data], key=data_key.pk, document=document)
    short = list(vault.encrypt_file([data[: 2 * FRAME_BYTES]], key=data_key.pk, document=document))
    wrong = {
        "swapped": [head, frames[1], frames[0], *frames[2:]],
        "cut at the end": [head, *frames[:-1]],
        "cut to the first": [head, frames[0]],
        "cut inside the last frame": [head, *frames[:-1], frames[-1][:-1]],
        "one left out": [head, *frames[:2], *frames[3:]],
        "one repeated": [head, frames[0], *frames],
        "bytes added": [head, *frames, b"\x00"],
        "first from another encryption": [head, others[0], *frames[1:]],
        "last from another encryption": [head, *frames[:-1], others[-1]],
        "under another head": [other_head, *frames],
        "an earlier frame in the last one's place": [head, *frames[:-1], frames[0][: len(frames[-1])]],
        "a shorter file": short,
        "half a head": [head[:20]],
        "nothing": [],
        "not encrypted": [data],
    }
    for how, sequence in wrong.items():
        with pytest.raises(VaultError):
            found = part(b"".join(sequence), 10, FRAME_BYTES + 10, size=size, key=data_key, document=document)
            pytest.fail(f"{how}: {len(found)} bytes came out")
    ciphertext = b"".join([head, *frames])
    assert part(ciphertext, 10, 20, size=size, key=data_key, document=document) == data[10:20]
    for said in (size - 1, size + 1, size - FRAME_BYTES, 2 * FRAME_BYTES, 20):
        with pytest.raises(VaultError):
            part(ciphertext, 10, 20, size=said, key=data_key, document=document)


def test_a_frame_that_a_part_does_not_touch_does_not_matter_to_it(data_key: DataKey) -> None:
    document, size = vault.new_id(), 4 * FRAME_BYTES
    ciphertext = bytearray(b"".join(vault.encrypt_file([bytes(size)], key=data_key.pk, document=document)))
    ciphertext[49 + 2 * (FRAME_BYTES + 16) + 100] ^= 1
    assert part(bytes(ciphertext), 0, FRAME_BYTES, size=size, key=data_key, document=document) == bytes(FRAME_BYTES)
    pieces = vault.decrypt_range(io.BytesIO(ciphertext), 0, size, size=size, key=data_key.pk, document=document)
    assert next(pieces) + next(pieces) == bytes(2 * FRAME_BYTES)
    with pytest.raises(VaultError):
        next(pieces)


def test_a_part_opens_for_its_own_document_and_key_only(data_key: DataKey) -> None:
    document = vault.new_id()
    other = vault.new_data_key()
    other.save()
    ciphertext = b"".join(vault.encrypt_file([b"video"], key=data_key.pk, document=document))
    for key, whose in ((data_key, vault.new_id()), (other, document)):
        with pytest.raises(VaultError):
            part(ciphertext, 0, 4, size=4, key=key, document=whose)
    vault.destroy_data_key(data_key.pk)
    with pytest.raises(Erased):
        part(ciphertext, 0, 4, size=4, key=data_key, document=document)


def test_a_large_file_passes_through_flat_memory(data_key: DataKey) -> None:
    document, chunk = vault.new_id(), os.urandom(FRAME_BYTES)
    tracemalloc.start()
    try:
        ciphertext = vault.encrypt_file(itertools.repeat(chunk, 512), key=data_key.pk, document=document)
        total = sum(len(piece) for piece in vault.decrypt_file(ciphertext, key=data_key.pk, document=document))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 512 * FRAME_BYTES
    assert peak < 2 * 1024 * 1024
