"""Reads single values of decoded answers, which may have any type."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from providers.contract.report import EMPTY


def object_of(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else EMPTY


def list_of(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def string_of(value: Any) -> str:
    """The value if it is text, else empty text."""
    return value if isinstance(value, str) else ""


def is_word(value: Any) -> TypeGuard[str]:
    """Whether a value is text with more than white space in it."""
    return isinstance(value, str) and bool(value.strip())


def moment_of(milliseconds: Any) -> datetime | None:
    """The time of epoch milliseconds; None outside the years 2000 to 2099 and for any other value."""
    is_number = isinstance(milliseconds, int) and not isinstance(milliseconds, bool)
    if not is_number or not 946_684_800_000 <= milliseconds < 4_102_444_800_000:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
