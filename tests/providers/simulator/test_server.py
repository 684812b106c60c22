"""The simulator: scenarios in time, faults on the wire, switches, demonstration data and log."""

import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

import providers.simulator
from providers import Kind, Outcome, ProviderError, ProviderUnavailable, Subject, provider_class, provider_names
from providers.simulator import demo, people
from providers.simulator.catalogue import all_simulators
from providers.simulator.faults import Fault
from providers.simulator.server import Simulator
from providers.simulator.world import LogLine, World
from providers.transport.http import Limits
from tests.providers.conftest import ClientFactory
from tests.providers.memory_tokens import MemoryTokens


@pytest.fixture
def own() -> Iterator[Simulator]:
    """A simulator of this test alone."""
    running = Simulator(all_simulators()).start()
    yield running
    running.stop()


def _page(simulator: Simulator, page: str) -> requests.Response:
    return requests.get(f"{simulator.url}/_simulator/{page}", timeout=10)


def _post(simulator: Simulator, page: str, **values: object) -> requests.Response:
    return requests.post(f"{simulator.url}/_simulator/{page}", json=values, timeout=10)


# --- references and scenarios -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("simulated", all_simulators(), ids=lambda one: one.name)
def test_every_reference_names_its_scenario_and_is_valid_in_the_product(simulated: Any) -> None:
    seen: set[str] = set()
    for name, scenario in simulated.scenarios.items():
        assert name == scenario.name
        assert re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", name), name
        assert [step.after for step in scenario.steps] == sorted(step.after for step in scenario.steps)
        assert scenario.steps[0].after == 0
        for serial in (0, 1, 7, 9999):
            reference = simulated.reference(name, serial)
            found = simulated.scenario_of(reference)
            assert found is not None
            assert (found[0].name, found[1]) == (name, serial)
            settings = simulated.check_settings(serial)
            problem = provider_class(simulated.name).reference_problem(Kind(scenario.kind), reference, settings)
            assert problem is None, (name, reference)
            seen.add(reference)
    assert len(seen) == 4 * len(simulated.scenarios)
    assert simulated.scenario_of("nobody") is None


@pytest.mark.parametrize("simulated", all_simulators(), ids=lambda one: one.name)
def test_every_provider_has_every_fault_and_a_second_attempt(simulated: Any) -> None:
    assert {f"fault-{fault.value}" for fault in Fault} <= set(simulated.scenarios)
    flows = [name for name in simulated.scenarios if name.startswith("flow-")]
    assert [name for name in flows if "second-attempt" in name]
    assert all(len(simulated.scenarios[name].steps) > 1 for name in flows)


def test_no_two_providers_claim_the_same_path(own: Simulator, client: ClientFactory) -> None:
    for name, played in own.providers.items():
        scenario = next(iter(played.scenarios))
        subject = Subject(
            kind=Kind(played.scenarios[scenario].kind),
            reference=played.reference(scenario, 1),
            settings=played.check_settings(1),
        )
        before = len(own.world.log())
        with suppress(ProviderError):
            client(name, base_url=own.url).fetch(subject)
        calls = own.world.log(before)
        assert {call.provider for call in calls} == {name}
        assert subject.reference in {call.reference for call in calls}


SIXTH = """
from providers.simulator.bank131 import Bank131Simulator

class SixthSimulator(Bank131Simulator):
    name, label, position, account_name, demo_cases = "sixth", "Sixth", 6, "sixth-demo", "sixth:ok, bank131:pending"
"""


def test_one_more_module_adds_a_provider_with_account_and_cases(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "sixth.py").write_text(SIXTH)
    monkeypatch.setattr(providers.simulator, "__path__", [*providers.simulator.__path__, str(tmp_path)])
    found = {played.name: played for played in all_simulators()}
    monkeypatch.delitem(sys.modules, "providers.simulator.sixth")
    assert list(found) == [*provider_names(), "sixth"]
    assert demo.accounts(found, "http://127.0.0.1:1")[-1]["name"] == "sixth-demo"
    last = list(csv.DictReader(io.StringIO(demo.cases_csv(found, now=datetime.now(UTC)))))[-2:]
    assert [line["account"] for line in last] == ["sixth-demo", "bank131-demo"]


