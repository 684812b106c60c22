"""Empties the test database after a transactional test, at a fraction of the cost of Django's flush.

Flush truncates all tables and creates permissions, groups, policies and a key again. Here only tables with rows are
emptied, and the rows that flush creates are left in place as long as they are unchanged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.core.management import call_command
from django.db import Error, connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

_created: dict[str, set[str]] = {}
"""Table -> digests of the rows that flush creates in it."""


def install() -> None:
    """Use it in place of flush."""
    TransactionTestCase._fixture_teardown = lambda test: empty()  # type: ignore[attr-defined]


def empty() -> None:
    """Leave the rows that flush would leave."""
    try:
        found = _digests(_created)
        if _created and all(found[table] >= rows for table, rows in _created.items()):
            added = {table: found[table] - rows for table, rows in _created.items() if found[table] != rows}
            _delete(_filled(table for table in _tables() if table not in _created), added)
            return
    except Error:  # refused by a foreign key, or the test has closed the connection
        connection.close()
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
    _created.clear()
    _created.update(_digests(_filled(_tables())))


@cache
def _tables() -> tuple[str, ...]:
    return tuple(connection.introspection.django_table_names(only_existing=True, include_views=False))


@cache
def _append_only() -> frozenset[str]:
    """Tables whose triggers refuse DELETE."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname ~ '_no_truncate$'")
        return frozenset(table for (table,) in cursor.fetchall())


def _filled(tables: Iterable[str]) -> list[str]:
    """Those with rows."""
    asked = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    return [table for (table,) in _rows(asked.format(sql.Literal(table), sql.Identifier(table)) for table in tables)]


def _digests(tables: Iterable[str]) -> dict[str, set[str]]:
    """Table -> digests of its rows."""
    asked = sql.SQL("SELECT {}, md5(line::text) FROM {} AS line")
    found: dict[str, set[str]] = defaultdict(set)
    for table, digest in _rows(asked.format(sql.Literal(table), sql.Identifier(table)) for table in tables):
        found[table].add(digest)
    return found


def _rows(queries: Iterable[sql.Composed]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(queries).as_string(cursor.connection))
        return list(cursor.fetchall())


def _delete(tables: list[str], added: Mapping[str, set[str]]) -> None:
    """Empty these tables, and remove the added rows, given as digests, from the others."""
    guarded = [table for table in tables if table in _append_only()]
    alter, disable, enable = "ALTER TABLE {} {} TRIGGER USER", sql.SQL("DISABLE"), sql.SQL("ENABLE")
    with transaction.atomic(), connection.cursor() as cursor:
        for table in guarded:
            cursor.execute(sql.SQL(alter).format(sql.Identifier(table), disable).as_string())
        for table in tables:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)).as_string())
        for table, digests in added.items():
            delete = sql.SQL("DELETE FROM {} AS line WHERE md5(line::text) = ANY(%s)").format(sql.Identifier(table))
            cursor.execute(delete.as_string(), [list(digests)])
        # A table with unchecked foreign keys cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in guarded:
            cursor.execute(sql.SQL(alter).format(sql.Identifier(table), enable).as_string())
