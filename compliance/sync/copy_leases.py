"""Leases of evidence copies, each with the rate slot of its first call."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance.actions import evidence_copies
from compliance.enums import AccountHealth
from compliance.models import AccountState, Document
from compliance.sync import rate_slots
from providers.models import ProviderAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLease:
    """A document to copy, with the slot of its first call. Without a granted slot the document is not leased."""

    document: Document
    slot: rate_slots.RateSlot


SLOT_WAIT = 0.2
"""Seconds until another call of the account may have ended."""


@transaction.atomic
def lease_copy(*, without: frozenset[UUID] = frozenset(), now: datetime | None = None) -> CopyLease | None:
    """The next pending document with the slot of its first call, or None. Copies and reads share rate and concurrency;
    ``without`` are accounts that had no slot a moment ago.

    Leased documents count as calls under way, so a document without a slot is released in the same transaction.
    """
    now = now or timezone.now()
    for document in evidence_copies.lease_requested(limit=1, without=without, now=now):
        check = document.check_row
        if check is None or document.inline:
            return CopyLease(document=document, slot=rate_slots.RateSlot(granted=True, wait=0.0))
        state = AccountState.objects.select_for_update().get(account_id=check.account_id)
        slot = _why_no_slot(document, check.account, state, now=now)
        slot = slot or rate_slots.book(check.account, state, rate_slots.HORIZON, now=now)
        if not slot.granted:
            evidence_copies.release_lease(document, wait=slot.wait)
        return CopyLease(document=document, slot=slot)
    return None


def _why_no_slot(
    document: Document, account: ProviderAccount, state: AccountState, *, now: datetime
) -> rate_slots.RateSlot | None:
    if pause := rate_slots.pause_of(account, state, now=now):
        return pause
    others = rate_slots.copies_under_way(account.pk, now=now).exclude(pk=document.pk)
    under_way = rate_slots.reads_under_way(account.pk, now=now).count() + others.count()
    if state.health != AccountHealth.OK and state.not_before and (state.not_before > now or under_way):
        # Only reads probe a failing account: a copied file proves nothing about the sign-in.
        return rate_slots.RateSlot(granted=False, wait=rate_slots.RETRY_SECONDS)
    return rate_slots.RateSlot(granted=False, wait=SLOT_WAIT) if under_way >= account.concurrency else None
