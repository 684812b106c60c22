"""System checks: each reports its fault and passes without one."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from compliance.project import system_checks
from providers.models import ProviderAccount
from tests.services import acting_as_desk_app

ROOT = Path(__file__).resolve().parents[3]
DEFAULT = ["default"]


def ids(messages: list[Any]) -> list[str]:
    return [str(message.id) for message in messages]


# --- E001: keys ------------------------------------------------------------------------------------------------------


def test_valid_keys_pass() -> None:
    assert system_checks.vault_keys(None) == []


@pytest.mark.parametrize("keys", ["", "k1", "k1:three words here", "k1:c2hvcnQ=", "k1:" + "A" * 43 + "="])
def test_invalid_keys_stop_the_start_and_are_not_printed(settings: LazySettings, keys: str) -> None:
    settings.VAULT_KEYS = keys
    (error,) = system_checks.vault_keys(None)
    assert error.id == "compliance.E001"
    assert not keys.partition(":")[2] or keys.partition(":")[2] not in f"{error.msg} {error.hint}"


# --- E002: settings of the task queue --------------------------------------------------------------------------------


def test_the_celery_settings_pass() -> None:
    assert system_checks.celery_settings(None) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CELERY_TASK_ACKS_LATE", False),
        ("CELERY_TASK_REJECT_ON_WORKER_LOST", False),
        ("CELERY_WORKER_PREFETCH_MULTIPLIER", 4),
        ("CELERY_ACCEPT_CONTENT", ["json", "pickle"]),
        ("CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT", 0),
        ("CELERY_TASK_TIME_LIMIT", 0),
        ("CELERY_TASK_TIME_LIMIT", system_checks.MAX_TASK_SECONDS + 1),
    ],
)
def test_a_setting_that_would_lose_or_repeat_work_is_named(settings: LazySettings, name: str, value: object) -> None:
    setattr(settings, name, value)
    (error,) = system_checks.celery_settings(None)
    assert (error.id, error.msg) == ("compliance.E002", f"{name} would lose or repeat work.")


def test_redelivery_comes_after_the_longest_task(settings: LazySettings) -> None:
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": system_checks.MAX_TASK_SECONDS}
    assert ids(system_checks.celery_settings(None)) == ["compliance.E002"]


@pytest.mark.parametrize("seconds", [system_checks.MAX_TASK_SECONDS, 300])
def test_in_production_a_lease_outlives_the_longest_task_and_ends_before_redelivery(
    settings: LazySettings, seconds: int
) -> None:
    settings.SYNC_LEASE_SECONDS = seconds
    assert system_checks.celery_settings(None) == []
    settings.DEMO = False
    (error,) = system_checks.celery_settings(None)
    assert (error.id, error.msg) == ("compliance.E002", "SYNC_LEASE_SECONDS would lose or repeat work.")


def test_rabbitmq_needs_no_visibility_timeout(settings: LazySettings) -> None:
    settings.CELERY_BROKER_URL = "amqp://broker.example/"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    settings.DEMO = False
    assert system_checks.celery_settings(None) == []


# --- E003: settings optional for a demo ------------------------------------------------------------------------------


def production(settings: LazySettings, **changes: object) -> None:
    values = {
        "DEMO": False,
        "ALLOWED_HOSTS": ["desk.example"],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
    }
    for name, value in (values | changes).items():
        setattr(settings, name, value)


def test_production_with_hosts_and_secure_cookies_passes(settings: LazySettings) -> None:
    production(settings)
    assert system_checks.production_settings(None) == []


@pytest.mark.parametrize(
    "change",
    [
        {"ALLOWED_HOSTS": []},
        {"ALLOWED_HOSTS": ["desk.example", "*"]},
        {"SESSION_COOKIE_SECURE": False},
        {"CSRF_COOKIE_SECURE": False},
    ],
)
def test_insecure_settings_are_refused_in_production_and_not_in_a_demo(
    settings: LazySettings, change: dict[str, object]
) -> None:
    production(settings, **change)
    assert ids(system_checks.production_settings(None)) == ["compliance.E003"]
    settings.DEMO = True
    assert system_checks.production_settings(None) == []


# --- E004: the running role ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_desk_app_may_run_production(settings: LazySettings) -> None:
    settings.DEMO = False
    with acting_as_desk_app():
        assert system_checks.database_role(None, databases=DEFAULT) == []


@pytest.mark.django_db
def test_the_owner_of_the_trail_may_run_a_demo_but_not_production(settings: LazySettings) -> None:
    settings.DEMO = False
    errors = system_checks.database_role(None, databases=DEFAULT)
    assert set(ids(errors)) == {"compliance.E004"}
    assert [table for table in system_checks.APPEND_ONLY_TABLES if any(table in error.msg for error in errors)] == list(
        system_checks.APPEND_ONLY_TABLES
    )
    settings.DEMO = True
    assert system_checks.database_role(None, databases=DEFAULT) == []


@pytest.mark.django_db
@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.parametrize("table", system_checks.APPEND_ONLY_TABLES)
def test_one_excessive_privilege_on_one_table_of_the_trail_is_found(
    settings: LazySettings, right: str, table: str
) -> None:
    settings.DEMO = False
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT {right} ON {table} TO desk_app")
    with acting_as_desk_app():
        (error,) = system_checks.database_role(None, databases=DEFAULT)
    assert error.id == "compliance.E004"
    assert table in error.msg


def test_the_database_is_not_queried_without_the_database_tag(settings: LazySettings) -> None:
    settings.DEMO = False
    assert system_checks.database_role(None, databases=None) == []
    assert system_checks.no_simulator_accounts(None, databases=[]) == []


# --- E005: accounts of the simulator ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("environment", ["live", "sandbox"])
def test_accounts_of_real_environments_may_run_production(settings: LazySettings, environment: str) -> None:
    settings.DEMO = False
    ProviderAccount.objects.create(
        name="bank", provider="bank131", environment=environment, base_url="https://x.example"
    )
    assert system_checks.no_simulator_accounts(None, databases=DEFAULT) == []


@pytest.mark.django_db
def test_an_account_of_the_simulator_is_refused_in_production_by_name(settings: LazySettings) -> None:
    ProviderAccount.objects.create(name="toy", provider="bank131", environment="simulator", base_url="http://x.example")
    assert system_checks.no_simulator_accounts(None, databases=DEFAULT) == []
    settings.DEMO = False
    (error,) = system_checks.no_simulator_accounts(None, databases=DEFAULT)
    assert (error.id, "toy" in error.msg) == ("compliance.E005", True)


@pytest.mark.django_db
def test_a_database_without_tables_passes(settings: LazySettings) -> None:
    settings.DEMO = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE providers_provideraccount RENAME TO elsewhere")
    assert system_checks.no_simulator_accounts(None, databases=DEFAULT) == []


# --- all checks, run as in an installation ---------------------------------------------------------------------------


def check(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    variables = {**os.environ, "DATABASE_URL": url, "DEMO": "0", "ALLOWED_HOSTS": "desk.example"}
    del variables["DJANGO_ALLOW_ASYNC_UNSAFE"]  # set for the tests, refused in production
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--database", "default", *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.promise("G17")
@pytest.mark.django_db(transaction=True)
def test_production_passes_every_check_as_desk_app_and_stops_as_the_owner(desk_app_url: str) -> None:
    well = check(desk_app_url, "--deploy", "--fail-level", "WARNING")
    assert (well.returncode, "no issues" in well.stdout + well.stderr) == (0, True), well.stderr[-2000:]
    owner = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + desk_app_url.rpartition("/")[2]
    refused = check(owner)
    assert (refused.returncode, "compliance.E004" in refused.stderr) == (1, True)
