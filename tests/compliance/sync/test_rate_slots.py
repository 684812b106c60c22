"""Pace and health of an account hold for all processes together, because they are rows."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.conf import settings as desk_settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from compliance.actions import accounts
from compliance.enums import AccountHealth, SyncState
from compliance.models import AccountState, AccountToken, Check, CheckSync, DeskEvent
from compliance.sync import breaker, provider_clients, read_leases, reads
from providers import Kind, ProviderError, ProviderThrottled, ProviderUnavailable, Subject, Token
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from providers.transport.tokens import current_token
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SOAK = os.environ.get("SOAK") == "1"
MakeAccount = Callable[..., ProviderAccount]
READER = """
import sys, json, django
django.setup()
from compliance.sync import provider_clients, reads
print("ready", flush=True)
with provider_clients.fresh_sessions():
    counts = reads.run_slice(seconds=float(sys.argv[1]))
print(json.dumps([counts.read, counts.account_faults]), flush=True)
"""


def due_checks(
    account: ProviderAccount, played: Simulator, count: int, scenario: str = "ok", first: int = 0
) -> list[Check]:
    case = factories.make_case()
    names = [played.providers[account.provider].reference(scenario, first + number) for number in range(count)]
    return [factories.add_check(case, account, name) for name in names]


def arrivals(played: Simulator) -> list[float]:
    return sorted(datetime.fromisoformat(line.at).timestamp() for line in played.world.log() if line.reference)


def busiest(times: list[float], seconds: float) -> int:
    """The most calls in any window of so many seconds."""
    return max(sum(start <= at < start + seconds for at in times) for start in times)


def read_in_processes(count: int, seconds: float, url: str, played: Simulator) -> list[list[int]]:
    """So many processes, all reading before anything is due; [read, account faults] of each."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "compliance.settings",
        "DATABASE_URL": url,
        "PROVIDER_EXTRA_HOSTS": played.url.split("//", 1)[1],
    }
    later = timezone.now() + timedelta(hours=1)
    CheckSync.objects.update(next_read_at=later)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(seconds)],
            cwd=desk_settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        CheckSync.objects.update(next_read_at=timezone.now())
        return [json.loads(process.communicate(timeout=seconds + 60)[0]) for process in started]
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()


# --- rate and concurrency ---------------------------------------------------------------------------------------------


@pytest.mark.promise("G13")
def test_the_rate_of_an_account_holds_over_four_processes(own: Simulator, desk_app_url: str) -> None:
    rate, count = 3, 300 if SOAK else 18
    bank = factories.make_account(own, "bank131", rate_per_second=float(rate), concurrency=8)
    due_checks(bank, own, count)
    told = read_in_processes(4, count / rate + 5, desk_app_url, own)
    times = arrivals(own)
    assert (sum(read for read, _ in told), len(times)) == (count, count)
    assert len(told) == 4  # which of them got how many is chance; together they kept the pace
    assert busiest(times, 1.0) <= rate + 1
    assert times[-1] - times[0] < count / rate + 3


def test_the_concurrency_of_an_account_holds_over_four_processes(own: Simulator, desk_app_url: str) -> None:
    own.world.delay = 0.4
    count = 300 if SOAK else 21
    bank = factories.make_account(own, "bank131", concurrency=3)
    due_checks(bank, own, count)
    told = read_in_processes(4, count * 0.4 / 3 + 6, desk_app_url, own)
    times = arrivals(own)
    assert (sum(read for read, _ in told), len(times)) == (count, count)
    # Each call takes 0.4 s at least: more than three that began within that time would overlap.
    assert busiest(times, 0.4) <= 3


def test_two_accounts_do_not_slow_each_other_down(own: Simulator) -> None:
    slow = factories.make_account(own, "bank131", rate_per_second=1.0)
    quick = factories.make_account(own, "preventor")
    due_checks(slow, own, 10)
    due_checks(quick, own, 20, "rejected-nothing", first=100)
    reads.run_slice([slow.pk, quick.pk], seconds=3)
    read = Counter(Check.objects.filter(report_count=1).values_list("account_id", flat=True))
    assert read[quick.pk] == 20
    assert 2 <= read[slow.pk] <= 5


# --- being told to wait -----------------------------------------------------------------------------------------------


