"""Keyed indexes: equality search over a value that is stored encrypted only.

HMAC-SHA256 under a key of its own per index name, derived from a ring key: the same value gives other bytes under
another name. Never for a low-entropy value alone (a birth date goes together with the normalised name), since equal
values are visible as equal.
"""

import hmac
from typing import Any

from django.db import models

from providers.vault.ring import KeyMaterial, ring

_DIGEST = "sha256"


def blind_index(name: str, normalised: str) -> bytes:
    """Length of key id, key id, 32 bytes of HMAC, under the current ring key. The caller normalises."""
    return _index(ring().current, name, normalised)


def blind_index_candidates(name: str, normalised: str) -> list[bytes]:
    """What the value may be stored as under every ring key: ``filter(column__in=...)``."""
    return [_index(key, name, normalised) for key in ring()]


def index_prefix(key: KeyMaterial) -> bytes:
    """What every index value made under this key begins with."""
    return bytes((len(key.key_id),)) + key.key_id


def _index(key: KeyMaterial, name: str, normalised: str) -> bytes:
    return index_prefix(key) + hmac.digest(key.derive(f"index/{name}"), normalised.encode(), _DIGEST)


class BlindIndexField(models.BinaryField):
    """A column that follows an encrypted one. ``source`` names a property of the model.

    That property gives the normalised text, or None (then the column is NULL). The column is computed at every save;
    search with ``Model.objects.filter(column__in=blind_index_candidates(column name, normalised))``.
    """

    def __init__(self, *args: Any, source: str, **kwargs: Any) -> None:
        self.source = source
        kwargs["editable"] = False
        kwargs.setdefault("null", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Migrations name the door of the vault, not the file behind it."""
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, "providers.vault.BlindIndexField", args, {**kwargs, "source": self.source}

    def computed(self, instance: models.Model) -> bytes | None:
        """The index of the row's present value."""
        normalised = getattr(instance, self.source)
        return None if normalised is None else blind_index(f"{self.model._meta.db_table}.{self.column}", normalised)

    def pre_save(self, instance: models.Model, add: bool) -> bytes | None:
        """Follows the source; a caller cannot set it."""
        value = self.computed(instance)
        setattr(instance, self.attname, value)
        return value

    def candidates(self, normalised: str) -> list[bytes]:
        """What this column may hold for that value."""
        return blind_index_candidates(f"{self.model._meta.db_table}.{self.column}", normalised)


def index_candidates(model: type[models.Model], column: str, normalised: str) -> list[bytes]:
    """What ``column`` (a ``BlindIndexField`` of the model) may hold for that value: for ``column__in``."""
    field = model._meta.get_field(column)
    if not isinstance(field, BlindIndexField):
        raise TypeError(f"{column} is no keyed index.")
    return field.candidates(normalised)
