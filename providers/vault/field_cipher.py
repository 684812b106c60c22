"""One sealed value: AES-256-GCM over a few bytes that say which key opens it, bound to the place where it is stored.

    version | scope | length of key id | key id | nonce (12 bytes) | ciphertext and tag

The associated data names scope, key, table, column and row, each with its length, so that a value moved to another
row, column or table does not open.
"""

import os
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidTag

from providers.vault.errors import VaultError
from providers.vault.key_ring import KeyMaterial, ring

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16


class Scope(IntEnum):
    """Which family of keys seals a value."""

    RING = 1
    DATA_KEY = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is stored: table and column as the database calls them, and the row's primary key as text."""

    table: str
    column: str
    row: str


@dataclass(frozen=True, slots=True)
class Header:
    """The readable beginning of a sealed value."""

    scope: Scope
    key_id: bytes
    length: int


def header_bytes(scope: Scope, key_id: bytes) -> bytes:
    """What every value sealed under this key begins with; rotation searches for it."""
    return bytes((VERSION, scope, len(key_id))) + key_id


def read_header(sealed: bytes) -> Header:
    """Scope and key id of a sealed value. ``VaultError`` when it is none."""
    if len(sealed) < 3 or sealed[0] != VERSION or sealed[1] not in (Scope.RING, Scope.DATA_KEY):
        raise VaultError("This is not a sealed value.")
    length = 3 + sealed[2]
    if len(sealed) < length + NONCE_BYTES + TAG_BYTES:
        raise VaultError("This sealed value was cut.")
    return Header(Scope(sealed[1]), sealed[3:length], length)


def seal_under(plain: bytes, place: Place, scope: Scope, key: KeyMaterial) -> bytes:
    """Seal under a key at hand."""
    nonce = os.urandom(NONCE_BYTES)
    body = key.cell_cipher.encrypt(nonce, plain, associated_data(place, scope, key.key_id))
    return header_bytes(scope, key.key_id) + nonce + body


def open_under(sealed: bytes, place: Place, scope: Scope, key: KeyMaterial) -> bytes:
    """Open with a key at hand. ``VaultError`` when the value belongs elsewhere, was changed, or has another key."""
    header = read_header(sealed)
    if header.scope is not scope or header.key_id != key.key_id:
        raise VaultError("This sealed value has another key than its row.")
    nonce = sealed[header.length : header.length + NONCE_BYTES]
    try:
        return key.cell_cipher.decrypt(
            nonce, sealed[header.length + NONCE_BYTES :], associated_data(place, scope, key.key_id)
        )
    except InvalidTag:
        raise VaultError(f"The value in {place.table}.{place.column} was changed or belongs to another row.") from None


def seal_ring(plain: bytes, place: Place) -> bytes:
    """Seal under the current ring key."""
    return seal_under(plain, place, Scope.RING, ring().current)


def open_ring(sealed: bytes, place: Place) -> bytes:
    """Open with whichever ring key the value names."""
    header = read_header(sealed)
    if header.scope is not Scope.RING:
        raise VaultError("This sealed value has another key than its row.")
    return open_under(sealed, place, Scope.RING, ring().get(header.key_id))


def associated_data(place: Place, scope: Scope, key_id: bytes) -> bytes:
    """Every part with its length in front: no two places share one encoding."""
    parts = (
        b"review-desk/cell",
        bytes((VERSION, scope)),
        key_id,
        place.table.encode(),
        place.column.encode(),
        place.row.encode(),
    )
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
