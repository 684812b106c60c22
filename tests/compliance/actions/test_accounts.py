"""Accounts: validation, storage, recorded changes, and write-only credentials."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from compliance import audit
from compliance.actions import accounts
from compliance.enums import AccountHealth, DeskEventType, FaultArea
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import AccountState, AccountToken, DeskEvent, User
from providers import provider_class, provider_names
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from providers.vault import fingerprint
from tests import factories
from tests.providers.expectations import all_expectations

ROOT = Path(__file__).resolve().parents[3]
CANARIES = {name: dict(expected.credentials) for name, expected in all_expectations()}


def live(provider: str, /, **given: Any) -> dict[str, Any]:
    """The fields of an account, as an admin enters them."""
    host = provider_class(provider).official_hosts["live"][0]
    return {
        "provider": provider,
        "name": f"{provider} live",
        "environment": "live",
        "base_url": f"https://{host}",
        "credentials": CANARIES[provider],
        **given,
    }


def events(kind: DeskEventType) -> list[dict[str, Any]]:
    return [event.data for event in DeskEvent.objects.filter(type=kind).order_by("pk")]


@pytest.mark.parametrize("provider", provider_names())
def test_an_account_has_state_event_and_encrypted_credentials(admin: User, provider: str) -> None:
    made = accounts.create(by=admin, **live(provider))
    stored = ProviderAccount.objects.get(pk=made.pk)
    assert stored.credentials == CANARIES[provider]
    assert (stored.credentials_changed_by, stored.settings) == (admin.label, {})
    assert AccountState.objects.get(account=stored).health == AccountHealth.OK
    (event,) = events(DeskEventType.ACCOUNT_CREATED)
    assert event["account"] == f"{provider} live"
    assert event["credentials"] == {name: fingerprint(value) for name, value in CANARIES[provider].items()}
    assert "canary" not in json.dumps(event)
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text, encode(credentials, 'escape') FROM providers_provideraccount p")
        assert "canary" not in str(cursor.fetchall())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"provider": "acme"}, "provider"),
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "line\nbreak"}, "name"),
        ({"environment": "production"}, "environment"),
        ({"base_url": "https://evil.example"}, "base_url"),
        ({"base_url": "http://kyc.bank131.ru"}, "base_url"),
        ({"base_url": "https://kyc.bank131.ru:8443"}, "base_url"),
        ({"base_url": "https://kyc.bank131.ru@evil.example"}, "base_url"),
        ({"base_url": "https://kyc.bank131.ru.evil.example"}, "base_url"),
        ({"base_url": "https://kyc-stage.bank131.ru"}, "base_url"),
        ({"base_url": "https://kyc.bank131.ru/?to=evil"}, "base_url"),
        ({"base_url": "https://kyc.bank131.ru/a/../b"}, "base_url"),
        ({"base_url": "http://127.0.0.1:9100"}, "base_url"),
        ({"base_url": "file:///etc/passwd"}, "base_url"),
        ({"credentials": {}}, "credentials"),
        ({"credentials": {"token": "x"}}, "credentials"),
        ({"credentials": {"project": "two\nlines"}}, "credentials.project"),
        ({"credentials": {"project": "x" * 5000}}, "credentials.project"),
        ({"settings": {"unheard_of": 1}}, "settings.unheard_of"),
        ({"settings": {"read_method": "DELETE"}}, "settings.read_method"),
        ({"settings": {"path_prefix": "//evil.example/"}}, "settings.path_prefix"),
        ({"settings": {"path_prefix": 7}}, "settings.path_prefix"),
        ({"evidence_hosts": ["https://cdn.example"]}, "evidence_hosts"),
        ({"evidence_hosts": ["cdn.example/path"]}, "evidence_hosts"),
        ({"rate_per_second": 0}, "rate_per_second"),
        ({"rate_per_second": float("nan")}, "rate_per_second"),
        ({"rate_per_second": True}, "rate_per_second"),
        ({"concurrency": 1000}, "concurrency"),
        ({"poll_interval_seconds": 0}, "poll_interval_seconds"),
        ({"paused_by": "me"}, "paused_by"),
    ],
)
def test_invalid_account_fields_are_refused_by_field(admin: User, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        accounts.create(by=admin, **live("bank131", **change))
    assert caught.value.field == field
    assert not ProviderAccount.objects.exists()
    assert not DeskEvent.objects.exists()


@pytest.mark.parametrize(
    ("provider", "chosen", "field"),
    [
        ("checkout_com", {"token_url": "https://evil.example/connect/token"}, "settings.token_url"),
        ("checkout_com", {"token_url": "https://access.checkout.com.evil.example/connect/token"}, "settings.token_url"),
        ("checkout_com", {"token_url": "http://access.checkout.com/connect/token"}, "settings.token_url"),
        ("checkout_com", {"token_url": "https://access.sandbox.checkout.com/connect/token"}, "settings.token_url"),
        ("btc_direct", {"approved_statuses": "completed"}, "settings.approved_statuses"),
        ("btc_direct", {"approved_statuses": [""]}, "settings.approved_statuses"),
        ("btc_direct", {"user_identifier_header": "X: y\r\n"}, "settings.user_identifier_header"),
        ("advance_ai", {"similarity_decline_below": 101}, "settings.similarity_decline_below"),
        ("preventor", {"send_tenant_headers": "yes"}, "settings.send_tenant_headers"),
    ],
)
def test_unsafe_settings_are_refused(admin: User, provider: str, chosen: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        accounts.create(by=admin, **live(provider, settings=chosen, evidence_hosts=["evil.example"]))
    assert caught.value.field == field


def test_the_official_token_host_of_the_environment_is_allowed(admin: User) -> None:
    url = "https://pl-desk.access.checkout.com/connect/token"
    made = accounts.create(by=admin, **live("checkout_com", settings={"token_url": url}))
    assert made.settings == {"token_url": url}


def test_hosts_of_the_installation_are_allowed_with_and_without_tls(admin: User, settings: LazySettings) -> None:
    settings.PROVIDER_EXTRA_HOSTS = frozenset({"proxy.internal:8443", "127.0.0.1:9100"})
    for number, url in enumerate(
        ("https://proxy.internal:8443", "http://127.0.0.1:9100/", "http://127.0.0.1:9100/kyc")
    ):
        made = accounts.create(by=admin, **live("bank131", name=f"a{number}", base_url=url))
        assert made.base_url == url.rstrip("/")
    with pytest.raises(InvalidInput):
        accounts.create(by=admin, **live("bank131", name="b", base_url="http://127.0.0.1:9101"))


def test_a_name_is_unique_and_a_failed_attempt_leaves_the_transaction_usable(admin: User) -> None:
    accounts.create(by=admin, **live("bank131"))
    with pytest.raises(InvalidInput) as caught:
        accounts.create(by=admin, **live("bank131"))
    assert caught.value.field == "name"
    assert ProviderAccount.objects.count() == 1


def test_blank_credentials_change_nothing_and_a_part_replaces_its_part(admin: User) -> None:
    made = accounts.create(by=admin, **live("btc_direct"))
    accounts.change(made.pk, by=admin, credentials={"username": "", "password": ""}, rate_per_second=2.0)
    assert ProviderAccount.objects.get(pk=made.pk).credentials == CANARIES["btc_direct"]
    accounts.change(made.pk, by=admin, credentials={"password": "new-canary"})
    stored = ProviderAccount.objects.get(pk=made.pk)
    assert stored.credentials == {"username": "canary-user-1", "password": "new-canary"}
    assert stored.credential_fingerprints["password"] == fingerprint("new-canary")
    pace, secret = events(DeskEventType.ACCOUNT_CHANGED)
    assert pace["changed"] == {"rate_per_second": [5.0, 2.0]}
    assert secret["changed"] == {"credentials": {"password": fingerprint("new-canary")}}


def test_a_complete_set_replaces_another_one(admin: User) -> None:
    made = accounts.create(by=admin, **live("btc_direct"))
    accounts.change(made.pk, by=admin, credentials={"api_key": "canary-key"})
    assert ProviderAccount.objects.get(pk=made.pk).credentials == {"api_key": "canary-key"}
    (event,) = events(DeskEventType.ACCOUNT_CHANGED)
    assert event["changed"]["credentials"] == {
        "api_key": fingerprint("canary-key"),
        "username": "removed",
        "password": "removed",
    }
    with pytest.raises(InvalidInput):
        accounts.change(made.pk, by=admin, credentials={"username": "half"})


def test_stored_credentials_are_not_sent_to_another_host(admin: User, settings: LazySettings) -> None:
    settings.PROVIDER_EXTRA_HOSTS = frozenset({"collector.internal"})
    made = accounts.create(by=admin, **live("bank131"))
    moves: tuple[dict[str, Any], ...] = (
        {"base_url": "http://collector.internal"},
        {"environment": "sandbox", "base_url": "https://kyc-stage.bank131.ru"},
    )
    for moved in moves:
        with pytest.raises(InvalidInput) as caught:
            accounts.change(made.pk, by=admin, **moved)
        assert caught.value.field == "credentials"
    accounts.change(made.pk, by=admin, credentials={"project": "other"}, base_url="http://collector.internal")
    assert ProviderAccount.objects.get(pk=made.pk).credentials == {"project": "other"}


def test_another_token_url_needs_the_credentials_again(admin: User) -> None:
    oauth = {"client_id": "canary-id", "client_secret": "canary-secret"}
    made = accounts.create(by=admin, **live("checkout_com", credentials=oauth))
    elsewhere = {"token_url": "https://pl-desk.access.checkout.com/connect/token"}
    with pytest.raises(InvalidInput) as caught:
        accounts.change(made.pk, by=admin, settings=elsewhere)
    assert (caught.value.field, ProviderAccount.objects.get(pk=made.pk).settings) == ("credentials", {})
    accounts.change(made.pk, by=admin, settings=elsewhere, credentials=oauth)
    with pytest.raises(InvalidInput):
        accounts.change(made.pk, by=admin, settings={})
    assert ProviderAccount.objects.get(pk=made.pk).settings == elsewhere


def test_an_account_with_checks_stays_in_its_environment(
    account: Callable[..., ProviderAccount], simulator: Simulator, admin: User
) -> None:
    used = account("bank131")
    factories.add_check(factories.make_case(), used, "1")
    with pytest.raises(InvalidInput) as caught:
        accounts.change(used.pk, by=admin, environment="live", credentials={"project": "p"})
    assert caught.value.field == "environment"


def test_unchanged_fields_are_neither_written_nor_recorded(admin: User) -> None:
    made = accounts.create(by=admin, **live("bank131"))
    at = made.credentials_changed_at
    accounts.change(made.pk, by=admin, credentials=CANARIES["bank131"], name=made.name, settings={"read_method": ""})
    assert events(DeskEventType.ACCOUNT_CHANGED) == []
    assert ProviderAccount.objects.get(pk=made.pk).credentials_changed_at == at


def test_a_change_clears_fault_and_token_but_not_a_requested_pause(admin: User) -> None:
    made = accounts.create(by=admin, **live("advance_ai"))
    until = timezone.now() + timedelta(minutes=5)
    states = AccountState.objects.filter(account=made)
    states.update(
        health="blocked", fault="CredentialsRefused", fault_since=timezone.now(), failures=4, throttled_until=until,
        not_before=until,
    )  # fmt: skip
    AccountToken.objects.create(account=made, value="canary-token", expires_at=until)
    accounts.change(made.pk, by=admin, concurrency=3)
    assert states.get().health == AccountHealth.BLOCKED
    accounts.change(made.pk, by=admin, credentials={"secret_key": "corrected"})
    state = states.get()
    assert (state.health, state.fault, state.failures, state.not_before) == ("ok", "", 0, None)
    assert (state.throttled_until, state.generation) == (until, 1)
    assert not AccountToken.objects.exists()


def test_pause_and_resume_record_author_and_time_once(admin: User) -> None:
    made = accounts.create(by=admin, **live("bank131"))
    for _ in range(2):
        accounts.pause(made.pk, by=admin)
    stored = ProviderAccount.objects.get(pk=made.pk)
    assert stored.paused_by == admin.label
    assert stored.paused_at is not None
    for _ in range(2):
        accounts.resume(made.pk, by=admin)
    stored = ProviderAccount.objects.get(pk=made.pk)
    assert (stored.paused_at, stored.paused_by) == (None, "")
    assert len(events(DeskEventType.ACCOUNT_PAUSED)) == len(events(DeskEventType.ACCOUNT_RESUMED)) == 1


def test_a_good_test_ends_a_fault_and_a_bad_one_changes_nothing(admin: User) -> None:
    made = accounts.create(by=admin, **live("bank131"))
    states = AccountState.objects.filter(account=made)
    states.update(health="failing", fault="ProviderUnavailable", fault_since=timezone.now(), failures=5)
    accounts.record_test(made.pk, by=admin, result=accounts.TestResult(area=FaultArea.NETWORK, sentence="No answer."))
    assert states.get().health == AccountHealth.FAILING
    accounts.record_test(made.pk, by=admin, result=accounts.TestResult(sentence="It works."))
    assert (states.get().health, states.get().generation) == (AccountHealth.OK, 1)
    assert [event["result"] for event in events(DeskEventType.ACCOUNT_TESTED)] == ["network", "ok"]
    assert len(events(DeskEventType.ACCOUNT_RECOVERED)) == 1


@pytest.mark.parametrize("verb", ["create", "change", "pause", "resume", "record_test"])
def test_changing_accounts_needs_the_permission(admin: User, analyst: User, verb: str) -> None:
    made = accounts.create(by=admin, **live("bank131"))
    with pytest.raises(NotAllowed):
        if verb == "create":
            accounts.create(by=analyst, **live("bank131", name="other"))
        elif verb == "change":
            accounts.change(made.pk, by=analyst, rate_per_second=1.0)
        elif verb == "record_test":
            accounts.record_test(made.pk, by=analyst, result=accounts.TestResult(sentence="x"))
        else:
            getattr(accounts, verb)(made.pk, by=analyst)
    assert DeskEvent.objects.count() == 1


class _Full(Exception):
    """The trail cannot be written."""


@pytest.mark.parametrize("verb", ["create", "change", "pause", "resume", "record_test"])
def test_without_its_event_nothing_changes(admin: User, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    made = accounts.create(by=admin, **live("bank131"))
    if verb == "resume":
        accounts.pause(made.pk, by=admin)
    states = AccountState.objects.filter(account=made)
    states.update(health="failing", fault="ProviderUnavailable", fault_since=timezone.now())
    before = (ProviderAccount.objects.values().get(pk=made.pk)["paused_at"], states.values().get())

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise _Full

    monkeypatch.setattr(audit, "record_desk", refuse)
    with pytest.raises(_Full):
        if verb == "create":
            accounts.create(by=admin, **live("bank131", name="other"))
        elif verb == "change":
            accounts.change(made.pk, by=admin, credentials={"project": "new"})
        elif verb == "record_test":
            accounts.record_test(made.pk, by=admin, result=accounts.TestResult(sentence="x"))
        else:
            getattr(accounts, verb)(made.pk, by=admin)
    stored = ProviderAccount.objects.get()
    assert stored.credentials == CANARIES["bank131"]
    assert (stored.paused_at, states.values().get()) == before


# The command


def run(arguments: list[str], stdin: str, url: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run ``manage.py provider_account`` in a process, as ``desk_app``."""
    process = {**os.environ, "DATABASE_URL": url, **environment}
    process.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "provider_account", *arguments],
        input=stdin,
        env=process,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_here(arguments: list[str], stdin: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Output of the command, run in this process."""
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    call_command("provider_account", *arguments, stdout=printed)
    return printed.getvalue()


def test_the_command_removes_a_credential_that_is_null(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    url = provider_class("preventor").base_url("live")
    account = ["--provider", "preventor", "--name", "tickets", "--environment", "live", "--base-url", url]
    run_here(account, '{"credentials": {"token": "token-1", "api_key": "key-1"}}', monkeypatch)
    run_here(account, '{"credentials": {"api_key": null}}', monkeypatch)
    assert ProviderAccount.objects.get().credentials == {"token": "token-1"}
    with pytest.raises(CommandError, match="Preventor needs Token"):
        run_here(account, '{"credentials": {"token": null}}', monkeypatch)


BANK = ["--provider", "bank131", "--name", "bank", "--environment", "live", "--base-url", "https://kyc.bank131.ru"]


@pytest.mark.django_db(transaction=True)
def test_the_command_creates_updates_and_prints_the_id(
    desk_app_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {
        "credentials": {"project": "canary-1"},
        "settings": {"path_prefix": "/api/v2", "poll_interval_seconds": 30},
    }
    made = run(BANK, json.dumps(given), desk_app_url)
    assert made.returncode == 0, made.stderr
    account = ProviderAccount.objects.get()
    assert made.stdout.strip() == str(account.pk)
    assert (account.credentials, account.settings) == ({"project": "canary-1"}, {"path_prefix": "/api/v2"})
    assert (account.poll_interval_seconds, account.credentials_changed_by) == (30, accounts.NOBODY)
    assert run_here(BANK, json.dumps(given), monkeypatch) == made.stdout
    assert DeskEvent.objects.count() == 1
    update = {"settings": {"read_method": "GET", "path_prefix": None, "rate_per_second": 3, "rhythm_seconds": None}}
    changed = run_here(["--provider", "bank131", "--name", "bank"], json.dumps(update), monkeypatch)
    assert changed == made.stdout
    account = ProviderAccount.objects.get()
    assert (account.credentials, account.settings) == ({"project": "canary-1"}, {"read_method": "GET"})
    assert (account.rate_per_second, account.poll_interval_seconds) == (3, None)
    assert "canary" not in made.stdout + made.stderr + changed + "".join(capsys.readouterr())


@pytest.mark.django_db(transaction=True)
def test_the_command_fails_without_repeating_its_input(desk_app_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "is not JSON": (BANK, '{"credentials": {"project": "canary-1"'),
        "nothing else": (BANK, '{"credentials": {"project": "canary-1"}, "canary-2": 1}'),
        "must be an object of strings": (BANK, '{"credentials": {"project": ["canary-1"]}}'),
        "no credential of that name": (BANK, '{"credentials": {"canary-1": "canary-2"}}'),
        "requires --environment and --base-url": (BANK[:4], '{"credentials": {"project": "canary-1"}}'),
        "not one of the hosts": ([*BANK[:-1], "https://evil.example"], '{"credentials": {"project": "canary-1"}}'),
        "needs Project": (BANK, ""),
    }
    for part, (arguments, stdin) in wrong.items():
        # Django prints this error as one line without a traceback and ends with its return code.
        with pytest.raises(CommandError) as refusal:
            run_here(arguments, stdin, monkeypatch)
        assert refusal.value.returncode == 1, part
        assert part in str(refusal.value)
        assert "canary" not in str(refusal.value)
    done = run(*wrong["is not JSON"], desk_app_url)
    assert done.returncode == 1
    assert "is not JSON" in done.stderr
    assert "canary" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not ProviderAccount.objects.exists()
