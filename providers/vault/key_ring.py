"""The key ring: the keys of this installation, from ``settings.VAULT_KEYS``. The first encrypts; all decrypt.

``VAULT_KEYS`` is ``id:base64,id:base64,...``; every key has 32 bytes. Each key is split by HKDF into
one key per purpose, so that encryption, indexes and fingerprints never share one. Purposes are stored: they are fixed.
"""

import base64
import binascii
import re
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from providers.vault.errors import VaultError

KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class KeyMaterial:
    """A key of 32 bytes, which neither ``repr`` nor pickling reveals."""

    __slots__ = ("_derived", "_secret", "field_cipher", "key_id")

    def __init__(self, key_id: bytes, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise VaultError("A vault key has 32 bytes.")
        self.key_id = key_id
        self._secret = secret
        self._derived: dict[str, bytes] = {}
        self.field_cipher = AESGCM(self.derive("cell"))

    def derive(self, purpose: str, *, salt: bytes | None = None) -> bytes:
        """A key of 32 bytes for this purpose alone."""
        if salt is not None:
            return self._expand(purpose, salt)
        if purpose not in self._derived:
            self._derived[purpose] = self._expand(purpose, None)
        return self._derived[purpose]

    def _expand(self, purpose: str, salt: bytes | None) -> bytes:
        info = b"review-desk/" + purpose.encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(self._secret)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> str:
        raise VaultError("Keys are never pickled.")


class KeyRing:
    """The keys of VAULT_KEYS in their order, the current one first."""

    def __init__(self, keys: list[KeyMaterial]) -> None:
        self._by_id = {key.key_id: key for key in keys}
        self.current = keys[0]

    def get(self, key_id: bytes) -> KeyMaterial:
        """The key of that id.

        Raises: VaultError when VAULT_KEYS does not contain it.
        """
        try:
            return self._by_id[key_id]
        except KeyError:
            # The id comes from the stored value and may be garbage, so the message does not repeat it.
            raise VaultError("Encrypted with a key that VAULT_KEYS does not contain.") from None

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._by_id)}>"


def current_key_ring() -> KeyRing:
    """The key ring of the running settings.

    Raises: ImproperlyConfigured when VAULT_KEYS cannot be used.
    """
    return _parse(str(getattr(settings, "VAULT_KEYS", "") or ""))


def configuration_problem() -> str | None:
    """What is wrong with VAULT_KEYS, as one sentence without any of its value, or None."""
    try:
        current_key_ring()
    except ImproperlyConfigured as problem:
        return str(problem)
    return None


@lru_cache(maxsize=4)
def _parse(text: str) -> KeyRing:
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    if not entries:
        raise ImproperlyConfigured('VAULT_KEYS is missing: it reads "id:base64 of 32 bytes", the current key first.')
    pairs = [_pair(entry, position) for position, entry in enumerate(entries, start=1)]
    if len({key_id for key_id, _ in pairs}) < len(pairs):
        raise ImproperlyConfigured("VAULT_KEYS contains one key id twice.")
    if len({secret for _, secret in pairs}) < len(pairs):
        raise ImproperlyConfigured("VAULT_KEYS contains one key under two ids.")
    return KeyRing([KeyMaterial(key_id.encode("ascii"), secret) for key_id, secret in pairs])


def _pair(entry: str, position: int) -> tuple[str, bytes]:
    key_id, colon, encoded = entry.partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        raise ImproperlyConfigured(
            f'VAULT_KEYS entry {position} does not read "id:base64" with an id of letters, digits, "_" and "-".'
        )
    try:
        secret = base64.b64decode(encoded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"VAULT_KEYS entry {position} is not base64.") from None
    if len(secret) != KEY_BYTES:
        raise ImproperlyConfigured(f"VAULT_KEYS entry {position} has {len(secret)} bytes; a key has {KEY_BYTES}.")
    if len(set(secret)) == 1:
        raise ImproperlyConfigured(f"VAULT_KEYS entry {position} repeats a single byte; take 32 random bytes.")
    return key_id, secret
