"""Encryption at rest: key ring, one data key per applicant, field cipher, file cipher, keyed indexes, rotation.

AES-256-GCM; every value names its key and is bound to table, column and row. There is no fallback to plain text.
"""

from providers.vault.errors import Erased, VaultError
from providers.vault.field_types import EncryptedBytesField, EncryptedJSONField, EncryptedTextField
from providers.vault.file_cipher import decrypt_bytes, decrypt_file, decrypt_range, encrypt_file
from providers.vault.index import blind_index, fingerprint
from providers.vault.key_ring import configuration_problem, current_key_ring
from providers.vault.keys import DataKey, can_encrypt, destroy_data_key, new_data_key, new_id
from providers.vault.rotation import rotate, stale_counts
from providers.vault.undecipherable import Undecipherable, UndecipherableText, mark_undecipherable

__all__ = [
    "DataKey",
    "EncryptedBytesField",
    "EncryptedJSONField",
    "EncryptedTextField",
    "Erased",
    "Undecipherable",
    "UndecipherableText",
    "VaultError",
    "blind_index",
    "can_encrypt",
    "configuration_problem",
    "current_key_ring",
    "decrypt_bytes",
    "decrypt_file",
    "decrypt_range",
    "destroy_data_key",
    "encrypt_file",
    "fingerprint",
    "mark_undecipherable",
    "new_data_key",
    "new_id",
    "rotate",
    "stale_counts",
]
