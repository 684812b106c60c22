"""Bringing everything that the ring sealed under its current key, while the desk runs.

Data keys are wrapped anew (what they seal stays as it is), and the installation's own secrets are sealed anew. Small
transactions lock a few rows each and pass by rows that somebody else holds; a row that is done is never visited again,
so a run that was killed goes on where it ended.
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
from providers.vault.field_cipher import Place, Scope, header_bytes, open_ring, seal_ring
from providers.vault.fields import Cell, SealedField
from providers.vault.key_ring import ring
from providers.vault.keys import DataKey

BATCH_ROWS = 200
_WAIT_SECONDS = 0.2
_MAX_IDLE_PASSES = 50


@dataclass(frozen=True, slots=True)
class Column:
    """One column whose values the ring seals."""

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
        """Rows whose value does not begin as the current key's values do."""
        prefix = header_bytes(Scope.RING, ring().current.key_id)
        # A plain column: the encrypted field's own refuses to be computed with.
        column = Col(self.model._meta.db_table, self.field, BinaryField())
        head = Func(column, 1, len(prefix), function="SUBSTRING", output_field=BinaryField())
        rows = self.model._base_manager.filter(**{f"{self.name}__isnull": False})
        return rows.annotate(vault_head=head).exclude(vault_head=prefix)

    def sealed_anew(self, row: object, value: Cell | bytes) -> bytes:
        """The same plain bytes under the current key."""
        stored = value.sealed if isinstance(value, Cell) else bytes(value)
        if stored is None:
            raise VaultError("Rotation reads stored values only.")
        place = Place(self.model._meta.db_table, cast(str, self.field.column), str(row))
        return seal_ring(open_ring(stored, place), place)

    def write(self, rows: list[object], values: list[bytes]) -> None:
        """Store sealed values, one a row, by one statement: an update a row takes ten times as long."""
        meta = self.model._meta
        query = sql.SQL(
            "UPDATE {table} AS t SET {column} = v.sealed "
            "FROM unnest(%s::{key_type}[], %s::bytea[]) AS v(key, sealed) WHERE t.{key} = v.key"
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
    """What one column's rotation did: values sealed anew, and values still under another key (normally 0)."""

    label: str
    sealed_anew: int
    left: int


def ring_columns(among: Iterable[type[models.Model]] | None = None) -> list[Column]:
    """Every column that the ring seals, in the installed models or among those given."""
    found = [Column(DataKey, "wrapped")]
    for model in apps.get_models() if among is None else among:
        if model._meta.proxy or not model._meta.managed or getattr(model, "vault_scope", "") != "ring":
            continue
        found += [Column(model, field.name) for field in model._meta.local_fields if isinstance(field, SealedField)]
    return found


def stale_counts(columns: Iterable[Column] | None = None) -> dict[str, int]:
    """Column -> values that the current key does not seal. All zero: retired keys can leave VAULT_KEYS."""
    return {column.label: column.stale().count() for column in columns or ring_columns()}


def rotate(columns: Iterable[Column] | None = None, *, batch: int = BATCH_ROWS) -> Iterator[Rotation]:
    """Rotate column after column, and say what was done. Safe beside readers, writers and another rotation.

    ``VaultError`` when a value names a key that VAULT_KEYS does not hold: nothing is skipped in silence.
    """
    for column in columns or ring_columns():
        done = _rotate_column(column, batch)
        yield Rotation(column.label, done, column.stale().count())


def _rotate_column(column: Column, batch: int) -> int:
    done, idle, after = 0, 0, None
    while idle < _MAX_IDLE_PASSES:
        taken = _rotate_batch(column, batch, after)
        if taken:
            # From key to key, so that one pass reads the table once.
            done, idle, after = done + len(taken), 0, taken[-1]
        elif after is not None:
            after = None
        elif column.stale().exists():
            # Somebody holds the last rows: they are looked at again when that transaction has ended.
            idle += 1
            time.sleep(_WAIT_SECONDS)
        else:
            break
    return done


@transaction.atomic
def _rotate_batch(column: Column, batch: int, after: object) -> list[object]:
    """Keys of the rows that were sealed anew, in order; those locked by others are passed by."""
    rows = column.stale().order_by("pk").select_for_update(skip_locked=True, of=("self",), no_key=True)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    taken = list(rows.values_list("pk", column.name)[:batch])
    keys = [row for row, _ in taken]
    if keys:
        column.write(keys, [column.sealed_anew(row, value) for row, value in taken])
    return keys
