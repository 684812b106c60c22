"""One data key per applicant, wrapped by the key ring.

Destroying it erases all data that it encrypts, backups included.
"""

import os
import threading
import time
import uuid
from collections import OrderedDict
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db import models, transaction
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.utils import timezone
from uuid_utils.compat import uuid7

from providers.vault.errors import Erased, VaultError
from providers.vault.field_cipher import Place, Scope, decrypt_with, decrypt_with_ring, encrypt_with, encrypt_with_ring
from providers.vault.key_ring import KEY_BYTES, KeyMaterial

CACHE_SECONDS = 60.0
CACHE_ENTRIES = 1024
INSTALLATION_KEY_ID = uuid.UUID("00000000-0000-7000-8000-000000000001")
"""The data key behind keyed indexes and fingerprints: it belongs to no applicant, so no erasure destroys it."""


def new_id() -> uuid.UUID:
    """A UUIDv7, which sorts by time. Made before the row is inserted, because associated data names the row."""
    return uuid7()


class DataKey(models.Model):
    """The key of one applicant's data. The row outlives the key, which distinguishes erased from unknown."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(null=True)

    material: KeyMaterial | None = None
    """The unwrapped key, for the lifetime of this instance."""

    class Meta:
        app_label = "providers"
        constraints = (
            models.CheckConstraint(
                name="datakey_wrapped_or_destroyed",
                condition=models.Q(wrapped__isnull=False, destroyed_at__isnull=True)
                | models.Q(wrapped__isnull=True, destroyed_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"data key {self.pk}"


def new_data_key(key_id: uuid.UUID | None = None) -> DataKey:
    """A new key, wrapped but not saved: ``save()`` or ``bulk_create`` it before the rows that refer to it."""
    key = DataKey(pk=key_id or new_id())
    key.wrapped = encrypt_with_ring(os.urandom(KEY_BYTES), _place(key.pk))
    return key


def destroy_data_key(key_id: uuid.UUID) -> bool:
    """Erase: remove the wrapped key from its row. False when it had been destroyed before.

    This process forgets the key at once, others within ``CACHE_SECONDS``.

    Raises: VaultError for an unknown id.
    """
    if key_id == INSTALLATION_KEY_ID:
        raise VaultError("The installation's own key cannot be erased.")
    living = DataKey.objects.filter(pk=key_id, destroyed_at__isnull=True)
    changed = living.update(wrapped=None, destroyed_at=timezone.now())
    _cache.forget(key_id)
    # Another thread may have cached it again before the commit.
    transaction.on_commit(lambda: _cache.forget(key_id))
    if not changed and not DataKey.objects.filter(pk=key_id).exists():
        raise VaultError("There is no such data key.")
    return bool(changed)


def data_key_material(key_id: uuid.UUID, row: DataKey | None = None) -> KeyMaterial:
    """The unwrapped key: from the cache, the given row, or one query.

    Raises: Erased when it was destroyed.
    """
    if row is not None and row.destroyed_at is not None:
        raise Erased
    if (known := _cache.get(key_id)) is not None:
        return known
    if row is not None and row.pk == key_id:
        # Cached on the row, not in the process: the cache must not outlive an erasure.
        if row.material is None:
            row.material = _unwrap(row)
        return row.material
    found = DataKey.objects.filter(pk=key_id).first()
    if found is None:
        raise VaultError("Encrypted with a data key that does not exist.")
    _cache.put(key_id, material := _unwrap(found))
    return material


def can_encrypt(key_id: uuid.UUID) -> bool:
    """Whether values can be encrypted with this data key: it is neither destroyed nor damaged."""
    try:
        data_key_material(key_id)
    except VaultError:
        return False
    return True


def installation_key() -> KeyMaterial:
    """The key behind keyed indexes and fingerprints."""
    return data_key_material(INSTALLATION_KEY_ID)


@receiver(post_migrate, dispatch_uid="vault.installation_key")
def make_installation_key(sender: AppConfig, using: str, apps: Apps = installed_apps, **kwargs: Any) -> None:
    """Create the key together with the tables: created on first use, a rollback could leave two keys in use."""
    try:
        apps.get_model("providers", "DataKey")
    except LookupError:
        # This app has no tables yet at the target of this migration.
        return
    if sender.name != "providers":
        return
    _cache.forget(INSTALLATION_KEY_ID)
    DataKey.objects.using(using).bulk_create([new_data_key(INSTALLATION_KEY_ID)], ignore_conflicts=True)


def encrypt(plain: bytes, place: Place, key: uuid.UUID | None, row: DataKey | None = None) -> bytes:
    """The ciphertext of bytes for that place, with a data key, or with the key ring when ``key`` is None."""
    if key is None:
        return encrypt_with_ring(plain, place)
    return encrypt_with(plain, place, Scope.DATA_KEY, data_key_material(key, row))


def decrypt(ciphertext: bytes, place: Place, key: uuid.UUID | None, row: DataKey | None = None) -> bytes:
    """The plain bytes of a ciphertext.

    Raises: VaultError when it was moved, changed or has another key; Erased when the key was destroyed.
    """
    if key is None:
        return decrypt_with_ring(ciphertext, place)
    return decrypt_with(ciphertext, place, Scope.DATA_KEY, data_key_material(key, row))


def _unwrap(row: DataKey) -> KeyMaterial:
    if row.wrapped is None:
        raise Erased
    return KeyMaterial(row.pk.bytes, decrypt_with_ring(bytes(row.wrapped), _place(row.pk)))


def _place(key_id: uuid.UUID) -> Place:
    return Place(DataKey._meta.db_table, "wrapped", str(key_id))


class _Cache:
    """Unwrapped keys by id: bounded, and short-lived so that an erasure by another process takes effect."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[uuid.UUID, tuple[float, KeyMaterial]] = OrderedDict()

    def get(self, key_id: uuid.UUID) -> KeyMaterial | None:
        with self._lock:
            entry = self._entries.get(key_id)
            if entry is None:
                return None
            if entry[0] <= time.monotonic():
                del self._entries[key_id]
                return None
            self._entries.move_to_end(key_id)
            return entry[1]

    def put(self, key_id: uuid.UUID, material: KeyMaterial) -> None:
        with self._lock:
            self._entries[key_id] = (time.monotonic() + CACHE_SECONDS, material)
            self._entries.move_to_end(key_id)
            while len(self._entries) > CACHE_ENTRIES:
                self._entries.popitem(last=False)

    def forget(self, key_id: uuid.UUID) -> None:
        with self._lock:
            self._entries.pop(key_id, None)


_cache = _Cache()
