"""How many slices of reads run at once."""

import secrets
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from compliance.models import SyncSlot

SLOT_LEASE = timedelta(seconds=15)


def acquire_slot(slot: int) -> str | None:
    """The owner token of this slot's slice, or None while it is running. A second scheduler is harmless."""
    now = timezone.now()
    owner = secrets.token_hex(16)
    SyncSlot.objects.bulk_create([SyncSlot(slot=slot, until=now, progressed_at=now)], ignore_conflicts=True)
    taken = SyncSlot.objects.filter(slot=slot, until__lte=now).update(
        owner=owner, until=now + SLOT_LEASE, progressed_at=now, runs=F("runs") + 1
    )
    return owner if taken else None


def renew_slot(slot: int, owner: str) -> bool:
    """Record progress and extend the slot; False when another slice has it."""
    now = timezone.now()
    return bool(SyncSlot.objects.filter(slot=slot, owner=owner).update(until=now + SLOT_LEASE, progressed_at=now))


def release_slot(slot: int, owner: str) -> None:
    SyncSlot.objects.filter(slot=slot, owner=owner).update(owner="", until=timezone.now())
