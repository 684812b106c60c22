"""One row of a list of cases: its SQL and how it is displayed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from compliance.case_state import CaseState, case_state
from compliance.enums import CaseStatus, Priority, Queue
from compliance.labels import date_label, due_label, humanize_duration, initials
from compliance.queries.tabs import Tab

MOST_CHECKS = 3
MOST_WHY, MOST_SOURCE = 104, 45
"""Characters of the reason and of its source that fit into two lines of a row."""
_USER_NAME = "coalesce(nullif(trim(concat({user}.first_name, ' ', {user}.last_name)), ''), {user}.username)"
_ROWS = """
    SELECT c.id, c.environment, c.status, c.queue, c.priority, c.due_at, c.why_head, c.why, c.checks_summary, c.country,
           c.outcome, c.facets, c.opened_at, c.decided_at, a.full_name, a.external_id,
           k.person_id, k.until, {holder}, c.question, d.verdict, {by}, d.proposal_id IS NOT NULL, {total}
    FROM compliance_case c
    JOIN compliance_applicant a ON a.id = c.applicant_id
    LEFT JOIN compliance_claim k ON k.case_id = c.id AND k.until > %(now)s
    LEFT JOIN compliance_user h ON h.id = k.user_id
    LEFT JOIN compliance_decision d ON d.id = c.decision_id
    LEFT JOIN compliance_user u ON u.id = d.by_id
    WHERE {conditions}
    ORDER BY {order} LIMIT %(limit)s
"""


class Group(NamedTuple):
    """The heading of a group of an open list."""

    label: str
    icon: str
    hint: str = ""


GROUPS: dict[int, Group] = {
    Priority.ESCALATED: Group("Escalated", "flag", "a colleague asked for a decision"),
    Priority.SEVERE: Group("Priority: fraud or deceased", "alert-triangle"),
    Priority.RECHECK: Group("Re-review", "refresh", "a later report contradicts the decision"),
    Priority.NORMAL: Group("By due time", "clock"),
    Priority.READY: Group("Ready to approve", "circle-check", "every check passed and nothing was found"),
}


LONG_OVERDUE = Group("Long overdue", "alarm", "open for three times the SLA")
"""Cases that rose to the level of ``RECHECK``."""


class Record(NamedTuple):
    """The columns of ``_ROWS``."""

    number: int
    environment: str
    status: str
    queue: str
    priority: int
    due_at: datetime | None
    why_head: str
    why: str
    checks: str
    """JSON: a bare cursor returns jsonb as text."""
    country: str
    outcome: str
    facets: list[str]
    opened_at: datetime
    decided_at: datetime | None
    name: str
    external_id: str
    holder_person: int | None
    holder_until: datetime | None
    holder: str | None
    question: bool
    verdict: str | None
    by: str | None
    is_override: bool
    total: int | None


class CheckMark(NamedTuple):
    """The mark of one check in a row."""

    kind: str
    outcome: str
    """An outcome, or ``unreadable``."""
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list, ready for the template."""

    record: Record = field(repr=False)
    label: str
    """``KYC-12``."""
    mark: str
    """The mark before the reason: an outcome, ``unreadable`` or the mark of the state."""
    head: str
    """The first part of the reason: the state where it is shown, else the codes, else the head of the explanation."""
    text: str
    """Its second part, with the sign between them."""
    checks: tuple[CheckMark, ...]
    """At most ``MOST_CHECKS``."""
    more_checks: int
    due: str
    """``in 5 h``, ``3 h overdue``; ``open 3 d`` of a case without a due time; empty of a decided one."""
    due_hint: str
    """The due time and the age, for the hover and for screen readers."""
    due_state: str
    """``is-overdue``, ``is-soon`` or empty."""
    group: Group | None
    """The group that begins with this row."""
    holder: str
    """Name of the user who claimed it, ``You``, or empty."""
    holder_initials: str
    is_mine: bool
    is_decided: bool

    @property
    def digest(self) -> str:
        """Changes when anything in the row changes, so that a refresh replaces this row only."""
        shown = (*(getattr(self, name) for name in self.__slots__ if name not in ("record", "group")), *self.record)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:6]


def fetch_records(*, conditions: str, order: str, total: str = "NULL", values: Mapping[str, Any]) -> list[Record]:
    """Rows under these conditions. Conditions, order and total are SQL of this package; values are parameters."""
    with connection.cursor() as cursor:
        users = {"holder": _USER_NAME.format(user="h"), "by": _USER_NAME.format(user="u")}
        cursor.execute(_ROWS.format(conditions=conditions, order=order, total=total, **users), values)
        return [Record(*found) for found in cursor.fetchall()]


