"""The encrypted fields by type: text, bytes and JSON."""

import json
from collections.abc import Mapping
from typing import Any, cast

from providers.vault.fields import EncryptedField
from providers.vault.undecipherable import UndecipherableBytes, UndecipherableJSON, UndecipherableText


class EncryptedTextField(EncryptedField):
    """Text of any length. Empty text and None stay apart."""

    empty_strings_allowed = True
    marker = UndecipherableText

    def to_python(self, value: Any) -> str | None:
        """Accepts text only; numbers are not converted."""
        if value is None or isinstance(value, str):
            return value
        raise TypeError(f"{self.name} takes text.")

    def to_bytes(self, value: Any) -> bytes:
        return cast(str, value).encode()

    def from_bytes(self, plain: bytes) -> str:
        return plain.decode()


class EncryptedBytesField(EncryptedField):
    """Bytes, such as raw answers."""

    marker = UndecipherableBytes

    def to_python(self, value: Any) -> bytes | None:
        """Accepts bytes, a bytearray or a memoryview."""
        if value is None or isinstance(value, bytes):
            return value
        if isinstance(value, bytearray | memoryview):
            return bytes(value)
        raise TypeError(f"{self.name} takes bytes.")

    def to_bytes(self, value: Any) -> bytes:
        return cast(bytes, value)

    def from_bytes(self, plain: bytes) -> bytes:
        return plain


class EncryptedJSONField(EncryptedField):
    """Any JSON value; None means SQL NULL. Mappings and tuples come back as dicts and lists."""

    mutable = True
    marker = UndecipherableJSON

    def to_python(self, value: Any) -> Any:
        """Unchanged; checked when it is written."""
        if hasattr(value, "resolve_expression"):
            raise self._refusal("takes no expression")
        return value

    def to_bytes(self, value: Any) -> bytes:
        """Compact UTF-8. NaN, Infinity and unknown types raise."""
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()

    def from_bytes(self, plain: bytes) -> Any:
        return json.loads(plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"JSON has no {type(value).__name__}.")
