"""Leases of reads: due checks, fencing numbers, releases."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.enums import SyncState
from compliance.models import Check, CheckSync
from compliance.sync import read_leases
from providers.models import ProviderAccount
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def check(account: Callable[..., ProviderAccount]) -> Check:
    return factories.add_check(factories.make_case(), account("bank131"), "7001")


def test_a_due_check_is_leased_once_and_its_fencing_number_rises(check: Check) -> None:
    CheckSync.objects.update(next_read_at=timezone.now())
    assert check.account_id in read_leases.accounts_with_work()
    (leased,) = read_leases.lease(check.account, limit=5)
    assert (leased.check.pk, leased.fence) == (check.pk, 1)
    assert read_leases.lease(check.account, limit=5) == []


def test_a_check_is_leased_before_its_time_only_if_asked(check: Check) -> None:
    CheckSync.objects.update(next_read_at=timezone.now() + timedelta(hours=1))
    assert read_leases.lease(check.account, limit=5) == []
    assert len(read_leases.lease(check.account, limit=5, ignore_schedule=True)) == 1


def test_a_released_check_is_due_after_the_wait_and_keeps_its_number(check: Check) -> None:
    (leased,) = read_leases.lease(check.account, limit=1, ignore_schedule=True)
    read_leases.release(check.pk, leased.fence - 1, wait=timedelta(0))
    assert CheckSync.objects.get().state == SyncState.LEASED
    read_leases.release(check.pk, leased.fence, wait=timedelta(minutes=1))
    sync = CheckSync.objects.get()
    assert (sync.state, sync.fence) == (SyncState.SCHEDULED, leased.fence)
    assert sync.next_read_at and sync.next_read_at > timezone.now() + timedelta(seconds=50)
