"""The server, its switches, pages and log, and the command."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
import requests

from providers import Kind, Outcome, ProviderUnavailable, Subject, provider_names
from providers.simulator.catalogue import all_simulators
from providers.simulator.server import Simulator
from providers.simulator.world import LogLine, World
from providers.transport.http import Limits
from tests.providers.conftest import LATE, ClientFactory
from tests.providers.memory_tokens import MemoryTokens
from tests.providers.simulator.calls import control_page, control_post

# --- switches ---------------------------------------------------------------------------------------------------------


def test_the_switches_change_scenario_age_delay_and_tokens(own: Simulator, client: ClientFactory) -> None:
    played = own.providers["checkout_com"]
    page = control_page(own, "reference?provider=checkout_com&scenario=identity-pending&serial=9")
    reference = page.json()["reference"]
    assert reference == played.reference("identity-pending", 9)
    provider = client("checkout_com", base_url=own.url)

    def outcome() -> Outcome:
        report = provider.fetch(Subject(kind=Kind.IDENTITY, reference=reference))
        return provider.normalise(report, provider.rules()).outcome

    first = outcome()
    assert first in (Outcome.PENDING, Outcome.IN_PROGRESS)
    assert control_post(own, "set", provider="checkout_com", reference=reference, scenario="identity-declined").ok
    assert outcome() is Outcome.DECLINED
    assert control_post(own, "set", provider="checkout_com", reference=reference, scenario="flow-identity-approved").ok
    assert outcome() is Outcome.PENDING
    assert control_post(own, "age", provider="checkout_com", reference=reference, seconds=600).ok
    assert outcome() is Outcome.APPROVED
    assert control_post(own, "set", provider="checkout_com", reference=reference, scenario=None).ok
    assert outcome() is first
    assert control_post(own, "delay", seconds=0.4).ok
    started = time.monotonic()
    outcome()
    assert time.monotonic() - started >= 0.4
    assert control_post(own, "delay", seconds=0).ok


def test_revoked_tokens_are_replaced_once(own: Simulator, client: ClientFactory) -> None:
    tokens = MemoryTokens()
    provider = client("advance_ai", base_url=own.url, tokens=tokens)
    subject = Subject(kind=Kind.DATABASE, reference=own.providers["advance_ai"].reference("passed", 3))
    provider.fetch(subject)
    assert control_post(own, "revoke", provider="advance_ai").json() == {"revoked": 1}
    provider.fetch(subject)
    assert tokens.writes == 2


@pytest.mark.parametrize(
    ("page", "values"),
    [
        ("set", {}),
        ("set", {"provider": "nobody", "reference": "1", "scenario": "ok"}),
        ("set", {"provider": "bank131", "scenario": "ok"}),
        ("set", {"provider": "bank131", "reference": "1", "scenario": "nothing-like-it"}),
        ("age", {"provider": "bank131", "reference": "1", "seconds": "soon"}),
        ("delay", {"seconds": -1}),
        ("revoke", {"provider": None}),
    ],
)
def test_an_invalid_switch_returns_a_message(own: Simulator, page: str, values: dict[str, object]) -> None:
    answer = control_post(own, page, **values)
    assert answer.status_code == 400
    assert answer.json()["message"]


# --- pages and log ----------------------------------------------------------------------------------------------------


def test_the_instructions_and_the_list_name_every_scenario(own: Simulator) -> None:
    how_to, listed = control_page(own, ""), control_page(own, "scenarios.json").json()
    assert how_to.headers["Content-Type"].startswith("text/plain")
    assert list(listed) == list(provider_names())
    for name, played in own.providers.items():
        assert [one["name"] for one in listed[name]] == list(played.scenarios)
        for one in listed[name]:
            assert one["name"] in how_to.text
            assert one["example"] in how_to.text


def test_every_call_is_logged_without_credentials(tmp_path: Path, client: ClientFactory) -> None:
    log = tmp_path / "access.log"
    running = Simulator(all_simulators(), access_log=log).start()
    try:
        for name, played in running.providers.items():
            scenario = next(iter(played.scenarios))
            subject = Subject(
                kind=Kind(played.scenarios[scenario].kind),
                reference=played.reference(scenario, 2),
                settings=played.check_settings(2),
            )
            client(name, base_url=running.url).fetch(subject)
            calls = [call for call in control_page(running, "log.json").json()["calls"] if call["provider"] == name]
            assert calls[-1]["reference"] == subject.reference
            assert calls[-1]["scenario"] == scenario
            assert calls[-1]["status"] == 200
        count = control_page(running, "log.json").json()["next"]
        assert control_page(running, f"log.json?since={count}").json() == {"next": count, "calls": []}
    finally:
        running.stop()
    lines = log.read_text().splitlines()
    assert len(lines) == count
    assert all(len(line.split(" ")) == 7 for line in lines)
    assert all(datetime.fromisoformat(line.split(" ")[0]).tzinfo for line in lines)
    for played in running.providers.values():
        for secret in played.credentials.values():
            assert secret not in log.read_text()


def test_the_log_in_memory_drops_the_oldest_calls_and_counts_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.simulator.world._LOG_LINES", 3)
    full = World()
    for number in range(5):
        full.record(LogLine(at="", provider="", method="GET", path=f"/{number}", status=200, reference="", scenario=""))
    assert [line.path for line in full.log()] == ["/2", "/3", "/4"]
    assert [line.path for line in full.log(4)] == ["/4"]
    assert full.log_page(5) == (5, [])


def test_an_unknown_path_is_404_and_hostile_bytes_break_nothing(own: Simulator) -> None:
    assert requests.get(f"{own.url}/nobody", timeout=10).status_code == 404
    assert control_page(own, "nothing").status_code == 404
    for hostile in (
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\x16\x03\x01\x00",
        b"G" * 70_000,
    ):
        with socket.create_connection(("127.0.0.1", own.port), timeout=5) as connection:
            received = b""
            with suppress(OSError):
                connection.sendall(hostile)
                connection.shutdown(socket.SHUT_WR)
                received = connection.recv(100)
            assert received == b""
    assert control_page(own, "log.json").ok


def test_stopping_closes_open_connections_and_slow_faults(client: ClientFactory) -> None:
    running = Simulator(all_simulators()).start()
    connection = socket.create_connection(("127.0.0.1", running.port), timeout=10)
    connection.sendall(b"GET /_simulator/log.json HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    stalled = Subject(kind=Kind.DATABASE, reference=running.providers["bank131"].reference("fault-stall", 1))
    patient = client("bank131", base_url=running.url, limits=Limits(read=100.0, deadline=100.0))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(patient.fetch, stalled)
        while not running.world.log():
            time.sleep(0.02)
        started = time.monotonic()
        running.stop()
        assert connection.recv(65536) == b""
        with pytest.raises(ProviderUnavailable):
            slow.result(LATE)
        assert time.monotonic() - started < LATE
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port), timeout=5)


def test_many_callers_are_served_at_once(own: Simulator) -> None:
    assert control_post(own, "delay", seconds=1.0).ok
    path = "/check/1"

    def ask(_: int) -> int:
        return requests.post(own.url + path, timeout=LATE).status_code

    started = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(ask, range(40)))
    assert time.monotonic() - started < LATE  # one after another they take 40 s
    assert len(statuses) == 40
    assert len([call for call in own.world.log() if call.path == path]) == 40


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    log = tmp_path / "access.log"
    command = [
        sys.executable,
        "-m",
        "providers.simulator",
        "--port",
        str(port),
        "--access-log",
        str(log),
        "--speed",
        "2",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline().endswith(f"http://127.0.0.1:{port}/_simulator/\n")
            accounts = requests.get(f"http://127.0.0.1:{port}/_simulator/accounts.json", timeout=10).json()
            assert len(accounts) == 5
            requests.get(f"http://127.0.0.1:{port}/nobody", timeout=10)
            assert log.read_text().count("\n") == 1
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0


def test_the_simulator_imports_neither_django_nor_the_application() -> None:
    code = (
        "import sys, providers.simulator.__main__\n"
        "providers.simulator.catalogue.all_simulators()\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'compliance', 'celery')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_a_stopped_simulator_leaves_no_thread() -> None:
    before = threading.active_count()
    running = Simulator(all_simulators()).start()
    requests.get(f"{running.url}/_simulator/log.json", timeout=10)
    running.stop()
    deadline = time.monotonic() + LATE
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before
