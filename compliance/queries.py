"""Reads for pages. Each answers one page or fragment with a fixed number of statements, whatever the number of rows.

Lists page by keyset, counts are capped, and filters are mapped by name: nothing of a request reaches the ORM as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from compliance import policies
from compliance.enums import CaseStatus, Environment, Priority, Queue
from compliance.errors import InvalidInput
from compliance.models import (
    Case,
    Check,
    CheckReport,
    Claim,
    Decision,
    Document,
    Event,
    OverrideProposal,
    User,
)
from providers import Kind, provider_names
from providers.models import ProviderAccount

PAGE = 50
CAP = 1000
COUNT_SECONDS = 5
OPEN = (CaseStatus.IN_REVIEW, CaseStatus.AWAITING_APPROVAL)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the queue page."""

    slug: str
    label: str
    sql: str
    """Condition on ``compliance_case c``; ``%(person)s`` and ``%(now)s`` may be used."""
    order: str = "open"
    for_managers: bool = False


_IN_QUEUE = "c.status = 'in_review' AND c.queue = '{}'"
TABS: tuple[Tab, ...] = (
    *(Tab(queue.value.replace("_", "-"), queue.label, _IN_QUEUE.format(queue.value)) for queue in Queue),
    Tab("approvals", "Approvals", "c.status = 'awaiting_approval'", for_managers=True),
    Tab(
        "mine",
        "Mine",
        "c.id IN (SELECT k.case_id FROM compliance_claim k WHERE k.person_id = %(person)s AND k.until > %(now)s)",
    ),
    Tab("overdue", "Overdue", "c.status IN ('in_review', 'awaiting_approval') AND c.due_at < %(now)s"),
    Tab("open", "All open", "c.status IN ('in_review', 'awaiting_approval')"),
    Tab("waiting", "Waiting", "c.status = 'waiting'", order="opened"),
    Tab("decided", "Decided", "c.status = 'decided'", order="decided"),
)
TAB_OF: dict[str, Tab] = {tab.slug: tab for tab in TABS}
AGES: dict[str, timedelta] = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a list, all of it from the URL. Unknown names and values are dropped, never passed on."""

    provider: str = ""
    kind: str = ""
    country: str = ""
    group: str = ""
    code: str = ""
    account: str = ""
    environment: str = ""
    age: str = ""
    """At most this old: ``day``, ``week``, ``month``."""
    assignee: str = ""
    """``me``, ``nobody``."""

    @property
    def facets(self) -> tuple[str, ...]:
        """The filters that a case carries as facets."""
        prefixes = (
            ("p", self.provider),
            ("k", self.kind),
            ("c", self.country),
            ("g", self.group),
            ("r", self.code),
            ("a", self.account),
            ("e", self.environment),
        )
        return tuple(f"{prefix}:{value}" for prefix, value in prefixes if value)

    @property
    def any(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.facets or self.age or self.assignee)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMark:
    """One small mark in a row: what kind of check, with which outcome."""

    kind: str
    outcome: str
    """An outcome, or ``unreadable``."""
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list; everything is text or ready to be shown, so that the template has no work to do."""

    id: int
    label: str
    """``KYC-12``."""
    name: str = field(repr=False)
    external_id: str
    environment: str
    is_live: bool
    status: str
    queue: str
    mark: str
    """Which outcome mark stands before the reason: an outcome, ``unreadable`` or ``awaiting_approval``."""
    why_head: str
    why: str
    checks: tuple[CheckMark, ...]
    """At most three."""
    more_checks: int
    country: str
    age: str
    due: str
    """``in 5 h``, ``3 h overdue``; empty when nothing is due."""
    due_state: str
    """``is-overdue``, ``is-soon`` or empty."""
    due_at: datetime | None
    group: str
    """Set on the first row of a group that explains the order: ``Escalated``, ``Fraud or deceased``, ``Recheck``, ``The rest``."""
    group_icon: str
    group_says: str
    holder: str
    """Who has taken it, ``You``, or empty."""
    holder_initials: str
    holder_until: str
    is_mine: bool
    decided: str
    """For decided cases: ``Approved by Dana Whitfield``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of rows with the way to its neighbours."""

    rows: tuple[Row, ...]
    older: str
    """Cursor of the next page, empty at the end."""
    newer: str
    """Cursor of the page before, empty at the start."""
    version: str
    """Changes when anything on the page changes: polling answers 204 while it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabCount:
    """A tab with its count in words."""

    slug: str
    label: str
    count: str
    """``128``, ``1,000+``, or empty where it was not counted."""
    is_here: bool
    is_alarming: bool


# --- one check, for the command line -------------------------------------------------------------------------------


def account_health(account: ProviderAccount) -> str:
    """``ok``, ``failing``, ``blocked`` or ``paused``."""
    return "paused" if account.paused_at else account.state.health


def check_as_data(account: str, reference: str, *, kind: str = "") -> dict[str, Any]:
    """One check in plain words. Raises ``InvalidInput`` when there is none, or several and no kind was named."""
    found = Check.objects.filter(account__name=account, reference=reference)
    found = found.filter(kind=kind) if kind else found
    checks = list(found.select_related("sync", "account__state", "case", "data_key")[:2])
    if not checks:
        raise InvalidInput("There is no such check.")
    if len(checks) > 1:
        raise InvalidInput("Several checks have this reference: name the kind.")
    check = checks[0]
    return {
        "account": check.account.name,
        "reference": check.reference,
        "kind": check.kind,
        "status": check.status_word,
        "outcome": check.outcome,
        "provider_verdict": check.provider_verdict,
        "reasons": [{"code": reason["code"], "summary": reason["summary"]} for reason in check.reasons],
        "facts": check.facts,
        "sync_state": check.sync.state,
        "sync_error": check.sync.fault_detail,
        "account_state": account_health(check.account),
        "followed_reference": check.followed_reference,
        "attempts": check.attempts,
        "reports": check.report_count,
        "last_read_at": check.sync.last_read_at,
        "case": {
            "number": check.case.number,
            "status": check.case.status,
            "queue": check.case.queue,
            "outcome": check.case.outcome,
        },
    }
