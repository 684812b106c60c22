"""Changes of a case since a person's last visit.

News name facts and codes, never values, because they are shown at the top of the page.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance.actions.visits import Since
from compliance.case_page import timeline
from compliance.case_page.difference_sentence import fact_labels
from compliance.case_page.timeline_steps import is_quiet
from compliance.enums import EventType
from compliance.labels import clock_label, outcome_label
from compliance.models import Event, User
from providers import WORST_FIRST, Outcome

MOST_CLAUSES = 3
_IMAGES = {
    EventType.DOCUMENTS_COPIED: ("image was saved", "images were saved"),
    EventType.DOCUMENT_LOST: ("image was not saved", "images were not saved"),
}
_OUTCOME, _RULED, _CHECK, _IMAGE, _REST = range(5)
_WEIGHT: dict[EventType, int] = {
    **dict.fromkeys((EventType.REPORTED, EventType.LAPSED), _OUTCOME),
    **dict.fromkeys((EventType.DECIDED, EventType.SYSTEM_CLOSED), _RULED),
    **{kind: _RULED for kind in EventType if kind.value.startswith("override_")},
    **{kind: _CHECK for kind in EventType if kind.value.startswith("check_")},
    **{kind: _IMAGE for kind in EventType if kind.value.startswith("document")},
}
"""Order of the news; other events are last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Changes by others and the application since a person's last visit."""

    since: Since
    new: frozenset[int]
    """Numbers of the new events among the given ones."""
    clauses: tuple[str, ...]
    more: str
    """The number of further events, as a clause; empty when the clauses cover all."""
    newest: int
    """Number of the newest event covered: marking the news as seen covers no later one."""

    @property
    def head(self) -> str:
        """The time of the visit before; reloading the page does not move it."""
        return f"Changed since your visit at {clock_label(self.since.at)}:"

    @property
    def text(self) -> str:
        """The clauses as a sentence; empty without clauses."""
        if not self.clauses:
            return ""
        sentence = "; ".join((*self.clauses, *filter(None, (self.more,))))
        return f"{sentence[:1].upper()}{sentence[1:]}."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    weight: tuple[int, int, int]
    words: str
    events: int


def news_of(
    events: Sequence[Event], since: Since | None, *, reader: User, reasons: Mapping[str, str] | None = None
) -> News | None:
    """The news for this person in ``events`` (newest first, with their actors); None without any.

    ``reasons`` has the labels of reason codes.
    """
    if since is None:
        return None
    fresh = [event for event in events if event.seq > since.seq]
    others = [event for event in fresh if event.actor is None or event.actor.person_id != reader.person_id]
    if not others:
        return None
    relevant = [event for event in others if not is_quiet(event)]
    clauses = sorted(_clauses(relevant, reasons or {}), key=lambda clause: clause.weight)
    left = sum(clause.events for clause in clauses[MOST_CLAUSES:])
    all_at_hand = fresh[-1].seq == since.seq + 1
    return News(
        since=since,
        new=frozenset(event.seq for event in others),
        clauses=tuple(clause.words for clause in clauses[:MOST_CLAUSES]),
        more=_more(left, exactly=all_at_hand),
        newest=fresh[0].seq,
    )


def _more(left: int, *, exactly: bool) -> str:
    if not exactly:
        return f"and more than {left} more" if left else "and more"
    return f"and {left} more" if left else ""


def _clauses(events: Sequence[Event], reasons: Mapping[str, str]) -> Iterator[_Clause]:
    """One clause for all events about one object: reports of a check, its faults, images, actions of a person."""
    groups: dict[tuple[Any, ...], list[Event]] = {}
    for event in events:
        groups.setdefault(_object_key(event), []).append(event)
    for group in groups.values():
        kind = EventType(group[0].type)
        weight = _WEIGHT.get(kind, _REST)
        if weight == _OUTCOME:
            yield _of_check(group)
        else:
            yield _Clause(weight=(weight, 0, -group[0].seq), words=_words(kind, group, reasons), events=len(group))


def _object_key(event: Event) -> tuple[Any, ...]:
    """Key of the object of an event; the newest event of a group gives the sentence."""
    kind, data = EventType(event.type), event.data
    if kind in (EventType.REPORTED, EventType.LAPSED):
        return ("says", data["check"])
    if kind in (EventType.CHECK_BLOCKED, EventType.CHECK_READABLE):
        return ("readable", data["check"])
    if kind in (EventType.CLAIMED, EventType.RELEASED):
        return ("holds", event.actor_id)
    if kind in _IMAGES or kind == EventType.QUEUED:
        return (kind,)
    if kind in (EventType.READ_REQUESTED, EventType.DOCUMENT_ADDED, EventType.DOCUMENT_WITHDRAWN):
        return (kind, event.actor_id)
    return (event.seq,)


def _of_check(group: Sequence[Event]) -> _Clause:
    """All reports of one check in one clause: the outcome now, and the facts that changed in between."""
    newest, oldest = group[0], group[-1]
    name, outcome = timeline.check_name(newest.data), str(newest.data["outcome"])
    changed = [fact for event in reversed(group) for fact in event.data.get("difference", {}).get("changed", ())]
    # "Other details changed" is too vague for the news; the timeline has it.
    facts = [fact for fact in changed if fact != "other"]
    named = f" (changed: {fact_labels(facts)})" if facts else ""
    # An event of a timeout rule has no outcome before: it exists because the outcome changes.
    before = oldest.data.get("before", "")
    if before == outcome:
        return _Clause(weight=(_CHECK, 0, -newest.seq), words=f"{name} reported again{named}", events=len(group))
    words = f"{name} is now {outcome_label(outcome)}{named}"
    worst = [one.value for one in WORST_FIRST].index(Outcome(outcome))
    return _Clause(weight=(_OUTCOME, worst, -newest.seq), words=words, events=len(group))


def _words(kind: EventType, group: Sequence[Event], reasons: Mapping[str, str]) -> str:
    """A clause of its own, without capital and full stop."""
    newest = group[0]
    if kind in _IMAGES:
        count = sum(len(event.data.get("kinds", ("one",))) for event in group)
        return f"{count} {_IMAGES[kind][count != 1]}"
    if kind == EventType.CHECK_ADDED:
        return f"{timeline.check_name(newest.data)} was added"
    if kind == EventType.CHECK_BLOCKED:
        return f"{timeline.check_name(newest.data)} has a sync error"
    if kind == EventType.CHECK_READABLE:
        return f"{timeline.check_name(newest.data)} syncs again"
    sentence = timeline.sentence(newest, reasons=reasons)
    name = newest.actor_name
    return f"{name} {sentence}" if name and sentence[:1].islower() else f"{sentence[:1].lower()}{sentence[1:]}"
