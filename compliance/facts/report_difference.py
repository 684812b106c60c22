"""The difference between two reports of a check, in names of facts, codes and words.

It is stored in the timeline and shown on pages, so it never contains a value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compliance.facts import matrix
from compliance.models import Check

NAMES = frozenset({"given_names", "family_name", "full_name"})
SCORES = frozenset({"similarity", "liveness", "confidence"})
"""Scores that are named; their labels are ours. Labels of other details come from answers and are not repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSnapshot:
    """The state of a check after one report."""

    outcome: str
    verdict: str
    status: str
    codes: tuple[str, ...]
    risk_labels: tuple[str, ...]
    attempts: int
    facts: Mapping[str, Any] = field(repr=False)


def snapshot(check: Check) -> CheckSnapshot:
    """Take a copy of the check's state, to compare it with the state after the next report."""
    return CheckSnapshot(
        outcome=str(check.outcome),
        verdict=str(check.provider_verdict),
        status=check.status_word,
        codes=tuple(dict.fromkeys(str(reason["code"]) for reason in check.reasons)),
        risk_labels=tuple(check.risk_labels),
        attempts=len(check.attempts),
        facts=check.facts,
    )


def difference(before: CheckSnapshot, after: CheckSnapshot, *, report: int) -> dict[str, Any]:
    """What differs, for storing: words, codes and names of facts. ``report`` is the number of the one before; a first
    report differs from nothing.

    Keys that are there only where something differs: ``outcome``, ``verdict``, ``status`` ([before, after]),
    ``codes_came``, ``codes_went``, ``labels_came``, ``labels_went``, ``attempts`` (how many more), ``given``,
    ``changed``, ``gone`` (names of facts). ``timeline.describe_difference`` turns it into a sentence.
    """
    if not report:
        return {}
    # The status stands among the reasons, too; where two words make it, each by itself.
    words = {word for said in (before, after) for word in (said.status, *said.status.split(" / "))} | {"null", ""}
    codes = [[code for code in said.codes if code not in words] for said in (before, after)]
    was, now = _facts(before.facts), _facts(after.facts)
    found = {
        "outcome": _pair(before.outcome, after.outcome),
        "verdict": _pair(before.verdict, after.verdict),
        "status": _pair(before.status, after.status),
        "codes_came": _only_in(codes[1], codes[0]),
        "codes_went": _only_in(codes[0], codes[1]),
        "labels_came": _only_in(after.risk_labels, before.risk_labels),
        "labels_went": _only_in(before.risk_labels, after.risk_labels),
        "attempts": max(0, after.attempts - before.attempts),
        "given": [name for name in now if name not in was],
        "changed": [name for name in now if name in was and was[name] != now[name]],
        "gone": [name for name in was if name not in now],
    }
    return {"report": report} | {name: value for name, value in found.items() if value}


def _pair(before: str, after: str) -> list[str]:
    return [before, after] if before != after else []


def _only_in(these: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [one for one in these if one not in known]


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Name -> something that is equal where the fact is: the parts of a name as one, each score by itself."""
    found: dict[str, Any] = {}
    for name, value in matrix.facts_of(facts).items():
        if value.strip():
            found.setdefault("full_name" if name in NAMES else name, {})[name] = " ".join(value.split())
    for label, value in facts.get("scores", ()):
        found.setdefault(label if label in SCORES else "scores", []).append([label, value])
    if other := [list(pair) for pair in facts.get("other", ())]:
        found["other"] = other
    return found