def test_a_told_wait_is_obeyed_also_by_whoever_is_in_a_hurry(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131", concurrency=1)
    (first,) = due_checks(bank, own, 1, "fault-http-429-seconds")
    others = due_checks(bank, own, 3, first=10)
    CheckSync.objects.filter(pk__in=[other.pk for other in others]).update(
        next_read_at=timezone.now() + timedelta(seconds=30)
    )
    reads.run_slice([bank.pk], seconds=20, until_idle=True)
    calls, state = len(arrivals(own)), AccountState.objects.get(account=bank)
    assert (calls, state.health, state.fault) == (1, AccountHealth.FAILING, "ProviderThrottled")
    assert state.throttled_until is not None
    left = (state.throttled_until - timezone.now()).total_seconds()
    assert 0 < left <= 2
    CheckSync.objects.update(next_read_at=timezone.now())
    call_command("sync_due", "--account", bank.name, "--now")
    call_command("sync_due", "--account", bank.name)
    assert len(arrivals(own)) == calls
    assert {check.outcome for check in Check.objects.all()} == {"pending"}
    own.world.set_scenario("bank131", first.reference, own.providers["bank131"].scenarios["ok"])
    time.sleep(max(0.0, (state.throttled_until - timezone.now()).total_seconds()))
    call_command("sync_due", "--account", bank.name, "--now")
    assert set(CheckSync.objects.values_list("state", flat=True)) == {SyncState.FINAL}
    assert AccountState.objects.get(account=bank).health == AccountHealth.OK


def leased_check(account: ProviderAccount, played: Simulator, serial: int) -> read_leases.ReadLease:
    due_checks(account, played, 1, first=serial)
    (leased,) = read_leases.lease(account, limit=1, ignore_schedule=True)
    return leased


@pytest.mark.promise("G12")
@pytest.mark.parametrize(
    ("told", "waits"),
    [(0.0, 0.0), (10.0, 10.0), (3600.0, 3600.0), (86_400.0, 3600.0), (1e30, 3600.0), (-5.0, 0.0)],
)
def test_a_told_wait_is_believed_up_to_an_hour(own: Simulator, told: float, waits: float) -> None:
    bank = factories.make_account(own, "bank131")
    leased = leased_check(bank, own, 1)
    now = timezone.now()
    breaker.record_account_fault(leased, ProviderThrottled("bank131", "Slow down.", retry_after=told), now=now)
    assert AccountState.objects.get(account=bank).throttled_until == now + timedelta(seconds=waits)


def test_a_paused_account_is_not_read_by_anybody(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131")
    due_checks(bank, own, 2)
    accounts.pause(bank.pk, by=None)
    call_command("sync_due", "--account", bank.name, "--now")
    assert arrivals(own) == []
    accounts.resume(bank.pk, by=None)
    call_command("sync_due", "--account", bank.name)
    assert len(arrivals(own)) == 2


# --- one sign-in ------------------------------------------------------------------------------------------------------


def sign_ins(played: Simulator) -> int:
    return sum(line.path == "/api/v1/authenticate" for line in played.world.log())


@pytest.mark.promise("G14")
def test_fifty_callers_share_one_sign_in_and_one_again_when_the_token_is_refused(own: Simulator) -> None:
    btc = factories.make_account(own, "btc_direct")
    played = own.providers["btc_direct"]
    own.world.delay = 0.1

    def ask(number: int) -> str:
        subject = Subject(
            kind=Kind.LIVENESS,
            reference=played.reference("verified", number),
            settings=played.check_settings(number),
        )
        return provider_clients.client(btc).fetch(subject).status

    for expected in (1, 2, 3):
        assert len(set(at_once([partial(ask, number) for number in range(50)]))) == 1
        assert sign_ins(own) == expected
        assert own.world.revoke_tokens("btc_direct") == 1


def test_the_shared_token_is_fetched_once_by_callers_of_the_row_itself(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131")
    fetched: list[int] = []

    def fetch() -> Token:
        fetched.append(1)
        time.sleep(0.5)
        return Token(value=f"token-{len(fetched)}", expires_at=datetime.now(UTC) + timedelta(hours=1))

    store = provider_clients.PostgresTokenStore(bank.pk)
    asks = partial(current_token, store, fetch, provider="bank131")
    values = [token.value for token in at_once([asks] * 50)]
    assert (values, len(fetched)) == (["token-1"] * 50, 1)
    refused = [token.value for token in at_once([partial(asks, refused="token-1")] * 50)]
    assert (refused, len(fetched)) == (["token-2"] * 50, 2)
    row = AccountToken.objects.get(account=bank)
    assert (row.value, row.owner, row.owned_until) == ("token-2", "", None)


def test_a_lease_on_the_token_that_ran_out_stores_nothing_over_its_successor(own: Simulator) -> None:
    store = provider_clients.PostgresTokenStore(factories.make_account(own, "bank131").pk)
    late = store.lease(0.0)
    successor = store.lease(60)
    assert late is not None
    assert successor is not None
    assert store.lease(60) is None
    ends = datetime.now(UTC) + timedelta(hours=1)
    assert store.write(Token(value="late", expires_at=ends), late) is False
    store.release(late)
    assert store.lease(60) is None
    assert store.write(Token(value="current", expires_at=ends), successor) is True
    found = store.read()
    assert found is not None
    assert found.value == "current"


def test_the_token_is_sealed_in_its_row(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131")
    store = provider_clients.PostgresTokenStore(bank.pk)
    lease = store.lease(60)
    assert lease is not None
    store.write(Token(value="canary-token-value", expires_at=datetime.now(UTC) + timedelta(hours=1)), lease)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text, t.value FROM compliance_accounttoken t")
        text, value = cursor.fetchone()
    assert b"canary" not in bytes(value)
    assert "canary" not in text


# --- health -----------------------------------------------------------------------------------------------------------


def fail(account: ProviderAccount, error: ProviderError, *, now: datetime) -> None:
    (leased,) = read_leases.lease(account, limit=1, ignore_schedule=True, now=now)
    breaker.record_account_fault(leased, error, now=now)


@pytest.mark.promise("G12")
def test_after_three_failures_one_probe_goes_out_and_only_when_the_wait_is_over(own: Simulator) -> None:
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
def test_a_dead_host_costs_its_own_account_only(own: Simulator) -> None:
    dead = factories.make_account(own, "bank131", base_url="http://127.0.0.1:9")
    well = factories.make_account(own, "preventor")
    due_checks(dead, own, 5)
    due_checks(well, own, 20, "rejected-nothing", first=100)
    reads.run_slice([dead.pk, well.pk], seconds=2)
    assert AccountState.objects.get(account=dead).health == AccountHealth.FAILING
    assert set(CheckSync.objects.filter(account=dead).values_list("state", flat=True)) == {SyncState.SCHEDULED}
    assert set(Check.objects.filter(account=dead).values_list("outcome", flat=True)) == {"pending"}
    assert Check.objects.filter(account=well, report_count=1).count() == 20


def test_mending_refused_credentials_reads_every_check(own: Simulator) -> None:
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
