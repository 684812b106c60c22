"""Encrypted model fields: the attribute is the plain value, the column the ciphertext.

A value is decrypted when the attribute is first read, so lists that do not read it cost nothing. It is encrypted in
``pre_save``, which ``save``, ``create`` and ``bulk_create`` call. ``update()``, ``bulk_update()``, expressions and
fixtures raise, because the cipher needs the primary key.

The key: a model with an applicant's data has a foreign key ``data_key``; a model with secrets of the installation sets
``vault_scope = "key_ring"``.
"""

import uuid
import zlib
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, cast

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.expressions import Col
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute

from providers.vault.errors import Erased, VaultError
from providers.vault.field_cipher import Place, Scope, read_header
from providers.vault.field_values import Ciphertext, FieldValue, keep_encrypted, undecrypted
from providers.vault.key_ring import current_key_ring
from providers.vault.keys import DataKey, decrypt, encrypt
from providers.vault.undecipherable import Undecipherable, report_of

_RAW, _ZLIB = b"\x00", b"\x01"


class EncryptedAttribute(DeferredAttribute):
    """Decrypts on first access; accepts plain values."""

    field: "EncryptedField"

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            # Deferred: the same query that Django would make.
            with keep_encrypted():
                instance.refresh_from_db(fields=[name])
        stored = instance.__dict__[name]
        if undecrypted.get():
            return stored
        return None if stored is None else self.field.read(instance, stored)

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, FieldValue):
            if value.row is None:
                value.row = instance.__dict__.get(instance._meta.pk.attname)
            stored: FieldValue | None = value
        elif value is None:
            stored = None
        else:
            stored = FieldValue(plain=self.field.to_python(value))
        instance.__dict__[self.field.attname] = stored


