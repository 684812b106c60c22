"""When a check is read next, the backoff after a failure, and whether its account can be read. Pure functions."""

import random
from datetime import datetime, timedelta

from compliance.enums import AccountHealth
from compliance.models import Check
from providers import provider_class
from providers.models import ProviderAccount

DAILY = timedelta(days=1)
SLOWER_AFTER = timedelta(hours=6)
SLOWEST = timedelta(hours=2)


def next_read(check: Check, *, now: datetime) -> datetime | None:
    """The due time after a successful read, or None for a check that cannot change.

    Open checks: the account's poll interval (else the provider's), longer with age, with jitter. Final states that
    can still change: once a day. A running timeout rule ("unchanged for 30 minutes"): when it ends.
    """
    if check.terminal:
        return now + DAILY * random.uniform(0.9, 1.1) if check.changeable else None  # noqa: S311
    due = now + _poll_interval(check, now=now) * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing
    if check.lapse and check.outcome != check.lapse["outcome"]:
        lapses = datetime.fromisoformat(check.lapse["since"]) + timedelta(seconds=check.lapse["after_seconds"])
        return min(due, max(lapses, now))
    return due


def _poll_interval(check: Check, *, now: datetime) -> timedelta:
    base = timedelta(seconds=check.account.poll_interval_seconds or provider_class(check.provider).poll_seconds)
    age = now - (check.changed_at or check.created_at)
    if age <= SLOWER_AFTER:
        return base
    # Grows with the time without a change, up to two hours (or the account's own interval).
    return max(base, min(SLOWEST, base * (age / SLOWER_AFTER)))


def backoff(failures: int, *, base: float = 10.0, cap: float = 3600.0) -> timedelta:
    """The wait after so many failures in a row, in [base/2, cap] seconds: full jitter under a growing ceiling."""
    ceiling = min(cap, base * 2 ** min(failures, 20))
    return timedelta(seconds=random.uniform(base / 2, ceiling))  # noqa: S311 - spreads load, guards nothing


def is_overdue(check: Check, *, now: datetime) -> bool:
    """Whether an open check takes longer than is usual for its provider. It changes no outcome."""
    hours = provider_class(check.provider).overdue_hours
    if not hours or check.terminal:
        return False
    return now - (check.submitted_at or check.created_at) > timedelta(hours=hours)


def why_not_fetch(account: ProviderAccount) -> str | None:
    """Why this account cannot be read now (paused or blocked), or None."""
    if account.paused_at:
        by = account.paused_by or "An admin"
        return f"{by} paused the account {account.name}. It is not read until it is resumed."
    if account.state.health == AccountHealth.BLOCKED:
        return f"The account {account.name} is blocked. An admin has to fix it first."
    return None
