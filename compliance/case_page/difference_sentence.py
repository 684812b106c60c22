"""The changes of a report as a sentence."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from compliance.events import ReportDifference
from compliance.labels import MOST_LISTED, RESULT_LABELS, join_labels, outcome_label

MOST_CODES = 3
_FACT_LABELS: dict[str, str] = {
    "document_type": "kind of document",
    "document_expiry": "expiry",
    "email": "e-mail",
    "birth_name": "name at birth",
    "document_issue": "date of issue",
    "other": "other details",
    "also": "further sources",
    "negatives": "negative words inside the answer",
}


def fact_labels(names: Collection[str]) -> str:
    """Labels of facts, each once: "expiry, full name"."""
    labels = list(dict.fromkeys(_FACT_LABELS.get(name, plain(name)) for name in names))
    return ", ".join(labels) if len(labels) <= MOST_LISTED else join_labels(labels)


def describe_difference(
    difference: Mapping[str, Any] | ReportDifference,
    *,
    beside_outcome: bool = False,
    words: Callable[[str], str] = lambda code: "",
) -> str:
    """The result of ``report_difference.difference`` as a sentence; empty for a first report.

    ``beside_outcome``: the outcome is displayed next to it and is left out. ``words`` explains a code.
    """
    found = ReportDifference.model_validate(difference)
    if found == ReportDifference():
        return ""
    clauses = [
        _result_clause(found, beside_outcome=beside_outcome),
        _codes_clause("code", came=_explained(found.codes_came, words), went=_explained(found.codes_went, words)),
        _codes_clause("risk label", came=found.labels_came, went=found.labels_went),
        _counted(found.attempts, "more attempt") if found.attempts else "",
        *(
            f"{label}: {fact_labels(names)}"
            for label, names in (
                ("now given", found.given),
                ("changed", found.changed),
                ("no longer given", found.gone),
            )
            if names
        ),
    ]
    text = "; ".join(filter(None, clauses))
    if not text:
        return "" if beside_outcome and found.outcome else "Only details of the payload changed"
    return f"{text[:1].upper()}{text[1:]}"


def _result_clause(found: ReportDifference, *, beside_outcome: bool) -> str:
    """The outcome; where it is the same, the verdict or the provider's status."""
    if found.outcome:
        before, after = map(outcome_label, found.outcome)
        return "" if beside_outcome else f"outcome changed from {before} to {after}"
    if found.verdict:
        before, after = (RESULT_LABELS[verdict] for verdict in found.verdict)
        return f"provider result changed from {before} to {after}"
    if found.status:
        return f"status “{found.status[1]}” instead of “{found.status[0]}”"
    return ""


def _codes_clause(noun: str, *, came: Collection[str], went: Collection[str]) -> str:
    clauses = []
    if came:
        clauses.append(f"{_counted(len(came), f'new {noun}')} ({_first(came)})")
    if went:
        removed = f"{len(went)} removed" if came else f"{_counted(len(went), noun)} removed ({_first(went)})"
        clauses.append(removed)
    return ", ".join(clauses)


def _explained(codes: Collection[str], words: Callable[[str], str]) -> list[str]:
    return [f"{code} {words(code)}".strip() for code in codes]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"


def _first(codes: Collection[str]) -> str:
    return ", ".join([*list(codes)[:MOST_CODES], *(["…"] if len(codes) > MOST_CODES else [])])


def plain(outcome: str) -> str:
    return outcome.replace("_", " ")
