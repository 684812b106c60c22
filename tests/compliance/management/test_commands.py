"""Commands: counts, messages, exit codes, and no secrets in the output."""

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError
from django.utils import timezone

from compliance.actions import accounts, corrections
from compliance.enums import DeskEventType, EventType, SyncState
from compliance.imports import csv_cases
from compliance.models import (
    AccountState,
    Applicant,
    Case,
    Check,
    CheckReport,
    CheckSync,
    Decision,
    DeskEvent,
    DeskPolicy,
    Event,
    OverrideProposal,
    User,
)
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance import assertions

ROOT = Path(__file__).resolve().parents[3]
HEADER = "applicant_external_id,full_name,account,kind,reference"
WHOLE_HEADER = ",".join(csv_cases.COLUMNS)
MakeAccount = Callable[..., ProviderAccount]


def manage(
    command: str, *arguments: str, url: str, text: str = "", **variables: str
) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, as the running role."""
    return subprocess.run(
        [sys.executable, "manage.py", command, *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, **variables},
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def bank(account: MakeAccount) -> ProviderAccount:
    """An account of Bank131 called ``bank``."""
    return account("bank131", name="bank")


@pytest.fixture
def reference(simulator: Simulator) -> Callable[..., str]:
    """``reference("ok", 7)`` is the check of person 7 with the result "confirmed"."""
    return simulator.providers["bank131"].reference


# --- import_cases ----------------------------------------------------------------------------------------------------


def bring_in(tmp_path: Path, *lines: str, header: str = HEADER) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    file = tmp_path / "cases.csv"
    file.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    said, complained, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("import_cases", str(file), stdout=said, stderr=complained)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, said.getvalue().strip(), complained.getvalue().strip()


def rows_written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Applicant, Case, Check, CheckSync, Event))


@pytest.mark.django_db
def test_a_line_opens_a_case_with_its_check_and_all_given_values(
    tmp_path: Path, bank: ProviderAccount, reference: Callable[..., str]
) -> None:
    person, submitted = "cust-1,Ada Example,1990-04-05,ada@example.org,ng", "2026-01-31T08:15:00Z"
    line = f"ONB-1,{person},bank,database,{reference('ok', 1)},{submitted},"
    assert bring_in(tmp_path, line, header=WHOLE_HEADER) == (0, "1 cases and 1 checks opened, 0 lines failed", "")
    case, check = Case.objects.get(), Check.objects.get()
    applicant = case.applicant
    assert (case.reference, case.environment, case.country) == ("ONB-1", "simulator", "NG")
    assert (applicant.external_id, applicant.full_name, applicant.birth_date) == ("cust-1", "Ada Example", "1990-04-05")
    assert (applicant.email, check.account, check.kind) == ("ada@example.org", bank, "database")
    assert check.submitted_at is not None and check.submitted_at.isoformat() == "2026-01-31T08:15:00+00:00"


@pytest.mark.django_db
def test_the_default_of_the_case_reference_is_the_applicant_id(
    tmp_path: Path, bank: ProviderAccount, reference: Callable[..., str]
) -> None:
    bring_in(tmp_path, f"cust-1,Ada Example,bank,database,{reference('ok', 1)}")
    assert Case.objects.get().reference == "cust-1"


@pytest.mark.django_db
def test_settings_of_a_check_are_json(tmp_path: Path, account: MakeAccount, simulator: Simulator) -> None:
    account("btc_direct", name="btc")
    order = simulator.providers["btc_direct"].reference("verified", 3)
    settings = json.dumps({"user_identifier": "u" * 40}).replace('"', '""')
    line = f'cust-1,Ada Example,btc,liveness,{order},"{settings}"'
    assert bring_in(tmp_path, line, header=f"{HEADER},settings")[0] == 0
    assert Check.objects.select_related("data_key").get().settings == {"user_identifier": "u" * 40}


@pytest.mark.django_db
def test_invalid_lines_are_reported_by_number_and_valid_lines_are_imported(
    tmp_path: Path, bank: ProviderAccount, reference: Callable[..., str]
) -> None:
    ok = [reference("ok", number) for number in range(1, 8)]
    code, said, complained = bring_in(
        tmp_path,
        f"ONB-1,cust-1,Ada Example,,,,bank,database,{ok[0]},,",
        f"ONB-2,cust-2,,,,,bank,database,{ok[1]},,",
        f"ONB-3,cust-3,Bo Example,,,,nobody,database,{ok[2]},,",
        f"ONB-4,cust-4,Cy Example,31.12.1990,,,bank,database,{ok[3]},,",
        f"ONB-5,cust-5,Di Example,,no-address,,bank,database,{ok[4]},,",
        f"ONB-6,cust-6,Ed Example,,,Nigeria,bank,database,{ok[4]},,",
        f"ONB-7,cust-7,Flo Example,,,,bank,aml,{ok[5]},,",
        f"ONB-8,cust-8,Gus Example,,,,bank,database,{ok[5]},yesterday,",
        f'ONB-9,cust-9,Hal Example,,,,bank,database,{ok[5]},,"[1]"',
        f"ONB-1,cust-10,Ida Example,,,,bank,database,{ok[5]},,",
        f"ONB-11,cust-11,Jo Example,,,,bank,database,{ok[0]},,",
        f"ONB-12,cust-12,Kit Example,,,,bank,database,{ok[6]},,",
        header=WHOLE_HEADER,
    )
    assert (code, said) == (1, "2 cases and 2 checks opened, 10 lines failed")
    first = Case.objects.get(reference="ONB-1")
    assert complained.splitlines() == [
        "line 3: full_name: empty.",
        "line 4: No account is named “nobody”.",
        "line 5: birth_date: Expected YYYY-MM-DD.",
        "line 6: email: Not an e-mail address.",
        "line 7: country: Expected two letters (ISO 3166-1 alpha-2).",
        "line 8: Bank131 has no checks of kind “aml”.",
        "line 9: submitted_at: Expected a time such as 2026-01-31T08:15:00Z.",
        "line 10: settings: Expected a JSON object.",
        "line 11: This case reference belongs to another applicant.",
        f"line 12: This reference belongs to case {first.label}.",
    ]
    assert set(Case.objects.values_list("reference", flat=True)) == {"ONB-1", "ONB-12"}
    assert "Example" not in complained, "complaints name no person"


@pytest.mark.django_db
def test_a_second_run_changes_nothing(tmp_path: Path, bank: ProviderAccount, reference: Callable[..., str]) -> None:
    lines = [f"cust-{number},Ada Example,bank,database,{reference('ok', number)}" for number in range(1, 6)]
    assert bring_in(tmp_path, *lines)[1] == "5 cases and 5 checks opened, 0 lines failed"
    before = rows_written()
    assert bring_in(tmp_path, *lines) == (0, "0 cases and 0 checks opened, 0 lines failed", "")
    assert rows_written() == before


@pytest.mark.django_db
def test_two_checks_of_one_case_are_two_lines(
    tmp_path: Path, bank: ProviderAccount, reference: Callable[..., str]
) -> None:
    lines = [f"cust-1,Ada Example,bank,database,{reference('ok', number)}" for number in (1, 2)]
    assert bring_in(tmp_path, *lines)[1] == "1 cases and 2 checks opened, 0 lines failed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("applicant_external_id,full_name,account,kind", "The header lacks: reference."),
        (f"{HEADER},colour", "The header has unknown columns: colour."),
    ],
)
def test_a_header_with_missing_or_unknown_columns_is_refused(tmp_path: Path, header: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        bring_in(tmp_path, header=header)


@pytest.mark.django_db
def test_a_file_that_is_missing_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"The file cannot be read: FileNotFoundError\."):
        call_command("import_cases", str(tmp_path / "nowhere.csv"))
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match=r"line 1: This is not UTF-16, though the file begins so\."):
        call_command("import_cases", str(tmp_path / "bytes.csv"))


@pytest.mark.django_db(transaction=True)
def test_a_dash_reads_standard_input_and_a_failed_line_ends_with_exit_code_1(
    bank: ProviderAccount, reference: Callable[..., str], desk_app_url: str
) -> None:
    good = f"cust-1,Ada Example,bank,database,{reference('ok', 1)}"
    done = manage("import_cases", "-", url=desk_app_url, text=f"{HEADER}\n{good}\ncust-2,,bank,database,x\n")
    assert (done.returncode, done.stdout.strip()) == (1, "1 cases and 1 checks opened, 1 lines failed"), done.stderr
    assert done.stderr.strip() == "line 3: full_name: empty."
    assert Event.objects.filter(type=EventType.CHECK_ADDED).count() == 1


# --- sync_due --------------------------------------------------------------------------------------------------------


def read_due(**options: Any) -> str:
    said = io.StringIO()
    call_command("sync_due", stdout=said, **options)
    return said.getvalue().strip()


def due_check(bank: ProviderAccount, reference: str, *, wait: timedelta = timedelta(0)) -> Check:
    check = factories.add_check(factories.make_case(), bank, reference)
    CheckSync.objects.filter(pk=check.pk).update(next_read_at=timezone.now() + wait)
    return check


@pytest.mark.django_db(transaction=True)
def test_only_due_checks_are_fetched(bank: ProviderAccount, reference: Callable[..., str]) -> None:
    now, later = due_check(bank, reference("ok", 1)), due_check(bank, reference("ok", 2), wait=timedelta(hours=1))
    assert read_due() == "1 read, 1 changed, 0 checks failed, 0 account faults, 0 late"
    assert list(CheckReport.objects.values_list("check_row_id", flat=True)) == [now.pk]
    assert read_due() == "0 read, 0 changed, 0 checks failed, 0 account faults, 0 late"
    assert CheckSync.objects.get(pk=later.pk).state == SyncState.SCHEDULED


@pytest.mark.django_db(transaction=True)
def test_now_fetches_all_checks_that_are_not_final_despite_the_poll_interval(
    bank: ProviderAccount, reference: Callable[..., str]
) -> None:
    due_check(bank, reference("ok", 1), wait=timedelta(hours=1))
    blocked = due_check(bank, reference("request-not-found", 2))
    read_due()
    assert CheckSync.objects.get(pk=blocked.pk).state == SyncState.BLOCKED
    assert read_due(now=True) == "1 read, 1 changed, 1 checks failed, 0 account faults, 0 late"
    assert read_due(now=True) == "0 read, 0 changed, 1 checks failed, 0 account faults, 0 late", "settled stays settled"


@pytest.mark.django_db(transaction=True)
def test_an_account_can_be_named(bank: ProviderAccount, account: MakeAccount, reference: Callable[..., str]) -> None:
    other = account("bank131", name="other bank")
    due_check(bank, reference("ok", 1))
    mine = due_check(other, reference("ok", 2))
    assert read_due(account="other bank").startswith("1 read")
    assert list(CheckReport.objects.values_list("check_row_id", flat=True)) == [mine.pk]
    with pytest.raises(CommandError, match="No account is named “nobody”"):
        read_due(account="nobody")


@pytest.mark.promise("G12")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("now", [False, True])
def test_no_request_is_sent_before_retry_after_has_passed(
    bank: ProviderAccount, reference: Callable[..., str], simulator: Simulator, now: bool
) -> None:
    due_check(bank, reference("ok", 1))
    AccountState.objects.filter(account=bank).update(throttled_until=timezone.now() + timedelta(minutes=5))
    asked = len(simulator.world.log())
    assert read_due(now=now) == "0 read, 0 changed, 0 checks failed, 0 account faults, 0 late"
    assert len(simulator.world.log()) == asked


@pytest.mark.django_db(transaction=True)
def test_retry_after_of_an_answer_holds_for_now_too(
    bank: ProviderAccount, reference: Callable[..., str], simulator: Simulator
) -> None:
    due_check(bank, reference("fault-http-429-seconds", 1))
    assert read_due(now=True) == "0 read, 0 changed, 0 checks failed, 1 account faults, 0 late"
    throttled_until = AccountState.objects.get(account=bank).throttled_until
    assert throttled_until is not None and throttled_until > timezone.now()
    asked = len(simulator.world.log())
    assert read_due(now=True).startswith("0 read, 0 changed, 0 checks failed, 0 account faults")
    assert len(simulator.world.log()) == asked


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("now", [False, True])
def test_a_paused_account_is_not_read(
    bank: ProviderAccount, reference: Callable[..., str], simulator: Simulator, now: bool
) -> None:
    due_check(bank, reference("ok", 1))
    accounts.pause(bank.pk, by=None)
    asked = len(simulator.world.log())
    assert read_due(now=now, account="bank").startswith("0 read")
    assert len(simulator.world.log()) == asked
    accounts.resume(bank.pk, by=None)
    assert read_due().startswith("1 read")


@pytest.mark.promise("G8")
@pytest.mark.django_db(transaction=True)
def test_failed_fetches_end_with_exit_code_0_without_a_broker_and_print_no_secret(
    account: MakeAccount, simulator: Simulator, desk_app_url: str
) -> None:
    refused = account("bank131", name="refused", credentials={"project": "canary-project"})
    due_check(refused, simulator.providers["bank131"].reference("ok", 1))
    done = manage(
        "sync_due",
        url=desk_app_url,
        BROKER_URL="redis://127.0.0.1:1/0",
        PROVIDER_EXTRA_HOSTS=simulator.url.split("//", 1)[1],
    )
    assert (done.returncode, done.stdout.strip()) == (
        0,
        "0 read, 0 changed, 0 checks failed, 1 account faults, 0 late",
    ), done.stderr
    assert "canary" not in done.stdout + done.stderr
    assert AccountState.objects.get(account=refused).fault == "CredentialsRefused"


# --- show_check ------------------------------------------------------------------------------------------------------

KEYS = [
    "account",
    "reference",
    "kind",
    "status",
    "outcome",
    "provider_verdict",
    "reasons",
    "facts",
    "sync_state",
    "sync_error",
    "account_state",
    "followed_reference",
    "attempts",
    "reports",
    "last_read_at",
    "case",
]


def shown(*arguments: str, **options: Any) -> dict[str, Any]:
    said = io.StringIO()
    call_command("show_check", *arguments, json=True, stdout=said, **options)
    found: dict[str, Any] = json.loads(said.getvalue())
    return found


@pytest.mark.django_db(transaction=True)
def test_a_check_is_shown_with_exactly_these_keys(
    simulator: Simulator, bank: ProviderAccount, reference: Callable[..., str]
) -> None:
    case = factories.case_from(simulator, bank, "passport-failure")
    check = case.checks.get()
    found = shown("bank", check.reference)
    assert list(found) == KEYS
    assert list(found["case"]) == ["number", "status", "queue", "outcome", "auto_approval"]
    assert [list(reason) for reason in found["reasons"]] == [["code", "summary"]] * len(found["reasons"])
    assert found["reasons"][0]["code"] == "passport_validation_failure"
    assert found | {"reasons": [], "facts": {}, "last_read_at": ""} == {
        "account": "bank",
        "reference": check.reference,
        "kind": "database",
        "status": "error",
        "outcome": "retry_required",
        "provider_verdict": "negative",
        "reasons": [],
        "facts": {},
        "sync_state": check.sync.state,
        "sync_error": "",
        "account_state": "ok",
        "followed_reference": "",
        "attempts": [],
        "reports": 1,
        "last_read_at": "",
        "case": {
            "number": case.pk,
            "status": "in_review",
            "queue": "retry_required",
            "outcome": "retry_required",
            "auto_approval": {
                "eligible": False,
                "blocked_by": ["result:bank131/database", "identity:full_name"],
            },
        },
    }
    assert found["last_read_at"].startswith(f"{timezone.now():%Y-}")


@pytest.mark.django_db(transaction=True)
def test_checks_that_were_never_fetched_or_are_blocked_are_shown_without_an_outcome(
    simulator: Simulator, bank: ProviderAccount, reference: Callable[..., str]
) -> None:
    waiting = due_check(bank, reference("ok", 5))
    found = shown("bank", waiting.reference)
    assert (found["outcome"], found["sync_state"], found["reports"]) == ("pending", "scheduled", 0)
    assert found["account_state"] == "not_read"
    assert (found["last_read_at"], found["sync_error"], found["reasons"]) == (None, "", [])
    blocked = factories.case_from(simulator, bank, "request-not-found").checks.get()
    found = shown("bank", blocked.reference)
    assert (found["outcome"], found["sync_state"], bool(found["sync_error"])) == ("pending", "blocked", True)
    assert (found["case"]["queue"], found["account_state"]) == ("unreadable", "ok")


@pytest.mark.django_db(transaction=True)
def test_a_followed_reference_and_attempts_are_shown(simulator: Simulator, account: MakeAccount) -> None:
    bank, identity = account("bank131", name="bank"), account("checkout_com", name="identity")
    followed = factories.case_from(simulator, bank, "already-exists-ok").checks.get()
    assert shown("bank", followed.reference)["followed_reference"] == followed.followed_reference != ""
    tried = factories.case_from(simulator, identity, "identity-retry-required-61112").checks.get()
    attempts = shown("identity", tried.reference)["attempts"]
    assert len(attempts) == len(tried.attempts) > 0
    assert {"id", "status", "codes", "summary", "started_at"} <= set(attempts[0])


@pytest.mark.django_db
def test_without_json_there_is_a_line_for_each_key(bank: ProviderAccount, reference: Callable[..., str]) -> None:
    check = due_check(bank, reference("ok", 1))
    said = io.StringIO()
    call_command("show_check", "bank", check.reference, stdout=said)
    assert [line.split(":")[0] for line in said.getvalue().splitlines()] == KEYS


@pytest.mark.django_db
def test_the_kind_distinguishes_two_checks_with_the_same_reference(account: MakeAccount, simulator: Simulator) -> None:
    desk = account("checkout_com", name="identity")
    case = factories.make_case()
    one = factories.add_check(case, desk, simulator.providers["checkout_com"].reference("identity-approved", 1))
    Check.objects.create(
        case=case,
        data_key=case.applicant.data_key,
        account=desk,
        provider="checkout_com",
        kind="face",
        reference=one.reference,
    )
    with pytest.raises(CommandError, match="Several checks have this reference: name the kind"):
        shown("identity", one.reference)
    assert shown("identity", one.reference, kind="identity")["kind"] == "identity"
    with pytest.raises(CommandError, match=r"There is no such check\."):
        shown("identity", one.reference, kind="aml")
    with pytest.raises(CommandError, match=r"There is no such check\."):
        shown("nobody", one.reference)


# --- demo_data -------------------------------------------------------------------------------------------------------


@pytest.fixture
def demo(simulator: Simulator, settings: LazySettings, tmp_path: Path, db: None) -> Path:
    """Settings of a demo with this simulator; returns the file with the passwords."""
    settings.DATA_DIR = tmp_path
    settings.SIMULATOR_URL = simulator.url
    settings.PROVIDER_EXTRA_HOSTS = frozenset({simulator.url.split("//", 1)[1]})
    return tmp_path / "demo-people.json"


def people_of(file: Path) -> Mapping[str, dict[str, str]]:
    found: Mapping[str, dict[str, str]] = json.loads(file.read_text())
    return found


def test_demo_data_are_complete_idempotent_and_restored(demo: Path, settings: LazySettings) -> None:
    call_command("demo_data")
    assert_demo_is_complete(demo)
    before = (rows_written(), DeskEvent.objects.count(), demo.read_text())
    call_command("demo_data")
    assert (rows_written(), DeskEvent.objects.count(), demo.read_text()) == before
    # Lost passwords are generated again, and accounts follow a simulator at another address.
    old = people_of(demo)
    demo.unlink()
    ProviderAccount.objects.update(base_url="http://127.0.0.1:1")
    call_command("demo_data")
    new = people_of(demo)
    assert old["manager"]["password"] != new["manager"]["password"]
    assert User.objects.get(username="manager").check_password(new["manager"]["password"])
    assert User.objects.count() == len(new)
    assert set(ProviderAccount.objects.values_list("base_url", flat=True)) == {settings.SIMULATOR_URL}
    assert DeskEvent.objects.filter(type=DeskEventType.ACCOUNT_CHANGED).count() == 5


def assert_demo_is_complete(demo: Path) -> None:
    assert stat.S_IMODE(demo.stat().st_mode) == 0o600
    people = people_of(demo)
    assert list(people) == ["analyst", "analyst2", "manager", "admin"]
    for role, sign_in in people.items():
        user = User.objects.get(username=sign_in["username"])
        assert user.check_password(sign_in["password"])
        assert user.groups.get().name == role.rstrip("2")
        assert (user.is_staff, user.is_superuser) == (role == "admin", False)
    assert User.objects.values("person").distinct().count() == len(people)
    assert ProviderAccount.objects.count() == 5
    assert set(ProviderAccount.objects.values_list("environment", flat=True)) == {"simulator"}
    assert Case.objects.count() >= 45
    assert CheckSync.objects.filter(next_read_at__lte=timezone.now()).count() >= 30
    assert Case.objects.filter(question=True).count() == 2
    assert OverrideProposal.objects.filter(state="open", proposed_by__username="analyst").count() == 2


def test_demo_data_keep_what_a_person_corrected(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo_data")
    case = Case.objects.order_by("pk").first()
    assert case is not None
    analyst = User.objects.get(username="analyst")
    corrections.correct(case.pk, by=analyst, reason="Typed wrongly.", values={"full_name": "Ada Corrected"})
    capsys.readouterr()
    call_command("demo_data")
    assert capsys.readouterr().err.count("line ") == 1
    assert Case.objects.get(pk=case.pk).applicant.full_name == "Ada Corrected"


def test_demo_data_is_refused_in_production(demo: Path, settings: LazySettings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=0: demo data are not allowed in production"):
        call_command("demo_data")
    assert (User.objects.count(), demo.exists()) == (0, False)


def test_a_simulator_that_does_not_answer_is_a_clear_error(demo: Path, settings: LazySettings) -> None:
    settings.SIMULATOR_URL = "http://127.0.0.1:1"
    with pytest.raises(CommandError, match="The simulator does not answer"):
        call_command("demo_data")


# --- all commands ----------------------------------------------------------------------------------------------------


def test_no_command_has_a_secret_as_an_argument() -> None:
    secret = ("credential", "password", "token", "secret", "api_key", "key", "project")
    ours = {name: app for name, app in get_commands().items() if app in ("compliance", "providers")}
    assert {"import_cases", "sync_due", "show_check", "demo_data", "provider_account", "up", "rotate_keys"} <= set(ours)
    for name, app in ours.items():
        parser = load_command_class(str(app), name).create_parser("manage.py", name)
        taken = [action.dest for action in parser._actions]
        assert [option for option in taken if any(word in option for word in secret)] == [], name


def _create_superuser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", factories.PASSWORD)
    call_command("createsuperuser", username="first", email="first@example.org", interactive=False, verbosity=0)


@pytest.mark.django_db
def test_the_first_admin_is_made_by_a_command_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    _create_superuser(monkeypatch)
    first = User.objects.get()
    assert first.is_superuser and [group.name for group in first.groups.all()] == ["admin"]
    (event,) = DeskEvent.objects.filter(type=DeskEventType.PERSON_CHANGED)
    assert (event.actor, event.data) == (None, {"user": first.pk, "what": "introduced", "group": "admin"})
    with pytest.raises(CommandError, match=r"^There is a superuser: superusers add other users under /admin/\.$"):
        _create_superuser(monkeypatch)


@pytest.mark.django_db
def test_no_first_admin_is_made_once_a_case_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    DeskPolicy.objects.update(auto_close=True)
    assertions.case_with("approved", kind="document", full_name="Ada Example")
    assert Decision.objects.exists()
    with pytest.raises(CommandError, match=r"^Cases have been decided: the first admin is made before that\.$"):
        _create_superuser(monkeypatch)
    assert not User.objects.exists()
