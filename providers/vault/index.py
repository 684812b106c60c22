"""Keyed indexes: equality search over a value that is stored encrypted only.

HMAC-SHA256 under a key of its own per index name: the same value gives other bytes under another name. Never for a
low-entropy value alone (a birth date goes together with the normalised name), since equal values have equal indexes.

The keys come from one data key of the installation, not from the key ring: rotation re-wraps it like every other, and
stored indexes and fingerprints do not change.
"""

import hashlib
import hmac

from providers.vault.keys import installation_key


def blind_index(name: str, normalised: str) -> bytes:
    """32 bytes to store and to compare. ``name`` identifies the index; the caller normalises the value."""
    return hmac.digest(installation_key().derive(f"index/{name}"), normalised.encode(), "sha256")


def fingerprint(secret: str) -> str:
    """Ten hexadecimal digits (``3f9a0-c21b7``) that distinguish one credential from another.

    Keyed, so that guesses cannot be tried with the database alone.
    """
    digest = hashlib.blake2b(secret.encode(), key=installation_key().derive("fingerprint"), digest_size=5).hexdigest()
    return f"{digest[:5]}-{digest[5:]}"
