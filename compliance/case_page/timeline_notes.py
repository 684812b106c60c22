"""What people wrote for the steps of a case, and the labels of their reasons: at most one statement a kind of row."""

from collections.abc import Iterator, Sequence

from compliance.enums import EventType
from compliance.models import Decision, Event, Finding, OverrideProposal, ReasonCode
from compliance.models.base import EncryptedRow
from compliance.models.decision import EscalationAnswer
from compliance.models.finding import DistinctApplicants

_Place = tuple[str, type[EncryptedRow], str, str]
_PLACES: dict[EventType, _Place] = {
    EventType.DECIDED: ("decision", Decision, "pk", "note"),
    EventType.OVERRIDE_PROPOSED: ("proposal", OverrideProposal, "pk", "note"),
    EventType.OVERRIDE_APPROVED: ("proposal", OverrideProposal, "pk", "resolution_note"),
    EventType.OVERRIDE_DENIED: ("proposal", OverrideProposal, "pk", "resolution_note"),
    EventType.ESCALATION_ANSWERED: ("escalation", EscalationAnswer, "escalation_id", "note"),
    EventType.FINDING_RESOLVED: ("finding", Finding, "pk", "note"),
    EventType.APPLICANTS_DISTINCT: ("finding", DistinctApplicants, "finding_id", "note"),
}
"""Type -> name of the id in the data of the event, model, column with that id, and column with the note."""


def notes_of(events: Sequence[Event]) -> dict[int, str]:
    """Number of an event -> its note; events without one are left out."""
    ids: dict[tuple[type[EncryptedRow], str], set[str]] = {}
    for _, (name, model, column, _note), event in _with_notes(events):
        ids.setdefault((model, column), set()).add(event.data[name])
    rows = {
        (model, str(getattr(row, column))): row
        for (model, column), some in ids.items()
        for row in model._default_manager.filter(**{f"{column}__in": some}).select_related("data_key")
    }
    notes = {
        seq: getattr(rows.get((model, event.data[name])), note, "")
        for seq, (name, model, _, note), event in _with_notes(events)
    }
    return {seq: note for seq, note in notes.items() if note}


def _with_notes(events: Sequence[Event]) -> Iterator[tuple[int, _Place, Event]]:
    for event in events:
        place = _PLACES.get(EventType(event.type))
        if place and event.data.get(place[0]):
            yield event.seq, place, event


def reason_labels(events: Sequence[Event]) -> dict[str, str]:
    """The labels of the reason codes in the events, of inactive ones too."""
    codes = {str(event.data["reason"]) for event in events if event.data.get("reason")}
    return dict(ReasonCode.objects.filter(pk__in=codes).values_list("pk", "label")) if codes else {}
