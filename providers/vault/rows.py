"""Rows with encrypted fields: their base model, and the replacements of ``update`` and ``bulk_update``."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from providers.vault.field_values import Ciphertext, bulk_updating, keep_encrypted
from providers.vault.fields import EncryptedField
from providers.vault.keys import new_id


class EncryptedModel(models.Model):
    """Base of models with encrypted fields: a UUID primary key, and a reload that decrypts nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Reload without decrypting, which works for erased rows, too."""
        with keep_encrypted():
            super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)


def encrypted_for(row: models.Model, field_name: str, value: Any) -> Ciphertext | None:
    """A value for ``queryset.update(field_name=...)`` of this row, whose primary key and data_key must be set.

    For conditional writes: ``Token.objects.filter(pk=row.pk, owner=me).update(value=encrypted_for(...))``.
    """
    field = row._meta.get_field(field_name)
    if not isinstance(field, EncryptedField):
        raise TypeError(f"{field_name} is no encrypted field.")
    plain = field.to_python(value)
    if plain is None:
        return None
    return field.encrypt_value(plain, row.pk, *field.key_of(row))


def encrypted_bulk_update(rows: models.QuerySet[Any], objects: Iterable[models.Model], fields: Iterable[str]) -> int:
    """``QuerySet.bulk_update`` for models with encrypted fields; ``fields`` may include other columns."""
    token = bulk_updating.set(True)
    try:
        return rows.bulk_update(objects, list(fields))
    finally:
        bulk_updating.reset(token)
