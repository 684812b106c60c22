"""Rate and concurrency of an account hold for all processes together."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.conf import settings as desk_settings
from django.core.management import call_command
from django.utils import timezone

from compliance.actions import accounts
from compliance.enums import AccountHealth, SyncState
from compliance.models import AccountState, Check, CheckSync
from compliance.sync import reads
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
SOAK = os.environ.get("SOAK") == "1"
HANGS_AFTER_SECONDS = 300
READER = """
import json, os, sys, django
django.setup()
from compliance.models import Check
from compliance.sync import provider_clients, reads
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[1])):
    if not os.fork():
        unread = Check.objects.filter(report_count=0)
        with provider_clients.fresh_sessions():
            counts = reads.run_slice(seconds=float(sys.argv[2]), keep_going=unread.exists)
        os.write(1, json.dumps([counts.read, counts.account_faults]).encode() + b"\\n")
        os._exit(0)
sys.exit(max(abs(os.waitstatus_to_exitcode(os.wait()[1])) for _ in range(int(sys.argv[1]))))
"""
"""Processes that read until all checks are read; forked, because the imports of each would take most of the time."""


def due_checks(
    account: ProviderAccount, played: Simulator, count: int, scenario: str = "ok", first: int = 0
) -> list[Check]:
    case = factories.make_case()
    names = [played.providers[account.provider].reference(scenario, first + number) for number in range(count)]
    return [factories.add_check(case, account, name) for name in names]


def arrivals(played: Simulator, provider: str = "bank131") -> list[float]:
    """Times of the calls for a check."""
    lines = [line for line in played.world.log() if line.reference and line.provider == provider]
    return sorted(datetime.fromisoformat(line.at).timestamp() for line in lines)


def busiest(times: list[float], seconds: float) -> int:
    """The most calls in any window of so many seconds."""
    return max(sum(start <= at < start + seconds for at in times) for start in times)


def read_in_processes(count: int, url: str, played: Simulator) -> list[list[int]]:
    """Several processes that are ready before checks are due, until all are read; [read, account faults] of each."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "compliance.settings",
        "DATABASE_URL": url,
        "PROVIDER_EXTRA_HOSTS": played.url.split("//", 1)[1],
    }
    CheckSync.objects.update(next_read_at=timezone.now() + timedelta(hours=1))
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(count), str(HANGS_AFTER_SECONDS)],
        cwd=desk_settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        CheckSync.objects.update(next_read_at=timezone.now())
        printed, _ = reader.communicate("go\n", timeout=HANGS_AFTER_SECONDS + 60)
    finally:
        if reader.poll() is None:
            os.killpg(reader.pid, signal.SIGKILL)
            reader.wait()
    assert reader.returncode == 0
    return [json.loads(line) for line in printed.splitlines()]


# --- rate and concurrency ---------------------------------------------------------------------------------------------


@pytest.mark.promise("G13")
def test_rate_and_concurrency_of_accounts_hold_over_four_processes(own: Simulator, desk_app_url: str) -> None:
    own.world.delay = 0.4
    rate, count = 3, 300 if SOAK else 21
    paced = factories.make_account(own, "bank131", rate_per_second=float(rate), concurrency=8)
    few_at_once = factories.make_account(own, "preventor", concurrency=3)
    due_checks(paced, own, count)
    due_checks(few_at_once, own, count, "rejected-nothing", first=400)
    counts = read_in_processes(4, desk_app_url, own)
    assert len(counts) == 4  # the share of each is chance; together they keep the rate
    assert (sum(read for read, _ in counts), Check.objects.filter(report_count=1).count()) == (2 * count, 2 * count)
    assert len(arrivals(own)) == len(arrivals(own, "preventor")) == count
    assert busiest(arrivals(own), 1.0) <= rate + 1
    # Each call takes 0.4 s at least: more than three within that time would overlap.
    assert busiest(arrivals(own, "preventor"), 0.4) <= 3


def test_two_accounts_do_not_slow_each_other_down(own: Simulator) -> None:
    slow = factories.make_account(own, "bank131", rate_per_second=1.0)
    quick = factories.make_account(own, "preventor")
    due_checks(slow, own, 8)
    due_checks(quick, own, 20, "rejected-nothing", first=100)
    unread = Check.objects.filter(report_count=0)
    reads.run_slice([slow.pk, quick.pk], seconds=HANGS_AFTER_SECONDS, keep_going=unread.exists)
    read = Counter(Check.objects.filter(report_count=1).values_list("account_id", flat=True))
    assert (read[quick.pk], read[slow.pk]) == (20, 8)
    assert arrivals(own, "preventor")[-1] < arrivals(own)[-1]
    assert busiest(arrivals(own), 1.0) <= 2


# --- Retry-After -------------------------------------------------------------------------------------------------


def test_retry_after_holds_for_runs_that_ignore_the_schedule(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131", concurrency=1)
    (first,) = due_checks(bank, own, 1, "fault-http-429-10s")
    others = due_checks(bank, own, 3, first=10)
    CheckSync.objects.filter(pk__in=[other.pk for other in others]).update(
        next_read_at=timezone.now() + timedelta(seconds=30)
    )
    reads.run_slice([bank.pk], seconds=20, until_idle=True)
    calls, state = len(arrivals(own)), AccountState.objects.get(account=bank)
    assert (calls, state.health, state.fault) == (1, AccountHealth.FAILING, "ProviderThrottled")
    assert state.throttled_until is not None
    left = (state.throttled_until - timezone.now()).total_seconds()
    assert 0 < left <= 10
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


def test_a_paused_account_is_not_read(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131")
    due_checks(bank, own, 2)
    accounts.pause(bank.pk, by=None)
    call_command("sync_due", "--account", bank.name, "--now")
    assert arrivals(own) == []
    accounts.resume(bank.pk, by=None)
    call_command("sync_due", "--account", bank.name)
    assert len(arrivals(own)) == 2
