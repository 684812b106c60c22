"""Encrypted model fields. The attribute holds the plain value; the column holds a sealed one.

A value is opened when the attribute is first read, so a list that never reads it pays nothing. It is sealed in
``pre_save``, which ``save``, ``create`` and ``bulk_create`` call. Whatever would write without the row at hand
(``update``, ``bulk_update``, expressions, fixtures) is refused; ``sealed_for`` makes a value that ``update`` takes, and
``sealed_bulk_update`` does what ``bulk_update`` would.

Which key: a model with an applicant's data has a foreign key ``data_key``; a model of the installation's own secrets
says ``vault_scope = "ring"``.
"""

import copy
import datetime
import json
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, NoReturn, cast

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.expressions import Col
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute

from providers.vault.errors import VaultError
from providers.vault.field_cipher import Place, Scope, open_ring, open_under, read_header, seal_ring, seal_under
from providers.vault.key_ring import ring
from providers.vault.keys import DataKey, data_key_material, new_id

_RAW, _ZLIB = b"\x00", b"\x01"
_moving: ContextVar[bool] = ContextVar("vault_moving", default=False)
_sealing: ContextVar[bool] = ContextVar("vault_sealing", default=False)


class Sealed(bytes):
    """Bytes that are already sealed, on their way into a column."""

    def __repr__(self) -> str:
        return "<sealed>"


class Cell:
    """What an instance keeps under the attribute's name: sealed, opened, or both. Its repr shows neither."""

    __slots__ = ("is_open", "plain", "row", "sealed")

    def __init__(self, *, sealed: bytes | None = None, plain: Any = None, row: object = None) -> None:
        self.sealed = sealed
        self.plain = plain
        self.is_open = sealed is None
        self.row = row

    def __repr__(self) -> str:
        return "<sealed>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.sealed is None or self.is_open:
            raise VaultError("An opened value is never pickled: sessions, caches and queues hold no plain text.")
        return _still_sealed, (self.sealed, self.row)

    def __copy__(self) -> "Cell":
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> "Cell":
        twin = Cell(sealed=self.sealed, plain=copy.deepcopy(self.plain, memo), row=self.row)
        twin.is_open = self.is_open
        return twin


def _still_sealed(sealed: bytes, row: object) -> Cell:
    return Cell(sealed=sealed, row=row)


@contextmanager
def _moving_cells() -> Iterator[None]:
    """Attributes hand over their cells unopened: what reloads a row need not decrypt it."""
    token = _moving.set(True)
    try:
        yield
    finally:
        _moving.reset(token)


class SealedAttribute(DeferredAttribute):
    """Opens on first access; takes plain values."""

    field: "SealedField"

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            # Deferred: the same query that Django would make.
            with _moving_cells():
                instance.refresh_from_db(fields=[name])
        cell = instance.__dict__[name]
        if _moving.get():
            return cell
        if _sealing.get():
            return models.Value(self.field.pre_save(instance, add=False), output_field=self.field)
        return None if cell is None else self.field.opened(instance, cell)

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, Cell):
            if value.row is None:
                value.row = instance.__dict__.get(instance._meta.pk.attname)
            cell: Cell | None = value
        elif value is None:
            cell = None
        else:
            cell = Cell(plain=self.field.to_python(value))
        instance.__dict__[self.field.attname] = cell


