"""Who reads what, now. Rate, concurrency and health of an account are rows, so they hold for every process.

Only the process that will make the call leases, and only as much as it may start within a second. A lease raises the
check's fencing number; whoever comes late with a lower one is refused.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from compliance import audit
from compliance.actions import documents
from compliance.actions.checks import MAX_LOST_WORKERS, record_lost_worker
from compliance.enums import AccountHealth, DeskEventType, DocumentState, SyncState
from compliance.models import AccountState, Check, CheckSync, Document, SyncSlot
from compliance.sync.schedule import patience
from providers import ProviderError, ProviderThrottled
from providers.models import ProviderAccount

HORIZON = 1.0
"""Seconds ahead for which calls are leased."""
BREAKS_AFTER = 3
"""Retryable account faults in a row after which only probes go out."""
LONGEST_TOLD = 3600.0
"""Seconds of ``Retry-After`` that are believed at most."""
SLOT_LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A check to read, under this fencing number, not before ``start_at``."""

    check: Check
    fence: int
    start_at: datetime
    generation: int


_DUE = {
    False: "(s.state IN ('scheduled', 'failing') AND s.next_read_at <= %(now)s)",
    True: "s.state IN ('scheduled', 'failing', 'blocked')",
}
_LEASE_SQL = """
    UPDATE compliance_checksync AS u
    SET state = 'leased', leased_until = %(until)s, fence = u.fence + 1, attempts = u.attempts + 1
    FROM (
        SELECT s.check_id FROM compliance_checksync s
        WHERE s.account_id = %(account)s AND {due} AND NOT (s.check_id = ANY(%(seen)s))
        ORDER BY s.next_read_at NULLS FIRST LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE u.check_id = due.check_id
    RETURNING u.check_id, u.fence
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


def accounts_with_work(*, pressing: bool = False) -> frozenset[UUID]:
    """Accounts that have anything to read now: one look without locks, so that an idle slice costs next to nothing."""
    conditions = (*_IS_DUE, "c.state IN ('scheduled', 'failing', 'blocked')") if pressing else _IS_DUE
    sql = " UNION ".join(_WORK_SQL.format(due=condition) for condition in conditions)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": timezone.now()})
        return frozenset(row[0] for row in cursor.fetchall())


@transaction.atomic
def lease(
    account: ProviderAccount,
    *,
    limit: int,
    pressing: bool = False,
    seen: frozenset[UUID] = frozenset(),
    now: datetime | None = None,
) -> list[Leased]:
    """Checks of this account that may be read now, at most ``limit``; empty while another process is leasing.

    ``pressing`` reads everything that is not settled, past our own rhythm and back-off, but never past a told
    ``Retry-After``; ``seen`` are checks that a pressing run has read already.
    """
    now = now or timezone.now()
    state = AccountState.objects.select_for_update(skip_locked=True).filter(account=account).first()
    if state is None:
        return []
    count = min(limit, _free(account, state, pressing=pressing, now=now))
    start = max(now, state.next_start_at or now)
    count = min(count, int(((now - start).total_seconds() + HORIZON) * account.rate_per_second) + 1)
    if start > now + timedelta(seconds=HORIZON) or count <= 0:
        return []
    rows = _lease_rows(account, count, pressing=pressing, seen=seen, now=now)
    if not rows:
        return []
    step = timedelta(seconds=1 / account.rate_per_second)
    state.next_start_at = start + step * len(rows)
    state.save(update_fields=("next_start_at",))
    checks = Check.objects.select_related("account", "data_key").in_bulk(rows.keys())
    return [
        Leased(check=checks[check_id], fence=fence, start_at=start + step * position, generation=state.generation)
        for position, (check_id, fence) in enumerate(rows.items())
    ]


def _free(account: ProviderAccount, state: AccountState, *, pressing: bool, now: datetime) -> int:
    """How many more calls may be under way, given pause, told waits, health and concurrency."""
    if account.paused_at or (state.told_until and state.told_until > now):
        return 0
    under_way = _reads(account.pk, now=now).count() + _copies(account.pk, now=now).count()
    if state.health != AccountHealth.OK and state.not_before and not pressing:
        # Half open: one probe, and only once the wait is over.
        return 1 if state.not_before <= now and not under_way else 0
    return account.concurrency - under_way


def _reads(account_id: UUID, *, now: datetime) -> QuerySet[CheckSync]:
    return CheckSync.objects.filter(account_id=account_id, state=SyncState.LEASED, leased_until__gt=now)


def _copies(account_id: UUID, *, now: datetime) -> QuerySet[Document]:
    return Document.objects.filter(
        check_row__account_id=account_id, state=DocumentState.WANTED, leased_until__isnull=False, leased_until__gt=now
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn for one call of a copy: ``wait`` seconds until it may go out; or, when it is not ``granted``, until it is
    worth asking again."""

    granted: bool
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLease:
    """A document to copy, with the turn for its first call; not granted, the document is not leased."""

    document: Document
    turn: Turn


