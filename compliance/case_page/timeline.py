"""The timeline of a case: one sentence for each event."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from compliance import events
from compliance.case_page.difference_sentence import MOST_CODES, describe_difference, fact_labels, plain
from compliance.case_page.redactor import Redactor
from compliance.case_page.timeline_steps import SAME_READ, Step, file_fault, sentence_of, step_of
from compliance.enums import DecisionVerdict, EventType, Queue
from compliance.events import EventData
from compliance.labels import (
    KIND_LABELS,
    advice_for,
    check_kind,
    file_label,
    initials,
    join_labels,
    outcome_label,
    provider_label,
    verdict_noun,
)
from compliance.models import Event, User
from compliance.routing.explanations import FACT_LABELS
from providers import code_table, provider_names

UNMASKED = Redactor()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    seq: int
    at: datetime
    icon: str
    is_machine: bool
    is_me: bool
    initials: str
    actor: str
    sentence: str
    outcome: str
    """An outcome to show as a mark after the sentence, or empty."""
    kind: str
    """``provider``, ``person`` or ``decision``."""
    details: tuple[tuple[str, str], ...]
    """The data of the event: label and value."""
    codes: tuple[tuple[str, str], ...] = ()
    """Reasons of a report: code and words."""
    difference: str = ""
    """The difference of a report to the previous one."""
    note: str = ""
    """What a person wrote for this step."""
    step: Step | None = None
    """What it is when several of them can be one line."""
    steps: "tuple[Line, ...]" = ()
    """The lines of a group, newest first."""
    is_new: bool = False
    """Later than the reader's last visit, and not the reader's own action."""


@dataclass(slots=True)
class Day:
    """The lines of one day, newest first."""

    day: str
    entries: list[Line] = field(default_factory=list)


def line(
    event: Event,
    *,
    reader: User,
    redactor: Redactor = UNMASKED,
    reasons: Mapping[str, str] | None = None,
    note: str = "",
    is_new: bool = False,
) -> Line:
    """One event as the reader sees it. ``reasons`` has the labels of reason codes."""
    style = STYLES[EventType(event.type)]
    data = _parsed(event)
    is_machine = event.actor_id is None
    actor = "You" if event.actor_id == reader.pk else event.actor_name
    if is_machine:
        is_report = style.kind == "provider"
        actor = provider_label(data.provider) if is_report and isinstance(data, events.CheckData) else ""
    report = data if isinstance(data, events.Reported) else None
    details = {"entry": event.seq, "type": plain(str(event.type))} | event.data
    return Line(
        seq=event.seq,
        at=event.at,
        icon=style.icon,
        is_machine=is_machine,
        is_me=event.actor_id == reader.pk,
        initials=initials(event.actor_name),
        actor=actor,
        sentence=redactor.text(sentence(event, reasons=reasons)),
        outcome=data.outcome if isinstance(data, events.Reported | events.Lapsed) else "",
        kind="provider" if is_machine and style.kind == "person" else style.kind,
        details=redactor.data(tuple(_labelled(details))),
        codes=redactor.data(tuple(_codes(report))) if report else (),
        difference=redactor.text(_difference(report)) if report else "",
        note=redactor.data(note),
        step=step_of(event, data),
        is_new=is_new,
    )


def _codes(report: events.Reported) -> Iterator[tuple[str, str]]:
    """The first specific codes of a report with their words."""
    words = _words_of(report.provider)
    general = {report.status, *report.status.split(" / "), "null"}
    codes = [code for code in dict.fromkeys(report.codes) if code not in general]
    return ((code, words(code)) for code in codes[:MOST_CODES])


def _difference(report: events.Reported) -> str:
    words, shown = _words_of(report.provider), {code for code, _ in _codes(report)}
    return describe_difference(
        report.difference, beside_outcome=True, words=lambda code: "" if code in shown else words(code)
    )


def _words_of(provider: str) -> Callable[[str], str]:
    """The words of a provider's codes; none of a provider that the registry does not have."""
    return code_table(provider).words if provider in provider_names() else lambda code: ""


def days(lines: Iterable[Line]) -> list[Day]:
    """Newest first, by local day; consecutive steps of one kind and read are one line."""
    found: list[Day] = []
    for entry in sorted(lines, key=lambda entry: (entry.at, entry.seq), reverse=True):
        local = timezone.localtime(entry.at)
        day = f"{'Today, ' if local.date() == timezone.localdate() else f'{local:%A}, '}{local.day} {local:%B}"
        if not found or found[-1].day != day:
            found.append(Day(day=day))
        found[-1].entries.append(entry)
    for one in found:
        one.entries = [_grouped(run) for run in _runs(one.entries)]
    return found


def _runs(entries: Sequence[Line]) -> list[list[Line]]:
    """Consecutive lines that are one line together. New ones are never together with seen ones."""
    runs: list[list[Line]] = []
    for entry in entries:
        before = runs[-1][-1] if runs else None
        if before and _is_same_step(before, entry):
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return runs


