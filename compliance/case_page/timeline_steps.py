"""Steps of the application that the timeline shows as one line when several of one kind follow each other. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from compliance import events
from compliance.enums import EventType
from compliance.events import EventData
from compliance.evidence.fault_labels import fault_label
from compliance.labels import advice_for, check_kind, file_label, join_labels, provider_label
from compliance.models import Event
from providers import EvidenceKind

SAME_READ = timedelta(minutes=2)
"""Longest time between two steps of one read."""
_NO_IMAGES = frozenset((EvidenceKind.VIDEO, EvidenceKind.REPORT_PDF, EvidenceKind.ARCHIVE, EvidenceKind.OTHER))


@dataclass(frozen=True, slots=True)
class Step:
    """A step that changes no outcome, queue or decision."""

    type: EventType
    of: tuple[str, ...]
    """Kinds of the files, or the name of the check."""
    fault: str = ""
    """Why files were not saved: those with another fault are on a line of their own."""


def step_of(event: Event, data: EventData | None) -> Step | None:
    """The step that an event is, or None if it always has a line of its own."""
    kind = EventType(event.type)
    if event.actor_id is not None:
        return None
    if isinstance(data, events.DocumentsCopied):
        return Step(kind, data.kinds)
    if isinstance(data, events.DocumentLost):
        return Step(kind, (data.kind,), file_fault(data))
    if kind in (EventType.CHECK_ADDED, EventType.CHECK_READABLE) or is_quiet(event):
        return Step(kind, (_check_name(data),)) if isinstance(data, events.CheckData) else None
    return None


def is_quiet(event: Event) -> bool:
    """Whether it is a report that changed only details of the payload."""
    if event.type != EventType.REPORTED or event.data.get("before", "") != event.data.get("outcome"):
        return False
    difference = event.data.get("difference", {})
    facts = {name for key in ("given", "changed", "gone") for name in difference.get(key, ())}
    return difference.keys() <= {"report", "given", "changed", "gone"} and facts <= {"other"}


def _check_name(data: events.CheckData) -> str:
    """The check of an event: "Bank131 identity"."""
    return f"{provider_label(data.provider)} {check_kind(data.kind)}"


def file_fault(data: events.DocumentLost) -> str:
    """Why a file was not saved; events of earlier releases have the action of an admin in their text."""
    return advice_for(fault_label(data.code, data.params, data.detail), "", is_admin=False).text


def sentence_of(steps: Sequence[Step]) -> str:
    """Steps of one type, newest first, as one sentence: "6 images saved: selfie, document front and 4 more"."""
    kind, of = steps[0].type, [name for step in reversed(steps) for name in step.of]
    if kind == EventType.DOCUMENTS_COPIED:
        return f"{len(of)} {_files(of)} saved: {join_labels([file_label(kind) for kind in of])}"
    if kind == EventType.DOCUMENT_LOST:
        return f"{len(of)} {_files(of)} not saved ({join_labels([file_label(kind) for kind in of])}): {steps[0].fault}"
    checks = list(dict.fromkeys(of))
    if kind == EventType.CHECK_ADDED:
        return f"{len(of)} checks added: {join_labels(checks)}"
    if kind == EventType.CHECK_READABLE:
        return f"{len(of)} sync errors resolved: {join_labels(checks)}"
    if len(checks) == 1:
        return f"{checks[0]} check read {len(of)} times: unchanged"
    return f"{len(checks)} checks read: all unchanged"


def _files(kinds: Sequence[str]) -> str:
    return "files" if _NO_IMAGES.intersection(kinds) else "images"
