"""Celery tasks. A message only wakes a worker; work, delays and retries are rows.

Task names are fixed: workers and schedulers of two releases may run together.
"""

import secrets
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from compliance.actions import copy_faults, sweeps
from compliance.models import SyncSlot
from compliance.sync import copies, read_leases, reads

SLOT_LEASE = timedelta(seconds=15)


@shared_task(name="compliance.tasks.sync_slice")
def sync_slice(slot: int) -> None:
    """Read due checks for one slice, unless this slot's slice is running. So a second scheduler does no harm."""
    owner = secrets.token_hex(16)
    if not _acquire(slot, owner):
        return
    try:
        reads.run_slice(seconds=settings.SYNC_SLICE_SECONDS, keep_going=lambda: _renew(slot, owner))
    finally:
        SyncSlot.objects.filter(slot=slot, owner=owner).update(owner="", until=timezone.now())


def _acquire(slot: int, owner: str) -> bool:
    """Whether the slot was free."""
    now = timezone.now()
    SyncSlot.objects.bulk_create([SyncSlot(slot=slot, until=now, progressed_at=now)], ignore_conflicts=True)
    free = SyncSlot.objects.filter(slot=slot, until__lte=now)
    return bool(free.update(owner=owner, until=now + SLOT_LEASE, progressed_at=now, runs=F("runs") + 1))


def _renew(slot: int, owner: str) -> bool:
    """Record progress and extend the slot; False when it has gone to another."""
    now = timezone.now()
    return bool(SyncSlot.objects.filter(slot=slot, owner=owner).update(until=now + SLOT_LEASE, progressed_at=now))


@shared_task(
    name="compliance.tasks.copy_evidence",
    soft_time_limit=copies.MAX_RUN_SECONDS,
    time_limit=copies.MAX_RUN_SECONDS + 30,
)
def copy_evidence() -> None:
    """Copy pending documents into the vault."""
    copies.copy_requested(seconds=settings.SYNC_SLICE_SECONDS)


@shared_task(name="compliance.tasks.sweep")
def sweep() -> None:
    """Handle retry deadlines, expired proposals and lost workers."""
    sweeps.sweep()
    read_leases.block_lost()
    copy_faults.fail_lost()
