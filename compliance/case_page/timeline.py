"""Event -> a sentence for a person. Every ``EventType`` has one; a test walks the enumeration."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from compliance.enums import DecisionVerdict, EventType, Queue
from compliance.evidence.fault_labels import plain_fault
from compliance.labels import KIND_LABELS, MOST_LISTED, check_kind, file_words, initials, listed, provider_label
from compliance.models import Event, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline."""

    seq: int
    at: datetime
    icon: str
    is_machine: bool
    is_me: bool
    initials: str
    actor: str
    sentence: str
    outcome: str
    """An outcome to show as a mark behind the sentence, or empty."""
    kind: str
    """``provider``, ``person`` or ``decision``."""
    details: tuple[tuple[str, str], ...]
    """What was recorded with it, each with its label."""
    difference: str = ""
    """What a report changed against the one before it, in words."""
    is_new: bool = False
    """It came since the reader last looked, and was not the reader's doing."""


@dataclass(slots=True)
class Day:
    """The lines of one day, newest first."""

    day: str
    entries: list[Line] = field(default_factory=list)


def _label(data: Mapping[str, Any]) -> str:
    return provider_label(str(data.get("provider", "A provider")))


def _kind(data: Mapping[str, Any]) -> str:
    return check_kind(str(data.get("kind", "")))


def check_name(data: Mapping[str, Any]) -> str:
    """The check that an event names: "Checkout.com identity"."""
    return f"{_label(data)} {_kind(data)}"


def _reported(data: Mapping[str, Any]) -> str:
    codes = [code for code in dict.fromkeys(data.get("codes", [])) if code not in (data.get("status"), "null")]
    reasons = f" ({', '.join(codes[:3])})" if codes else ""
    before = str(data.get("before", "")).replace("_", " ")
    changed = f"changed from {before} to" if before and data.get("before") != data.get("outcome") else "said"
    return f"{_kind(data)} check: “{data.get('status', '')}”{reasons}; {changed}"


def _decided(data: Mapping[str, Any]) -> str:
    said = {
        DecisionVerdict.APPROVE: "approved the case",
        DecisionVerdict.REJECT: "rejected the case",
        DecisionVerdict.REQUEST_RETRY: "requested a retry",
        DecisionVerdict.ESCALATE: "escalated the case to a manager",
        DecisionVerdict.CONFIRM: "confirmed the standing decision",
        DecisionVerdict.VOID: "closed the case as opened by mistake",
    }[DecisionVerdict(data["verdict"])]
    return f"{said}, reason {data['reason']}" if data.get("reason") else said


def _queued(data: Mapping[str, Any]) -> str:
    queue = Queue(data["queue"]).label
    came_from = data.get("came_from")
    return f"Moved from {Queue(came_from).label} to {queue}" if came_from else f"Entered the queue {queue}"


def _kinds(data: Mapping[str, Any]) -> str:
    """What was copied, by kind: what a provider calls it is told under the picture itself."""
    return listed([file_words(kind) for kind in data["kinds"]])


def _verdict(data: Mapping[str, Any]) -> str:
    return str(DecisionVerdict(data["verdict"]).label).lower()


# --- what a report changed -----------------------------------------------------------------------------------------

_FACT_WORDS: dict[str, str] = {
    "document_type": "kind of document",
    "document_expiry": "expiry",
    "email": "e-mail",
    "other": "other details",
}
MOST_CODES = 3


def fact_words(name: str) -> str:
    """A fact by name, in the middle of a sentence: "full name", "expiry"."""
    return _FACT_WORDS.get(name, name.replace("_", " "))


def fact_list(names: Collection[str]) -> str:
    """Facts by name, each once, as they stand behind a colon."""
    words = list(dict.fromkeys(fact_words(name) for name in names))
    return ", ".join(words) if len(words) <= MOST_LISTED else listed(words)


def difference_words(told: Mapping[str, Any], *, beside_outcome: bool = False) -> str:
    """What ``changes.difference`` found, as a sentence; empty for a first report.

    ``beside_outcome``: the outcome is told beside it and is left out.
    """
    if not told:
        return ""
    clauses = [_verdict_clause(told, beside_outcome=beside_outcome), _codes_clause(told, "codes", "code")]
    clauses += [_codes_clause(told, "labels", "risk label"), _attempts_clause(told)]
    for key, said in (("given", "now given"), ("changed", "changed"), ("gone", "no longer given")):
        if names := told.get(key):
            clauses.append(f"{said}: {fact_list(names)}")
    sentence = "; ".join(filter(None, clauses))
    if not sentence:
        return "" if beside_outcome and told.get("outcome") else "Only details of the payload changed"
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _verdict_clause(told: Mapping[str, Any], *, beside_outcome: bool) -> str:
    """The outcome; where it stayed, the verdict or the provider's word."""
    if outcome := told.get("outcome"):
        before, after = (str(word).replace("_", " ") for word in outcome)
        return "" if beside_outcome else f"outcome changed from {before} to {after}"
    if verdict := told.get("verdict"):
        return f"verdict changed from {verdict[0]} to {verdict[1]}"
    if status := told.get("status"):
        return f"it says “{status[1]}” instead of “{status[0]}”"
    return ""


