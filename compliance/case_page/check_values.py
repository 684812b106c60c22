"""Lines of a check's card: what its answer says besides the facts of the comparison, private values masked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from compliance.case_page.redactor import Redactor
from compliance.facts import masking
from compliance.facts.masking import LABELS
from compliance.facts.matrix import ROWS
from compliance.facts.sources import all_facts
from compliance.models import Check

_COMPARED = frozenset((*(name for name, _ in ROWS), "applicant_id"))
"""Facts with a row in the comparison, and the provider's own id, which the answer has among its other values."""
_NAME_PARTS = ("given_names", "family_name")
"""Of these the comparison makes a full name if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLine:
    """One value with its label."""

    label: str
    value: str = field(repr=False)
    is_masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckValues:
    """The lines of one check."""

    other: tuple[ValueLine, ...] = ()
    further: tuple[ValueLine, ...] = ()
    """Values that are shown under the names of their fields."""
    masked: tuple[str, ...] = ()
    """Kinds of private values (``LABELS``) that are masked in these lines."""
    revealed: tuple[str, ...] = ()
    """Kinds of private values that are revealed in these lines."""

    @property
    def private(self) -> tuple[str, ...]:
        """Kinds of private values in these lines."""
        return (*self.masked, *self.revealed)

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Kind and label of each button that reveals values."""
        return tuple((kind, LABELS[kind]) for kind in self.masked)


def check_values(check: Check, redactor: Redactor) -> CheckValues:
    """The lines of a check: its facts without a row in the comparison, then the other values of its answer."""
    kinds = dict(_private(check.facts))
    other = dict.fromkeys([*_unlisted(check.facts), *map(tuple, check.facts.get("other", ()))])
    further = [*map(tuple, check.facts.get("further", ()))]
    found = {kinds[value] for _, value in (*other, *further) if value in kinds}
    return CheckValues(
        other=tuple(_lines(other, kinds, redactor)),
        further=tuple(_lines(further, kinds, redactor)),
        masked=tuple(kind for kind in LABELS if kind in found - redactor.shown),
        revealed=tuple(kind for kind in LABELS if kind in found & redactor.shown),
    )


def _lines(pairs: Iterable[tuple[str, str]], kinds: Mapping[str, str], redactor: Redactor) -> Iterator[ValueLine]:
    for label, value in pairs:
        kind = kinds.get(value, "")
        if kind and kind not in redactor.shown:
            yield ValueLine(label=redactor.text(label), value=masking.masked(kind, value), is_masked=True)
        else:
            yield ValueLine(label=redactor.text(label), value=redactor.text(value))


def _private(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Value and kind of each private value that the answer states, in any of its sources; the last kind counts."""
    main, *further = all_facts(facts)
    for one in (*further, main):
        named = [(one.get(kind, ""), kind) for kind in LABELS]
        for value, kind in (*((value, kind) for kind, value in one.get("private", ())), *named):
            if value and not masking.is_state(value):
                yield value, kind


def _unlisted(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Facts that the comparison has no row for: the parts of a name that are not in the full name."""
    sources = [("", facts), *((f"{source['name']}, ", source["facts"]) for source in facts.get("also", ()))]
    for source, one in sources:
        full = one.get("full_name", "").casefold()
        for name, value in one.items():
            is_in_name = name in _NAME_PARTS and (not full or f" {value.casefold()} " in f" {full} ")
            if isinstance(value, str) and name not in _COMPARED and not is_in_name:
                label = f"{source}{name.replace('_', ' ')}"
                yield f"{label[:1].upper()}{label[1:]}", value
