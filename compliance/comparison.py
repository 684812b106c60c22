"""Facts side by side: what was declared, and what each check read. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ROWS: tuple[tuple[str, str], ...] = (
    ("full_name", "Full name"),
    ("birth_date", "Birth date"),
    ("document_type", "Document"),
    ("document_number", "Number"),
    ("document_expiry", "Expiry"),
    ("issuing_country", "Issued in"),
    ("nationality", "Nationality"),
    ("sex", "Sex"),
    ("address", "Address"),
    ("phone", "Phone"),
    ("email", "E-mail"),
)
_COMPARED = frozenset({"full_name", "birth_date", "document_number", "document_expiry", "email"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of one check."""

    value: str = field(repr=False)
    state: str
    """``same``, ``differs``, ``none`` (not given) or ``plain`` (nothing to compare with)."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One check."""

    label: str
    sub: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One fact over all columns."""

    label: str
    declared: str = field(repr=False)
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The comparison."""

    columns: tuple[Column, ...] = ()
    rows: tuple[FactRow, ...] = ()


def matrix(declared: Mapping[str, str], checks: Sequence[tuple[Column, Mapping[str, Any]]]) -> Matrix:
    """Rows that somebody filled; each check against what was declared, else against the first check that told."""
    columns = [(column, facts_of(facts)) for column, facts in checks]
    rows = []
    for name, label in ROWS:
        told = [facts.get(name, "") for _, facts in columns]
        if not any(told):
            continue
        given = [value for value in (declared.get(name, ""), *told) if value]
        # One voice alone has nothing to agree with.
        cells = tuple(_cell(name, value, given[0] if len(given) > 1 else "") for value in told)
        rows.append(FactRow(label=label, declared=declared.get(name, ""), cells=cells))
    return Matrix(columns=tuple(column for column, _ in columns), rows=tuple(rows)) if rows else Matrix()


def facts_of(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as text, the full name put together where only its parts were told."""
    found = {name: str(value) for name, value in facts.items() if isinstance(value, str)}
    if not found.get("full_name"):
        found["full_name"] = f"{found.get('given_names', '')} {found.get('family_name', '')}".strip()
    return found


def _cell(name: str, value: str, reference: str) -> Cell:
    if not value:
        return Cell(value="", state="none")
    if name not in _COMPARED or not reference:
        return Cell(value=value, state="plain")
    if agrees(name, value, reference):
        note = "masked" if "*" in value else ""
        return Cell(value=value, state="same", note=note)
    return Cell(value=value, state="differs")


def agrees(name: str, left: str, right: str) -> bool:
    """Whether two spellings can be the same fact; a mask agrees with what it may hide."""
    if name == "full_name":
        return names_agree(left, right)
    if name in ("birth_date", "document_expiry"):
        return bool(dates_of(left) & dates_of(right))
    return _masked(_plain(left), _plain(right))


def names_agree(left: str, right: str) -> bool:
    """Same words in any order, without case and diacritics; masked words agree with what they may hide."""
    ours, theirs = _words(left), _words(right)
    if len(ours) != len(theirs):
        return False
    for word in ours:
        match = next((other for other in theirs if _masked(word, other)), None)
        if match is None:
            return False
        theirs.remove(match)
    return True


def _words(name: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.findall(r"[\w*]+", bare)


def _plain(value: str) -> str:
    return re.sub(r"[^\w*]", "", value.casefold())


def _masked(left: str, right: str) -> bool:
    if "*" not in left and "*" not in right:
        return left == right
    masked, other = (left, right) if "*" in left else (right, left)
    # The number of stars is not the number of letters: providers use a fixed mask.
    pattern = ".*".join(re.escape(part) for part in re.split(r"\*+", masked))
    return re.fullmatch(pattern, other) is not None


def dates_of(text: str) -> frozenset[tuple[int, int, int]]:
    """Every (year, month, day) that a date may mean: 1991-04-17, 17.04.1991, 04/07/1991 means two."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if len(numbers) == 1 and len(text.strip()) == 8:
        digits = text.strip()
        numbers = [int(digits[:4]), int(digits[4:6]), int(digits[6:])]
    if len(numbers) < 3:
        return frozenset()
    first, second, third = numbers[:3]
    year_first = first > 31
    found = {(first, second, third)} if year_first else {(third, second, first), (third, first, second)}
    return frozenset(date for date in found if 1 <= date[1] <= 12 and 1 <= date[2] <= 31)
