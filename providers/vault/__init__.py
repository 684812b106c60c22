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
    sealed_for,
)
from providers.vault.frames import open_frames, seal_frames
from providers.vault.index import BlindIndexField, blind_index, blind_index_candidates, index_candidates
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
from providers.vault.ring import configuration_problem, fingerprint, ring

__all__ = [
    "BlindIndexField",
    "DataKey",
    "Erased",
    "SealedBytesField",
    "SealedDateField",
    "SealedField",
    "SealedJSONField",
    "SealedModel",
    "SealedTextField",
    "VaultError",
    "blind_index",
    "blind_index_candidates",
    "configuration_problem",
    "destroy_data_key",
    "fingerprint",
    "forget_data_keys",
    "index_candidates",
    "new_data_key",
    "new_id",
    "open_",
    "open_frames",
    "ring",
    "seal",
    "seal_frames",
    "sealed_for",
    "warm_data_keys",
]
