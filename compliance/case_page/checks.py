"""The card of one check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance.case_page import timeline
from compliance.case_page.redactor import Redactor
from compliance.enums import AccountHealth, SyncState
from compliance.labels import RESULT_LABELS, check_kind_label, clock_label, for_reader, provider_label
from compliance.models import Check
from compliance.queries.accounts import account_health
from compliance.sync import schedule

_OPEN = frozenset((SyncState.SCHEDULED, SyncState.LEASED, SyncState.FAILING))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCard:
    """Content of a check's card: the row, and its texts without masked values."""

    row: Check
    provider_label: str
    kind_label: str
    result: str
    """The provider's result in words: "failed"."""
    status_word: str
    reasons: list[Mapping[str, Any]]
    attempts: list[Mapping[str, Any]]
    risk_labels: list[str]
    scores: tuple[tuple[str, str], ...]
    read: str
    next: str
    problem: str
    account_problem: str
    superseded: bool
    difference: str
    """Changes of the latest report."""
    overdue: bool
    refusal: str
    """Why it cannot be refreshed, or empty."""
    is_pending: bool
    """Polled soon, so the fragment polls, too."""


def check_card(check: Check, redactor: Redactor, *, is_admin: bool, now: datetime) -> CheckCard:
    """The card of a check, which is loaded with its sync state and its account's."""
    sync = check.sync
    superseded = check.superseded_by_id is not None
    reasons = redactor.data(check.reasons)
    has_fault = sync.fault and sync.state in (SyncState.BLOCKED, SyncState.FAILING)
    return CheckCard(
        row=check,
        provider_label=provider_label(check.provider),
        kind_label=check_kind_label(check.kind),
        result=RESULT_LABELS[check.provider_verdict],
        status_word=redactor.text(check.status_word),
        reasons=[reason | {"action": for_reader(reason["action"], is_admin=is_admin)} for reason in reasons],
        attempts=redactor.data(check.attempts),
        risk_labels=redactor.data(check.risk_labels),
        scores=tuple((redactor.text(name), redactor.text(value)) for name, value in check.facts.get("scores", ())),
        read=f"Fetched {clock_label(sync.last_read_at)}" if sync.last_read_at else "Never fetched",
        next="" if superseded else _next_words(check, now=now),
        problem=redactor.text(for_reader(sync.fault_detail, is_admin=is_admin)) if has_fault else "",
        account_problem="" if superseded else redactor.text(_account_words(check, is_admin=is_admin)),
        superseded=superseded,
        difference=redactor.text(timeline.describe_difference(check.difference)),
        overdue=schedule.is_overdue(check, now=now),
        refusal=schedule.why_not_fetch(check.account) or "",
        is_pending=not superseded and sync.state in _OPEN,
    )


def _next_words(check: Check, *, now: datetime) -> str:
    sync = check.sync
    if sync.state == SyncState.LEASED:
        return "fetching now"
    if sync.state == SyncState.BLOCKED:
        return "automatic retries stopped"
    if sync.next_read_at is None:
        return "Final"
    when = "now" if sync.next_read_at <= now else clock_label(sync.next_read_at)
    return f"Final, next check {when}" if sync.state == SyncState.FINAL else f"next check {when}"


def _account_words(check: Check, *, is_admin: bool) -> str:
    account = check.account
    health = account_health(account)
    if health == AccountHealth.OK:
        return ""
    if health == AccountHealth.PAUSED:
        by = f" by {account.paused_by}" if account.paused_by else ""
        return f"Paused{by}; its checks are not fetched. The last outcome still applies."
    state = account.state
    since = f" since {clock_label(state.fault_since)}" if state.fault_since else ""
    tail = "An admin has to fix it." if health == AccountHealth.BLOCKED else "Retries are automatic."
    detail = for_reader(state.fault_detail, is_admin=is_admin)
    return f"{health.capitalize()}{since}: {detail} The last outcome still applies. {tail}"
