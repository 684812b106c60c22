"""Rate slots: when an account's next call may go out. They are rows, so they hold for every process."""

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
    return CheckSync.objects.filter(account_id=account_id, state=SyncState.LEASED, leased_until__gt=now)


def copies_under_way(account_id: UUID, *, now: datetime) -> QuerySet[Document]:
    return Document.objects.filter(
        check_row__account_id=account_id,
        state=DocumentState.REQUESTED,
        leased_until__isnull=False,
        leased_until__gt=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSlot:
    """A turn for one call of a copy: ``wait`` seconds until it may go out; or, when it is not ``granted``, until it is
    worth asking again."""

    granted: bool
    wait: float


DEFAULT_WAIT = 60.0
"""Seconds that a copy which is under way waits for a turn at any pace."""
MAX_WAIT = 240.0
"""... and at the slowest: the rules of accounts ask for 0.01 calls a second, so the next turn is 100 s away."""
RETRY_SECONDS = 5.0
"""Seconds after which an account in trouble, or a paused one, is looked at again."""


@transaction.atomic
def take_rate_slot(account: ProviderAccount, *, now: datetime | None = None) -> RateSlot:
    """A turn for one more call of a copy that is under way. Its own account's next one is worth waiting for, however
    slow the pace: a slow account is not begun again and again. One that is further away is not given."""
    now = now or timezone.now()
    state = AccountState.objects.select_for_update().get(account=account)
    within = min(max(DEFAULT_WAIT, 1.5 / account.rate_per_second), MAX_WAIT)
    return pause_of(account, state, now=now) or book(account, state, within, now=now)


def current_pause(account: ProviderAccount) -> RateSlot | None:
    """Why a turn that was given may not be used any more: a told wait, or a pause."""
    return pause_of(account, AccountState.objects.get(account=account), now=timezone.now())


def book(account: ProviderAccount, state: AccountState, within: float, *, now: datetime) -> RateSlot:
    start = max(now, state.next_start_at or now)
    wait = (start - now).total_seconds()
    if wait > within:
        return RateSlot(granted=False, wait=wait - within / 2)
    state.next_start_at = start + timedelta(seconds=1 / account.rate_per_second)
    state.save(update_fields=("next_start_at",))
    return RateSlot(granted=True, wait=wait)


def pause_of(account: ProviderAccount, state: AccountState, *, now: datetime) -> RateSlot | None:
    """Why nothing may go out at all: a told wait, or a pause."""
    if state.throttled_until and state.throttled_until > now:
        return RateSlot(granted=False, wait=(state.throttled_until - now).total_seconds())
    if ProviderAccount.objects.filter(pk=account.pk, paused_at__isnull=False).exists():
        return RateSlot(granted=False, wait=RETRY_SECONDS)
    return None


def has_slot_soon(account_id: UUID, *, within: timedelta) -> bool:
    """Whether nothing but the account's own rate holds the next call back, and not for longer than ``within``."""
    now = timezone.now()
    slot = AccountState.objects.filter(account_id=account_id, account__paused_at__isnull=True)
    slot = slot.exclude(throttled_until__gt=now).filter(next_start_at__gt=now, next_start_at__lte=now + within)
    return slot.exists()