# --- time -------------------------------------------------------------------------------------------------------------


def test_steps_follow_the_clock_from_the_first_read_of_a_reference() -> None:
    world = World(speed=100.0)
    played = all_simulators()[0]
    reference = played.reference("flow-second-attempt", 3)
    steps = played.scenarios["flow-second-attempt"].steps
    assert world.steps_so_far(played, reference) == steps[:1]
    world.advance(played.name, reference, steps[1].after)
    assert len(world.steps_so_far(played, reference)) >= 2
    time.sleep((steps[-1].after - steps[1].after) / 100.0 + 0.05)
    assert world.steps_so_far(played, reference) == steps
    assert world.state_of(played, reference) == steps[-1].state
    other = played.reference("flow-second-attempt", 4)
    assert len(world.steps_so_far(played, other)) == 1


def test_the_scenario_of_a_reference_can_be_changed_and_restored() -> None:
    world, played = World(), all_simulators()[1]
    reference = played.reference("ok", 3)
    world.set_scenario(played.name, reference, played.scenarios["pending"])
    found = world.scenario(played, reference)
    assert found is not None
    assert (found[0].name, found[1]) == ("pending", 3)
    world.set_scenario(played.name, reference, None)
    assert world.state_of(played, reference) == played.scenarios["ok"].steps[0].state
    assert world.state_of(played, "nobody") is None


def test_tokens_are_valid_until_they_expire_for_their_provider_only() -> None:
    world = World(speed=1000.0)
    token, short = world.issue_token("bank131", seconds=60), world.issue_token("bank131", seconds=0.05)
    assert (world.token_state("bank131", token), world.token_owner("bank131", token)) == ("valid", "demo")
    assert world.token_state("preventor", token) == "unknown"
    assert world.token_owner("preventor", token) == ""
    assert world.token_state("bank131", "guess") == "unknown"
    time.sleep(0.1)
    assert world.token_state("bank131", short) == "expired"
    assert world.revoke_tokens("bank131") == 1
    assert world.token_state("bank131", token) == "expired"


def test_a_speed_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        World(speed=0)


# --- switches ---------------------------------------------------------------------------------------------------------


def test_the_switches_change_scenario_age_delay_and_tokens(own: Simulator, client: ClientFactory) -> None:
    played = own.providers["checkout_com"]
    reference = _page(own, "reference?provider=checkout_com&scenario=identity-pending&serial=9").json()["reference"]
    assert reference == played.reference("identity-pending", 9)
    provider = client("checkout_com", base_url=own.url)

    def outcome() -> Outcome:
        report = provider.fetch(Subject(kind=Kind.IDENTITY, reference=reference))
        return provider.normalise(report, provider.rules()).outcome

    first = outcome()
    assert first in (Outcome.PENDING, Outcome.IN_PROGRESS)
    assert _post(own, "set", provider="checkout_com", reference=reference, scenario="identity-declined").ok
    assert outcome() is Outcome.DECLINED
    assert _post(own, "set", provider="checkout_com", reference=reference, scenario="flow-identity-approved").ok
    assert outcome() is Outcome.PENDING
    assert _post(own, "age", provider="checkout_com", reference=reference, seconds=600).ok
    assert outcome() is Outcome.APPROVED
    assert _post(own, "set", provider="checkout_com", reference=reference, scenario=None).ok
    assert outcome() is first
    assert _post(own, "delay", seconds=0.4).ok
    started = time.monotonic()
    outcome()
    assert time.monotonic() - started >= 0.4
    assert _post(own, "delay", seconds=0).ok


