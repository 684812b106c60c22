"""`make run` and the other commands, each run as a separate process."""

import csv
import io
import json
import os
import signal
import socket
import stat
import subprocess
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from compliance.project.environment import BASE_DIR
from providers.simulator.bank131 import Bank131Simulator
from tests.desk import Desk

pytestmark = pytest.mark.xdist_group("desk")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A running application; not in pytest's own folder, which is closed to the account that runs the database."""
    with tempfile.TemporaryDirectory(prefix="desk-seams-") as folder:
        Path(folder).chmod(0o711)
        running = Desk(Path(folder) / "data")
        try:
            running.start()
            running.suspend("worker-evidence")
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="module")
def rows(desk: Desk) -> Callable[[str], list[tuple[object, ...]]]:
    """`rows(sql)` queries the application's database."""

    def ask(statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(desk.addresses()["DATABASE_URL"]) as connection:
            return connection.execute(statement.encode()).fetchall()

    return ask


def wait_for(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether the condition became true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def test_make_run_prints_the_url_and_the_file_of_demo_users(desk: Desk) -> None:
    assert f"Ready: http://127.0.0.1:{desk.port}\n" in desk.printed()
    people = desk.data_dir / "demo-people.json"
    assert str(people) in desk.printed()
    assert stat.S_IMODE(people.stat().st_mode) == 0o600
    users = json.loads(people.read_text())
    assert set(users) == {"analyst", "analyst2", "manager", "admin"}
    assert all(set(person) == {"username", "password"} for person in users.values())


@pytest.mark.promise("G34")
def test_the_health_pages_answer(desk: Desk) -> None:
    assert desk.get("/live")[0] == 200
    assert desk.get("/ready")[0] == 200


def test_keys_and_addresses_are_private(desk: Desk) -> None:
    for name in ("keys.json", "running.json"):
        assert stat.S_IMODE((desk.data_dir / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((desk.data_dir / "log").stat().st_mode) == 0o700


@pytest.mark.promise("G20")
def test_no_secret_is_on_a_command_line_or_in_a_log(desk: Desk) -> None:
    kept = json.loads((desk.data_dir / "keys.json").read_text())
    people = json.loads((desk.data_dir / "demo-people.json").read_text())
    secrets = [*kept.values(), *(person["password"] for person in people.values())]
    written = "\n".join(desk.processes()) + desk.printed()
    written += "".join(path.read_text(errors="replace") for path in (desk.data_dir / "log").glob("*.log"))
    assert len(secrets) == 10
    assert [secret for secret in secrets if secret in written] == []


def test_the_running_role_can_neither_edit_the_trail_nor_become_its_owner(desk: Desk) -> None:
    with psycopg.connect(desk.addresses()["DATABASE_URL"], autocommit=True) as connection:
        for attack in (
            "UPDATE compliance_event SET id = id",
            "DELETE FROM compliance_event",
            "TRUNCATE compliance_event",
            "DROP TABLE compliance_event",
            "CREATE TABLE mine (id int)",
            "SET ROLE desk_owner",
            "SET session_replication_role = replica",
            "ALTER ROLE desk_app SUPERUSER",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attack.encode())


def test_within_a_minute_the_queues_fill_over_http(desk: Desk, rows: Callable[[str], list[tuple[object, ...]]]) -> None:
    """Two minutes here, for the machine may be busy with other tests."""
    in_queues = (
        "SELECT DISTINCT k.id, k.queue, c.provider FROM compliance_case k JOIN compliance_check c ON c.case_id = k.id"
    )
    in_queues += " WHERE k.queue <> ''"

    def filled() -> bool:
        found = rows(in_queues)
        queues = defaultdict(set)
        for _, queue, provider in found:
            queues[provider].add(queue)
        return len({case for case, *_ in found}) >= 30 and len(queues) == 5 and min(map(len, queues.values())) >= 2

    assert wait_for(filled, seconds=120), rows(in_queues)
    reported = (
        "SELECT coalesce(nullif(c.followed_reference, ''), c.reference) FROM compliance_check c WHERE report_count > 0"
    )
    assert wait_for(lambda: len(rows(reported)) >= 30, seconds=120)
    references = [str(reference) for (reference,) in rows(reported)]
    called = (desk.data_dir / "log" / "simulator-access.log").read_text()
    assert [reference for reference in references if reference not in called] == []


@pytest.mark.promise("G34")
def test_the_workers_make_progress(desk: Desk) -> None:
    assert wait_for(lambda: desk.get("/progress")[0] == 200, seconds=60)


def test_an_account_and_a_case_of_the_command_line_are_fetched(desk: Desk) -> None:
    simulator = desk.addresses()["SIMULATOR_URL"]
    offered = json.loads(_page(f"{simulator}/_simulator/accounts.json"))
    bank131 = next(entry for entry in offered if entry["provider"] == "bank131")
    given = json.dumps({"credentials": bank131["credentials"], "settings": bank131["settings"]})
    account = ["--provider", "bank131", "--name", "Second bank", "--environment", "simulator", "--base-url"]
    made = desk.manage("provider_account", *account, bank131["base_url"], stdin=given)
    again = desk.manage("provider_account", *account, bank131["base_url"], stdin=given)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.strip() == again.stdout.strip() != ""

    line = next(
        row
        for row in csv.DictReader(io.StringIO(_page(f"{simulator}/_simulator/cases.csv")))
        if "bank131" in row["account"]
    )
    line["reference"] = Bank131Simulator().reference("ok", 8128)  # no case of the demo has it
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=list(line))
    writer.writeheader()
    writer.writerow({**line, "account": "Second bank", "case_reference": "seam-1", "applicant_external_id": "seam-1"})
    writer.writerow({**line, "account": "No such account", "case_reference": "seam-2"})
    imported = desk.manage("import_cases", "-", stdin=table.getvalue())
    assert imported.returncode == 1
    assert "line 3" in imported.stderr

    read = desk.manage("sync_due", "--account", "Second bank", "--now")
    assert read.returncode == 0, read.stderr
    shown = desk.manage("show_check", "Second bank", line["reference"], "--json")
    check = json.loads(shown.stdout)
    assert check["account"] == "Second bank"
    assert check["reference"] == line["reference"]
    assert check["reports"] == 1
    assert set(check["case"]) == {"number", "status", "queue", "outcome", "auto_approval"}


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own simulator
        return str(answer.read().decode())


def test_a_second_start_on_the_same_folder_is_refused(desk: Desk) -> None:
    second = desk.manage("up", PORT="1")
    assert second.returncode == 1
    assert (
        second.stderr.strip() == f"Another process already runs on {desk.data_dir}: stop it, or set another DATA_DIR."
    )


def test_a_port_in_use_is_refused(desk: Desk, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = desk.manage("up", DATA_DIR=str(tmp_path / "other"), PORT=port)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Port {port} is not available")
    assert refused.stderr.count("\n") == 1


def test_when_one_process_ends_all_end_and_its_name_is_printed(desk: Desk) -> None:
    """Runs after the others, because it stops the application."""
    desk.resume()
    status = _end_one(desk, "providers.simulator")
    assert status != 0
    assert "simulator ended unexpectedly" in desk.printed()
    assert "simulator.log" in desk.printed()
    assert desk.wait_for_end() == []


@pytest.mark.promise("P40")
def test_after_a_stop_and_a_start_everything_is_still_there(desk: Desk) -> None:
    before = (desk.data_dir / "ports.json").read_text()
    desk.start()
    assert (desk.data_dir / "ports.json").read_text() == before
    shown = desk.manage("sync_due", "--account", "Second bank")
    assert shown.returncode == 0, shown.stderr
    status = desk.interrupt()
    # An interrupt either way: make dies of it, or has seen its child die of it first and says 2.
    assert status in (-signal.SIGINT, 2)
    assert desk.wait_for_end() == []
    assert not (desk.data_dir / "running.json").exists()


@pytest.mark.promise("P40")
def test_nothing_survives_a_killed_supervisor(desk: Desk) -> None:
    desk.start()
    os.kill(desk.supervisor(), signal.SIGKILL)
    assert desk.wait_for_end() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="a plain user's database runs under the same account")
def test_an_inaccessible_database_is_never_replaced_by_an_empty_one(desk: Desk) -> None:
    desk.data_dir.chmod(0o700)
    refused = desk.manage("up", PORT=str(desk.port))
    desk.data_dir.chmod(0o711)
    assert refused.returncode == 1
    assert refused.stderr.startswith("The account that runs PostgreSQL has no access to the database in ")
    assert str(desk.data_dir) in refused.stderr


def test_a_command_without_settings_names_the_missing_ones(tmp_path: Path) -> None:
    alone = Desk(tmp_path / "nothing").manage("sync_due")
    assert alone.returncode == 1
    assert alone.stderr.startswith("Not set: SECRET_KEY, VAULT_KEYS, DATABASE_URL, BROKER_URL.")


def test_the_simulator_runs_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(BASE_DIR / ".venv/bin/python"), "-m", "providers.simulator", "--port", str(port)]
    with subprocess.Popen(command, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True) as alone:
        try:
            assert alone.stdout is not None
            assert f"127.0.0.1:{port}" in alone.stdout.readline()
            assert "bank131" in _page(f"http://127.0.0.1:{port}/_simulator/")
        finally:
            alone.terminate()


def _end_one(desk: Desk, part: str) -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode()
        except OSError:
            continue
        if part in command and str(desk.data_dir) in command:
            os.kill(int(folder.name), signal.SIGTERM)
    assert desk.make is not None
    return desk.make.wait(60)