def _codes_clause(told: Mapping[str, Any], key: str, word: str) -> str:
    came, went = told.get(f"{key}_came", []), told.get(f"{key}_went", [])
    says = []
    if came:
        says.append(f"{len(came)} {word}{'s' if len(came) != 1 else ''} came ({_first(came)})")
    if went and came:
        says.append(f"{len(went)} went")
    elif went:
        says.append(f"{len(went)} {word}{'s' if len(went) != 1 else ''} went ({_first(went)})")
    return ", ".join(says)


def _first(codes: Collection[str]) -> str:
    return ", ".join([*list(codes)[:MOST_CODES], *(["…"] if len(codes) > MOST_CODES else [])])


def _attempts_clause(told: Mapping[str, Any]) -> str:
    more = told.get("attempts", 0)
    return f"{more} attempt{'s' if more != 1 else ''} more" if more else ""


# --- sentences -----------------------------------------------------------------------------------------------------

_SENTENCES: dict[EventType, tuple[str, str, Callable[[Mapping[str, Any]], str]]] = {
    EventType.CASE_OPENED: ("person", "upload", lambda data: "Case opened"),
    EventType.CHECK_ADDED: (
        "person",
        "plus",
        lambda data: f"{_label(data)} {_kind(data)} check added: {data['reference']}",
    ),
    EventType.CHECK_REPLACED: (
        "person",
        "refresh",
        lambda data: f"The {_kind(data)} check was replaced by a newer one",
    ),
    EventType.CHECK_CORRECTED: (
        "person",
        "pencil",
        lambda data: f"corrected a check ({data['what']}): {data.get('reason', '')}",
    ),
    EventType.REPORTED: ("provider", "cpu", _reported),
    EventType.LAPSED: (
        "provider",
        "clock",
        lambda data: f"{_kind(data)} check unchanged for {data['minutes']} minutes; it counts as",
    ),
    EventType.CHECK_BLOCKED: (
        "provider",
        "plug-x",
        lambda data: f"{_kind(data)} check cannot be read: {data['detail']}",
    ),
    EventType.CHECK_READABLE: ("provider", "plug-connected", lambda data: f"{_kind(data)} check can be read again"),
    EventType.READ_REQUESTED: ("person", "refresh", lambda data: "asked for a fresh read"),
    EventType.QUEUED: ("provider", "inbox", _queued),
    EventType.CLAIMED: ("person", "user-check", lambda data: "took the case"),
    EventType.RELEASED: ("person", "arrow-back-up", lambda data: "gave the case back"),
    EventType.DECIDED: ("decision", "checks", _decided),
    EventType.SYSTEM_CLOSED: (
        "decision",
        "circle-check",
        lambda data: "Closed as approved: every required check passed and nothing contradicts",
    ),
    EventType.RETRY_DEADLINE_PASSED: ("provider", "alarm", lambda data: "The deadline for the retry passed"),
    EventType.OVERRIDE_PROPOSED: (
        "decision",
        "users-group",
        lambda data: f"proposed an override: {_verdict(data)}, reason {data['reason']}",
    ),
    EventType.OVERRIDE_WITHDRAWN: ("decision", "users-group", lambda data: "withdrew the override"),
    EventType.OVERRIDE_DENIED: ("decision", "users-group", lambda data: "denied the override"),
    EventType.OVERRIDE_APPROVED: (
        "decision",
        "users-group",
        lambda data: f"approved the override that {data['proposed_by']} proposed: {_verdict(data)}",
    ),
    EventType.OVERRIDE_DIGEST_MIGRATED: (
        "decision",
        "users-group",
        lambda data: "The evidence of the open override is bound by a digest over ids from now on",
    ),
    EventType.OVERRIDE_EXPIRED: ("decision", "alarm", lambda data: "The override expired without an answer"),
    EventType.DOCUMENTS_COPIED: (
        "provider",
        "photo",
        lambda data: f"{len(data['kinds'])} picture{'s' if len(data['kinds']) != 1 else ''} copied: {_kinds(data)}",
    ),
    EventType.DOCUMENT_LOST: (
        "provider",
        "photo-off",
        lambda data: f"{KIND_LABELS.get(data['kind'], 'File')} not copied: {plain_fault(data['detail'])}",
    ),
    EventType.DOCUMENT_ADDED: (
        "person",
        "upload",
        lambda data: f"added a file: {KIND_LABELS.get(data['kind'], 'File')}",
    ),
    EventType.DOCUMENT_WITHDRAWN: (
        "person",
        "arrow-back-up",
        lambda data: f"took back a file that was added: {KIND_LABELS.get(data['kind'], 'File')}",
    ),
}
_HAS_OUTCOME = frozenset({EventType.REPORTED, EventType.LAPSED})
_HAS_PROVIDER = frozenset({EventType.REPORTED, EventType.LAPSED, EventType.CHECK_BLOCKED, EventType.CHECK_READABLE})