SLOT_WAIT = 0.2
"""Seconds after which another call of the account may have ended."""
WORTH_WAITING = 60.0
"""Seconds that a copy which is under way waits for a turn at any pace."""
LONGEST_WAIT = 240.0
"""... and at the slowest: the rules of accounts ask for 0.01 calls a second, so the next turn is 100 s away."""
LOOK_AGAIN = 5.0
"""Seconds after which an account in trouble, or a paused one, is looked at again."""


@transaction.atomic
def lease_copy(*, without: frozenset[UUID] = frozenset(), now: datetime | None = None) -> CopyLease | None:
    """The next wanted document and a turn for its first call, under the same pace and the same number of calls at once
    as reads; None when nothing is wanted. ``without`` are accounts that had no turn to give a moment ago.

    Leased documents count as calls under way, so a document without a turn is given back before anybody sees it.
    """
    now = now or timezone.now()
    for document in documents.lease_wanted(limit=1, without=without, now=now):
        check = document.check_row
        if check is None or document.inline:
            return CopyLease(document=document, turn=Turn(granted=True, wait=0.0))
        state = AccountState.objects.select_for_update().get(account_id=check.account_id)
        turn = _no_place(document, check.account, state, now=now) or _booked(check.account, state, HORIZON, now=now)
        if not turn.granted:
            documents.give_back(document, wait=turn.wait)
        return CopyLease(document=document, turn=turn)
    return None


@transaction.atomic
def take_turn(account: ProviderAccount, *, now: datetime | None = None) -> Turn:
    """A turn for one more call of a copy that is under way. Its own account's next one is worth waiting for, however
    slow the pace: a slow account is not begun again and again. One that is further away is not given."""
    now = now or timezone.now()
    state = AccountState.objects.select_for_update().get(account=account)
    within = min(max(WORTH_WAITING, 1.5 / account.rate_per_second), LONGEST_WAIT)
    return _silence(account, state, now=now) or _booked(account, state, within, now=now)


def silence(account: ProviderAccount) -> Turn | None:
    """Why a turn that was given may not be used any more: a told wait, or a pause."""
    return _silence(account, AccountState.objects.get(account=account), now=timezone.now())


def _booked(account: ProviderAccount, state: AccountState, within: float, *, now: datetime) -> Turn:
    start = max(now, state.next_start_at or now)
    wait = (start - now).total_seconds()
    if wait > within:
        return Turn(granted=False, wait=wait - within / 2)
    state.next_start_at = start + timedelta(seconds=1 / account.rate_per_second)
    state.save(update_fields=("next_start_at",))
    return Turn(granted=True, wait=wait)


def _silence(account: ProviderAccount, state: AccountState, *, now: datetime) -> Turn | None:
    """Why nothing may go out at all: a told wait, or a pause."""
    if state.told_until and state.told_until > now:
        return Turn(granted=False, wait=(state.told_until - now).total_seconds())
    if ProviderAccount.objects.filter(pk=account.pk, paused_at__isnull=False).exists():
        return Turn(granted=False, wait=LOOK_AGAIN)
    return None


def _no_place(document: Document, account: ProviderAccount, state: AccountState, *, now: datetime) -> Turn | None:
    if silence := _silence(account, state, now=now):
        return silence
    others = _copies(account.pk, now=now).exclude(pk=document.pk)
    under_way = _reads(account.pk, now=now).count() + others.count()
    if state.health != AccountHealth.OK and state.not_before and (state.not_before > now or under_way):
        # Whether it is well again is for the reads to find out: a picture's success says nothing about a sign-in.
        return Turn(granted=False, wait=LOOK_AGAIN)
    return Turn(granted=False, wait=SLOT_WAIT) if under_way >= account.concurrency else None


