"""Rows with encrypted columns, their raw column values, and key rings of invented keys."""

import base64
import random
import uuid
from typing import Any, ClassVar

from django.db import connection, models
from psycopg import sql

from providers.vault import DataKey, EncryptedBytesField, EncryptedJSONField, EncryptedTextField, keys, new_id
from providers.vault.field_cipher import Place

EVERYTHING: dict[str, Any] = {
    "note": "Passport X1234567",
    "remark": "",
    "born": "1990-02-28",
    "facts": {"name": "Zoë", "list": [1, 2.5, None, True]},
    "payload": {"deep": {"er": ["é" * 500]}},
    "picture": bytes(range(256)) * 20,
}


class Dossier(models.Model):
    """A row with a column of every encrypted type, with an applicant's key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    data_key_id: uuid.UUID
    title = models.CharField(max_length=40, default="")
    note = EncryptedTextField(default="")
    remark = EncryptedTextField(null=True)
    born = EncryptedTextField(null=True)
    facts = EncryptedJSONField(default=dict)
    payload = EncryptedJSONField(null=True, compressed=True)
    picture = EncryptedBytesField(null=True, compressed=True)

    objects: ClassVar[models.Manager["Dossier"]] = models.Manager()

    class Meta:
        app_label = "vault_tests"

    def __str__(self) -> str:
        return f"dossier {self.pk}"


class Locker(models.Model):
    """A row with the installation's own secret; its key is a number, known before it is saved."""

    vault_scope: ClassVar[str] = "key_ring"

    id = models.IntegerField(primary_key=True)
    secret = EncryptedJSONField(default=dict)
    pin = EncryptedTextField(null=True)

    objects: ClassVar[models.Manager["Locker"]] = models.Manager()

    class Meta:
        app_label = "vault_tests"

    def __str__(self) -> str:
        return f"locker {self.pk}"


def make(data_key: DataKey, **values: Any) -> Dossier:
    """A stored dossier."""
    return Dossier.objects.create(data_key=data_key, **values)


def raw(row: models.Model, column: str) -> bytes:
    """The stored bytes of the column."""
    query = sql.SQL("SELECT {} FROM {} WHERE id = %s")
    with connection.cursor() as cursor:
        cursor.execute(query.format(sql.Identifier(column), sql.Identifier(row._meta.db_table)), [row.pk])
        return bytes(cursor.fetchone()[0])


def overwrite(row: models.Model, column: str, value: bytes) -> None:
    """Overwrite a column as with direct access to the database."""
    query = sql.SQL("UPDATE {} SET {} = %s WHERE id = %s")
    with connection.cursor() as cursor:
        cursor.execute(query.format(sql.Identifier(row._meta.db_table), sql.Identifier(column)), [value, row.pk])


def key_ring_text(*names: str) -> str:
    """VAULT_KEYS of those names; the same name is always the same key."""
    return ",".join(f"{name}:{base64.b64encode(random.Random(name).randbytes(32)).decode()}" for name in names)


def encrypt(plain: bytes, *, table: str, column: str, row: object, key: uuid.UUID | None = None) -> bytes:
    """A value encrypted for that place."""
    return keys.encrypt(plain, Place(table, column, str(row)), key)


def decrypt(ciphertext: bytes, *, table: str, column: str, row: object, key: uuid.UUID | None = None) -> bytes:
    """The value of a ciphertext of that place."""
    return keys.decrypt(ciphertext, Place(table, column, str(row)), key)
