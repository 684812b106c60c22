"""Migrations: complete, named and reversible, and the content of every migrated database."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from psycopg import sql

from compliance.default_policies import TERMS
from compliance.enums import DecisionVerdict, Queue
from compliance.models import DeskPolicy, QueueTerm, ReasonCode
from compliance.roles import GROUP_PERMISSIONS
from tests import databases

ROOT = Path(__file__).resolve().parents[1]
NAMES = [path.stem for app in ("compliance", "providers") for path in (ROOT / app / "migrations").glob("0*.py")]
OWN_TABLES = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'compliance_%' OR tablename LIKE 'providers_%'"
OWN_FUNCTIONS = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'compliance_%'"
RULES = """
    SELECT jsonb_build_object(
        'groups', (SELECT jsonb_object_agg(g.name, (
            SELECT jsonb_agg(p.codename ORDER BY p.codename) FROM auth_group_permissions gp
            JOIN auth_permission p ON p.id = gp.permission_id WHERE gp.group_id = g.id)) FROM auth_group g),
        'policy', (SELECT jsonb_agg(p) FROM compliance_deskpolicy p),
        'terms', (SELECT jsonb_object_agg(t.queue, t.hours) FROM compliance_queueterm t),
        'reasons', (SELECT jsonb_object_agg(r.code, to_jsonb(r)) FROM compliance_reasoncode r),
        'permissions', (SELECT count(*) FROM auth_permission))
"""


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as opened:
        return opened.execute(statement).fetchall()


@pytest.fixture
def migrated_database(django_db_setup: None) -> Iterator[str]:
    """URL of a new migrated database, for the role that owns the tables."""
    server, name = os.environ["MIGRATION_DATABASE_URL"], f"migrations_{os.getpid()}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(server, autocommit=True) as opened:
        opened.execute(create.format(sql.Identifier(name), sql.Identifier(databases.TEMPLATE)))
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(server, autocommit=True) as opened:
        opened.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def migrate(url: str, *arguments: str) -> None:
    """Run ``migrate`` in a process, as an installation does."""
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--skip-checks", "--verbosity", "0", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.django_db
def test_every_model_change_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_names_say_what_migrations_do() -> None:
    assert NAMES
    assert [name for name in NAMES if not re.fullmatch(r"\d{4}(_[a-z0-9]+){3,}", name)] == []
    assert [name for name in NAMES if re.search(r"_(auto|initial|alter_.*_and_more|merge)", name)] == []


def test_an_empty_database_is_migrated_forwards_backwards_and_forwards_again(migrated_database: str) -> None:
    ((tables,),) = rows(migrated_database, OWN_TABLES)
    assert isinstance(tables, int) and tables > 20
    before = rows(migrated_database, RULES)

    migrate(migrated_database, "providers", "zero")  # and with it compliance, which depends on it
    assert rows(migrated_database, OWN_TABLES) == [(0,)]
    assert rows(migrated_database, OWN_FUNCTIONS) == [(0,)]

    migrate(migrated_database)
    assert rows(migrated_database, OWN_TABLES) == [(tables,)]
    assert rows(migrated_database, RULES) == before


@pytest.mark.django_db
def test_migrating_again_keeps_the_settings_of_admins() -> None:
    QueueTerm.objects.filter(queue=Queue.DECLINED).update(hours=5)
    DeskPolicy.objects.update(auto_close=False)
    ReasonCode.objects.filter(code="OK-01").update(active=False)
    before = stored_rules()
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert stored_rules() == before
    assert before["terms"]["declined"] == 5


def stored_rules() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(RULES)
        found: dict[str, Any] = json.loads(cursor.fetchone()[0])
    return found


@pytest.mark.django_db
def test_the_running_role_may_only_read_and_append_the_trail() -> None:
    tables = ["compliance_event", "compliance_deskevent", "compliance_viewrecord", "compliance_decision"]
    rights = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"]
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.name, string_agg(r.name, ' ' ORDER BY r.name)
               FROM unnest(%s::text[]) t(name), unnest(%s::text[]) r(name)
               WHERE has_table_privilege('desk_app', t.name, r.name) GROUP BY t.name""",
            [tables, rights],
        )
        expected = dict.fromkeys(tables, "INSERT SELECT") | {"compliance_event": "SELECT"}  # a function appends
        assert dict(cursor.fetchall()) == expected


@pytest.mark.django_db
def test_a_migrated_database_has_the_three_groups_with_their_permissions() -> None:
    found = {
        group.name: {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()}
        for group in Group.objects.prefetch_related("permissions__content_type")
    }
    assert found == {name: set(permissions) for name, permissions in GROUP_PERMISSIONS.items()}
    assert set(found) == {"analyst", "manager", "admin"}


@pytest.mark.django_db
def test_no_group_may_touch_applicants_cases_or_the_trail_in_admin() -> None:
    granted = Permission.objects.filter(group__isnull=False).values_list("content_type__model", flat=True)
    closed = {"applicant", "check", "checkreport", "document", "blob", "decision", "event", "deskevent", "viewrecord"}
    assert closed & set(granted) == set()


@pytest.mark.django_db
def test_a_migrated_database_has_default_policies() -> None:
    assert DeskPolicy.objects.get().auto_close is True
    assert dict(QueueTerm.objects.values_list("queue", "hours")) == {q.value: TERMS[q] for q in Queue}
    usable = {verdict for code in ReasonCode.objects.filter(active=True) for verdict in code.verdicts}
    assert usable == set(DecisionVerdict.values)
