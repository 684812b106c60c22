"""Workers are killed and the broker is flushed: every check is still read and reported exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings as desk_settings
from django.utils import timezone

from compliance.actions import checks, sweeps
from compliance.enums import CaseStatus, SyncState
from compliance.models import Case, CheckReport, CheckSync, Event
from providers.models import ProviderAccount
from providers.simulator.catalogue import all_simulators
from providers.simulator.server import Simulator
from tests import factories, fast_settings
from tests.compliance.test_audit import verified

pytestmark = pytest.mark.django_db(transaction=True)

SOAK = os.environ.get("SOAK") == "1"
CHECKS = 500 if SOAK else 100
KILLS = 20 if SOAK else 3
DELAY_SECONDS = 0.15 if SOAK else 0.5
HANGS_AFTER_SECONDS = 900
CONCURRENCY = 8
OWN_BROKER_DATABASE = "/9"


@pytest.fixture
def slow() -> Iterator[Simulator]:
    """Providers that answer slowly."""
    running = Simulator(all_simulators()).start()
    running.world.delay = DELAY_SECONDS
    yield running
    running.stop()


@pytest.fixture
def environment(desk_app_url: str, slow: Simulator, tmp_path: Path) -> dict[str, str]:
    """What a worker process sees: the test's database as the running role, a broker database of its own."""
    broker = urlsplit(os.environ["BROKER_URL"])._replace(path=OWN_BROKER_DATABASE).geturl()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.fast_settings",
        "DATABASE_URL": desk_app_url,
        "BROKER_URL": broker,
        "PROVIDER_EXTRA_HOSTS": slow.url.split("//", 1)[1],
        "DATA_DIR": str(tmp_path),
    }


class Workers:
    """A Celery worker with two children, and a beat; the worker is killed, whole or one child, and started again."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment = environment
        self._log = (folder / "workers.log").open("w")
        self._running: list[subprocess.Popen[bytes]] = []
        self._beat = self._start("beat", "-s", str(folder / "schedule"), "--pidfile=")
        self._worker = self._start_worker()
        self.killed: list[str] = []

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        started = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "compliance", *arguments, "-l", "ERROR"],
            cwd=desk_settings.BASE_DIR,
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._running.append(started)
        return started

    def _start_worker(self) -> subprocess.Popen[bytes]:
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        # As `manage.py up` does: prefork needs shared memory, and threads have no children to kill one by one.
        pool = "prefork" if os.access("/dev/shm", os.W_OK) else "threads"  # noqa: S108
        name = f"w{len(self._running)}@desk"
        return self._start("worker", "-Q", "sync", "-c", "2", "-P", pool, "-n", name, *quiet)

    def kill(self) -> None:
        """SIGKILL to one child, or to the worker with all its children: by chance, or in turn when there are few."""
        listed = Path(f"/proc/{self._worker.pid}/task/{self._worker.pid}/children")
        children = listed.read_text().split() if listed.exists() else []
        if children and (random.random() < 0.6 if SOAK else len(self.killed) % 2 == 0):
            os.kill(int(random.choice(children)), signal.SIGKILL)
            self.killed.append("child")
            return
        os.killpg(self._worker.pid, signal.SIGKILL)
        self._worker.wait()
        self.killed.append("worker")
        self._worker = self._start_worker()

    def stop(self) -> None:
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._log.close()


@pytest.fixture
def due_checks(slow: Simulator, db: None) -> ProviderAccount:
    """Due checks, five to a case."""
    bank = factories.make_account(slow, "bank131", concurrency=CONCURRENCY)
    played = slow.providers["bank131"]
    for number in range(CHECKS // 5):
        case = factories.make_case()
        for position in range(5):
            reference = played.reference("ok", number * 5 + position)
            checks.add_check(case.pk, by=None, account=bank, kind="database", reference=reference)
    return bank


@pytest.fixture
def workers(due_checks: ProviderAccount, environment: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    running = Workers(environment, tmp_path)
    yield running
    running.stop()


def unsettled() -> int:
    return CheckSync.objects.exclude(state=SyncState.FINAL).count()


def wait_until_reading(deadline: float) -> None:
    """Until checks have just been leased, none of them for its third worker: losing that one would rightly block it."""
    while time.monotonic() < deadline:
        leased = CheckSync.objects.filter(state=SyncState.LEASED)
        just_now = timezone.now() + timedelta(seconds=fast_settings.SYNC_LEASE_SECONDS - 0.5)
        if leased.filter(leased_until__gt=just_now).exists() and not leased.filter(attempts__gte=3).exists():
            return
        time.sleep(0.05)


@pytest.mark.promise("G6", "G8")
def test_all_checks_become_final_despite_killed_processes(
    slow: Simulator, workers: Workers, environment: dict[str, str]
) -> None:
    broker = redis.Redis.from_url(environment["BROKER_URL"])
    deadline = time.monotonic() + HANGS_AFTER_SECONDS
    flush_after = {KILLS // 3, 2 * KILLS // 3}
    while len(workers.killed) < KILLS:
        wait_until_reading(deadline)
        time.sleep(random.uniform(0.0, 0.5 if SOAK else 0.3))
        wait_until_reading(deadline)
        assert unsettled(), "the workers were done before they could be killed: slow the providers down"
        workers.kill()
        if len(workers.killed) in flush_after:
            broker.flushdb()
    while unsettled() and time.monotonic() < deadline:
        time.sleep(0.2)
    workers.stop()

    assert Counter(CheckSync.objects.values_list("state", flat=True)) == {SyncState.FINAL: CHECKS}
    assert Counter(CheckReport.objects.values_list("check_row_id", flat=True)).most_common(1)[0][1] == 1
    assert CheckReport.objects.count() == Event.objects.filter(type="reported").count() == CHECKS
    reported = Event.objects.filter(type="reported").values_list("data__check", flat=True)
    assert len(set(reported)) == CHECKS
    # The answers state no name, so that people approve.
    assert set(Case.objects.values_list("status", flat=True)) == {CaseStatus.IN_REVIEW}
    calls = Counter(line.reference for line in slow.world.log() if line.reference)
    assert len(calls) == CHECKS
    # A kill loses at most the calls that were under way: one more for each of these, and for no other check.
    again = calls.total() - CHECKS
    assert again <= KILLS * CONCURRENCY
    assert max(calls.values()) <= 1 + KILLS
    leased = dict(CheckSync.objects.values_list("check_row__reference", "fence"))
    assert {name: count for name, count in calls.items() if count > leased[name]} == {}
    for case in Case.objects.all()[:10]:
        verified(case)
    assert sweeps.sweep() == 0
