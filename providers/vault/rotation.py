"""Key rotation: re-encrypts with the current key everything that the key ring encrypts, without downtime.

Data keys are re-wrapped (what they encrypt does not change), and the installation's own secrets are re-encrypted.
Small transactions lock a few rows each and skip rows that others have locked. A finished row is not visited again, so
a run that was killed continues where it ended.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import BinaryField, Func
from django.db.models.expressions import Col
from psycopg import sql

from providers.vault.errors import VaultError
from providers.vault.field_cipher import Place, Scope, decrypt_with_ring, encrypt_with_ring, header_bytes
from providers.vault.field_values import FieldValue
from providers.vault.fields import EncryptedField
from providers.vault.key_ring import current_key_ring
from providers.vault.keys import DataKey

BATCH_ROWS = 200
_WAIT_SECONDS = 0.2
_MAX_IDLE_PASSES = 50


@dataclass(frozen=True, slots=True)
class Column:
    """One column whose values the key ring encrypts."""

    model: type[models.Model]
    name: str

    @property
    def field(self) -> "models.Field[Any, Any]":
        """The model's field."""
        return cast("models.Field[Any, Any]", self.model._meta.get_field(self.name))

    @property
    def label(self) -> str:
        """Table and column, for people."""
        return f"{self.model._meta.db_table}.{self.name}"

    def stale(self) -> models.QuerySet[models.Model]:
        """Rows whose value has a header of another key than the current one."""
        prefix = header_bytes(Scope.KEY_RING, current_key_ring().current.key_id)
        # A plain Col: the column class of encrypted fields refuses expressions.
        column = Col(self.model._meta.db_table, self.field, BinaryField())
        head = Func(column, 1, len(prefix), function="SUBSTRING", output_field=BinaryField())
        rows = self.model._base_manager.filter(**{f"{self.name}__isnull": False})
        return rows.annotate(vault_head=head).exclude(vault_head=prefix)

    def reencrypted(self, row: object, value: FieldValue | bytes) -> bytes:
        """The same plain bytes, encrypted with the current key."""
        stored = value.ciphertext if isinstance(value, FieldValue) else bytes(value)
        if stored is None:
            raise VaultError("Rotation reads stored values only.")
        place = Place(self.model._meta.db_table, cast(str, self.field.column), str(row))
        return encrypt_with_ring(decrypt_with_ring(stored, place), place)

    def write(self, rows: list[object], values: list[bytes]) -> None:
        """Store ciphertexts, one a row, with one statement: one update per row takes ten times as long."""
        meta = self.model._meta
        query = sql.SQL(
            "UPDATE {table} AS t SET {column} = v.ciphertext "
            "FROM unnest(%s::{key_type}[], %s::bytea[]) AS v(key, ciphertext) WHERE t.{key} = v.key"
        ).format(
            table=sql.Identifier(meta.db_table),
            column=sql.Identifier(cast(str, self.field.column)),
            key=sql.Identifier(cast(str, meta.pk.column)),
            key_type=sql.SQL(cast(str, meta.pk.rel_db_type(connection))),
        )
        with connection.cursor() as cursor:
            cursor.execute(query, [rows, values])


@dataclass(frozen=True, slots=True)
class Rotation:
    """The rotation of one column: values re-encrypted, and values left with another key (normally 0)."""

    label: str
    reencrypted: int
    left: int


def key_ring_columns(among: Iterable[type[models.Model]] | None = None) -> list[Column]:
    """Every column that the key ring encrypts, of the installed models or of those given."""
    found = [Column(DataKey, "wrapped")]
    for model in apps.get_models() if among is None else among:
        if model._meta.proxy or not model._meta.managed or getattr(model, "vault_scope", "") != "key_ring":
            continue
        found += [Column(model, field.name) for field in model._meta.local_fields if isinstance(field, EncryptedField)]
    return found


def stale_counts(columns: Iterable[Column] | None = None) -> dict[str, int]:
    """Column -> values encrypted with another key than the current one. If all are zero, old keys can be removed."""
    return {column.label: column.stale().count() for column in columns or key_ring_columns()}


def rotate(columns: Iterable[Column] | None = None, *, batch: int = BATCH_ROWS) -> Iterator[Rotation]:
    """Rotate column after column and report each. Safe to run with concurrent readers, writers and another rotation.

    Raises: VaultError when a value names a key that VAULT_KEYS does not contain; nothing is skipped silently.
    """
    for column in columns or key_ring_columns():
        done = _rotate_column(column, batch)
        yield Rotation(column.label, done, column.stale().count())


def _rotate_column(column: Column, batch: int) -> int:
    done, idle, after = 0, 0, None
    while idle < _MAX_IDLE_PASSES:
        taken = _rotate_batch(column, batch, after)
        if taken:
            # Continue after the last primary key, so that one pass reads the table once.
            done, idle, after = done + len(taken), 0, taken[-1]
        elif after is not None:
            after = None
        elif column.stale().exists():
            # Another transaction has locked the last rows: wait for its end.
            idle += 1
            time.sleep(_WAIT_SECONDS)
        else:
            break
    return done


@transaction.atomic
def _rotate_batch(column: Column, batch: int, after: object) -> list[object]:
    """Primary keys of the re-encrypted rows, in order; rows locked by others are skipped."""
    rows = column.stale().order_by("pk").select_for_update(skip_locked=True, of=("self",), no_key=True)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    taken = list(rows.values_list("pk", column.name)[:batch])
    keys = [row for row, _ in taken]
    if keys:
        column.write(keys, [column.reencrypted(row, value) for row, value in taken])
    return keys
