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
        check_row__account_id=account_id, state=DocumentState.WANTED, leased_until__isnull=False, leased_until__gt=now
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn for one call of a copy: ``wait`` seconds until it may go out; or, when it is not ``granted``, until it is
    worth asking again."""

    granted: bool
    wait: float


WORTH_WAITING = 60.0
"""Seconds that a copy which is under way waits for a turn at any pace."""
LONGEST_WAIT = 240.0
"""... and at the slowest: the rules of accounts ask for 0.01 calls a second, so the next turn is 100 s away."""
LOOK_AGAIN = 5.0
"""Seconds after which an account in trouble, or a paused one, is looked at again."""


@transaction.atomic
def take_turn(account: ProviderAccount, *, now: datetime | None = None) -> Turn:
    """A turn for one more call of a copy that is under way. Its own account's next one is worth waiting for, however
    slow the pace: a slow account is not begun again and again. One that is further away is not given."""
    now = now or timezone.now()
    state = AccountState.objects.select_for_update().get(account=account)
    within = min(max(WORTH_WAITING, 1.5 / account.rate_per_second), LONGEST_WAIT)
    return silence_of(account, state, now=now) or book(account, state, within, now=now)


def silence(account: ProviderAccount) -> Turn | None:
    """Why a turn that was given may not be used any more: a told wait, or a pause."""
    return silence_of(account, AccountState.objects.get(account=account), now=timezone.now())


def book(account: ProviderAccount, state: AccountState, within: float, *, now: datetime) -> Turn:
    start = max(now, state.next_start_at or now)
    wait = (start - now).total_seconds()
    if wait > within:
        return Turn(granted=False, wait=wait - within / 2)
    state.next_start_at = start + timedelta(seconds=1 / account.rate_per_second)
    state.save(update_fields=("next_start_at",))
    return Turn(granted=True, wait=wait)


def silence_of(account: ProviderAccount, state: AccountState, *, now: datetime) -> Turn | None:
    """Why nothing may go out at all: a told wait, or a pause."""
    if state.told_until and state.told_until > now:
        return Turn(granted=False, wait=(state.told_until - now).total_seconds())
    if ProviderAccount.objects.filter(pk=account.pk, paused_at__isnull=False).exists():
        return Turn(granted=False, wait=LOOK_AGAIN)
    return None


def has_its_turn_soon(account_id: UUID, *, within: timedelta) -> bool:
    """Whether nothing but the account's own rate holds the next call back, and not for longer than ``within``."""
    now = timezone.now()
    turn = AccountState.objects.filter(account_id=account_id, account__paused_at__isnull=True)
    turn = turn.exclude(told_until__gt=now).filter(next_start_at__gt=now, next_start_at__lte=now + within)
    return turn.exists()
