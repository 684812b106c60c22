"""Leases of reads: which due checks this process reads now, under the account's rate and concurrency.

A process leases only the calls that it will start within a second. A lease raises the check's fencing number, and
answers with a lower one are refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from compliance.actions.faults import MAX_LOST_WORKERS, record_lost_worker
from compliance.enums import AccountHealth, SyncState
from compliance.models import AccountState, Check, CheckSync
from compliance.sync.rate_slots import HORIZON, copies_under_way, reads_under_way
from providers.models import ProviderAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLease:
    """A check to read, under this fencing number, not before ``start_at``."""

    check: Check
    fence: int
    start_at: datetime
    generation: int


_DUE = {
    False: "(s.state IN ('scheduled', 'failing') AND s.next_read_at <= %(now)s)",
    True: "s.state IN ('scheduled', 'failing', 'blocked')",
}
# Materialized: as a subquery, a nested loop would run it again for each row and lease more than the limit.
_LEASE_SQL = """
    WITH due AS MATERIALIZED (
        SELECT s.check_id FROM compliance_checksync s
        WHERE s.account_id = %(account)s AND {due} AND NOT (s.check_id = ANY(%(seen)s))
        ORDER BY s.next_read_at NULLS FIRST LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE compliance_checksync AS u
    SET state = 'leased', leased_until = %(until)s, fence = u.fence + 1, attempts = u.attempts + 1
    FROM due
    WHERE u.check_id = due.check_id
    RETURNING u.check_id, u.fence
"""
_UNTRIED_SQL = """
    UPDATE compliance_checksync AS u
    SET state = CASE WHEN c.terminal THEN 'settled' WHEN u.fault <> '' THEN 'failing' ELSE 'scheduled' END,
        leased_until = NULL, attempts = GREATEST(u.attempts - 1, 0), next_read_at = %(now)s
    FROM unnest(%(checks)s::uuid[], %(fences)s::bigint[]) AS l (check_id, fence)
    JOIN compliance_check c ON c.id = l.check_id
    WHERE u.check_id = l.check_id AND u.fence = l.fence AND u.state = 'leased'
"""
_WORK_SQL = """
    SELECT s.account_id FROM compliance_accountstate s WHERE EXISTS (
        SELECT 1 FROM compliance_checksync c WHERE c.account_id = s.account_id AND {due}
    )
"""
_IS_DUE = (
    "c.state IN ('scheduled', 'failing') AND c.next_read_at <= %(now)s",
    "c.state = 'settled' AND c.next_read_at <= %(now)s",
    "c.state = 'leased' AND c.leased_until <= %(now)s",
)


def accounts_with_work(*, ignore_schedule: bool = False) -> frozenset[UUID]:
    """Accounts with due checks, by one query without locks, so that an idle slice is cheap."""
    conditions = (*_IS_DUE, "c.state IN ('scheduled', 'failing', 'blocked')") if ignore_schedule else _IS_DUE
    sql = " UNION ".join(_WORK_SQL.format(due=condition) for condition in conditions)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": timezone.now()})
        return frozenset(row[0] for row in cursor.fetchall())


@transaction.atomic
def lease(
    account: ProviderAccount,
    *,
    limit: int,
    ignore_schedule: bool = False,
    seen: frozenset[UUID] = frozenset(),
    now: datetime | None = None,
) -> list[ReadLease]:
    """Checks of this account that may be read now, at most ``limit``; empty while another process is leasing.

    ``ignore_schedule`` leases every check that is not final, ahead of poll interval and backoff, but never during a
    pause that the provider requested; ``seen`` are the checks that such a run has read already.
    """
    now = now or timezone.now()
    state = AccountState.objects.select_for_update(skip_locked=True).filter(account=account).first()
    if state is None:
        return []
    count = min(limit, _free(account, state, ignore_schedule=ignore_schedule, now=now))
    start = max(now, state.next_start_at or now)
    count = min(count, int(((now - start).total_seconds() + HORIZON) * account.rate_per_second) + 1)
    if start > now + timedelta(seconds=HORIZON) or count <= 0:
        return []
    rows = _lease_rows(account, count, ignore_schedule=ignore_schedule, seen=seen, now=now)
    if not rows:
        return []
    step = timedelta(seconds=1 / account.rate_per_second)
    state.next_start_at = start + step * len(rows)
    state.save(update_fields=("next_start_at",))
    checks = Check.objects.select_related("account", "data_key").in_bulk(rows.keys())
    return [
        ReadLease(check=checks[check_id], fence=fence, start_at=start + step * position, generation=state.generation)
        for position, (check_id, fence) in enumerate(rows.items())
    ]


def _free(account: ProviderAccount, state: AccountState, *, ignore_schedule: bool, now: datetime) -> int:
    """How many more calls may start, given pauses, health and concurrency."""
    if account.paused_at or (state.throttled_until and state.throttled_until > now):
        return 0
    under_way = reads_under_way(account.pk, now=now).count() + copies_under_way(account.pk, now=now).count()
    if state.health != AccountHealth.OK and state.not_before and not ignore_schedule:
        # Half open: one probe after the backoff.
        return 1 if state.not_before <= now and not under_way else 0
    return account.concurrency - under_way


def _lease_rows(
    account: ProviderAccount, count: int, *, ignore_schedule: bool, seen: frozenset[UUID], now: datetime
) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    due = (
        "s.state = 'leased' AND s.leased_until <= %(now)s AND s.attempts < %(lost)s",
        _DUE[ignore_schedule],
        "s.state = 'settled' AND s.next_read_at <= %(now)s",
    )
    with connection.cursor() as cursor:
        for condition in due:
            if len(found) >= count:
                break
            values: dict[str, Any] = {
                "account": account.pk,
                "now": now,
                "until": now + timedelta(seconds=settings.SYNC_LEASE_SECONDS),
                "lost": MAX_LOST_WORKERS,
                "limit": count - len(found),
                "seen": [*seen, *found],
            }
            cursor.execute(_LEASE_SQL.format(due=condition), values)
            found.update(cursor.fetchall())
    return found


def block_lost(*, now: datetime | None = None) -> int:
    """Block checks whose workers were lost too often, and return how many."""
    now = now or timezone.now()
    lost = CheckSync.objects.filter(state=SyncState.LEASED, leased_until__lte=now, attempts__gte=MAX_LOST_WORKERS)
    ids = list(lost.values_list("pk", flat=True)[:100])
    for check_id in ids:
        record_lost_worker(check_id, now=now)
    return len(ids)


def release(check_id: UUID, fence: int, *, wait: timedelta = timedelta(0)) -> bool:
    """End a lease without an answer: the check stays scheduled, or final. False when the lease was lost."""
    now = timezone.now()
    with transaction.atomic():
        sync = CheckSync.objects.select_for_update().filter(pk=check_id, fence=fence, state=SyncState.LEASED).first()
        if sync is None:
            return False
        terminal = Check.objects.values_list("terminal", flat=True).get(pk=check_id)
        if terminal:
            sync.state = SyncState.FINAL
        else:
            sync.state = SyncState.FAILING if sync.fault else SyncState.SCHEDULED
        sync.leased_until, sync.attempts = None, 0
        sync.next_read_at = now + wait
        sync.save(update_fields=("state", "leased_until", "attempts", "next_read_at"))
    return True


def release_untried(leases: Sequence[ReadLease]) -> int:
    """End leases whose calls never started or whose answers are lost through no fault of theirs. No try is counted;
    the checks are due at once. Returns how many leases were still held."""
    values: dict[str, Any] = {
        "now": timezone.now(),
        "checks": [leased.check.pk for leased in leases],
        "fences": [leased.fence for leased in leases],
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNTRIED_SQL, values)
        return int(cursor.rowcount)
