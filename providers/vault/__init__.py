"""Encryption at rest: key ring, one data key per applicant, encrypted fields, files in frames, keyed indexes, rotation.

AES-256-GCM; every value names its key and is bound to table, column and row. Nothing falls back to plain text.
"""

from providers.vault.errors import Erased, VaultError
from providers.vault.fields import (
    SealedBytesField,
    SealedDateField,
    SealedField,
    SealedJSONField,
    SealedModel,
    SealedTextField,
    sealed_bulk_update,
    sealed_for,
)
from providers.vault.file_cipher import open_frames, open_range, open_whole, seal_frames
from providers.vault.index import blind_index, fingerprint
from providers.vault.key_ring import configuration_problem, ring
from providers.vault.keys import (
    DataKey,
    destroy_data_key,
    forget_data_keys,
    new_data_key,
    new_id,
    open_,
    seal,
    warm_data_keys,
)
from providers.vault.rotation import Rotation, rotate, stale_counts

__all__ = [
    "DataKey",
    "Erased",
    "Rotation",
    "SealedBytesField",
    "SealedDateField",
    "SealedField",
    "SealedJSONField",
    "SealedModel",
    "SealedTextField",
    "VaultError",
    "blind_index",
    "configuration_problem",
    "destroy_data_key",
    "fingerprint",
    "forget_data_keys",
    "new_data_key",
    "new_id",
    "open_",
    "open_frames",
    "open_range",
    "open_whole",
    "ring",
    "rotate",
    "seal",
    "seal_frames",
    "sealed_bulk_update",
    "sealed_for",
    "stale_counts",
    "warm_data_keys",
]
