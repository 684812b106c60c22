"""Caps of the lists and texts of a report. The rest is a number; the stored payload has everything."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from providers.contract.report import Assessment, Evidence, Report

MOST = {"attempts": 50, "codes": 200, "risk_labels": 100, "reasons": 100, "evidence": 200, "other": 200, "further": 200,
        "scores": 50}  # fmt: skip
LONGEST_TEXT = 2000
_CUT = "…"
_T = TypeVar("_T")


def cap_lists(
    report: Report, assessment: Assessment, evidence: tuple[Evidence, ...]
) -> tuple[Report, Assessment, tuple[Evidence, ...], dict[str, int]]:
    """The same within the caps, and how many entries of which list are missing.

    Called after the mapping, which judges every entry. Of attempts the latest are shown, of all others the first.
    """
    lists: dict[str, tuple[Any, ...]] = {
        "attempts": report.attempts[::-1],
        "codes": report.codes,
        "risk_labels": report.risk_labels,
        "reasons": assessment.reasons,
        "evidence": evidence,
        "other": report.facts.other,
        "scores": report.facts.scores,
    }
    shown = {name: entries[: MOST[name]] for name, entries in lists.items()}
    more = {name: len(lists[name]) - len(shown[name]) for name in lists if len(lists[name]) > len(shown[name])}
    report = replace(
        report,
        status=_short(report.status),
        attempts=_short(shown["attempts"][::-1]),
        codes=_short(shown["codes"]),
        risk_labels=_short(shown["risk_labels"]),
        evidence=report.evidence[: MOST["evidence"]],
        facts=_short(replace(report.facts, other=shown["other"], scores=shown["scores"])),
    )
    return report, replace(assessment, reasons=_short(shown["reasons"])), shown["evidence"], more


def _short(value: _T) -> _T:
    """The value with every text inside it cut to its longest length; a cut text equals no other."""
    found: Any = value
    if isinstance(value, str) and type(value) is str:
        found = value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + _CUT
    elif isinstance(value, tuple):
        found = tuple(_short(one) for one in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changes = {one.name: _short(getattr(value, one.name)) for one in fields(value)}
        found = replace(value, **changes)
    return found