def sentence(event: Event) -> str:
    """What happened, without who did it."""
    return _SENTENCES[EventType(event.type)][2](event.data)


def line(event: Event, *, reader: User, is_new: bool = False) -> Line:
    """One event as the reader sees it."""
    kind, icon, _ = _SENTENCES[EventType(event.type)]
    is_machine = event.actor_id is None
    actor = "You" if event.actor_id == reader.pk else event.actor_name
    if is_machine:
        actor = _label(event.data) if event.type in _HAS_PROVIDER else ""
    return Line(
        seq=event.seq,
        at=event.at,
        icon=icon,
        is_machine=is_machine,
        is_me=event.actor_id == reader.pk,
        initials=initials(event.actor_name),
        actor=actor,
        sentence=sentence(event),
        outcome=event.data.get("outcome", "") if event.type in _HAS_OUTCOME else "",
        kind="provider" if is_machine and kind == "person" else kind,
        details=_details(event),
        difference=difference_words(event.data.get("difference", {}), beside_outcome=True),
        is_new=is_new,
    )


_DATA_LABELS: dict[str, str] = {
    "attempts": "Attempts more",
    "before": "Outcome before",
    "came_from": "Queue before",
    "codes_came": "Codes that came",
    "codes_went": "Codes that went",
    "detail": "What happened",
    "fault": "Kind of fault",
    "gone": "No longer given",
    "given": "Now given",
    "kinds": "Kinds",
    "label": "Called there",
    "labels_came": "Risk labels that came",
    "labels_went": "Risk labels that went",
    "seen_reports": "Reports seen",
    "status": "The provider said",
    "what": "What",
}
_FACT_LISTS = frozenset({"given", "changed", "gone"})


def _details(event: Event) -> tuple[tuple[str, str], ...]:
    """All that the event holds, in a flat list; what is empty is left out."""
    told = {"entry": event.seq, "type": EventType(event.type).value.replace("_", " ")} | event.data
    return tuple(_labelled(told))


def _labelled(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        label = _DATA_LABELS.get(name, name.replace("_", " ").capitalize())
        if above:
            label = f"{above} · {label}"
        if isinstance(value, Mapping):
            yield from _labelled(value, label)
        elif said := _value_words(name, value):
            yield label, said


def _value_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == [] or value == "":
        return ""
    if name in ("outcome", "before", "verdict") and isinstance(value, list):
        return " → ".join(_value_words(name, one) or "nothing" for one in value)
    if name in _FACT_LISTS and isinstance(value, list):
        return fact_list(value)
    if isinstance(value, list):
        return ", ".join(_value_words(name, one) for one in value)
    text = str(value)
    if name == "fault":
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).capitalize()
    if name == "provider":
        return provider_label(text)
    if name in ("outcome", "before", "verdict", "queue", "came_from"):
        return text.replace("_", " ")
    if name in ("kind", "kinds"):
        return file_words(text) if text in KIND_LABELS else check_kind(text)
    return text


def days(lines: Iterable[Line]) -> list[Day]:
    """Newest first, by local day."""
    found: list[Day] = []
    for entry in sorted(lines, key=lambda entry: (entry.at, entry.seq), reverse=True):
        local = timezone.localtime(entry.at)
        day = f"{'Today, ' if local.date() == timezone.localdate() else f'{local:%A}, '}{local.day} {local:%B}"
        if not found or found[-1].day != day:
            found.append(Day(day=day))
        found[-1].entries.append(entry)
    return found
