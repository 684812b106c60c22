"""Encrypts one value with AES-256-GCM. A readable header names the key, and the value is bound to its place.

    version | scope | length of key id | key id | nonce (12 bytes) | ciphertext and tag

The associated data names scope, key, table, column and row, each with its length, so that a value moved to another
row, column or table cannot be decrypted.
"""

import os
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidTag

from providers.vault.errors import VaultError
from providers.vault.key_ring import KeyMaterial, current_key_ring

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16


class Scope(IntEnum):
    """The family of keys that a value is encrypted with. The numbers are stored in its header."""

    KEY_RING = 1
    DATA_KEY = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is stored: table and column as the database calls them, and the row's primary key as text."""

    table: str
    column: str
    row: str


@dataclass(frozen=True, slots=True)
class Header:
    """The readable beginning of a ciphertext."""

    scope: Scope
    key_id: bytes
    length: int


def header_bytes(scope: Scope, key_id: bytes) -> bytes:
    """The first bytes of every value encrypted with this key; rotation searches for them."""
    return bytes((VERSION, scope, len(key_id))) + key_id


def read_header(ciphertext: bytes) -> Header:
    """Scope and key id of a ciphertext.

    Raises: VaultError for bytes that are not one.
    """
    if len(ciphertext) < 3 or ciphertext[0] != VERSION or ciphertext[1] not in (Scope.KEY_RING, Scope.DATA_KEY):
        raise VaultError("This is not an encrypted value.")
    length = 3 + ciphertext[2]
    if len(ciphertext) < length + NONCE_BYTES + TAG_BYTES:
        raise VaultError("This encrypted value is truncated.")
    return Header(Scope(ciphertext[1]), ciphertext[3:length], length)


def encrypt_with(plain: bytes, place: Place, scope: Scope, key: KeyMaterial) -> bytes:
    """The ciphertext of a value, for this place and with this key."""
    nonce = os.urandom(NONCE_BYTES)
    body = key.field_cipher.encrypt(nonce, plain, associated_data(place, scope, key.key_id))
    return header_bytes(scope, key.key_id) + nonce + body


def decrypt_with(ciphertext: bytes, place: Place, scope: Scope, key: KeyMaterial) -> bytes:
    """The plain bytes of a ciphertext.

    Raises: VaultError when it belongs to another place, was changed, or has another key.
    """
    header = read_header(ciphertext)
    if header.scope is not scope or header.key_id != key.key_id:
        raise VaultError("This value is encrypted with another key than that of its row.")
    nonce = ciphertext[header.length : header.length + NONCE_BYTES]
    try:
        return key.field_cipher.decrypt(
            nonce, ciphertext[header.length + NONCE_BYTES :], associated_data(place, scope, key.key_id)
        )
    except InvalidTag:
        raise VaultError(f"The value in {place.table}.{place.column} was changed, or belongs to another row.") from None


def encrypt_with_ring(plain: bytes, place: Place) -> bytes:
    """The ciphertext of a value with the current key of the key ring."""
    return encrypt_with(plain, place, Scope.KEY_RING, current_key_ring().current)


def decrypt_with_ring(ciphertext: bytes, place: Place) -> bytes:
    """The plain bytes of a ciphertext, with the key of the key ring that its header names."""
    header = read_header(ciphertext)
    if header.scope is not Scope.KEY_RING:
        raise VaultError("This value is encrypted with another key than that of its row.")
    return decrypt_with(ciphertext, place, Scope.KEY_RING, current_key_ring().get(header.key_id))


def associated_data(place: Place, scope: Scope, key_id: bytes) -> bytes:
    """Every part preceded by its length, so that no two places share an encoding. The first part is stored: fixed."""
    parts = (
        b"review-desk/cell",
        bytes((VERSION, scope)),
        key_id,
        place.table.encode(),
        place.column.encode(),
        place.row.encode(),
    )
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