class SealedCol(Col):
    """A column that may be selected, never ordered by."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> NoReturn:
        # Django resolves a column again inside ORDER BY and inside expressions that are compared.
        raise FieldError(f"{self.target.name} is encrypted: it cannot be ordered by or computed with.")


class SealedIsNull(IsNull):
    """``isnull``, which may be resolved again in a subquery."""

    def __init__(self, lhs: Any, rhs: bool) -> None:
        if isinstance(lhs, SealedCol):
            lhs = Col(lhs.alias, lhs.target, lhs.output_field)
        super().__init__(lhs, rhs)


class SealedField(models.Field):
    """Base of the encrypted fields. Subclasses say how a value becomes bytes and back, and what type it has."""

    descriptor_class = SealedAttribute
    empty_strings_allowed = False
    mutable: ClassVar[bool] = False
    """Whether a value handed out can change in the caller's hands; then every save seals it again."""

    def __init__(self, *args: Any, compressed: bool = False, **kwargs: Any) -> None:
        kwargs["editable"] = False
        self.compressed = compressed
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Migrations name the door of the vault, not the file behind it."""
        name, _, args, kwargs = super().deconstruct()
        del kwargs["editable"]
        if self.compressed:
            kwargs["compressed"] = True
        return name, f"providers.vault.{type(self).__name__}", args, kwargs

    def get_internal_type(self) -> str:
        """Stored as bytes."""
        return "BinaryField"

    # Values

    def to_bytes(self, value: Any) -> bytes:
        """The plain bytes of a value that ``to_python`` let through."""
        raise NotImplementedError

    def from_bytes(self, plain: bytes) -> Any:
        """The value again."""
        raise NotImplementedError

    def seal_value(self, value: Any, row: object, key: uuid.UUID | None, key_row: DataKey | None = None) -> Sealed:
        """Seal for that row, under its data key or the ring (None)."""
        plain = self.to_bytes(value)
        plain = _ZLIB + zlib.compress(plain, 6) if self.compressed else _RAW + plain
        place = self._place(row)
        if key is None:
            return Sealed(seal_ring(plain, place))
        return Sealed(seal_under(plain, place, Scope.DATA_KEY, data_key_material(key, key_row)))

    def open_value(self, sealed: bytes, row: object, key: uuid.UUID | None, key_row: DataKey | None = None) -> Any:
        """Open what that row holds. ``VaultError`` or ``Erased`` when that is impossible."""
        place = self._place(row)
        if key is None:
            plain = open_ring(sealed, place)
        else:
            plain = open_under(sealed, place, Scope.DATA_KEY, data_key_material(key, key_row))
        codec, body = plain[:1], plain[1:]
        if codec == _ZLIB:
            body = zlib.decompress(body)
        elif codec != _RAW:
            raise VaultError("This sealed value was packed in an unknown way.")
        return self.from_bytes(body)

    def _place(self, row: object) -> Place:
        if row is None:
            raise VaultError(f"{self.name} is sealed for its row, so the row needs its key before it is saved.")
        return Place(self.model._meta.db_table, cast(str, self.column), str(row))

    def key_of(self, instance: models.Model) -> tuple[uuid.UUID | None, DataKey | None]:
        """The row's data key id (with the key row, when the instance has loaded it); (None, None) means the ring."""
        if _uses_ring(type(instance)):
            return None, None
        key_id = getattr(instance, "data_key_id", None)
        if key_id is None:
            raise VaultError(f"{self.model.__name__}.{self.name} needs the row's data_key to be set first.")
        return key_id, instance._state.fields_cache.get("data_key")

    def opened(self, instance: models.Model, cell: Cell) -> Any:
        """The cell's value, decrypting it at the first call."""
        if not cell.is_open:
            cell.plain = self.open_value(cast(bytes, cell.sealed), instance.pk, *self.key_of(instance))
            cell.is_open = True
        return cell.plain

    # Writing

    def pre_save(self, instance: models.Model, add: bool) -> Sealed | None:
        """The value for the column: the ciphertext that was read, when nothing changed, else a new one."""
        if self.attname not in instance.__dict__:
            raise VaultError(f"{self.name} was deferred: there is nothing to write.")
        cell = instance.__dict__[self.attname]
        if cell is None:
            return None
        key, key_row = self.key_of(instance)
        if cell.sealed is not None and not (cell.is_open and self.mutable) and self._still_fits(cell, instance, key):
            if add:
                # A copied instance may carry another row's value: opening it proves that it belongs here.
                self.opened(instance, cell)
            return Sealed(cell.sealed)
        sealed = self.seal_value(self.opened(instance, cell), instance.pk, key, key_row)
        cell.sealed, cell.row = bytes(sealed), instance.pk
        return sealed

    def _still_fits(self, cell: Cell, instance: models.Model, key: uuid.UUID | None) -> bool:
        header = read_header(cast(bytes, cell.sealed))
        if cell.row is not None and cell.row != instance.pk:
            return False
        if key is None:
            # A full save must not bring back a key that rotation has just replaced.
            return header.scope is Scope.RING and header.key_id == ring().current.key_id
        return header.scope is Scope.DATA_KEY and header.key_id == key.bytes

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Only sealed bytes get through."""
        if value is None or (_sealing.get() and hasattr(value, "as_sql")):
            return value
        if not isinstance(value, Sealed):
            raise self._refusal(
                "is sealed for its row: save() it, use sealed_bulk_update(), or pass sealed_for(...) to update()"
            )
        return connection.Database.Binary(bytes(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Cell | None:
        """A cell that is opened when somebody looks."""
        return None if value is None else Cell(sealed=bytes(value))

    # What an encrypted column cannot do

    def _refusal(self, sentence: str) -> FieldError:
        return FieldError(f"{self.name} is encrypted: it {sentence}.")

    def get_lookup(self, lookup_name: str) -> Any:
        """``isnull`` alone: anything else would compare ciphertext, or be an oracle."""
        if lookup_name == "isnull":
            return SealedIsNull
        raise self._refusal("cannot be filtered or searched, only tested with isnull")

    def get_transform(self, lookup_name: str) -> Any:
        """None exists."""
        raise self._refusal("cannot be filtered or searched, only tested with isnull")

    def get_col(self, alias: str, output_field: models.Field | None = None) -> Col:
        """A column that refuses to be ordered by."""
        return SealedCol(alias, self, self if output_field is None else output_field)

    def formfield(self, *args: Any, **kwargs: Any) -> None:
        """Never part of a form made from the model."""
        return

    def value_from_object(self, obj: models.Model) -> Any:
        """For serialisers and forms: the unopened cell, which none of them can show."""
        with _moving_cells():
            return getattr(obj, self.attname)

    def value_to_string(self, obj: models.Model) -> str:
        """Refused: fixtures and exports carry no encrypted columns."""
        raise VaultError(f"{self.name} is encrypted and not exported; take a database backup.")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Mistakes that a developer should hear of before the first migration."""
        return [*super().check(**kwargs), *self._check_column(), *self._check_key()]

    def _check_column(self) -> list[checks.CheckMessage]:
        if self.unique or getattr(self, "db_index", False) or self.has_db_default():
            sentence = "An encrypted column has no index and no database default."
            return [checks.Error(sentence, obj=self, id="vault.E001")]
        return []

    def _check_key(self) -> list[checks.CheckMessage]:
        if not self.model._meta.abstract and not _has_scope(self.model):
            hint = 'Add a foreign key "data_key" to DataKey, or say vault_scope = "ring".'
            return [checks.Error("No key for this encrypted column.", hint=hint, obj=self, id="vault.E002")]
        return []


