"""Health of accounts: faults, backoff and the pauses that providers request."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.enums import AccountHealth, DeskEventType
from compliance.models import AccountState
from compliance.sync.read_leases import ReadLease, release
from compliance.sync.schedule import backoff
from providers import ProviderError, ProviderThrottled
from providers.models import ProviderAccount

BREAKS_AFTER = 3
"""Retryable faults in a row after which only probes go out."""
MAX_RETRY_AFTER = 3600.0
"""Seconds; a longer ``Retry-After`` is cut, so that a provider cannot stop an account for days."""


@transaction.atomic
def record_account_fault(leased: ReadLease, error: ProviderError, *, now: datetime | None = None) -> None:
    """Store a fault of the account. Its checks stay scheduled, and no outcome changes.

    The check that met the fault gets a backoff too, so that another one makes the probe: a provider that fails on a
    single id does not block its account.
    """
    now = now or timezone.now()
    state = AccountState.objects.select_for_update().get(account_id=leased.check.account_id)
    release(leased.check.pk, leased.fence, wait=backoff(min(state.failures + 1, 6)))
    if state.generation != leased.generation:
        return  # The account was changed while this call was under way.
    state.failures += 1
    health = AccountHealth.FAILING if error.retryable else AccountHealth.BLOCKED
    if state.health == AccountHealth.OK:
        state.fault_since = now
    announce = health != state.health and (not error.retryable or state.failures >= BREAKS_AFTER)
    announce = announce or (health == AccountHealth.FAILING and state.failures == BREAKS_AFTER)
    state.health = health
    state.fault, state.fault_detail, state.fault_admin_action = error.code, error.detail[:400], error.admin_action[:400]
    _wait(state, error, now=now)
    state.save()
    if announce:
        event = DeskEventType.ACCOUNT_BLOCKED if health == AccountHealth.BLOCKED else DeskEventType.ACCOUNT_FAILING
        audit.record_desk(
            event,
            by=None,
            account=leased.check.account.name,
            fault=state.fault,
            detail=state.fault_detail,
            admin_action=state.fault_admin_action,
        )


def _wait(state: AccountState, error: ProviderError, *, now: datetime) -> None:
    if isinstance(error, ProviderThrottled):
        if error.retry_after is not None:
            until = now + timedelta(seconds=min(max(error.retry_after, 0.0), MAX_RETRY_AFTER))
            # Parallel calls may get different waits: the longer one counts.
            state.throttled_until = max(until, state.throttled_until or until)
        state.not_before = now + backoff(state.failures)
    elif not error.retryable:
        state.not_before = now + backoff(state.failures, base=60.0, cap=900.0)
    elif state.failures >= BREAKS_AFTER:
        state.not_before = now + backoff(state.failures - BREAKS_AFTER, cap=600.0)


@transaction.atomic
def record_retry_after(account_id: UUID, seconds: float, *, now: datetime | None = None) -> None:
    """Store a pause that the provider requested during a copy: it holds for every call of the account."""
    now = now or timezone.now()
    state = AccountState.objects.select_for_update().get(account_id=account_id)
    until = now + timedelta(seconds=min(max(seconds, 0.0), MAX_RETRY_AFTER))
    state.throttled_until = max(until, state.throttled_until or until)
    state.save(update_fields=("throttled_until",))


@transaction.atomic
def record_account_success(account_id: UUID, *, now: datetime | None = None) -> None:
    """A read succeeded: a fault of the account is over."""
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
    """Reset the health. In memory."""
    state.health, state.fault_since = AccountHealth.OK, None
    state.fault = state.fault_detail = state.fault_admin_action = ""
    state.failures, state.not_before = 0, None
