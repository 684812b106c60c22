"""What a model instance holds for an encrypted field, and a switch for code that moves values undecrypted."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from providers.vault.errors import VaultError
from providers.vault.undecipherable import Undecipherable

undecrypted: ContextVar[bool] = ContextVar("vault_moving", default=False)


class Ciphertext(bytes):
    """Encrypted bytes on their way into a column."""

    def __repr__(self) -> str:
        return "<encrypted>"


class FieldValue:
    """The entry in an instance's ``__dict__``: ciphertext, plain value, or both. Its repr shows neither."""

    __slots__ = ("ciphertext", "is_decrypted", "marker", "plain", "row")

    def __init__(self, *, ciphertext: bytes | None = None, plain: Any = None, row: object = None) -> None:
        self.ciphertext = ciphertext
        self.plain = plain
        self.is_decrypted = ciphertext is None
        self.row = row
        self.marker: Undecipherable | None = None
        """Returned instead of the plain value, once it could not be decrypted."""

    def __repr__(self) -> str:
        return "<encrypted>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.ciphertext is None or self.is_decrypted:
            raise VaultError(
                "Decrypted values cannot be pickled: sessions, caches and queues must not contain plain text."
            )
        return _from_ciphertext, (self.ciphertext, self.row)

    def __copy__(self) -> "FieldValue":
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> "FieldValue":
        twin = FieldValue(ciphertext=self.ciphertext, plain=copy.deepcopy(self.plain, memo), row=self.row)
        twin.is_decrypted = self.is_decrypted
        return twin


def _from_ciphertext(ciphertext: bytes, row: object) -> FieldValue:
    return FieldValue(ciphertext=ciphertext, row=row)


@contextmanager
def keep_encrypted() -> Iterator[None]:
    """Attributes return their entries undecrypted, so that reloading a row needs no key."""
    token = undecrypted.set(True)
    try:
        yield
    finally:
        undecrypted.reset(token)