def _is_same_step(later: Line, earlier: Line) -> bool:
    if later.step is None or earlier.step is None or later.at - earlier.at > SAME_READ:
        return False
    one, other = ((line.step.type, line.step.fault, line.is_new) for line in (later, earlier) if line.step)
    return one == other


def _grouped(run: Sequence[Line]) -> Line:
    """The line of a run; its number is the first one, so that an open group stays open when a step is added."""
    if len(run) == 1:
        return run[0]
    text = sentence_of([line.step for line in run if line.step])
    return replace(run[0], seq=run[-1].seq, actor="", sentence=text, codes=(), difference="", details=(), outcome="",
                   steps=tuple(run))  # fmt: skip


# --- sentences -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Style:
    """How events of one type are displayed."""

    kind: str
    """``provider``, ``person`` or ``decision``."""
    icon: str
    sentence: Callable[[Any], str]
    """From the data of the event, without the actor, who precedes it."""


def sentence(event: Event, *, reasons: Mapping[str, str] | None = None) -> str:
    """The event without its actor; the label of the type where stored data do not fit their model."""
    data = _parsed(event)
    if data is None:
        return EventType(event.type).label
    text = STYLES[EventType(event.type)].sentence(data)
    label = (reasons or {}).get(getattr(data, "reason", ""), "")
    if isinstance(data, events.Decided | events.OverrideProposed) and data.reason:
        return f"{text}: {label} ({data.reason})" if label else f"{text}, reason {data.reason}"
    return f"{text}; {label} ({data.reason})" if isinstance(data, events.FindingResolved) and label else text


def _parsed(event: Event) -> EventData | None:
    try:
        return events.parse(event.type, event.data)
    except ValueError:
        return None


def check_name(data: Mapping[str, Any]) -> str:
    """The check of an event: "PROVIDER identity"."""
    return f"{provider_label(str(data.get('provider', 'A provider')))} {check_kind(str(data.get('kind', '')))}"


def _reported(data: events.Reported) -> str:
    is_changed = data.before and data.before != data.outcome
    result = f"result changed from {outcome_label(data.before)} to" if is_changed else "result:"
    return f"{check_kind(data.kind)} check: “{data.status}”; {result}"


def _corrected(data: events.CheckCorrected) -> str:
    done = "replaced a check" if data.what == "replaced" else f"corrected a check ({data.what})"
    return f"{done}: {data.reason}"


def _data_corrected(data: events.DataCorrected) -> str:
    names = join_labels([FACT_LABELS.get(fact, plain(fact)) for fact in data.facts])
    return f"corrected the declared {names}: {data.reason}"


def _refresh(data: events.ReadRequested) -> str:
    if data.what == "pictures":
        return "requested the images again"
    return f"requested a file again: {_file(data.kind)}" if data.document else "requested a refresh"


def _queued(data: events.Queued) -> str:
    queue = Queue(data.queue).label
    return f"Moved from {Queue(data.came_from).label} to {queue}" if data.came_from else f"Entered the queue {queue}"


_DECIDED: dict[DecisionVerdict, str] = {
    DecisionVerdict.APPROVE: "approved the case",
    DecisionVerdict.REJECT: "rejected the case",
    DecisionVerdict.REQUEST_RETRY: "requested a retry",
    DecisionVerdict.ESCALATE: "escalated the case to a manager",
    DecisionVerdict.CONFIRM: "confirmed the decision",
    DecisionVerdict.VOID: "closed the case as opened by mistake",
}


def _saved(data: events.DocumentsCopied) -> str:
    if len(data.kinds) == 1:
        return f"{_file(data.kinds[0])} saved"
    return f"{len(data.kinds)} files saved: {join_labels([file_label(kind) for kind in data.kinds])}"


def _file(kind: str) -> str:
    return KIND_LABELS.get(kind, "File")


def _fault(text: str) -> str:
    """A stored fault; events of earlier releases have the action of an admin in it."""
    return advice_for(text, "", is_admin=False).text


