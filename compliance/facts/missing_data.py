"""Findings whose sources state nothing any more. Pure.

A contradiction ends when the same source states data that agree, never because a later answer states nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from compliance.enums import FindingKind
from compliance.facts.plausibility import Implausible
from compliance.facts.sources import FactSource, sources_of
from compliance.models import Case, Check

_OF_DATES = (FindingKind.IMPLAUSIBLE, FindingKind.EXPIRED)
_NAME_PARTS = ("given_names", "family_name")


class _Finding(Protocol):
    @property
    def kind(self) -> Any: ...
    @property
    def about(self) -> str: ...
    @property
    def detail(self) -> Mapping[str, Any]: ...


def is_without_data(finding: _Finding, case: Case, current: Sequence[Check]) -> bool:
    """Whether a source of a finding that counts like a negative result states nothing about its fact any more.

    Sources of replaced checks are left out: their findings count on in ``compliance_conflicts``.
    """
    asked = list(_facts_by_source(finding))
    if not asked:
        return False
    sources = {source.ref: source for source in sources_of(case, current)}
    read = {str(check.pk) for check in current if check.report_count}
    return any(key[1] in read and not _states_any(key, facts, sources) for key, facts in asked)


def _facts_by_source(finding: _Finding) -> Iterator[tuple[list[str], Sequence[str]]]:
    """The key of each source of a check in its parts, and the facts of which it has to state one."""
    is_earlier = "earlier" in finding.detail
    keys: list[str] = []
    facts: Sequence[str] = (finding.about,)
    if finding.kind == FindingKind.DIFFERS or is_earlier:
        clauses = finding.detail.get("clauses", ())
        sides = [side for relation, *sides in clauses if relation == "differs" or is_earlier for side in sides]
        keys = [key for side in sides for key in side]
    elif finding.kind in _OF_DATES:
        keys = finding.detail["of"]
        facts = ("age",) if finding.detail.get("reason") == Implausible.OTHER_AGE else facts
    elif finding.kind == FindingKind.CONTRADICTION:
        keys, facts = finding.detail["of"], ()
    yield from ((key.split("/"), facts) for key in keys if key.startswith("check/"))


def _states_any(key: Sequence[str], facts: Sequence[str], sources: Mapping[tuple[str | int, ...], FactSource]) -> bool:
    """Whether the source states one of the facts; without facts, anything. A source inside it has other facts."""
    kind, check_id, index, *inside = key
    if inside:
        facts = _NAME_PARTS if inside[0] == "parts" else inside[:1]
    source = sources.get((kind, check_id, int(index)))
    return source is not None and any(source.facts.get(fact, "").strip() for fact in facts or source.facts)
