"""A database with the data of the release before, migrated to this release.

`desk_of_0009.json` was written by the code of that release (commit 126c2c7): its actions and its simulator made the
rows, its vault encrypted them, its views recorded the views. It holds the vault keys, which protect invented people.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from psycopg import sql

from tests import databases
from tests.compliance.views.pages import forget_caches
from tests.providers.vault.key_cache import forget_data_keys

ROOT = Path(__file__).resolve().parents[2]
RELEASE_BEFORE = ("compliance", "0009_copies_go_on_from_what_came")
TIMEOUT = 240
MIGRATE_ONE_BY_ONE = f"""
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
executor.loader.replace_migrations = False
executor.loader.build_graph()
executor.migrate([{RELEASE_BEFORE!r}])
"""
"""The command ``migrate`` goes to the end of migrations that are squashed."""


@pytest.fixture(scope="session")
def stored() -> dict[str, Any]:
    """The rows, files and keys as the release before left them, and what its code said about them."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "desk_of_0009.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def upgraded_url(stored: dict[str, Any]) -> str:
    """The address of the migrated database, as the role that owns tables. All processes of a run use it; no test leaves
    rows in it."""
    server = urlsplit(os.environ["MIGRATION_DATABASE_URL"])

    def fill(name: str) -> None:
        url = server._replace(path=f"/{name}").geturl()
        run(url, stored["vault_keys"], "-c", MIGRATE_ONE_BY_ONE)
        load(url, stored["tables"])
        manage(url, stored["vault_keys"], "migrate", "--skip-checks")
        manage(url, stored["vault_keys"], "createcachetable")

    with databases.made_once("upgraded", fill):
        return server._replace(path="/upgraded").geturl()


def manage(url: str, keys: str, command: str, *arguments: str) -> None:
    """A command in a process of its own, as an installation runs it."""
    run(url, keys, "manage.py", command, *arguments, "--verbosity", "0")


def run(url: str, keys: str, *arguments: str) -> None:
    """Python in a process of its own, for this database."""
    environment = {"DATABASE_URL": url, "MIGRATION_DATABASE_URL": url, "VAULT_KEYS": keys}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "compliance.settings"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def load(url: str, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Replace the rows of these tables. Guards are off meanwhile: they allow no proposal that begins answered."""
    with psycopg.connect(url) as opened:
        for name in tables:
            opened.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(name)))
        for name in tables:
            opened.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for name, rows in tables.items():
            insert = "INSERT INTO {0} SELECT * FROM jsonb_populate_recordset(NULL::{0}, %s)"
            opened.execute(sql.SQL(insert).format(sql.Identifier(name)), [json.dumps(rows)])
        opened.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name, rows in tables.items():
            opened.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(name)))
            if isinstance(rows[0].get("id"), int):
                opened.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [name, max(row["id"] for row in rows)]
                )


@pytest.fixture
def upgraded(
    stored: dict[str, Any],
    upgraded_url: str,
    django_db_blocker: Any,
    settings: LazySettings,
    documents_folder: Path,
) -> Iterator[dict[str, Any]]:
    """What the release before expects of its data; Django is connected to the migrated database, and what the test
    writes is rolled back."""
    settings.VAULT_KEYS = stored["vault_keys"]
    for name, content in stored["files"].items():
        path = documents_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    with django_db_blocker.unblock():
        before = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = urlsplit(upgraded_url).path.removeprefix("/")
        try:
            forget_data_keys()
            forget_caches()
            with transaction.atomic():
                yield stored["expected"]
                transaction.set_rollback(True)
        finally:
            forget_caches()
            connection.close()
            connection.settings_dict["NAME"] = before
            forget_data_keys()
