"""The card of one check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from compliance.case_page.check_values import CheckValues, check_values
from compliance.case_page.difference_sentence import describe_difference
from compliance.case_page.redactor import Redactor
from compliance.enums import AccountHealth, Queue, SyncState
from compliance.labels import (
    ADMIN_HAS_TO_ACT,
    RESULT_LABELS,
    Advice,
    advice_for,
    check_kind_label,
    clock_label,
    provider_label,
    without_old_action,
)
from compliance.models import Check
from compliance.queries.accounts import NOT_READ, account_health
from compliance.sync import schedule
from providers import provider_class
from providers.models import ProviderAccount
from providers.vault import Undecipherable, UndecipherableText

NO_SCALE = "scale not documented"
LAST_OUTCOME = "The last outcome still applies."
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
    not_shown: list[str]
    """Counts of the entries above a cap, of lists that have no place of their own in the details."""
    risk_labels: list[str]
    scores: tuple[tuple[str, str, str], ...]
    """Name, value and scale of each measurement."""
    values: CheckValues
    """Its other values, private ones masked."""
    read: str
    next: str
    problem: Advice | None
    account_problem: str
    """The state of an account that is not read, in one line; its fault is on the account's own page."""
    account_url: str
    """Page of that account; empty for readers without access to it."""
    superseded: bool
    difference: str
    """Changes of the latest report."""
    overdue: bool
    refusal: str
    """Why it cannot be refreshed, or empty."""
    is_pending: bool
    """Polled soon, so the fragment polls, too."""

    @property
    def mark(self) -> str:
        """Its outcome, or that it cannot be read and never was."""
        return Queue.UNREADABLE if self.problem and not self.row.report_count else self.row.outcome


def check_card(check: Check, redactor: Redactor, *, is_admin: bool, now: datetime) -> CheckCard:
    """The card of a check, which is loaded with its sync state and its account's."""
    sync = check.sync
    superseded = check.superseded_by_id is not None
    has_fault = sync.fault and sync.state in (SyncState.BLOCKED, SyncState.FAILING)
    problem = advice_for(sync.fault_detail, sync.fault_admin_action, is_admin=is_admin) if has_fault else None
    account_problem = "" if superseded else _account_problem(check.account)
    return CheckCard(
        row=check,
        provider_label=provider_label(check.provider),
        kind_label=check_kind_label(check.kind),
        result=RESULT_LABELS[check.provider_verdict],
        status_word=redactor.text(check.status_word),
        reasons=[_reason(reason, is_admin=is_admin) for reason in redactor.data(check.reasons)],
        attempts=[_attempt(attempt) for attempt in redactor.data(check.attempts)],
        risk_labels=redactor.data(check.risk_labels),
        not_shown=_not_shown(check.more),
        scores=_scores(check, redactor),
        values=check_values(check, redactor),
        read=f"Fetched {clock_label(sync.last_read_at)}" if sync.last_read_at else "Never fetched",
        next="" if superseded else _next_words(check, now=now),
        problem=problem and redactor.advice(problem),
        account_problem=redactor.text(account_problem),
        account_url=_account_url(check.account) if account_problem and is_admin else "",
        superseded=superseded,
        difference=redactor.text(describe_difference(check.difference)),
        overdue=schedule.is_overdue(check, now=now),
        refusal=schedule.why_not_fetch(check.account) or "",
        is_pending=not superseded and sync.state in _OPEN,
    )


def _scores(check: Check, redactor: Redactor) -> tuple[tuple[str, str, str], ...]:
    if isinstance(check.facts, Undecipherable):
        return (("Stored answer", UndecipherableText(), ""),)
    scores = check.facts.get("scores", ())
    return tuple((redactor.text(name), redactor.text(value), _scale(check, name)) for name, value in scores)


_MORE_LABELS = {"codes": "codes", "reasons": "reasons", "evidence": "images or files", "other": "values",
                "further": "fields", "scores": "scores"}  # fmt: skip


def _not_shown(more: Mapping[str, int]) -> list[str]:
    return [f"{more[name]} more {label}" for name, label in _MORE_LABELS.items() if name in more]


def _reason(reason: Mapping[str, Any], *, is_admin: bool) -> Mapping[str, Any]:
    advice = advice_for(reason["action"], reason.get("admin_action", ""), is_admin=is_admin)
    return {**reason, "action": advice.text, "admin_action": advice.admin_action}


def _scale(check: Check, score: str) -> str:
    """Scale and limit of a score, as far as the provider documents them."""
    return provider_class(check.provider).score_scales.get(score, NO_SCALE)


def _attempt(attempt: Mapping[str, Any]) -> Mapping[str, Any]:
    started = attempt.get("started_at")
    return {**attempt, "started": clock_label(datetime.fromisoformat(started)) if started else ""}


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


def _account_problem(account: ProviderAccount) -> str:
    health = account_health(account)
    if health in (AccountHealth.OK, NOT_READ):
        return ""
    if health == AccountHealth.PAUSED:
        by = f" by {account.paused_by}" if account.paused_by else ""
        return f"Paused{by}; its checks are not fetched. {LAST_OUTCOME}"
    state = account.state
    since = f" since {clock_label(state.fault_since)}" if state.fault_since else ""
    is_blocked = health == AccountHealth.BLOCKED
    _, action = without_old_action(state.fault_detail, state.fault_admin_action)
    retries = "" if is_blocked else "Retries are automatic."
    duty = ADMIN_HAS_TO_ACT if is_blocked or action else ""
    return " ".join(filter(None, (f"{health.capitalize()}{since}.", LAST_OUTCOME, retries, duty)))


def _account_url(account: ProviderAccount) -> str:
    return reverse("admin:providers_provideraccount_change", args=[account.pk])
