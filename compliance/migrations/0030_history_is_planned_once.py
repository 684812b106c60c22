"""PostgreSQL plans the queries behind a ruling once a connection: planning takes much longer than running them.

A function in SQL is planned at each call, and ``compliance_history`` calls four others.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.db import migrations

FUNCTIONS = (
    "compliance_same_person_by_index",
    "compliance_same_person",
    "compliance_conflicts",
    "compliance_has_weighing_finding",
    "compliance_history",
)
QUERY = re.compile(r"-- query\n(.*)-- end\n", re.DOTALL)


def plan_once(apps: Any, editor: Any) -> None:
    for name, result, query in _definitions(editor):
        body = f"#variable_conflict use_column\nBEGIN\n{_returned(result, f'-- query{query}-- end')};\nEND"
        _define(editor, name, result, "plpgsql", "SET plan_cache_mode = force_generic_plan", body)


def plan_each_time(apps: Any, editor: Any) -> None:
    for name, result, body in _definitions(editor):
        _define(editor, name, result, "sql", "", "".join(QUERY.findall(body)))


def _definitions(editor: Any) -> Iterator[tuple[str, str, str]]:
    """Name, type of the result and body of each function."""
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, pg_get_function_result(oid), prosrc FROM pg_proc WHERE proname = ANY(%s)",
            [list(FUNCTIONS)],
        )
        yield from cursor.fetchall()


def _returned(result: str, query: str) -> str:
    """The statement that returns the rows or the value of the query, in the types of the result."""
    if result == "boolean":
        return f"RETURN (\n{query}\n)"
    if not result.startswith("TABLE("):
        return f"RETURN QUERY\n{query}\n"
    columns = [column.split(" ") for column in result.removeprefix("TABLE(").removesuffix(")").split(", ")]
    casts = ", ".join(f"r.{name}::{of_type}" for name, of_type in columns)
    names = ", ".join(name for name, _ in columns)
    return f"RETURN QUERY SELECT {casts} FROM (\n{query}\n) AS r({names})"  # noqa: S608 - the function's own text


def _define(editor: Any, name: str, result: str, language: str, setting: str, body: str) -> None:
    editor.execute(
        f"CREATE OR REPLACE FUNCTION {name}(of_case bigint) RETURNS {result} LANGUAGE {language} STABLE "
        f"SET search_path = public, pg_temp {setting} AS $$\n{body}\n$$",
        params=None,
    )


class Migration(migrations.Migration):
    dependencies = [("compliance", "0029_lists_of_one_environment")]

    operations = [migrations.RunPython(plan_once, plan_each_time)]
