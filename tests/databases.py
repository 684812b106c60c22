"""The test databases: the first process of a run migrates one, and every process copies it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

TEMPLATE = "test_template"


def make_database() -> None:
    """Point Django at a fresh migrated database of this process; the server is thrown away with it."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with made_once(TEMPLATE, _migrate) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    _use(name)


@contextmanager
def made_once(name: str, fill: Callable[[str], None]) -> Iterator[psycopg.Connection]:
    """A connection to the server once this database exists: the first process of a run creates it, and `fill` gets the
    name that it has until it is complete. The other processes wait."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            unfinished = f"{name}_unfinished"
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(unfinished)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            fill(unfinished)
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
        yield server


def _migrate(name: str) -> None:
    _use(name)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable")
    connection.close()


def _use(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
