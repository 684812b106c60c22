"""Tabs and filters of the queue page, and the SQL condition of each.

Filters are mapped by name: no text of a request becomes SQL.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance.enums import Queue


@dataclass(frozen=True, slots=True)
class Tab:
    slug: str
    label: str
    sql: str
    """Condition on ``compliance_case c``, with the parameters ``%(person)s`` and ``%(now)s``."""
    keys: str
    """The key that opens it, or two keys in sequence. The same for all people, whichever tabs they have."""
    order: str = "open"
    for_managers: bool = False

    @property
    def can_claim(self) -> bool:
        """Whether its cases can be unclaimed and in review."""
        return self.order == "open" and self.slug not in ("approvals", "mine")


_IN_QUEUE = "c.status = 'in_review' AND c.queue = '{}'"
TABS: tuple[Tab, ...] = (
    *(
        Tab(queue.value.replace("_", "-"), queue.label, _IN_QUEUE.format(queue.value), str(number))
        for number, queue in enumerate(Queue, start=1)
    ),
    Tab("escalated", "Escalated", "c.question AND c.status = 'in_review'", "8", for_managers=True),
    Tab("approvals", "Approvals", "c.status = 'awaiting_approval'", "9", for_managers=True),
    Tab(
        "mine",
        "Mine",
        "c.id IN (SELECT k.case_id FROM compliance_claim k WHERE k.person_id = %(person)s AND k.until > %(now)s)",
        "g m",
    ),
    Tab("overdue", "Overdue", "c.status IN ('in_review', 'awaiting_approval') AND c.due_at < %(now)s", "0"),
    Tab("open", "All open", "c.status IN ('in_review', 'awaiting_approval')", "g o"),
    Tab("waiting", "In progress", "c.status = 'waiting'", "g i", order="opened"),
    Tab("decided", "Decided", "c.status = 'decided'", "g d", order="decided"),
)
TAB_OF: dict[str, Tab] = {tab.slug: tab for tab in TABS}
AGES: dict[str, timedelta] = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


FACETS = {"provider": "p", "kind": "k", "country": "c", "group": "g", "code": "r", "account": "a"}
"""Filter -> prefix in the column ``facets`` of a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Filters of a list, by name. Empty means no filter."""

    provider: str = ""
    kind: str = ""
    country: str = ""
    group: str = ""
    code: str = ""
    account: str = ""
    age: str = ""
    """Maximum age: ``day``, ``week`` or ``month``."""
    assignee: str = ""
    """``me`` or ``nobody``."""
    environment: str = ""
    """The environment of the list; it comes from the person, not from the page."""

    @property
    def facets(self) -> tuple[str, ...]:
        """The filters that match the column ``facets`` of a case."""
        given = ((prefix, getattr(self, name)) for name, prefix in FACETS.items())
        return tuple(f"{prefix}:{value}" for prefix, value in given if value)

    @property
    def any(self) -> bool:
        return bool(self.facets or self.age or self.assignee)


NO_FILTERS = Filters()
FILTER_NAMES = tuple(name for name in Filters.__dataclass_fields__ if name != "environment")
"""Filters that a page has in its address."""
UNCLAIMED = "NOT EXISTS (SELECT 1 FROM compliance_claim k WHERE k.case_id = c.id AND k.until > %(now)s)"
"""SQL condition: nobody holds the case, not even the person."""
_NOT_HELD = """NOT EXISTS (
    SELECT 1 FROM compliance_claim k
    WHERE k.case_id = c.id AND k.until > %(now)s AND k.person_id <> %(person)s)"""
_NOT_OWN_QUESTION = """(NOT c.question OR NOT EXISTS (
    SELECT 1 FROM compliance_user u WHERE u.id = c.escalated_by_id AND u.person_id = %(person)s))"""
_NOT_OWN_PROPOSAL = """NOT EXISTS (
    SELECT 1 FROM compliance_overrideproposal o
    WHERE o.case_id = c.id AND o.state = 'open' AND o.proposed_person_id = %(person)s)"""


def workable(tab: Tab, *, can_approve: bool) -> str:
    """SQL condition of the cases of a tab that a person can go on with: nobody else holds them or has to act first.

    The caller passes ``person`` and ``now``. ``can_approve`` is whether the person may approve overrides.
    """
    if tab.slug == "approvals":
        return _NOT_OWN_PROPOSAL
    if tab.order != "open":
        return _NOT_HELD
    return f"{_reviewable(can_approve=can_approve)} AND {_NOT_HELD}"


def claimable(*, can_approve: bool) -> str:
    """SQL condition of the open cases that a person can claim next: as ``workable``, and without those they hold."""
    return f"{_reviewable(can_approve=can_approve)} AND {UNCLAIMED}"


def _reviewable(*, can_approve: bool) -> str:
    return f"c.status = 'in_review' AND {_NOT_OWN_QUESTION if can_approve else 'NOT c.question'}"


ORDERS = {
    "open": ("(c.priority * -1)", "c.due_at", "c.id"),
    "opened": ("c.opened_at", "c.id"),
    "decided": ("c.decided_at", "c.id"),
}
NEWEST_FIRST = frozenset({"decided", "opened"})


def conditions_of(tab: Tab, filters: Filters, *, now: datetime) -> tuple[str, dict[str, Any]]:
    """SQL condition of a tab under these filters, and its parameters."""
    parts = [tab.sql]
    values: dict[str, Any] = {"now": now}
    if filters.environment:
        parts.append("c.environment = %(environment)s")
        values["environment"] = filters.environment
    if filters.facets:
        parts.append("c.facets @> %(facets)s::varchar[]")
        values["facets"] = list(filters.facets)
    if filters.age in AGES:
        parts.append("c.opened_at > %(youngest)s")
        values["youngest"] = now - AGES[filters.age]
    if filters.assignee == "me":
        parts.append(TAB_OF["mine"].sql)
    if filters.assignee == "nobody":
        parts.append(UNCLAIMED)
    return " AND ".join(f"({part})" for part in parts), values
