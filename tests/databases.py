"""The test databases: the first process of a run migrates one, and every process copies it."""

import os

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

TEMPLATE = "test_template"
_LOCK = 7_351_204


def make_database() -> None:
    """Point Django at a fresh migrated database of this process; the server is thrown away with it."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            _migrate(server)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    _use(name)


def _migrate(server: psycopg.Connection) -> None:
    unfinished = sql.Identifier(f"{TEMPLATE}_unfinished")
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(unfinished))
    server.execute(sql.SQL("CREATE DATABASE {}").format(unfinished))
    _use(f"{TEMPLATE}_unfinished")
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable")
    connection.close()
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(unfinished, sql.Identifier(TEMPLATE)))


def _use(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
