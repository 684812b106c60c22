"""Sealing of files as a stream: 64 KiB frames, each bound to document, position and end, so that memory stays flat.

    version | key id (16 bytes) | salt (32 bytes) | frame | frame | ... | last frame

Every file has a key of its own (HKDF of the data key over salt and document), so the nonce can be the frame's number
and a flag that is set in the last frame alone: frames cannot be swapped, dropped, repeated, appended or moved to
another document.
"""

import os
import uuid
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from providers.vault.errors import VaultError
from providers.vault.field_cipher import TAG_BYTES
from providers.vault.key_ring import KeyMaterial
from providers.vault.keys import data_key_material

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


def open_whole(sealed: bytes, *, key: uuid.UUID, document: uuid.UUID) -> bytes:
    """The plain file of a sealed one that is held as a whole anyway: a picture of a page, say. Errors as of
    ``open_frames``, and before anything is handed out."""
    header, frames = sealed[:_HEADER], memoryview(sealed)[_HEADER:]
    cipher = _cipher_of(header, data_key_material(key), document)
    last = max(len(frames) - 1, 0) // _SEALED_FRAME
    return b"".join(
        _frame(
            cipher,
            frames[number * _SEALED_FRAME : (number + 1) * _SEALED_FRAME],
            header,
            number=number,
            last=number == last,
        )
        for number in range(last + 1)
    )


def open_range(
    file: IO[bytes], start: int, stop: int, *, size: int, key: uuid.UUID, document: uuid.UUID
) -> Iterator[bytes]:
    """The plain bytes ``start <= place < stop`` of a sealed file of ``size`` plain bytes, piece by piece.

    ``file`` is read where the span lies, and at its end: the last frame is looked at before anything is handed out, so
    that a file that was cut, lengthened or is not of that size is refused wherever the span lies. Errors as of
    ``open_frames``; ``ValueError`` for a span that is not within the size. Head and end are looked at at once, not at
    the first piece.
    """
    if not 0 <= start <= stop <= size:
        raise ValueError("The span is not within the file.")
    material = data_key_material(key)
    file.seek(0)
    header = file.read(_HEADER)
    cipher = _cipher_of(header, material, document)
    last = max(size - 1, 0) // FRAME_BYTES
    file.seek(_HEADER + last * _SEALED_FRAME)
    end = file.read(_SEALED_FRAME + 1)
    if len(end) != size - last * FRAME_BYTES + TAG_BYTES:
        raise VaultError("This sealed file has another size than its document.")
    end = _frame(cipher, end, header, number=last, last=True)
    return _span(file, start, stop, cipher=cipher, header=header, end=(last, end))


def _span(
    file: IO[bytes], start: int, stop: int, *, cipher: AESGCM, header: bytes, end: tuple[int, bytes]
) -> Iterator[bytes]:
    first, last = start // FRAME_BYTES, (stop - 1) // FRAME_BYTES
    file.seek(_HEADER + first * _SEALED_FRAME)
    for number in range(first, last + 1):
        if number == end[0]:
            plain = end[1]
        else:
            plain = _frame(cipher, file.read(_SEALED_FRAME), header, number=number, last=False)
        begins = number * FRAME_BYTES
        piece = plain[max(start - begins, 0) : stop - begins]
        if piece:
            yield piece


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
    cipher = _cipher_of(header, material, document)
    frames = _split(_chain(bytes(buffer[_HEADER:]), chunks), _SEALED_FRAME)
    for number, (frame, last) in enumerate(frames):
        if plain := _frame(cipher, frame, header, number=number, last=last):
            yield plain


def _frame(cipher: AESGCM, sealed: bytes | memoryview, header: bytes, *, number: int, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last), sealed, header)
    except (InvalidTag, ValueError):
        raise VaultError("This sealed file was changed, cut, or belongs to another document.") from None


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


def _cipher_of(header: bytes, material: KeyMaterial, document: uuid.UUID) -> AESGCM:
    if len(header) < _HEADER:
        raise VaultError("This sealed file was cut.")
    if header[0] != _VERSION or header[1:17] != material.key_id:
        raise VaultError("This sealed file has another key than its document.")
    return _cipher(material, document, header[17:])


def _cipher(material: KeyMaterial, document: uuid.UUID, salt: bytes) -> AESGCM:
    return AESGCM(material.derive(f"file/{document}", salt=salt))
