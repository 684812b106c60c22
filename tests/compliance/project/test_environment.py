"""Settings: an invalid value stops the start with a sentence that names the variable, never the value."""

import base64
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from compliance.embedded import keys
from compliance.project import environment
from compliance.project.environment import BASE_DIR, Environment, InvalidSettings
from tests.desk import clean_environment

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable of ours is set; DATA_DIR is an empty folder."""
    for name in Environment.model_fields:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEMO", "maybe"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("WEB_WORKERS", "0"),
        ("TRUSTED_PROXY_COUNT", "-1"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("LOG_LEVEL", "chatty"),
        ("SECRET_KEY", "hunter2"),
        ("VAULT_KEYS", "k1:bm90IDMyIGJ5dGVz"),
        ("VAULT_KEYS", f"k1:{KEY},k1:{KEY}"),
        ("VAULT_KEYS", "k1:%%%"),
        ("DATABASE_URL", "mysql://hunter2@host/desk"),
        ("DATABASE_URL", "postgresql://hunter2@host:port/desk"),
        ("DATABASE_URL", "postgresql://hunter2@host"),
        ("MIGRATION_DATABASE_URL", "hunter2"),
        ("BROKER_URL", "memory://hunter2"),
        ("CSRF_TRUSTED_ORIGINS", "hunter2.example"),
        ("PROVIDER_EXTRA_HOSTS", "http://hunter2:80/path"),
        ("EMBEDDED_POSTGRES", "cloud"),
    ],
)
def test_the_error_of_an_invalid_value_names_the_variable_and_not_the_value(
    alone: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as refused:
        environment.load(complete=False)
    sentence = str(refused.value)
    assert sentence.startswith(f"{name} cannot be read: ")
    assert sentence.count("\n") == 0
    assert value not in sentence or value.isdigit()
    assert "hunter2" not in sentence


def test_a_process_exits_with_the_message_and_no_traceback() -> None:
    ended = subprocess.run(
        [str(BASE_DIR / ".venv/bin/python"), "manage.py", "check"],
        cwd=BASE_DIR,
        env=clean_environment(DEMO="maybe", SECRET_KEY="hunter2"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "DEMO cannot be read: Input should be a valid boolean, unable to interpret input.",
        "SECRET_KEY cannot be read: at least 50 characters are expected.",
    ]


def test_the_defaults_are_a_demo_on_port_8000(alone: Path) -> None:
    found = environment.load(complete=False)
    assert (True, 8000, alone) == (found.DEMO, found.PORT, found.DATA_DIR)
    with pytest.raises(InvalidSettings, match=r"^Not set: SECRET_KEY, VAULT_KEYS, DATABASE_URL, BROKER_URL"):
        environment.load(complete=True)


def test_a_secret_can_be_read_from_a_file(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone / "secret").write_text("s" * 20 + "0123456789" * 4 + "\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(alone / "secret"))
    assert environment.load(complete=False).SECRET_KEY == "s" * 20 + "0123456789" * 4
    monkeypatch.setenv("SECRET_KEY", "x" * 20 + "0123456789" * 4)
    with pytest.raises(InvalidSettings, match=r"^SECRET_KEY and SECRET_KEY_FILE are both set: keep one.$"):
        environment.load(complete=False)


def test_a_secret_file_that_is_missing_is_named_by_its_variable(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_KEYS_FILE", str(alone / "nowhere"))
    with pytest.raises(InvalidSettings, match=r"^The file that VAULT_KEYS_FILE names cannot be read.$"):
        environment.load(complete=False)


def test_the_environment_overrides_the_files_of_the_start(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keys.load_or_create_keys(alone)
    running = {
        "DATABASE_URL": "postgresql://desk_app@127.0.0.1:1/desk",
        "MIGRATION_DATABASE_URL": "postgresql://o@h/desk",
    }
    keys.write_private(alone / environment.RUNNING_FILE, running | {"BROKER_URL": "redis://127.0.0.1:1/0"})
    found = environment.load(complete=True)
    assert (kept["SECRET_KEY"], kept["VAULT_KEYS"]) == (found.SECRET_KEY, found.VAULT_KEYS)
    assert running["MIGRATION_DATABASE_URL"] == found.MIGRATION_DATABASE_URL
    monkeypatch.setenv("DATABASE_URL", "postgresql://me@elsewhere/other")
    found = environment.load(complete=True)
    assert (found.DATABASE_URL, found.MIGRATION_DATABASE_URL) == ("postgresql://me@elsewhere/other", "")


def test_the_first_vault_key_is_the_current_one_and_both_alphabets_are_read() -> None:
    other = base64.urlsafe_b64encode(b"\xff" * 32).decode()
    ring = environment.read_vault_keys(f"new:{other}, old:{KEY}")
    assert list(ring.items()) == [("new", b"\xff" * 32), ("old", bytes(range(32)))]


def test_a_database_url_is_parsed() -> None:
    found = environment.database_from_url("postgres://de%40sk:p%2Fw@db.example:6432/the%20desk?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("de@sk", "p/w", "db.example", "6432")
    assert (found["NAME"], found["OPTIONS"]) == ("the desk", {"connect_timeout": 5, "sslmode": "require"})
    assert environment.database_from_url("postgresql:///desk?host=/run/pg")["HOST"] == "/run/pg"


def test_no_setting_shows_a_secret(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2" * 10)
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@host/desk")
    assert "hunter2" not in repr(environment.load(complete=False))


def test_every_setting_is_described() -> None:
    for name, field in Environment.model_fields.items():
        assert field.description and field.description.endswith("."), name


def test_debug_cannot_be_switched_on() -> None:
    ended = subprocess.run(
        [str(BASE_DIR / ".venv/bin/python"), "-c", "from compliance import settings; print(settings.DEBUG)"],
        cwd=BASE_DIR,
        env=clean_environment(DEBUG="1"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "False\n"


def test_the_order_of_the_time_limits_prevents_repeated_work() -> None:
    times = [
        settings.SYNC_SLICE_SECONDS,
        settings.CELERY_TASK_SOFT_TIME_LIMIT,
        settings.CELERY_TASK_TIME_LIMIT,
        settings.SYNC_LEASE_SECONDS,
        settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"],
    ]
    assert times == sorted(set(times))