def test_revoked_tokens_are_replaced_once(own: Simulator, client: ClientFactory) -> None:
    tokens = MemoryTokens()
    provider = client("advance_ai", base_url=own.url, tokens=tokens)
    subject = Subject(kind=Kind.DATABASE, reference=own.providers["advance_ai"].reference("passed", 3))
    provider.fetch(subject)
    assert _post(own, "revoke", provider="advance_ai").json() == {"revoked": 1}
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
    answer = _post(own, page, **values)
    assert answer.status_code == 400
    assert answer.json()["message"]


# --- pages and log ----------------------------------------------------------------------------------------------------


def test_the_instructions_and_the_list_name_every_scenario(own: Simulator) -> None:
    how_to, listed = _page(own, ""), _page(own, "scenarios.json").json()
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
            calls = [call for call in _page(running, "log.json").json()["calls"] if call["provider"] == name]
            assert calls[-1]["reference"] == subject.reference
            assert calls[-1]["scenario"] == scenario
            assert calls[-1]["status"] == 200
        count = _page(running, "log.json").json()["next"]
        assert _page(running, f"log.json?since={count}").json() == {"next": count, "calls": []}
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
    assert _page(own, "nothing").status_code == 404
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
    assert _page(own, "log.json").ok


def test_stopping_closes_open_connections_and_slow_faults(client: ClientFactory) -> None:
    running = Simulator(all_simulators()).start()
    connection = socket.create_connection(("127.0.0.1", running.port), timeout=10)
    connection.sendall(b"GET /_simulator/log.json HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    stalled = Subject(kind=Kind.DATABASE, reference=running.providers["bank131"].reference("fault-stall", 1))
    patient = client("bank131", base_url=running.url, limits=Limits(read=20.0))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(patient.fetch, stalled)
        while not running.world.log():
            time.sleep(0.02)
        started = time.monotonic()
        running.stop()
        assert connection.recv(65536) == b""
        with pytest.raises(ProviderUnavailable):
            slow.result(10)
        assert time.monotonic() - started < 2.0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port), timeout=5)


def test_many_callers_are_served_at_once(own: Simulator) -> None:
    assert _post(own, "delay", seconds=0.5).ok
    path = "/check/1"

    def ask(_: int) -> int:
        return requests.post(own.url + path, timeout=10).status_code

    started = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(ask, range(40)))
    assert time.monotonic() - started < 5.0
    assert len(statuses) == 40
    assert len([call for call in own.world.log() if call.path == path]) == 40


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_serial_is_always_the_same_person_and_people_differ() -> None:
    found = [people.person(serial) for serial in range(200)]
    assert people.person(17) == found[17]
    assert len({one.full_name for one in found}) > 150
    assert len({one.email for one in found}) == 200
    assert len({one.document_number for one in found}) == 200
    assert len({one.country for one in found}) == 20


def test_people_are_plausible() -> None:
    for serial in range(400):
        one = people.person(serial)
        assert date(1948, 1, 1) <= one.birth_date <= date(2004, 12, 31)
        assert one.document_issued < one.document_expiry
        assert re.fullmatch(r"[a-z.'-]+\.\d+@mail\.example", one.email), one.email
        assert re.fullmatch(r"[A-Za-z' -]+", one.latin_name), one.latin_name
        assert re.fullmatch(r"[A-Z]{2}", one.country)
        assert re.fullmatch(r"[A-Z]{3}", one.country3)
        assert re.fullmatch(r"[A-Z]{2}\d{7}", one.document_number)
        assert re.fullmatch(r"\d{11}", one.national_number)
        assert one.given_names in one.full_name
        assert one.family_name in one.full_name
        assert one.sex in "FM"
        assert one.city
        assert one.postcode
    with pytest.raises(ValueError, match="negative"):
        people.person(-1)


def test_some_names_are_long_right_to_left_or_with_accents() -> None:
    names = [people.person(serial).full_name for serial in range(60)]
    assert max(map(len, names)) >= 45
    assert [name for name in names if re.search("[\u0590-\u06ff]", name)]
    assert [name for name in names if re.search("[\u0100-\u024f\u1e00-\u1eff]", name)]
    assert [name for name in names if "'" in name]


# --- demonstration ----------------------------------------------------------------------------------------------------


