"""Sealing of files as a stream: 64 KiB frames, each bound to document, position and end, so that memory stays flat.

    version | key id (16 bytes) | salt (32 bytes) | frame | frame | ... | last frame

Every file has a key of its own (HKDF of the data key over salt and document), so the nonce can be the frame's number
and a flag that is set in the last frame alone: frames cannot be swapped, dropped, repeated, appended or moved to
another document.
"""

import os
import uuid
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from providers.vault.cells import TAG_BYTES
from providers.vault.errors import VaultError
from providers.vault.keys import data_key_material
from providers.vault.ring import KeyMaterial

FRAME_BYTES = 64 * 1024
_SEALED_FRAME = FRAME_BYTES + TAG_BYTES
_VERSION = 1
_SALT_BYTES = 32
_HEADER = 1 + 16 + _SALT_BYTES


def seal_frames(chunks: Iterable[bytes], *, key: uuid.UUID, document: uuid.UUID) -> Iterator[bytes]:
    """The sealed file, piece by piece, from chunks of any size. ``key`` is the id of the applicant's data key."""
    salt = os.urandom(_SALT_BYTES)
    cipher = _cipher(data_key_material(key), document, salt)
    return _sealed(chunks, bytes((_VERSION,)) + key.bytes + salt, cipher)


def open_frames(chunks: Iterable[bytes], *, key: uuid.UUID, document: uuid.UUID) -> Iterator[bytes]:
    """The plain file, piece by piece, from chunks of any size.

    Each piece is authentic when it is handed out; that the file is whole shows at its end: ``VaultError`` when
    anything was changed, moved, cut or added, ``Erased`` when the key is gone.
    """
    material = data_key_material(key)
    return _opened(iter(chunks), material, document)


def _sealed(chunks: Iterable[bytes], header: bytes, cipher: AESGCM) -> Iterator[bytes]:
    yield header
    for number, (frame, last) in enumerate(_split(chunks, FRAME_BYTES)):
        yield cipher.encrypt(_nonce(number, last), frame, header)


def _opened(chunks: Iterator[bytes], material: KeyMaterial, document: uuid.UUID) -> Iterator[bytes]:
    buffer = bytearray()
    while len(buffer) < _HEADER:
        piece = next(chunks, None)
        if piece is None:
            raise VaultError("This sealed file was cut.")
        buffer += piece
    header = bytes(buffer[:_HEADER])
    if header[0] != _VERSION or header[1:17] != material.key_id:
        raise VaultError("This sealed file has another key than its document.")
    cipher = _cipher(material, document, header[17:])
    frames = _split(_chain(bytes(buffer[_HEADER:]), chunks), _SEALED_FRAME)
    for number, (frame, last) in enumerate(frames):
        try:
            plain = cipher.decrypt(_nonce(number, last), frame, header)
        except (InvalidTag, ValueError):
            raise VaultError("This sealed file was changed, cut, or belongs to another document.") from None
        if plain:
            yield plain


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _split(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Pieces of exactly ``size`` bytes; the last one is shorter or equal, and marked. At least one comes."""
    buffer = bytearray()
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            buffer += chunk[start : start + size]
            while len(buffer) > size:
                yield bytes(buffer[:size]), False
                del buffer[:size]
    yield bytes(buffer), True


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((last,))


def _cipher(material: KeyMaterial, document: uuid.UUID, salt: bytes) -> AESGCM:
    return AESGCM(material.derive(f"file/{document}", salt=salt))
