"""What an attribute returns in place of a stored value that cannot be decrypted.

Such a value was moved, changed, or encrypted with a key that is missing. Models of other apps than those of
``mark_undecipherable`` raise instead.
"""

from collections.abc import Callable, Iterable

TEXT = "cannot be decrypted; tell an admin"
"""Shown in place of the value."""
Report = Callable[[str, str, object, bytes], None]
"""Called with table, column, primary key and ciphertext, once per loaded row and column."""
_reports: dict[str, Report] = {}


class Undecipherable:
    """A value that is stored and unknown. It equals nothing, itself included, and is never stored."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "<undecipherable>"


class UndecipherableText(Undecipherable, str):
    """In place of a text: the sentence that pages show."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __new__(cls) -> "UndecipherableText":
        return super().__new__(cls, TEXT)


class UndecipherableBytes(Undecipherable, bytes):
    """In place of bytes: none."""

    __slots__ = ()


class UndecipherableJSON(Undecipherable, dict[str, object]):
    """In place of a JSON value: an object without members."""


def mark_undecipherable(app_labels: Iterable[str], report: Report) -> None:
    """From now on models of these apps return markers, and ``report`` is called."""
    _reports.update(dict.fromkeys(app_labels, report))


def report_of(app_label: str) -> Report | None:
    """The function to call for an undecipherable value of a model of this app; None: raise."""
    return _reports.get(app_label)
