"""Encryption at rest: key ring, one data key per applicant, field cipher, file cipher, keyed indexes, rotation.

AES-256-GCM; every value names its key and is bound to table, column and row. There is no fallback to plain text.
"""

from providers.vault.errors import Erased, VaultError
from providers.vault.field_types import EncryptedBytesField, EncryptedDateField, EncryptedJSONField, EncryptedTextField
from providers.vault.fields import EncryptedField
from providers.vault.file_cipher import decrypt_bytes, decrypt_file, decrypt_range, encrypt_file
from providers.vault.index import blind_index, fingerprint
from providers.vault.key_ring import configuration_problem, current_key_ring
from providers.vault.keys import (
    DataKey,
    decrypt,
    destroy_data_key,
    encrypt,
    forget_data_keys,
    new_data_key,
    new_id,
    warm_data_keys,
)
from providers.vault.rotation import Rotation, rotate, stale_counts
from providers.vault.rows import EncryptedModel, encrypted_bulk_update, encrypted_for

__all__ = [
    "DataKey",
    "EncryptedBytesField",
    "EncryptedDateField",
    "EncryptedField",
    "EncryptedJSONField",
    "EncryptedModel",
    "EncryptedTextField",
    "Erased",
    "Rotation",
    "VaultError",
    "blind_index",
    "configuration_problem",
    "current_key_ring",
    "decrypt",
    "decrypt_bytes",
    "decrypt_file",
    "decrypt_range",
    "destroy_data_key",
    "encrypt",
    "encrypt_file",
    "encrypted_bulk_update",
    "encrypted_for",
    "fingerprint",
    "forget_data_keys",
    "new_data_key",
    "new_id",
    "rotate",
    "stale_counts",
    "warm_data_keys",
]