def _uses_ring(model: type[models.Model]) -> bool:
    if getattr(model, "vault_scope", "") == "ring":
        return True
    # A migration's model has its columns and no class attributes: no data_key column means the ring there.
    return model.__module__ == "__fake__" and not _has_data_key(model)


def _has_data_key(model: type[models.Model]) -> bool:
    return any(field.attname == "data_key_id" for field in model._meta.concrete_fields)


def _has_scope(model: type[models.Model]) -> bool:
    return getattr(model, "vault_scope", "") == "ring" or _has_data_key(model)


class SealedTextField(SealedField):
    """Text of any length. Empty text and None stay apart."""

    empty_strings_allowed = True

    def to_python(self, value: Any) -> str | None:
        """Text only: numbers are not quietly turned into it."""
        if value is None or isinstance(value, str):
            return value
        raise TypeError(f"{self.name} takes text.")

    def to_bytes(self, value: Any) -> bytes:
        """UTF-8."""
        return cast(str, value).encode()

    def from_bytes(self, plain: bytes) -> str:
        """UTF-8."""
        return plain.decode()


class SealedBytesField(SealedField):
    """Bytes: pictures, files, raw answers."""

    def to_python(self, value: Any) -> bytes | None:
        """Bytes, a bytearray or a memoryview."""
        if value is None or isinstance(value, bytes):
            return value
        if isinstance(value, bytearray | memoryview):
            return bytes(value)
        raise TypeError(f"{self.name} takes bytes.")

    def to_bytes(self, value: Any) -> bytes:
        """As they are."""
        return cast(bytes, value)

    def from_bytes(self, plain: bytes) -> bytes:
        """As they are."""
        return plain


class SealedDateField(SealedField):
    """A calendar date."""

    def to_python(self, value: Any) -> datetime.date | None:
        """A date, or text as ``YYYY-MM-DD``; a moment in time is not a date."""
        if value is None or (isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)):
            return value
        if isinstance(value, str):
            try:
                return datetime.date.fromisoformat(value)
            except ValueError:
                # The text may be somebody's birthday: it is not repeated.
                raise ValueError(f"{self.name} takes a date as YYYY-MM-DD.") from None
        raise TypeError(f"{self.name} takes a date.")

    def to_bytes(self, value: Any) -> bytes:
        """ISO 8601."""
        return cast(datetime.date, value).isoformat().encode()

    def from_bytes(self, plain: bytes) -> datetime.date:
        """ISO 8601."""
        return datetime.date.fromisoformat(plain.decode())


class SealedJSONField(SealedField):
    """Whatever JSON can say; None means SQL NULL. Mappings and tuples come back as dicts and lists."""

    mutable = True

    def to_python(self, value: Any) -> Any:
        """Checked when it is written."""
        if hasattr(value, "resolve_expression"):
            raise self._refusal("takes no expression")
        return value

    def to_bytes(self, value: Any) -> bytes:
        """Compact UTF-8; NaN, Infinity and unknown types are refused."""
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()

    def from_bytes(self, plain: bytes) -> Any:
        """JSON."""
        return json.loads(plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"JSON has no {type(value).__name__}.")


class SealedModel(models.Model):
    """Base of models with encrypted fields: the key that they need, and a reload that decrypts nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Django's, with the sealed values moved over unopened: it works for erased rows, too."""
        with _moving_cells():
            super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)


def sealed_for(row: models.Model, field_name: str, value: Any) -> Sealed | None:
    """A value that ``queryset.update(field_name=...)`` takes, for exactly this row (its key and data_key must be set).

    For writes that need a condition: ``Token.objects.filter(pk=row.pk, owner=me).update(value=sealed_for(...))``.
    """
    field = row._meta.get_field(field_name)
    if not isinstance(field, SealedField):
        raise TypeError(f"{field_name} is no encrypted field.")
    plain = field.to_python(value)
    if plain is None:
        return None
    return field.seal_value(plain, row.pk, *field.key_of(row))


def sealed_bulk_update(rows: models.QuerySet[Any], objects: Iterable[models.Model], fields: Iterable[str]) -> int:
    """``QuerySet.bulk_update`` for models with encrypted fields; ``fields`` may name any of the model's columns."""
    token = _sealing.set(True)
    try:
        return rows.bulk_update(objects, list(fields))
    finally:
        _sealing.reset(token)
