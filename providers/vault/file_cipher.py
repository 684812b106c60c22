"""Encrypts files as a stream of 64 KiB frames, each bound to document, position and end. Memory use is constant.

    version | key id (16 bytes) | salt (32 bytes) | frame | frame | ... | last frame

Every file has a key of its own (HKDF of the data key over salt and document), so the nonce can be the frame's number
and a flag that is set in the last frame alone: frames cannot be swapped, dropped, repeated, appended or moved to
another document.
"""

import os
import uuid
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from providers.vault.errors import VaultError
from providers.vault.field_cipher import TAG_BYTES
from providers.vault.key_ring import KeyMaterial
from providers.vault.keys import data_key_material

FRAME_BYTES = 64 * 1024
_ENCRYPTED_FRAME = FRAME_BYTES + TAG_BYTES
_VERSION = 1
_SALT_BYTES = 32
_HEADER = 1 + 16 + _SALT_BYTES


def encrypt_file(chunks: Iterable[bytes], *, key: uuid.UUID, document: uuid.UUID) -> Iterator[bytes]:
    """The encrypted file in pieces, from chunks of any size. ``key`` is the id of the applicant's data key."""
    salt = os.urandom(_SALT_BYTES)
    cipher = _cipher(data_key_material(key), document, salt)
    return _encrypted(chunks, bytes((_VERSION,)) + key.bytes + salt, cipher)


def decrypt_file(chunks: Iterable[bytes], *, key: uuid.UUID, document: uuid.UUID) -> Iterator[bytes]:
    """The plain file in pieces, from encrypted chunks of any size.

    Each piece is authentic when it is yielded; completeness is known at the end.

    Raises: VaultError when anything was changed, moved, cut or added; Erased when the key was destroyed.
    """
    return _decrypted(iter(chunks), data_key_material(key), document)


def decrypt_bytes(ciphertext: bytes, *, key: uuid.UUID, document: uuid.UUID) -> bytes:
    """The plain file of an encrypted one that is in memory as a whole, such as an image of a page.

    Raises: as ``decrypt_file``, before anything is returned.
    """
    header, frames = ciphertext[:_HEADER], memoryview(ciphertext)[_HEADER:]
    cipher = _cipher_of(header, data_key_material(key), document)
    last = max(len(frames) - 1, 0) // _ENCRYPTED_FRAME
    return b"".join(
        _frame(
            cipher,
            frames[number * _ENCRYPTED_FRAME : (number + 1) * _ENCRYPTED_FRAME],
            header,
            number=number,
            last=number == last,
        )
        for number in range(last + 1)
    )


def decrypt_range(
    file: IO[bytes], start: int, stop: int, *, size: int, key: uuid.UUID, document: uuid.UUID
) -> Iterator[bytes]:
    """The plain bytes ``start <= place < stop`` of an encrypted file of ``size`` plain bytes, in pieces.

    Reads the span and the last frame only. Header and last frame are checked at once, before the first piece, so a
    file that was cut, lengthened or has another size is refused for every span.

    Raises: as ``decrypt_file``; ValueError for a span outside the size.
    """
    if not 0 <= start <= stop <= size:
        raise ValueError("The span is not within the file.")
    material = data_key_material(key)
    file.seek(0)
    header = file.read(_HEADER)
    cipher = _cipher_of(header, material, document)
    last = max(size - 1, 0) // FRAME_BYTES
    file.seek(_HEADER + last * _ENCRYPTED_FRAME)
    end = file.read(_ENCRYPTED_FRAME + 1)
    if len(end) != size - last * FRAME_BYTES + TAG_BYTES:
        raise VaultError("This encrypted file has another size than its document.")
    end = _frame(cipher, end, header, number=last, last=True)
    return _span(file, start, stop, cipher=cipher, header=header, end=(last, end))


def _span(
    file: IO[bytes], start: int, stop: int, *, cipher: AESGCM, header: bytes, end: tuple[int, bytes]
) -> Iterator[bytes]:
    first, last = start // FRAME_BYTES, (stop - 1) // FRAME_BYTES
    file.seek(_HEADER + first * _ENCRYPTED_FRAME)
    for number in range(first, last + 1):
        if number == end[0]:
            plain = end[1]
        else:
            plain = _frame(cipher, file.read(_ENCRYPTED_FRAME), header, number=number, last=False)
        begins = number * FRAME_BYTES
        piece = plain[max(start - begins, 0) : stop - begins]
        if piece:
            yield piece


def _encrypted(chunks: Iterable[bytes], header: bytes, cipher: AESGCM) -> Iterator[bytes]:
    yield header
    for number, (frame, last) in enumerate(_split(chunks, FRAME_BYTES)):
        yield cipher.encrypt(_nonce(number, last), frame, header)


def _decrypted(chunks: Iterator[bytes], material: KeyMaterial, document: uuid.UUID) -> Iterator[bytes]:
    buffer = bytearray()
    while len(buffer) < _HEADER:
        piece = next(chunks, None)
        if piece is None:
            raise VaultError("This encrypted file is truncated.")
        buffer += piece
    header = bytes(buffer[:_HEADER])
    cipher = _cipher_of(header, material, document)
    frames = _split(chain([bytes(buffer[_HEADER:])], chunks), _ENCRYPTED_FRAME)
    for number, (frame, last) in enumerate(frames):
        if plain := _frame(cipher, frame, header, number=number, last=last):
            yield plain


def _frame(cipher: AESGCM, ciphertext: bytes | memoryview, header: bytes, *, number: int, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last), ciphertext, header)
    except (InvalidTag, ValueError):
        raise VaultError("This encrypted file was changed, cut, or belongs to another document.") from None


def _split(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Pieces of exactly ``size`` bytes with a flag; the last is marked and may be shorter. Yields at least one."""
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
        raise VaultError("This encrypted file is truncated.")
    if header[0] != _VERSION or header[1:17] != material.key_id:
        raise VaultError("This file is encrypted with another key than that of its document.")
    return _cipher(material, document, header[17:])


def _cipher(material: KeyMaterial, document: uuid.UUID, salt: bytes) -> AESGCM:
    return AESGCM(material.derive(f"file/{document}", salt=salt))
