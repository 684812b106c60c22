"""The comparison of facts: the declared value and the value of each check. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from compliance.facts import countries, dates, masking, names, numbers, places, sexes
from compliance.facts.characters import states_nothing
from compliance.facts.finding import Answer, Finding, notes
from compliance.facts.masking import Secrets
from compliance.facts.partial_values import hides_characters, is_partial

ROWS: tuple[tuple[str, str], ...] = (
    ("full_name", "Full name"),
    ("birth_name", "Name at birth"),
    ("birth_date", "Birth date"),
    ("birth_place", "Birth place"),
    ("document_type", "Document"),
    ("document_number", "Number"),
    ("document_issue", "Issued"),
    ("document_expiry", "Expiry"),
    ("issuing_country", "Issued in"),
    ("personal_number", "Personal number"),
    ("tax_number", "Tax number"),
    ("nationality", "Nationality"),
    ("sex", "Sex"),
    ("address", "Address"),
    ("phone", "Phone"),
    ("email", "E-mail"),
)
_COMPARED: dict[str, Callable[[str, str], Finding]] = {
    "full_name": names.compare,
    "birth_name": names.compare,
    "birth_date": dates.compare,
    "birth_place": places.compare,
    "personal_number": numbers.compare,
    "tax_number": numbers.compare,
    "document_number": numbers.compare,
    "document_issue": dates.compare,
    "document_expiry": dates.compare,
    "issuing_country": countries.compare,
    "nationality": countries.compare,
    "sex": sexes.compare,
    "phone": numbers.compare_phones,
    "email": numbers.compare_emails,
}
"""Kinds of documents and addresses are not compared, because each provider has its own words and order."""
_MASKED = frozenset({"full_name", "document_number", "personal_number", "tax_number", "phone", "email"})
"""Facts that a provider may mask."""
_MAY_BE_UNSTATED = frozenset({
    "birth_place", "document_number", "issuing_country", "nationality", "personal_number", "tax_number", "sex", "phone",
    "email",
})  # fmt: skip
"""Facts of which a register may say that it has none; Null and None are names."""
_OF_THE_DOCUMENT = frozenset({"document_number", "document_issue", "document_expiry", "issuing_country"})
"""Facts that two documents of one person do not share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of one check."""

    value: str = field(repr=False)
    state: str
    """``same``, ``differs``, ``unclear`` (compare by eye), ``none`` (no value) or ``plain`` (nothing to compare)."""
    note: str = ""
    """The reason in a few words, without values."""
    is_certain: bool = True
    """False if ``same`` is only possible: a partial value, an initial, an ambiguous date."""
    warning: str = ""
    """A problem of the value itself: a document has expired, or may have."""
    span: tuple[int, int] | None = field(default=None, repr=False)
    """The part of the value that differs; None for all of it."""
    original: str = field(default="", repr=False)
    """The original value, if ``value`` is a label."""

    @property
    def before(self) -> str:
        """The value before the part that differs."""
        return self.value[: self.span[0]] if self.span else ""

    @property
    def mark(self) -> str:
        """The part that differs: all of the value without a span."""
        return self.value[slice(*self.span)] if self.span else self.value

    @property
    def after(self) -> str:
        """The value after the part that differs."""
        return self.value[self.span[1] :] if self.span else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    label: str
    sub: str
    outcome: str = ""
    """Empty for a further source of a check."""
    echo: str = ""
    """Why these values agree with nothing: they are our own input."""
    is_other_document: bool = False
    """The values are of another document than the one of the check's main facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One fact over all columns."""

    name: str
    """As in ``ROWS``; also the anchor of links to the row."""
    label: str
    declared: str = field(repr=False)
    cells: tuple[Cell, ...]
    is_private: bool = False
    """Masked until it is revealed."""
    is_masked: bool = False
    holds: tuple[str, ...] = ()
    """Private facts whose values are inside these values; hidden until they are revealed."""
    shown: str = ""
    """Private facts revealed in this row, separated by blanks."""
    declared_original: str = field(default="", repr=False)
    """The original value, if ``declared`` is a label."""
    mark: str = ""
    """Changes with the values, so that a revealed row stays revealed while nothing has changed."""

    @property
    def opens(self) -> str:
        """Label of the private fact on the button that reveals it."""
        return masking.LABELS.get(self.name, "")

    @property
    def first_filled(self) -> int:
        """Place of the first value, which has the button that reveals the row: -1 for the declared one."""
        return next(place for place, value in enumerate(self.values, start=-1) if value)

    @property
    def values(self) -> tuple[str, ...]:
        """The declared value, then the value of each check."""
        return self.declared, *(cell.value for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    columns: tuple[Column, ...] = ()
    rows: tuple[FactRow, ...] = ()
    without_facts: int = 0
    """Sources that are left out because they have no value in any row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reported:
    """One value of a row, with its source and the kind of document."""

    source: str
    value: str = field(repr=False)
    document_type: str = ""
    echo: str = ""
    is_other_document: bool = False


def matrix(
    declared: Mapping[str, str], checks: Sequence[tuple[Column, Mapping[str, Any]]], *, today: date | None = None
) -> Matrix:
    """The rows with a value of a check, each compared with the declared value, else with the first of them.

    Without values of checks the rows are the declared values, without columns. ``today`` is the reader's date: expiry
    dates before it are marked, none without it.
    """
    columns = [(column, facts_of(facts)) for column, facts in checks]
    rows = []
    for name, label in ROWS:
        reported = [
            _Reported(
                source=column.label,
                value=facts.get(name, ""),
                document_type=facts.get("document_type", ""),
                echo=column.echo,
                is_other_document=column.is_other_document,
            )
            for column, facts in columns
        ]
        if any(one.value for one in reported):
            given = _Reported(source="", value=declared.get(name, ""), document_type=declared.get("document_type", ""))
            rows.append(
                FactRow(name=name, label=label, declared=given.value, cells=_cells(name, given, reported, today))
            )
    if not rows:
        alone = [
            FactRow(name=name, label=label, declared=declared[name], cells=())
            for name, label in ROWS
            if declared.get(name)
        ]
        return Matrix(rows=tuple(alone))
    return Matrix(columns=tuple(column for column, _ in columns), rows=tuple(rows))


def masked(whole: Matrix, *, shown: Collection[str] = (), secrets: Secrets | None = None) -> Matrix:
    """The comparison with the values of private facts masked, except those named in ``shown``, and with ``secrets``
    hidden inside other facts, such as a phone number in an e-mail address.

    Answers and notes remain, because a difference is a reason to reveal the value. Spans of hidden values do not.
    """
    hidden = secrets or Secrets()
    rows = (
        _masked(row, is_shown=row.name in shown) if row.name in masking.LABELS else _hidden(row, hidden, shown)
        for row in whole.rows
    )
    return replace(whole, rows=tuple(rows))


def _hidden(row: FactRow, secrets: Secrets, shown: Collection[str]) -> FactRow:
    holds = frozenset().union(*(secrets.kinds_in(value) for value in row.values))
    if not holds:
        return row
    revealed = " ".join(sorted(kind for kind in holds if kind in shown))
    cells = []
    for cell in row.cells:
        value = secrets.hide(cell.value, shown=shown)
        cells.append(cell if value == cell.value else replace(cell, value=value, span=None))
    declared = secrets.hide(row.declared, shown=shown)
    return replace(row, declared=declared, cells=tuple(cells), holds=tuple(sorted(holds)), shown=revealed)


def _masked(row: FactRow, *, is_shown: bool) -> FactRow:
    if is_shown:
        return replace(row, is_private=True, shown=row.name)
    cells = tuple(
        replace(cell, value=masking.masked(row.name, cell.value), span=None) if cell.value else cell
        for cell in row.cells
    )
    declared = masking.masked(row.name, row.declared) if row.declared else ""
    return replace(row, declared=declared, cells=cells, is_private=True, is_masked=True)


def facts_of(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as text; the full name is made of its parts if a check has only those."""
    found = {name: str(value) for name, value in facts.items() if isinstance(value, str)}
    if not found.get("full_name"):
        found["full_name"] = f"{found.get('given_names', '')} {found.get('family_name', '')}".strip()
    return found


def compare(name: str, value: str, reference: str, *, typed: bool = False) -> Finding:
    """Compare two values of a fact, named as in ``ROWS``. The answer is the same in both directions.

    ``typed``: the reference is what a person declared. Only a provider hides characters or parts, so such a reference
    agrees with nothing.
    """
    if not value.strip() or not reference.strip():
        return Finding(answer=Answer.NOT_COMPARABLE, note="not given")
    if name in _MAY_BE_UNSTATED and (states_nothing(value) or states_nothing(reference)):
        return Finding(answer=Answer.NOT_COMPARABLE, note="not stated")
    if typed and name in _COMPARED and is_hidden(name, reference):
        return Finding(answer=Answer.NOT_COMPARABLE, note="hidden characters were typed", by_eye=True)
    if name not in _COMPARED:
        return Finding(answer=Answer.NOT_COMPARABLE)
    return _COMPARED[name](value, reference)


def is_hidden(name: str, declared: str) -> bool:
    """Whether a person typed a value that hides a part of it: stars, crosses, or a year for a whole date."""
    if _COMPARED.get(name) is dates.compare:
        return any(not reading.is_whole and "*" in reading.parts[2] for reading in dates.readings(declared))
    return name in _MASKED and hides_characters(declared)


def agrees(name: str, left: str, right: str) -> bool:
    """Whether two values can be the same; values that cannot be compared do not agree."""
    return compare(name, left, right).answer in (Answer.SAME, Answer.COMPATIBLE)


def _cells(name: str, given: _Reported, reported: Sequence[_Reported], today: date | None) -> tuple[Cell, ...]:
    reference = _reference(given, reported)
    found = []
    for place, one in enumerate(reported):
        # There is no other source to agree with.
        finding = _against(name, one, reference, reported[:place]) if one is not reference and one.value else None
        found.append(_cell(one, finding, _expiry(name, one.value, today)))
    return tuple(found)


def _reference(given: _Reported, reported: Sequence[_Reported]) -> _Reported:
    """The declared value, else the first of a check; a partial value or an echo only if there is no other one."""
    if given.value:
        return given
    values = sorted((one for one in reported if one.value), key=lambda one: bool(one.echo))
    return next((one for one in values if not is_partial(one.value)), values[0])


def _against(name: str, one: _Reported, reference: _Reported, earlier: Sequence[_Reported]) -> Finding:
    """Compare with the reference and, if that is not certain, with the checks before: they may contradict or agree."""
    finding = _compared(name, one, reference)
    for other in earlier:
        if finding.answer in (Answer.SAME, Answer.DIFFERS):
            break
        if other is reference or not other.value or other.echo:
            continue
        against = _compared(name, one, other)
        if against.answer == Answer.DIFFERS:
            note = notes(f"from {other.source}", against.note)
            return Finding(answer=Answer.DIFFERS, note=note, span=against.span)
        if finding.answer == Answer.NOT_COMPARABLE and against.answer != Answer.NOT_COMPARABLE:
            finding = replace(against, note=notes(f"like {other.source}", against.note), span=None)
    return finding


def _compared(name: str, one: _Reported, reference: _Reported) -> Finding:
    finding = compare(name, one.value, reference.value, typed=not reference.source)
    if finding.answer != Answer.DIFFERS or name not in _OF_THE_DOCUMENT:
        return finding
    is_other = one.is_other_document or reference.is_other_document
    if is_other or numbers.other_document(one.document_type, reference.document_type):
        return Finding(answer=Answer.NOT_COMPARABLE, note="different document")
    return finding


def _expiry(name: str, value: str, today: date | None) -> str:
    if name != "document_expiry" or today is None:
        return ""
    is_past = dates.is_expired(value, today)
    return "Possibly expired" if is_past is None else "Expired" if is_past else ""


def _cell(one: _Reported, finding: Finding | None, warning: str) -> Cell:
    if not one.value:
        return Cell(value="", state="none")
    if finding is None or (one.echo and finding.answer != Answer.DIFFERS):
        return Cell(value=one.value, state="plain", note=one.echo, warning=warning)
    return Cell(
        value=one.value,
        state="unclear" if finding.by_eye else _STATES[finding.answer],
        note=notes(one.echo, finding.note),
        is_certain=finding.answer != Answer.COMPATIBLE,
        warning=warning,
        span=finding.span,
    )


_STATES = {
    Answer.SAME: "same",
    Answer.COMPATIBLE: "same",
    Answer.DIFFERS: "differs",
    Answer.NOT_COMPARABLE: "plain",
}
