"""Changes between two states of a case's evidence, as sentences."""

from collections.abc import Sequence
from uuid import UUID

from compliance.enums import EventType
from compliance.labels import KIND_LABELS, provider_label
from compliance.models import Check, Document, Event

Row = Sequence[str | int]
Codes = dict[tuple[str | int, str | int], list[str]]


def evidence_changes(case_id: int, before: Sequence[Row], after: Sequence[Row]) -> tuple[str, ...]:
    """One sentence a difference, in alphabetical order; no query where nothing differs."""
    was, now = {tuple(row[:2]): row for row in before}, {tuple(row[:2]): row for row in after}
    changed = [key for key in was.keys() | now.keys() if list(was.get(key, ())) != list(now.get(key, ()))]
    if not changed:
        return ()
    labels, codes = _labels(case_id), _codes(case_id)
    sentences = []
    for key in changed:
        label = labels.get(str(key[1])) or _name_of(key)
        if key[0] == "finding":
            sentences.append(f"A finding {'was resolved' if key in now else 'is open again'}.")
        elif key[0] == "correction":
            sentences.append("The declared data were corrected.")
        elif key not in now:
            sentences.append(f"{label} is no longer part of the case.")
        elif key not in was:
            state = _state(now[key], codes)
            sentences.append(f"{label} is new: {state}." if state else f"{label} is new.")
        else:
            sentences.append(f"{label} was {_state(was[key], codes)}; it is now {_state(now[key], codes)}.")
    return tuple(sorted(sentences))


def _name_of(key: Row) -> str:
    """A row of another case, or one that this case does not have any more."""
    return f"An earlier result in KYC-{str(key[1]).split(':')[0]}" if key[0] == "elsewhere" else str(key[1])


def _labels(case_id: int) -> dict[str, str]:
    """Id of a check or document -> its name."""
    checks = {
        check.pk: f"{provider_label(check.provider)} {check.kind} {check.reference}"
        for check in Check.objects.filter(case=case_id).only("provider", "kind", "reference")
    }
    documents = Document.objects.filter(case=case_id).only("kind", "label", "position", "check_row")
    labels = {str(key): name for key, name in checks.items()}
    return labels | {str(document.pk): _document_label(document, checks) for document in documents}


def _document_label(document: Document, checks: dict[UUID, str]) -> str:
    number = f", {document.position + 1}" if document.position else ""
    # Two checks may name their images alike.
    owner = f" of {checks[document.check_row_id]}" if document.check_row_id else ""
    return f"{KIND_LABELS[document.kind]} “{document.label}”{number}{owner}"


def _codes(case_id: int) -> Codes:
    """(check, report number) -> the codes of its reasons."""
    reported = Event.objects.filter(case=case_id, type=EventType.REPORTED).values_list("data", flat=True)
    return {(data["check"], data["report"]): data["codes"] for data in reported if "report" in data}


def _state(row: Row, codes: Codes) -> str:
    if row[0] != "check":
        return ""
    _, check, report, outcome, verdict = row
    return f"{outcome}, {verdict}, report {report} ({', '.join(codes.get((check, report), []))})"
