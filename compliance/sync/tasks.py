"""Celery tasks. A message only wakes a worker; work, delays and retries are rows.

Task names are fixed: workers and schedulers of two releases may run together.
"""

from celery import shared_task
from django.conf import settings

from compliance.actions import copy_faults, sweeps
from compliance.imports import uploaded_files
from compliance.project import malloc
from compliance.sync import copies, read_leases, reads, slice_slots


@shared_task(name="compliance.tasks.sync_slice")
def sync_slice(slot: int) -> None:
    """Read due checks for one slice, unless this slot's slice is running."""
    owner = slice_slots.acquire_slot(slot)
    if owner is None:
        return
    try:
        reads.run_slice(
            seconds=settings.SYNC_SLICE_SECONDS,
            keep_going=lambda: slice_slots.renew_slot(slot, owner) and _has_memory(),
        )
    finally:
        slice_slots.release_slot(slot, owner)


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
    """Handle retry deadlines, expired proposals, lost workers and old uploaded files."""
    sweeps.sweep()
    read_leases.block_lost()
    copy_faults.fail_lost()
    uploaded_files.delete_old()


def _has_memory() -> bool:
    return malloc.resident_bytes() < settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD * 1024