def _lease_rows(
    account: ProviderAccount, count: int, *, pressing: bool, seen: frozenset[UUID], now: datetime
) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    due = (
        "s.state = 'leased' AND s.leased_until <= %(now)s AND s.attempts < %(lost)s",
        _DUE[pressing],
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
    """Block the checks whose worker was lost too often; how many."""
    now = now or timezone.now()
    lost = CheckSync.objects.filter(state=SyncState.LEASED, leased_until__lte=now, attempts__gte=MAX_LOST_WORKERS)
    ids = list(lost.values_list("pk", flat=True)[:100])
    for check_id in ids:
        record_lost_worker(check_id, now=now)
    return len(ids)


def give_back(check_id: UUID, fence: int, *, wait: timedelta = timedelta(0)) -> bool:
    """End a lease without an answer: the check stays scheduled (settled ones stay settled). False when it was lost."""
    now = timezone.now()
    with transaction.atomic():
        sync = CheckSync.objects.select_for_update().filter(pk=check_id, fence=fence, state=SyncState.LEASED).first()
        if sync is None:
            return False
        terminal = Check.objects.values_list("terminal", flat=True).get(pk=check_id)
        if terminal:
            sync.state = SyncState.SETTLED
        else:
            sync.state = SyncState.FAILING if sync.fault else SyncState.SCHEDULED
        sync.leased_until, sync.attempts = None, 0
        sync.next_read_at = now + wait
        sync.save(update_fields=("state", "leased_until", "attempts", "next_read_at"))
    return True


# --- health of accounts --------------------------------------------------------------------------------------------


@transaction.atomic
def record_account_fault(leased: Leased, error: ProviderError, *, now: datetime | None = None) -> None:
    """The account cannot be read: its checks stay scheduled, no outcome changes.

    The check that met the fault waits a little itself, so that another one makes the probe: a provider that fails on
    one id alone does not take the account with it.
    """
    now = now or timezone.now()
    state = AccountState.objects.select_for_update().get(account_id=leased.check.account_id)
    give_back(leased.check.pk, leased.fence, wait=patience(min(state.failures + 1, 6)))
    if state.generation != leased.generation:
        return  # The account was mended while this call was under way.
    state.failures += 1
    health = AccountHealth.FAILING if error.retryable else AccountHealth.BLOCKED
    if state.health == AccountHealth.OK:
        state.fault_since = now
    announce = health != state.health and (not error.retryable or state.failures >= BREAKS_AFTER)
    announce = announce or (health == AccountHealth.FAILING and state.failures == BREAKS_AFTER)
    state.health = health
    state.fault, state.fault_detail = error.code, error.detail[:400]
    _wait(state, error, now=now)
    state.save()
    if announce:
        event = DeskEventType.ACCOUNT_BLOCKED if health == AccountHealth.BLOCKED else DeskEventType.ACCOUNT_FAILING
        audit.record_desk(
            event, by=None, account=leased.check.account.name, fault=state.fault, detail=state.fault_detail
        )


def _wait(state: AccountState, error: ProviderError, *, now: datetime) -> None:
    if isinstance(error, ProviderThrottled):
        if error.retry_after is not None:
            told = now + timedelta(seconds=min(max(error.retry_after, 0.0), LONGEST_TOLD))
            # Two calls may be told different waits: the longer one holds.
            state.told_until = max(told, state.told_until or told)
        state.not_before = now + patience(state.failures)
    elif not error.retryable:
        state.not_before = now + patience(state.failures, base=60.0, cap=900.0)
    elif state.failures >= BREAKS_AFTER:
        state.not_before = now + patience(state.failures - BREAKS_AFTER, cap=600.0)


@transaction.atomic
def record_told_wait(account_id: UUID, seconds: float, *, now: datetime | None = None) -> None:
    """The provider asked for a pause while pictures were copied: it holds for every call of the account."""
    now = now or timezone.now()
    state = AccountState.objects.select_for_update().get(account_id=account_id)
    told = now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_TOLD))
    state.told_until = max(told, state.told_until or told)
    state.save(update_fields=("told_until",))


def has_its_turn_soon(account_id: UUID, *, within: timedelta) -> bool:
    """Whether nothing but the account's own rate holds the next call back, and not for longer than ``within``."""
    now = timezone.now()
    turn = AccountState.objects.filter(account_id=account_id, account__paused_at__isnull=True)
    turn = turn.exclude(told_until__gt=now).filter(next_start_at__gt=now, next_start_at__lte=now + within)
    return turn.exists()


@transaction.atomic
def record_account_good(account_id: UUID, *, now: datetime | None = None) -> None:
    """A read succeeded: whatever was wrong with the account is over."""
    now = now or timezone.now()
    fine = AccountState.objects.filter(account_id=account_id, health=AccountHealth.OK, failures=0)
    if fine.update(last_good_read_at=now):
        return
    state = AccountState.objects.select_for_update().get(account_id=account_id)
    announced = state.health == AccountHealth.BLOCKED or state.failures >= BREAKS_AFTER
    clear_fault(state)
    state.last_good_read_at = now
    state.save()
    if announced:
        name = ProviderAccount.objects.values_list("name", flat=True).get(pk=account_id)
        audit.record_desk(DeskEventType.ACCOUNT_RECOVERED, by=None, account=name)


def clear_fault(state: AccountState) -> None:
    """Health as if nothing had happened. In memory."""
    state.health, state.fault, state.fault_detail, state.fault_since = AccountHealth.OK, "", "", None
    state.failures, state.not_before = 0, None


# --- slots: how many slices run at once ----------------------------------------------------------------------------


def take_slot(slot: int) -> str | None:
    """The right to run this slot's slice, or None while somebody runs it. Two schedulers therefore do no harm."""
    now = timezone.now()
    owner = secrets.token_hex(16)
    SyncSlot.objects.bulk_create([SyncSlot(slot=slot, until=now, progressed_at=now)], ignore_conflicts=True)
    taken = SyncSlot.objects.filter(slot=slot, until__lte=now).update(
        owner=owner, until=now + SLOT_LEASE, progressed_at=now, runs=F("runs") + 1
    )
    return owner if taken else None


def keep_slot(slot: int, owner: str) -> bool:
    """Stamp progress; False when the slot has gone to another."""
    now = timezone.now()
    return bool(SyncSlot.objects.filter(slot=slot, owner=owner).update(until=now + SLOT_LEASE, progressed_at=now))


def free_slot(slot: int, owner: str) -> None:
    """The slice has ended."""
    SyncSlot.objects.filter(slot=slot, owner=owner).update(owner="", until=timezone.now())