class EncryptedCol(Col):
    """A column that can be selected but not ordered by."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> NoReturn:
        # Django resolves a column again inside ORDER BY and inside compared expressions.
        raise FieldError(f"{self.target.name} is encrypted: it cannot be ordered by or computed with.")


class EncryptedIsNull(IsNull):
    """``isnull``, which Django may resolve again in a subquery."""

    def __init__(self, lhs: Any, rhs: bool) -> None:
        if isinstance(lhs, EncryptedCol):
            lhs = Col(lhs.alias, lhs.target, lhs.output_field)
        super().__init__(lhs, rhs)


class EncryptedField(models.Field):
    """Base of the encrypted fields. Subclasses convert a value of their type to bytes and back."""

    descriptor_class = EncryptedAttribute
    empty_strings_allowed = False
    marker: ClassVar[type[Undecipherable]]
    """Makes what is returned for a value that cannot be decrypted."""
    mutable: ClassVar[bool] = False
    """Whether callers can change a returned value in place; then every save encrypts it again."""

    def __init__(self, *args: Any, compressed: bool = False, **kwargs: Any) -> None:
        kwargs["editable"] = False
        self.compressed = compressed
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Migrations contain the fixed public path ``providers.vault.<class>``."""
        name, _, args, kwargs = super().deconstruct()
        del kwargs["editable"]
        if self.compressed:
            kwargs["compressed"] = True
        return name, f"providers.vault.{type(self).__name__}", args, kwargs

    def get_internal_type(self) -> str:
        """The column type: bytes."""
        return "BinaryField"

    # Values

    def to_bytes(self, value: Any) -> bytes:
        """The plain bytes of a value that ``to_python`` accepted."""
        raise NotImplementedError

    def from_bytes(self, plain: bytes) -> Any:
        """The value of these plain bytes."""
        raise NotImplementedError

    def encrypt_value(
        self, value: Any, row: object, key: uuid.UUID | None, key_row: DataKey | None = None
    ) -> Ciphertext:
        """The ciphertext of a value for that row, with its data key, or with the key ring when ``key`` is None."""
        if isinstance(value, Undecipherable):
            raise VaultError(f"{self.name} was read from a value that cannot be decrypted: it is not stored.")
        plain = self.to_bytes(value)
        plain = _ZLIB + zlib.compress(plain, 6) if self.compressed else _RAW + plain
        return Ciphertext(encrypt(plain, self._place(row), key, key_row))

    def decrypt_value(
        self, ciphertext: bytes, row: object, key: uuid.UUID | None, key_row: DataKey | None = None
    ) -> Any:
        """The value of a ciphertext of that row.

        Raises: VaultError, or Erased when the key was destroyed.
        """
        plain = decrypt(ciphertext, self._place(row), key, key_row)
        codec, body = plain[:1], plain[1:]
        if codec == _ZLIB:
            body = zlib.decompress(body)
        elif codec != _RAW:
            raise VaultError("This encrypted value has an unknown compression.")
        return self.from_bytes(body)

    def _place(self, row: object) -> Place:
        if row is None:
            raise VaultError(
                f"{self.name} is encrypted for its row, so the row needs a primary key before it is saved."
            )
        return Place(self.model._meta.db_table, cast(str, self.column), str(row))

    def key_of(self, instance: models.Model) -> tuple[uuid.UUID | None, DataKey | None]:
        """The row's data key id, with the key row if it is loaded; (None, None) means the key ring."""
        if _uses_ring(type(instance)):
            return None, None
        key_id = getattr(instance, "data_key_id", None)
        if key_id is None:
            raise VaultError(f"{self.model.__name__}.{self.name} needs the row's data_key to be set first.")
        return key_id, instance._state.fields_cache.get("data_key")

    def read(self, instance: models.Model, stored: FieldValue) -> Any:
        """The plain value of an entry; a marker, where the app has markers for values that cannot be decrypted.

        Raises: Erased; VaultError where the app has no markers.
        """
        if stored.marker is not None:
            return stored.marker
        try:
            return self.decrypted(instance, stored)
        except Erased:
            raise
        except VaultError:
            report = report_of(self.model._meta.app_label)
            if report is None or stored.ciphertext is None:
                raise
            stored.marker = self.marker()
            report(self.model._meta.db_table, cast(str, self.column), instance.pk, stored.ciphertext)
            return stored.marker

    def decrypted(self, instance: models.Model, stored: FieldValue) -> Any:
        """The plain value of an entry, decrypted at the first call."""
        if not stored.is_decrypted:
            stored.plain = self.decrypt_value(cast(bytes, stored.ciphertext), instance.pk, *self.key_of(instance))
            stored.is_decrypted = True
        return stored.plain

    # Writing

    def pre_save(self, instance: models.Model, add: bool) -> Ciphertext | None:
        """The ciphertext for the column: the one that was read if the value is unchanged, else a new one."""
        if self.attname not in instance.__dict__:
            raise VaultError(f"{self.name} was deferred: there is no value to write.")
        stored = instance.__dict__[self.attname]
        if stored is None:
            return None
        key, key_row = self.key_of(instance)
        if (
            stored.ciphertext is not None
            and not (stored.is_decrypted and self.mutable)
            and self._still_valid(stored, instance, key)
        ):
            if add:
                # A copied instance may contain another row's value: decrypting it proves that it belongs here.
                self.decrypted(instance, stored)
            return Ciphertext(stored.ciphertext)
        plain = self.read(instance, stored)
        if stored.marker is not None and not add:
            return Ciphertext(cast(bytes, stored.ciphertext))  # other columns of the row can be saved
        ciphertext = self.encrypt_value(plain, instance.pk, key, key_row)
        stored.ciphertext, stored.row = bytes(ciphertext), instance.pk
        return ciphertext

    def _still_valid(self, stored: FieldValue, instance: models.Model, key: uuid.UUID | None) -> bool:
        header = read_header(cast(bytes, stored.ciphertext))
        if stored.row is not None and stored.row != instance.pk:
            return False
        if key is None:
            # A full save must not restore a key that rotation has just replaced.
            return header.scope is Scope.KEY_RING and header.key_id == current_key_ring().current.key_id
        return header.scope is Scope.DATA_KEY and header.key_id == key.bytes

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Accepts ciphertexts only."""
        if value is None:
            return value
        if not isinstance(value, Ciphertext):
            raise self._refusal("is encrypted for its row: use save()")
        return connection.Database.Binary(bytes(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> FieldValue | None:
        """An entry that is decrypted when the attribute is read."""
        return None if value is None else FieldValue(ciphertext=bytes(value))

    # Unsupported operations

    def _refusal(self, sentence: str) -> FieldError:
        return FieldError(f"{self.name} is encrypted: it {sentence}.")

    def get_lookup(self, lookup_name: str) -> Any:
        """``isnull`` only: any other lookup would compare ciphertexts or be an oracle."""
        if lookup_name == "isnull":
            return EncryptedIsNull
        raise self._refusal("cannot be filtered or searched, only tested with isnull")

    def get_transform(self, lookup_name: str) -> Any:
        """Raises: encrypted columns have no transforms."""
        raise self._refusal("cannot be filtered or searched, only tested with isnull")

    def get_col(self, alias: str, output_field: models.Field | None = None) -> Col:
        """The column, which refuses ORDER BY."""
        return EncryptedCol(alias, self, self if output_field is None else output_field)

    def formfield(self, *args: Any, **kwargs: Any) -> None:
        """None: forms generated from the model leave the field out."""
        return

    def value_from_object(self, obj: models.Model) -> Any:
        """The undecrypted entry, which serialisers and forms cannot show."""
        with keep_encrypted():
            return getattr(obj, self.attname)

    def value_to_string(self, obj: models.Model) -> str:
        """Raises: fixtures and exports contain no encrypted columns."""
        raise VaultError(f"{self.name} is encrypted and cannot be exported; make a database backup.")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """System checks of the column and its key."""
        return [*super().check(**kwargs), *self._check_column(), *self._check_key()]

    def _check_column(self) -> list[checks.CheckMessage]:
        if self.unique or getattr(self, "db_index", False) or self.has_db_default():
            sentence = "An encrypted column has no index and no database default."
            return [checks.Error(sentence, obj=self, id="vault.E001")]
        return []

    def _check_key(self) -> list[checks.CheckMessage]:
        if not self.model._meta.abstract and not _has_scope(self.model):
            hint = 'Add a foreign key "data_key" to DataKey, or set vault_scope = "key_ring".'
            return [checks.Error("No key for this encrypted column.", hint=hint, obj=self, id="vault.E002")]
        return []


def _uses_ring(model: type[models.Model]) -> bool:
    if getattr(model, "vault_scope", "") == "key_ring":
        return True
    # A migration's model has its columns and no class attributes: there, no data_key column means the key ring.
    return model.__module__ == "__fake__" and not _has_data_key(model)


def _has_data_key(model: type[models.Model]) -> bool:
    return any(field.attname == "data_key_id" for field in model._meta.concrete_fields)


def _has_scope(model: type[models.Model]) -> bool:
    return getattr(model, "vault_scope", "") == "key_ring" or _has_data_key(model)
