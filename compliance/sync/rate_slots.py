"""Rate slots: when the next call of an account may go out. They are rows, so they bind all processes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from compliance.enums import DocumentState, SyncState
from compliance.models import AccountState, CheckSync, Document
from providers.models import ProviderAccount

HORIZON = 1.0
"""Seconds ahead for which calls are leased."""


def reads_under_way(account_id: UUID, *, now: datetime) -> QuerySet[CheckSync]:
    """Reads with a valid lease."""
    return CheckSync.objects.filter(account_id=account_id, state=SyncState.LEASED, leased_until__gt=now)


def copies_under_way(account_id: UUID, *, now: datetime) -> QuerySet[Document]:
    """Copies with a valid lease."""
    return Document.objects.filter(
        check_row__account_id=account_id,
        state=DocumentState.REQUESTED,
        leased_until__isnull=False,
        leased_until__gt=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSlot:
    """A slot for one call: ``wait`` is the seconds until it may go out or, if not ``granted``, until the next attempt
    makes sense."""

    granted: bool
    wait: float


DEFAULT_WAIT = 60.0
"""Seconds that a copy under way waits for a slot at any rate."""
MAX_WAIT = 240.0
"""The same at the slowest rate: accounts allow 0.01 calls a second, so the next slot is up to 100 s away."""
RETRY_SECONDS = 5.0
"""Seconds until the next attempt with a paused or failing account."""


@transaction.atomic
def take_rate_slot(account: ProviderAccount, *, now: datetime | None = None) -> RateSlot:
    """A slot for one more call of a copy under way. The account's next slot is granted at any rate, so that copies of a
    slow account are not restarted again and again; a later one is not."""
    now = now or timezone.now()
    state = AccountState.objects.select_for_update().get(account=account)
    within = min(max(DEFAULT_WAIT, 1.5 / account.rate_per_second), MAX_WAIT)
    return pause_of(account, state, now=now) or book(account, state, within, now=now)


def current_pause(account: ProviderAccount) -> RateSlot | None:
    """The pause that forbids the use of a granted slot, by the provider or an admin, or None."""
    return pause_of(account, AccountState.objects.get(account=account), now=timezone.now())


def book(account: ProviderAccount, state: AccountState, within: float, *, now: datetime) -> RateSlot:
    """Reserve the next slot if it is at most ``within`` seconds away. The state is locked."""
    start = max(now, state.next_start_at or now)
    wait = (start - now).total_seconds()
    if wait > within:
        return RateSlot(granted=False, wait=wait - within / 2)
    state.next_start_at = start + timedelta(seconds=1 / account.rate_per_second)
    state.save(update_fields=("next_start_at",))
    return RateSlot(granted=True, wait=wait)


def pause_of(account: ProviderAccount, state: AccountState, *, now: datetime) -> RateSlot | None:
    """The pause of the account, requested by the provider or set by an admin, or None."""
    if state.throttled_until and state.throttled_until > now:
        return RateSlot(granted=False, wait=(state.throttled_until - now).total_seconds())
    if ProviderAccount.objects.filter(pk=account.pk, paused_at__isnull=False).exists():
        return RateSlot(granted=False, wait=RETRY_SECONDS)
    return None


def has_slot_soon(account_id: UUID, *, within: timedelta) -> bool:
    """Whether only the account's rate delays the next call, and not longer than ``within``."""
    now = timezone.now()
    slot = AccountState.objects.filter(account_id=account_id, account__paused_at__isnull=True)
    slot = slot.exclude(throttled_until__gt=now).filter(next_start_at__gt=now, next_start_at__lte=now + within)
    return slot.exists()
