"""Files in frames: whole and in order, or not at all."""

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
from providers.vault.frames import FRAME_BYTES

# Files in frames

SIZES = (0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 3 * FRAME_BYTES + 17)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [999, FRAME_BYTES, FRAME_BYTES + 16, 10**7])
def test_a_file_comes_back_whatever_its_size_and_its_chunks(data_key: DataKey, size: int, step: int) -> None:
    data, document = os.urandom(size), vault.new_id()
    sealed = b"".join(vault.seal_frames(pieces(data, step), key=data_key.pk, document=document))
    assert b"".join(vault.open_frames(pieces(sealed, step), key=data_key.pk, document=document)) == data
    assert size < 64 or data[:64] not in sealed


def opened(frames: list[bytes], key: DataKey, document: uuid.UUID) -> bytes:
    return b"".join(vault.open_frames(frames, key=key.pk, document=document))


def test_frames_that_were_swapped_cut_repeated_or_added_are_refused(data_key: DataKey) -> None:
    document = vault.new_id()
    data = os.urandom(4 * FRAME_BYTES + 5)
    head, *frames = vault.seal_frames([data], key=data_key.pk, document=document)
    assert [len(frame) for frame in frames] == [FRAME_BYTES + 16] * 4 + [5 + 16]
    other_head, *others = vault.seal_frames([data], key=data_key.pk, document=document)
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
        "from another sealing": [head, others[0], *frames[1:]],
        "under another head": [other_head, *frames],
        "no frame": [head],
        "half a head": [head[:20]],
        "nothing": [],
        "not sealed": [data],
    }
    for how, sequence in wrong.items():
        with pytest.raises(VaultError):
            pytest.fail(f"{how}: {len(opened(sequence, data_key, document))} bytes came out")
    assert opened([head, *frames], data_key, document) == data


def test_a_file_opens_for_its_own_document_and_key_only(data_key: DataKey) -> None:
    document = vault.new_id()
    other = vault.new_data_key()
    other.save()
    frames = list(vault.seal_frames([b"picture"], key=data_key.pk, document=document))
    with pytest.raises(VaultError):
        opened(frames, data_key, vault.new_id())
    with pytest.raises(VaultError):
        opened(frames, other, document)
    forged = [frames[0][:1] + other.pk.bytes + frames[0][17:], *frames[1:]]
    with pytest.raises(VaultError):
        opened(forged, other, document)
    vault.destroy_data_key(data_key.pk)
    with pytest.raises(Erased):
        opened(frames, data_key, document)


def test_every_changed_byte_of_a_small_file_is_refused(data_key: DataKey) -> None:
    document = vault.new_id()
    sealed = b"".join(vault.seal_frames([b"picture"], key=data_key.pk, document=document))
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 0x10
        with pytest.raises(VaultError):
            opened([bytes(changed)], data_key, document)


def test_a_large_file_passes_through_flat_memory(data_key: DataKey) -> None:
    document, chunk = vault.new_id(), os.urandom(FRAME_BYTES)
    tracemalloc.start()
    try:
        sealed = vault.seal_frames(itertools.repeat(chunk, 512), key=data_key.pk, document=document)
        total = sum(len(piece) for piece in vault.open_frames(sealed, key=data_key.pk, document=document))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 512 * FRAME_BYTES
    assert peak < 2 * 1024 * 1024
