"""The card of one check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from compliance.case_page import timeline
from compliance.case_page.redactor import Redactor
from compliance.enums import AccountHealth, Environment, SyncState
from compliance.labels import check_kind_label, provider_label
from compliance.models import Check, User
from compliance.queries.accounts import account_health
from compliance.sync import schedule

_OPEN = frozenset((SyncState.SCHEDULED, SyncState.LEASED, SyncState.FAILING))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCard:
    """What the card of a check shows."""

    id: UUID
    provider: str
    provider_label: str
    kind: str
    kind_label: str
    account: str
    environment: str
    is_live: bool
    reference: str
    followed_reference: str
    outcome: str
    verdict: str
    status_word: str
    reasons: list[Mapping[str, Any]]
    attempts: list[Mapping[str, Any]]
    risk_labels: list[str]
    request_id: str
    scores: tuple[tuple[str, str], ...]
    read: str
    next: str
    problem: str
    account_problem: str
    superseded: bool
    report_count: int
    difference: str
    """What the latest report changed against the one before."""
    never_read: bool
    overdue: bool
    can_refresh: bool
    refusal: str
    is_pending: bool
    """Polled soon, so the fragment polls, too."""


def check_card(check: Check, redactor: Redactor, *, reader: User, now: datetime) -> CheckCard:
    """The card of a check that comes with its sync state and its account's."""
    sync = check.sync
    superseded = check.superseded_by_id is not None
    refusal = _why_not_refresh(check, reader)
    has_fault = sync.fault and sync.state in (SyncState.BLOCKED, SyncState.FAILING)
    return CheckCard(
        id=check.pk,
        provider=check.provider,
        provider_label=provider_label(check.provider),
        kind=check.kind,
        kind_label=check_kind_label(check.kind),
        account=check.account.name,
        environment=check.account.environment,
        is_live=check.account.environment == Environment.LIVE,
        reference=check.reference,
        followed_reference=check.followed_reference,
        outcome=check.outcome,
        verdict=check.provider_verdict,
        status_word=redactor.text(check.status_word),
        reasons=redactor.data(check.reasons),
        attempts=redactor.data(check.attempts),
        risk_labels=redactor.data(check.risk_labels),
        request_id=check.request_id,
        scores=tuple((redactor.text(name), redactor.text(value)) for name, value in check.facts.get("scores", ())),
        read=_read_words(check),
        next="" if superseded else _next_words(check, now=now),
        problem=redactor.text(sync.fault_detail) if has_fault else "",
        account_problem="" if superseded else redactor.text(_account_words(check)),
        superseded=superseded,
        report_count=check.report_count,
        difference=redactor.text(timeline.describe_difference(check.difference)),
        never_read=check.report_count == 0,
        overdue=schedule.is_overdue(check, now=now),
        can_refresh=not superseded and not refusal,
        refusal=refusal,
        is_pending=not superseded and sync.state in _OPEN,
    )


def _why_not_refresh(check: Check, reader: User) -> str:
    if not reader.has_perm("compliance.review_case"):
        return "Your role does not include refreshing checks."
    return schedule.why_not_fetch(check.account) or ""


def _clock(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local.day} {local:%b}, {local:%H:%M}"


def _read_words(check: Check) -> str:
    return f"Fetched {_clock(check.sync.last_read_at)}" if check.sync.last_read_at else "Never fetched"


def _next_words(check: Check, *, now: datetime) -> str:
    sync = check.sync
    if sync.state == SyncState.LEASED:
        return "fetching now"
    if sync.state == SyncState.BLOCKED:
        return "automatic retries stopped"
    if sync.next_read_at is None:
        return "Final"
    when = "now" if sync.next_read_at <= now else _clock(sync.next_read_at)
    return f"Final, next check {when}" if sync.state == SyncState.FINAL else f"next check {when}"


def _account_words(check: Check) -> str:
    account = check.account
    health = account_health(account)
    if health == AccountHealth.OK:
        return ""
    if health == AccountHealth.PAUSED:
        by = f" by {account.paused_by}" if account.paused_by else ""
        return f"Paused{by}; its checks are not fetched. The last outcome still applies."
    state = account.state
    since = f" since {_clock(state.fault_since)}" if state.fault_since else ""
    tail = "An admin has to fix it." if health == AccountHealth.BLOCKED else "Retries are automatic."
    return f"{health.capitalize()}{since}: {state.fault_detail} The last outcome still applies. {tail}"
