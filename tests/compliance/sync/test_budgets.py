"""One bad provider hurts only itself: budgets of a read, for every provider, while another account is read."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from compliance.actions import reports
from compliance.enums import AccountHealth, SyncState
from compliance.models import AccountState, Check, CheckReport, CheckSync, SyncSlot
from compliance.project.malloc import resident_bytes, share_process
from compliance.sync import read_leases, reads
from providers import provider_names
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories

MakeAccount = Callable[..., ProviderAccount]
pytestmark = pytest.mark.django_db(transaction=True)

SOAK = os.environ.get("SOAK") == "1"
OVER_BUDGET = ("gzip-bomb", "empty-gzip", "many-values", "too-big")
UNREADABLE = ("depth-1000", "digits-5000")
WITHIN = ("heavy", "long-text")
MIB = 1024 * 1024


def add_checks(simulator: Simulator, account: ProviderAccount, scenario: str, count: int) -> list[Check]:
    played = simulator.providers[account.provider]
    case = factories.make_case()
    return [
        factories.add_check(case, account, played.reference(scenario, number), **_extra(played, scenario, number))
        for number in range(count)
    ]


def _extra(played: Any, scenario: str, number: int) -> dict[str, Any]:
    return {"kind": played.scenarios[scenario].kind, "settings": played.check_settings(number)}


@pytest.mark.promise("G11")
@pytest.mark.parametrize("scenario", OVER_BUDGET)
@pytest.mark.parametrize("provider", provider_names())
def test_an_answer_over_its_budget_fails_the_account_and_no_outcome(
    simulator: Simulator, account: MakeAccount, provider: str, scenario: str
) -> None:
    hostile = account(provider)
    (check,) = add_checks(simulator, hostile, f"fault-{scenario}", 1)
    before = resident_bytes()
    factories.read(hostile)
    assert resident_bytes() - before < 64 * MIB
    state = AccountState.objects.get(account=hostile)
    assert (state.health, state.fault) == (AccountHealth.FAILING, "BudgetExceeded")
    assert state.fault_detail.endswith(".")
    assert state.fault_admin_action == "Ask the provider why its answers are so large."
    check.refresh_from_db()
    assert (check.outcome, check.report_count, check.sync.state) == ("pending", 0, SyncState.FAILING)
    assert check.sync.fault == "BudgetExceeded"


@pytest.mark.parametrize("scenario", UNREADABLE)
@pytest.mark.parametrize("provider", provider_names())
def test_an_unreadable_answer_is_a_fault_of_its_check_alone(
    simulator: Simulator, account: MakeAccount, provider: str, scenario: str
) -> None:
    odd = account(provider)
    add_checks(simulator, odd, f"fault-{scenario}", 1)
    factories.read(odd)
    assert AccountState.objects.get(account=odd).health == AccountHealth.OK
    assert CheckSync.objects.get().fault == "UnreadableAnswer"
    assert not CheckReport.objects.exists()


@pytest.fixture
def separate(simulator: Simulator, account: MakeAccount, settings: LazySettings) -> Iterator[str]:
    """The base URL of a simulator in a process of its own, so that its work is not counted as ours."""
    command = [sys.executable, "-m", "providers.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR) as running:
        assert running.stdout
        url = next(word for word in running.stdout.readline().split() if word.startswith("http")).rstrip(";")
        settings.PROVIDER_EXTRA_HOSTS = frozenset(one.split("//", 1)[1] for one in (url, simulator.url))
        yield url
        running.terminate()


def per_second(simulator: Simulator, innocent: ProviderAccount, count: int) -> float:
    started = time.monotonic()
    deadline = started + 120
    while time.monotonic() < deadline:
        if CheckSync.objects.filter(account=innocent, last_read_at__isnull=False).count() == count:
            return count / (time.monotonic() - started)
        time.sleep(0.05)
    raise AssertionError("the innocent account was not read")


def rate_beside(simulator: Simulator, accounts: list[ProviderAccount], innocent: ProviderAccount, count: int) -> float:
    """Reads per second of the innocent account while all accounts are due."""
    found: list[float] = []
    stop = threading.Event()

    def slice_() -> None:
        reads.run_slice([one.pk for one in accounts], seconds=150, keep_going=lambda: not stop.is_set())

    running = threading.Thread(target=slice_, daemon=True)
    running.start()
    found.append(per_second(simulator, innocent, count))
    stop.set()
    running.join(60)
    return found[0]


@pytest.mark.promise("G11")
@pytest.mark.parametrize(
    "scenario", ["many-values", *(("heavy", "long-text", "gzip-bomb", "empty-gzip") if SOAK else ())]
)
def test_innocent_accounts_keep_their_rate_beside_five_hostile_ones(
    simulator: Simulator, account: MakeAccount, separate: str, scenario: str
) -> None:
    share_process()
    rate, seconds = (10.0, 60) if SOAK else (3.0, 16)
    count = int(rate * seconds)
    innocent = account("bank131", rate_per_second=rate)
    add_checks(simulator, innocent, "pending", count)
    alone = rate_beside(simulator, [innocent], innocent, count)

    CheckSync.objects.update(next_read_at=timezone.now(), last_read_at=None)
    hostile = [account(name, rate_per_second=50.0, base_url=separate) for name in provider_names()]
    for one in hostile:
        add_checks(simulator, one, f"fault-{scenario}", 40 if SOAK else 8)
    before = resident_bytes()
    beside = rate_beside(simulator, [*hostile, innocent], innocent, count)
    print(f"{scenario}: {alone:.2f}/s alone, {beside:.2f}/s beside; memory +{(resident_bytes() - before) // MIB} MiB")
    assert beside >= (0.95 if SOAK else 0.8) * alone
    assert resident_bytes() - before < 256 * MIB
    assert not CheckSync.objects.filter(fault="worker_lost").exists()
    assert AccountState.objects.get(account=innocent).health == AccountHealth.OK


def test_a_time_limit_releases_innocent_leases_without_a_try(
    simulator: Simulator, account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = account("bank131", concurrency=8, rate_per_second=4.0)
    add_checks(simulator, bank, "ok", 8)
    CheckSync.objects.update(attempts=1)

    def interrupted(*_: Any, **__: Any) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(reports, "record_reports", interrupted)
    with pytest.raises(SoftTimeLimitExceeded):
        reads.run_slice([bank.pk], seconds=10)
    assert set(CheckSync.objects.values_list("state", "attempts")) == {(SyncState.SCHEDULED, 1)}


def test_the_heavy_answer_that_was_being_stored_counts_as_lost(
    simulator: Simulator, account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = account("bank131", concurrency=1)
    (heavy, waiting) = add_checks(simulator, bank, "ok", 2)

    def interrupted(*_: Any, **__: Any) -> None:
        raise SoftTimeLimitExceeded

    leases = {one.check.pk: one for one in read_leases.lease(bank, limit=1)}
    (leased,) = leases.values()
    run = reads._Run(accounts=[bank], ignore_schedule=False)
    run.pools[bank.pk] = reads.AccountPool(bank, run.answers)
    run.pools[bank.pk].under_way = 1
    run.answers.put(replace(reads.fetch(leased), cpu_seconds=1.0))
    monkeypatch.setattr(reports, "record_reports", interrupted)
    with pytest.raises(SoftTimeLimitExceeded):
        reads._drain(run, wait=1.0)
    reads._release_innocent(run)
    lost = CheckSync.objects.get(state=SyncState.LEASED)
    assert (lost.pk, lost.attempts) == (leased.check.pk, 1)
    assert CheckSync.objects.filter(pk__in={heavy.pk, waiting.pk} - {leased.check.pk}, attempts=0).count() == 1


def test_an_account_with_a_heavy_answer_rests_in_proportion(simulator: Simulator, account: MakeAccount) -> None:
    pool = reads.AccountPool(account("bank131"), reads._Run(accounts=[], ignore_schedule=False).answers)
    pool.rest(0.01)
    assert pool.rests_until == 0.0
    pool.rest(0.5)
    assert pool.rests_until - time.monotonic() == pytest.approx(0.5 * reads.REST_FACTOR, abs=0.2)


@pytest.mark.promise("G34")
def test_progress_shows_a_stopped_account_beside_a_healthy_one(
    simulator: Simulator, account: MakeAccount, client: Client
) -> None:
    now = timezone.now()
    SyncSlot.objects.create(slot=0, until=now, progressed_at=now)
    healthy, stopped = account("bank131"), account("btc_direct")
    add_checks(simulator, healthy, "ok", 1)
    add_checks(simulator, stopped, "verified", 1)
    AccountState.objects.update(last_good_read_at=now)
    assert client.get("/progress").json() == {
        "progress": True, "slices": True, "due": True, "accounts": True, "stopped_accounts": 0,
    }  # fmt: skip
    AccountState.objects.filter(account=stopped).update(health=AccountHealth.FAILING, fault="x", fault_since=now)
    CheckSync.objects.filter(account=stopped).update(next_read_at=now - timedelta(minutes=16))
    for last_read in (now - timedelta(minutes=20), None):
        AccountState.objects.filter(account=stopped).update(last_good_read_at=last_read)
        answer = client.get("/progress")
        assert answer.status_code == 503
        assert answer.json() == {
            "progress": False, "slices": True, "due": True, "accounts": False, "stopped_accounts": 1,
        }  # fmt: skip
