"""A pytest plugin: a temporary PostgreSQL and Valkey for the whole run, and settings of the browser tests.

Loaded by name before everything else, because Django reads its settings when the first conftest is imported. The tests
run as `desk_owner`, which may create databases; `TEST_APP_URL` is the URL of the running role, see `desk_app`.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from compliance.embedded import keys, postgres, valkey
from compliance.embedded.processes import Child, free_port
from compliance.project import environment
from compliance.project.environment import BASE_DIR
from tests.browser import chromium

PREFIX = "review-desk-tests-"
BYTECODE = BASE_DIR / ".cache" / "bytecode"
# Temporary data need not survive a crash.
FAST_OPTIONS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
_children: list[Child] = []
_folder: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the servers once a run; xdist workers inherit the URLs."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's driver keeps an event loop in this thread
    program = chromium.node()
    if program is not None:
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(program))
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _share_bytecode()
        _clear_leftovers()
        atexit.register(_stop)  # for a run that ends before pytest is configured
        _start()


def _share_bytecode() -> None:
    """Compile each module once for all processes of all runs, also where Python may not write next to the source.

    The tests start hundreds of processes, and compiling takes most of the start of each.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(BYTECODE)


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)  # as root the database runs under another account
    _folder.append(folder)
    made = keys.make_keys()
    source = os.environ.get("EMBEDDED_POSTGRES") or "auto"
    cluster = postgres.Cluster(folder, log=folder / "postgres.log", made=made, source=source, options=FAST_OPTIONS)
    cluster.start(port=free_port(), register=_children.append)
    cluster.prepare(for_tests=True)
    port, broker_password = free_port(), made["BROKER_PASSWORD"]
    valkey.start(
        folder / "valkey", log=folder / "valkey.log", port=port, password=broker_password, register=_children.append
    )
    for name in environment.SECRET_NAMES:
        os.environ.pop(f"{name}_FILE", None)
    os.environ.update(
        {
            "SECRET_KEY": made["SECRET_KEY"],
            "VAULT_KEYS": made["VAULT_KEYS"],
            "DATABASE_URL": cluster.url(postgres.OWNER),
            "MIGRATION_DATABASE_URL": cluster.url(postgres.OWNER),
            "TEST_APP_URL": cluster.url(postgres.APP),
            "BROKER_URL": valkey.url(port=port, password=broker_password),
            "DATA_DIR": str(folder / "data"),
            "DEMO": "1",
        }
    )
    (folder / "data").mkdir(mode=0o711)


def pytest_unconfigure() -> None:
    """Stop the servers and delete their files."""
    _stop()


def _stop() -> None:
    while _children:
        _children.pop().stop()
    while _folder:
        shutil.rmtree(_folder.pop(), ignore_errors=True)


def _clear_leftovers() -> None:
    """Remove the folders of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        process = folder.name.removeprefix(PREFIX).split("-")[0]
        if process.isdigit() and not _alive(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def app_url() -> str:
    """URL of the current test database for `desk_app`, the running role."""
    from django.db import connection  # only after the plugin has set up the settings

    return urlsplit(os.environ["TEST_APP_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@pytest.fixture
def desk_app_url(db: None) -> str:
    """The current test database as `desk_app`, for processes that a test starts (DATABASE_URL)."""
    return app_url()


@pytest.fixture
def desk_app(transactional_db: None) -> Iterator[psycopg.Connection]:
    """A connection of `desk_app` to the current test database; it sees committed data only."""
    with psycopg.connect(app_url(), autocommit=True) as connection:
        yield connection


@contextmanager
def acting_as_desk_app() -> Iterator[None]:
    """Gives Django's connection the privileges of `desk_app`, in the same transaction."""
    from django.db import connection  # as above

    with connection.cursor() as cursor:
        cursor.execute("SET ROLE desk_app")
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute("RESET ROLE")


if __name__ == "__main__":
    sys.exit("This is a pytest plugin: run `make test`.")