def rows_of(numbers: Sequence[int], *, person_id: int) -> tuple[Row, ...]:
    """These cases as rows, in this order."""
    tab = Tab("found", "Found", "c.id = ANY(%(numbers)s)", "", order="opened")
    now = timezone.now()
    values = {"numbers": list(numbers), "now": now, "limit": len(numbers)}
    records = fetch_records(conditions=tab.sql, order="array_position(%(numbers)s, c.id)", values=values)
    return to_rows(records, tab, person_id=person_id, now=now, with_state=True)


def to_rows(
    records: Sequence[Record], tab: Tab, *, person_id: int, now: datetime, with_state: bool = False
) -> tuple[Row, ...]:
    """Records as the person sees them; in an open list the first row of each group carries the group.

    ``with_state`` shows the state of every case, otherwise only of decided ones.
    """
    rows = []
    before: Group | None = None
    for record in records:
        group = _group(record) if tab.order == "open" else None
        begins = group if group != before else None
        rows.append(_row(record, begins, person_id, with_state=with_state, now=now))
        before = group
    return tuple(rows)


def _group(record: Record) -> Group:
    is_risen = record.priority == Priority.RECHECK and record.queue != Queue.RECHECK
    return LONG_OVERDUE if is_risen else GROUPS[record.priority]


def _row(record: Record, group: Group | None, person_id: int, *, with_state: bool, now: datetime) -> Row:
    checks = [CheckMark(*mark) for mark in json.loads(record.checks)]
    due, due_state = due_label(record.due_at, now=now)
    is_mine = record.holder_person == person_id
    is_decided = record.status == CaseStatus.DECIDED
    holder = record.holder or ""
    state = _state(record)
    shows_state = with_state or is_decided
    age = humanize_duration(now - record.opened_at)
    head, text = _state_and_reason(record, state, now=now) if shows_state else _reason(record)
    return Row(
        record=record,
        label=f"KYC-{record.number}",
        mark=state.mark if shows_state or record.status == CaseStatus.AWAITING_APPROVAL else _mark(record),
        head=head,
        text=text,
        checks=tuple(checks[:MOST_CHECKS]),
        more_checks=max(0, len(checks) - MOST_CHECKS),
        due=due or ("" if is_decided else f"open {age}"),
        due_hint=f"{date_label(record.due_at)}, open {age}" if record.due_at else "",
        due_state=due_state,
        group=group,
        holder="You" if is_mine else holder,
        holder_initials=initials(holder),
        is_mine=is_mine,
        is_decided=is_decided,
    )


def _reason(record: Record) -> tuple[str, str]:
    """Reasons with codes come before the provider, other explanations after their head."""
    codes = tuple(facet.removeprefix("r:") for facet in record.facets if facet.startswith("r:") and facet != "r:")
    if record.why.startswith(codes):
        return _clipped(record.why, MOST_WHY), f"- {_clipped(record.why_head, MOST_SOURCE)}"
    text = _clipped(record.why, max(40, MOST_WHY + MOST_SOURCE - len(record.why_head)))
    return f"{record.why_head}:" if text else record.why_head, text


def _state_and_reason(record: Record, state: CaseState, *, now: datetime) -> tuple[str, str]:
    if record.status == CaseStatus.DECIDED:
        return f"{state.word}{_ago(record, now=now)}", ""
    head, text = _reason(record)
    return f"{state.word}:" if head else state.word, f"{head} {text}".strip()


def _clipped(text: str, most: int) -> str:
    """The text up to a whole word, with an ellipsis where it is longer."""
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]}…"


def _state(record: Record) -> CaseState:
    return case_state(
        record.status,
        verdict=record.verdict or "",
        by=record.by or "",
        is_override=record.is_override,
        is_escalated=record.question,
    )


def _mark(record: Record) -> str:
    if record.outcome == "approved":
        # A passed case that still needs a review must not carry the mark of a finished one.
        return "manual_review" if record.queue else "waiting"
    return "unreadable" if record.queue == Queue.UNREADABLE else record.outcome or "pending"


def _ago(record: Record, *, now: datetime) -> str:
    return f", {humanize_duration(now - record.decided_at)} ago" if record.decided_at else ""
