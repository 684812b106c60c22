"""Faults of accounts: backoff, probes and recovery."""

from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from compliance.actions import accounts
from compliance.enums import AccountHealth, SyncState
from compliance.models import AccountState, Check, CheckSync, DeskEvent
from compliance.sync import breaker, read_leases, reads
from providers import ProviderError, ProviderThrottled, ProviderUnavailable
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def due_checks(
    account: ProviderAccount, played: Simulator, count: int, scenario: str = "ok", first: int = 0
) -> list[Check]:
    case = factories.make_case()
    names = [played.providers[account.provider].reference(scenario, first + number) for number in range(count)]
    return [factories.add_check(case, account, name) for name in names]


def arrivals(played: Simulator) -> list[float]:
    return sorted(datetime.fromisoformat(line.at).timestamp() for line in played.world.log() if line.reference)


def leased_check(account: ProviderAccount, played: Simulator, serial: int) -> read_leases.ReadLease:
    due_checks(account, played, 1, first=serial)
    (leased,) = read_leases.lease(account, limit=1, ignore_schedule=True)
    return leased


@pytest.mark.promise("G12")
@pytest.mark.parametrize(
    ("asked_wait", "waits"),
    [(0.0, 0.0), (10.0, 10.0), (3600.0, 3600.0), (86_400.0, 3600.0), (1e30, 3600.0), (-5.0, 0.0)],
)
def test_retry_after_is_limited_to_an_hour(own: Simulator, asked_wait: float, waits: float) -> None:
    bank = factories.make_account(own, "bank131")
    leased = leased_check(bank, own, 1)
    now = timezone.now()
    breaker.record_account_fault(leased, ProviderThrottled("bank131", "Slow down.", retry_after=asked_wait), now=now)
    assert AccountState.objects.get(account=bank).throttled_until == now + timedelta(seconds=waits)


def fail(account: ProviderAccount, error: ProviderError, *, now: datetime) -> None:
    (leased,) = read_leases.lease(account, limit=1, ignore_schedule=True, now=now)
    breaker.record_account_fault(leased, error, now=now)


@pytest.mark.promise("G12")
def test_after_three_failures_one_probe_goes_out_after_the_backoff(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131")
    due_checks(bank, own, 10)
    now = timezone.now()
    down = ProviderUnavailable("bank131", "Nobody answers.")
    for _ in range(3):
        fail(bank, down, now=now)
    state = AccountState.objects.get(account=bank)
    assert (state.health, state.failures) == (AccountHealth.FAILING, 3)
    assert state.not_before is not None
    assert [event.type for event in DeskEvent.objects.all()] == ["account_failing"]
    CheckSync.objects.update(next_read_at=now)
    assert read_leases.lease(bank, limit=10, now=state.not_before - timedelta(milliseconds=1)) == []
    (probe,) = read_leases.lease(bank, limit=10, now=state.not_before)
    assert read_leases.lease(bank, limit=10, now=state.not_before + timedelta(seconds=1)) == []
    breaker.record_account_fault(probe, down, now=state.not_before)
    again = AccountState.objects.get(account=bank).not_before
    assert again is not None
    assert again > state.not_before
    CheckSync.objects.update(next_read_at=now)
    (probe,) = read_leases.lease(bank, limit=10, now=again)
    read_leases.release(probe.check.pk, probe.fence)
    breaker.record_account_success(bank.pk)
    assert AccountState.objects.get(account=bank).health == AccountHealth.OK
    CheckSync.objects.update(next_read_at=now)
    assert len(read_leases.lease(bank, limit=10, now=again + timedelta(seconds=1))) == 8
    assert [event.type for event in DeskEvent.objects.order_by("pk")] == ["account_failing", "account_recovered"]


@pytest.mark.promise("G11")
def test_a_dead_host_affects_its_own_account_only(own: Simulator) -> None:
    dead = factories.make_account(own, "bank131", base_url="http://127.0.0.1:9")
    well = factories.make_account(own, "preventor")
    due_checks(dead, own, 5)
    due_checks(well, own, 20, "rejected-nothing", first=100)
    reads.run_slice([dead.pk, well.pk], seconds=20, until_idle=True)
    assert AccountState.objects.get(account=dead).health == AccountHealth.FAILING
    assert set(CheckSync.objects.filter(account=dead).values_list("state", flat=True)) == {SyncState.SCHEDULED}
    assert set(Check.objects.filter(account=dead).values_list("outcome", flat=True)) == {"pending"}
    assert Check.objects.filter(account=well, report_count=1).count() == 20


def test_correcting_refused_credentials_reads_every_check(own: Simulator) -> None:
    right = dict(own.providers["bank131"].credentials)
    bank = factories.make_account(own, "bank131", credentials={"project": "nobody-knows-it"}, concurrency=4)
    due_checks(bank, own, 40)
    call_command("sync_due", "--account", bank.name)
    calls = len(arrivals(own))
    state = AccountState.objects.get(account=bank)
    assert (state.health, state.fault) == (AccountHealth.BLOCKED, "CredentialsRefused")
    assert 1 <= calls <= 8
    assert set(CheckSync.objects.values_list("state", flat=True)) == {SyncState.SCHEDULED}
    call_command("sync_due", "--account", bank.name)
    assert len(arrivals(own)) == calls
    accounts.change(bank.pk, by=None, credentials=right)
    CheckSync.objects.update(next_read_at=timezone.now())
    call_command("sync_due", "--account", bank.name)
    assert AccountState.objects.get(account=bank).health == AccountHealth.OK
    assert set(CheckSync.objects.values_list("state", flat=True)) == {SyncState.FINAL}
    assert set(Check.objects.values_list("outcome", "report_count")) == {("approved", 1)}


def test_a_fault_of_old_credentials_does_not_mark_new_ones(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131")
    leased = leased_check(bank, own, 1)
    accounts.change(bank.pk, by=None, base_url=f"{own.url}/")
    accounts.change(bank.pk, by=None, credentials={"project": "another"})
    breaker.record_account_fault(leased, ProviderUnavailable("bank131", "x"))
    state = AccountState.objects.get(account=bank)
    assert (state.health, state.failures) == (AccountHealth.OK, 0)
    assert CheckSync.objects.get().state == SyncState.SCHEDULED