def test_demonstration_accounts_are_complete(own: Simulator) -> None:
    accounts = _page(own, "accounts.json").json()
    assert [one["provider"] for one in accounts] == list(provider_names())
    for one in accounts:
        assert (one["environment"], one["base_url"]) == ("simulator", own.url)
        assert re.fullmatch(r"[a-z0-9]+-demo", one["name"])
        assert 2 <= one["settings"]["rhythm_seconds"] <= 5
        assert one["settings"]["rate_per_second"] > 0
        assert tuple(one["credentials"]) in provider_class(one["provider"]).credential_keys


def _demo_lines(simulator: Simulator) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_page(simulator, "cases.csv").text)))


def test_demonstration_cases_fill_the_queues_from_every_provider(own: Simulator, client: ClientFactory) -> None:
    lines = _demo_lines(own)
    assert tuple(lines[0]) == demo.COLUMNS
    assert 55 <= len({line["case_reference"] for line in lines}) <= 70
    assert len({(line["account"], line["kind"], line["reference"]) for line in lines}) == len(lines) >= 70
    fates: dict[str, list[tuple[str, str]]] = defaultdict(list)
    providers = {played.account_name: name for name, played in own.providers.items()}
    for line in lines:
        name = providers[line["account"]]
        fates[line["case_reference"]].append((name, _fate(client(name, base_url=own.url), line)))
    queues: Counter[str] = Counter()
    reached: dict[str, set[str]] = defaultdict(set)
    for checks in fates.values():
        worst = next((fate for fate in _WORST_FIRST if fate in {found for _, found in checks}), "")
        queues[worst] += 1
        for name, fate in checks:
            if fate == worst:
                reached[name].add(fate)
    standing = sum(queues[fate] for fate in _WORST_FIRST[:5])
    assert standing >= 40
    assert all(queues[fate] >= 4 for fate in _WORST_FIRST[:5]), queues
    assert queues["approved"] >= 3
    assert all(len(reached[name] & set(_WORST_FIRST[:5])) >= 2 for name in provider_names()), reached


_WORST_FIRST = (
    "unreadable",
    Outcome.DECLINED,
    Outcome.MANUAL_REVIEW,
    Outcome.RETRY_REQUIRED,
    Outcome.INCOMPLETE,
    Outcome.IN_PROGRESS,
    Outcome.PENDING,
    Outcome.APPROVED,
)


def _fate(provider: Any, line: dict[str, str]) -> str:
    settings = json.loads(line["settings"]) if line["settings"] else {}
    try:
        report = provider.fetch(Subject(kind=Kind(line["kind"]), reference=line["reference"], settings=settings))
    except ProviderError as error:
        assert error.scope == "reference", (line["account"], error.detail)
        return "unreadable"
    return str(provider.normalise(report, provider.rules()).outcome)


def test_demonstration_cases_depend_only_on_the_seed() -> None:
    played = {one.name: one for one in all_simulators()}
    now = datetime.now(UTC)
    first = demo.cases_csv(played, now=now)
    assert demo.cases_csv(played, now=now) == first
    other = demo.cases_csv(played, now=now, seed=1)

    def emails(text: str) -> set[str]:
        return {line["email"] for line in csv.DictReader(io.StringIO(text))}

    assert len(emails(other)) == len(emails(first))
    assert not emails(other) & emails(first)


def test_most_demonstration_applicants_are_the_people_of_the_providers(own: Simulator) -> None:
    different = 0
    for line in _demo_lines(own):
        serial = int(line["applicant_external_id"].removeprefix("APP-")) - 1000
        one = people.person(serial)
        assert (line["email"], line["country"]) == (one.email, one.country)
        born = date.fromisoformat(line["birth_date"])
        different += (line["full_name"], born) != (one.full_name, one.birth_date)
        submitted = datetime.fromisoformat(line["submitted_at"])
        assert timedelta(minutes=11) < datetime.now(UTC) - submitted < timedelta(days=4)
    assert 4 <= different <= 10


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
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before
