"""Faults of single checks: failed reads and lost workers. They never change an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import lock, route_and_save
from compliance.actions.checks import event_data
from compliance.actions.reports import lock_batch, save_batch
from compliance.enums import EventType, SyncState
from compliance.models import Case, Check, CheckSync, Event, UnreadableBody
from compliance.sync.schedule import backoff
from providers import ProviderError, UnreadableAnswer
from providers.vault import can_encrypt

UNREADABLE_BLOCKS_AFTER = timedelta(hours=24)
MAX_BODY_BYTES = 64 * 1024
MAX_LOST_WORKERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failed read whose fault concerns this check alone."""

    check_id: UUID
    fence: int
    error: ProviderError


@transaction.atomic
def record_faults(batch: Sequence[Fault], *, now: datetime | None = None) -> int:
    """Store faults of checks and return how many were stored.

    A fault that no retry can end blocks the check; an unreadable answer blocks it only after 24 hours.
    """
    now = now or timezone.now()
    cases, checks = lock_batch([fault.check_id for fault in batch])
    events: list[Event] = []
    stored = 0
    for fault in batch:
        check = checks.get(fault.check_id)
        if check is None or check.sync.fence != fault.fence or check.superseded_by_id:
            continue
        stored += 1
        events += _fail(cases[check.case_id], check, fault.error, now=now)
    save_batch(cases, checks, events, now=now)
    return stored


def _fail(case: Case, check: Check, error: ProviderError, *, now: datetime) -> list[Event]:
    sync = check.sync
    sync.leased_until, sync.attempts = None, 0
    sync.failures += 1
    sync.failing_since = sync.failing_since or now
    was = sync.fault
    sync.fault, sync.fault_detail, sync.fault_admin_action = error.code, error.detail[:400], error.admin_action[:400]
    blocked = not error.retryable or now - sync.failing_since >= UNREADABLE_BLOCKS_AFTER
    if blocked:
        sync.state, sync.next_read_at = SyncState.BLOCKED, None
    else:
        sync.state, sync.next_read_at = SyncState.FAILING, now + backoff(sync.failures)
    sync.save()
    if isinstance(error, UnreadableAnswer) and can_encrypt(check.data_key_id):
        _store_body(check, error, now=now)
    if not blocked and was:
        return []
    data = {**event_data(check), "fault": sync.fault, "detail": sync.fault_detail, "final": blocked}
    return [Event(type=EventType.CHECK_BLOCKED, case=case, data=data)]


def _store_body(check: Check, error: UnreadableAnswer, *, now: datetime) -> None:
    UnreadableBody.objects.filter(check_row=check).delete()
    UnreadableBody.objects.create(
        check_row=check,
        data_key_id=check.data_key_id,
        body=error.body[:MAX_BODY_BYTES],
        size=len(error.body),
        detail=error.detail[:400],
        received_at=now,
    )


@transaction.atomic
def record_lost_worker(check_id: UUID, *, now: datetime | None = None) -> None:
    """Block a check whose read lost three workers in a row."""
    now = now or timezone.now()
    check = Check.objects.get(pk=check_id)
    case = lock(check.case_id)
    sync = CheckSync.objects.select_for_update().get(pk=check_id)
    is_lost = sync.state == SyncState.LEASED and not (sync.leased_until and sync.leased_until > now)
    if not is_lost or sync.attempts < MAX_LOST_WORKERS:
        return
    sync.state, sync.leased_until, sync.next_read_at = SyncState.BLOCKED, None, None
    sync.fault = "worker_lost"
    sync.fault_detail = "Three workers in a row stopped while reading this check. Refresh it, or tell the engineers."
    sync.save()
    data = {**event_data(check), "fault": sync.fault, "detail": sync.fault_detail, "final": True}
    audit.record(EventType.CHECK_BLOCKED, case=case, by=None, **data)
    route_and_save(case, now=now)