STYLES: dict[EventType, Style] = {
    EventType.CASE_OPENED: Style("person", "upload", lambda data: "Case opened"),
    EventType.CHECK_ADDED: Style(
        "person",
        "plus",
        lambda data: f"{provider_label(data.provider)} {check_kind(data.kind)} check added: {data.reference}",
    ),
    EventType.CHECK_REPLACED: Style(
        "person", "refresh", lambda data: f"The {check_kind(data.kind)} check was replaced by a newer one"
    ),
    EventType.CHECK_CORRECTED: Style("person", "pencil", _corrected),
    EventType.DATA_CORRECTED: Style("person", "pencil", _data_corrected),
    EventType.REPORTED: Style("provider", "cpu", _reported),
    EventType.LAPSED: Style(
        "provider",
        "clock",
        lambda data: f"{check_kind(data.kind)} check: unchanged for {data.minutes} minutes; result changed to",
    ),
    EventType.CHECK_BLOCKED: Style(
        "provider", "plug-x", lambda data: f"{check_kind(data.kind)} check: sync error: {_fault(data.detail)}"
    ),
    EventType.CHECK_READABLE: Style(
        "provider", "plug-connected", lambda data: f"{check_kind(data.kind)} check: sync error resolved"
    ),
    EventType.READ_REQUESTED: Style("person", "refresh", _refresh),
    EventType.QUEUED: Style("provider", "inbox", _queued),
    EventType.CLAIMED: Style("person", "user-check", lambda data: "claimed the case"),
    EventType.RELEASED: Style("person", "arrow-back-up", lambda data: "released the case"),
    EventType.DECIDED: Style("decision", "checks", lambda data: _DECIDED[data.verdict]),
    EventType.SYSTEM_CLOSED: Style(
        "decision",
        "circle-check",
        lambda data: "Approved automatically: every required check passed and nothing contradicts",
    ),
    EventType.RETRY_DEADLINE_PASSED: Style("provider", "alarm", lambda data: "The retry deadline passed"),
    EventType.ESCALATION_TAKEN_OVER: Style("decision", "user-check", lambda data: "took over the escalated case"),
    EventType.ESCALATION_ANSWERED: Style("decision", "arrow-back-up", lambda data: "answered the escalation"),
    EventType.ESCALATION_WITHDRAWN: Style("decision", "arrow-back-up", lambda data: "withdrew the escalation"),
    EventType.OVERRIDE_PROPOSED: Style(
        "decision", "users-group", lambda data: f"proposed {verdict_noun(data.verdict)}"
    ),
    EventType.OVERRIDE_WITHDRAWN: Style("decision", "users-group", lambda data: "withdrew the override"),
    EventType.OVERRIDE_DENIED: Style("decision", "users-group", lambda data: "denied the override"),
    EventType.OVERRIDE_APPROVED: Style(
        "decision",
        "users-group",
        lambda data: f"approved the override proposed by {data.proposed_by}: {verdict_noun(data.verdict)}",
    ),
    EventType.OVERRIDE_DIGEST_MIGRATED: Style(
        "decision", "users-group", lambda data: "The evidence digest of the pending override was recalculated"
    ),
    EventType.OVERRIDE_EXPIRED: Style("decision", "alarm", lambda data: "The override expired without an answer"),
    EventType.DOCUMENTS_COPIED: Style("provider", "photo", _saved),
    EventType.DOCUMENT_LOST: Style(
        "provider",
        "photo-off",
        lambda data: f"{_file(data.kind)} not saved: {file_fault(data)}",
    ),
    EventType.DOCUMENT_ADDED: Style("person", "upload", lambda data: f"added a file: {_file(data.kind)}"),
    EventType.DOCUMENT_WITHDRAWN: Style(
        "person", "arrow-back-up", lambda data: f"removed an added file: {_file(data.kind)}"
    ),
    EventType.FINDING_RESOLVED: Style(
        "decision", "circle-check", lambda data: f"resolved a finding: {plain(data.about)}"
    ),
    EventType.FINDING_REOPENED: Style(
        "provider", "refresh", lambda data: f"A source changed: the finding is open again: {plain(data.about)}"
    ),
    EventType.APPLICANTS_DISTINCT: Style(
        "decision",
        "users-group",
        lambda data: f"agreed with {data.resolved_by}: the applicant of KYC-{data.other_case} is a different person",
    ),
}


# --- details -------------------------------------------------------------------------------------------------------

_DATA_LABELS: dict[str, str] = {
    "attempts": "Additional attempts",
    "before": "Before",
    "came_from": "Queue before",
    "codes_came": "New codes",
    "codes_went": "Removed codes",
    "gone": "No longer given",
    "given": "Now given",
    "label": "Name at the provider",
    "labels_came": "New risk labels",
    "labels_went": "Removed risk labels",
    "status": "Provider status",
    "what": "Scope",
}
_FACT_LISTS = frozenset({"given", "changed", "gone"})
_ENUMS = frozenset({"outcome", "before", "verdict", "queue", "came_from"})


def _labelled(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Label and value of all data, nested ones with the label above; empty values are left out."""
    for name, value in data.items():
        label = _DATA_LABELS.get(name, name.replace("_", " ").capitalize())
        if above:
            label = f"{above} · {label}"
        if isinstance(value, Mapping):
            yield from _labelled(value, label)
        elif text := _value_label(name, value):
            yield label, text


def _value_label(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == [] or value == "":
        return ""
    if name in _ENUMS and isinstance(value, list):
        return " → ".join(_value_label(name, one) or "nothing" for one in value)
    if name in _FACT_LISTS and isinstance(value, list):
        return fact_labels(value)
    if isinstance(value, list):
        return ", ".join(_value_label(name, one) for one in value)
    return _text_label(name, str(value))


def _text_label(name: str, text: str) -> str:
    if name == "fault":
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).capitalize()
    if name == "detail":
        return _fault(text)
    if name == "provider":
        return provider_label(text)
    if name in _ENUMS:
        return outcome_label(text)
    if name in ("kind", "kinds"):
        return file_label(text) if text in KIND_LABELS else check_kind(text)
    return text
