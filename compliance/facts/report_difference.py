"""The difference between two reports of a check, in names of facts, codes and words.

It is stored in the timeline and shown on pages, so it never contains a value.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from compliance.facts import matrix
from compliance.models import Check
from providers.vault import Undecipherable

NAMES = frozenset({"given_names", "family_name", "full_name"})
SCORES = frozenset({"similarity", "liveness", "confidence"})
"""Scores that are named. Labels of other details are parts of answers and are not repeated."""


def difference(before: Check, after: Check) -> dict[str, Any]:
    """The difference of a check to its state before the latest report; empty for the first one.

    Keys exist only where something differs: ``outcome``, ``verdict``, ``status`` ([before, after]),
    ``codes_came``, ``codes_went``, ``labels_came``, ``labels_went``, ``attempts`` (how many more), ``given``,
    ``changed``, ``gone`` (names of facts). ``difference_sentence.describe_difference`` turns it into a sentence.
    """
    if not before.report_count:
        return {}
    states = [check.status_word for check in (before, after)]
    # The status is also among the reasons; where it has two words, each separately.
    words = {word for status in states for word in (status, *status.split(" / "))} | {"null", ""}
    old_codes, new_codes = ([code for code in _codes(check) if code not in words] for check in (before, after))
    now = _facts(after.facts)
    was = now if isinstance(before.facts, Undecipherable) else _facts(before.facts)
    found = {
        "outcome": _pair(before.outcome, after.outcome),
        "verdict": _pair(before.provider_verdict, after.provider_verdict),
        "status": _pair(*states),
        "codes_came": _only_in(new_codes, old_codes),
        "codes_went": _only_in(old_codes, new_codes),
        "labels_came": _only_in(after.risk_labels, before.risk_labels),
        "labels_went": _only_in(before.risk_labels, after.risk_labels),
        "attempts": max(0, _attempts(after) - _attempts(before)),
        "given": [name for name in now if name not in was],
        "changed": [name for name in now if name in was and was[name] != now[name]],
        "gone": [name for name in was if name not in now],
    }
    return {"report": before.report_count} | {name: value for name, value in found.items() if value}


def _pair(before: str, after: str) -> list[str]:
    return [str(before), str(after)] if before != after else []


def _codes(check: Check) -> list[str]:
    return list(dict.fromkeys(str(reason["code"]) for reason in check.reasons))


def _only_in(these: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [one for one in these if one not in known]


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Name -> something that is equal where the fact is: the parts of a name as one, each score separately."""
    found: dict[str, Any] = {}
    for name, value in matrix.facts_of(facts).items():
        if value.strip():
            found.setdefault("full_name" if name in NAMES else name, {})[name] = " ".join(value.split())
    for label, value in facts.get("scores", ()):
        found.setdefault(label if label in SCORES else "scores", []).append([label, value])
    for name in ("other", "negatives"):
        if pairs := [list(pair) for pair in facts.get(name, ())]:
            found[name] = pairs
    if also := [[source["name"], _facts(source["facts"])] for source in facts.get("also", ())]:
        found["also"] = also
    return found


def _attempts(check: Check) -> int:
    return len(check.attempts) + int(check.more.get("attempts", 0))
