"""Reads the history that a ruling is made on, and the people who changed the evidence of a case."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from compliance.routing.history import Conflict, History, PastCheck, Rejection


def history_of(case_id: int) -> History:
    """Everything that weighs for a decision about the case, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM compliance_history(%s)", [case_id])
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    checks = _checks(rows, "check")
    elsewhere = tuple(check for check in checks if not check.is_own)
    return History(
        own=tuple(check for check in checks if check.is_own),
        elsewhere=elsewhere,
        said=_checks(rows, "said"),
        unread=tuple(check for check in _checks(rows, "unread") if check not in elsewhere),
        rejections=tuple(_rejection(row) for row in rows if row["what"] == "rejection"),
        retries=sum(row["what"] == "retry" for row in rows),
        has_weighing_finding=any(row["what"] == "finding" and row["is_current"] for row in rows),
        conflicts=tuple(_conflict(row) for row in rows if row["what"] == "finding" and not row["is_current"]),
    )


def _checks(rows: Iterable[dict[str, Any]], what: str) -> tuple[PastCheck, ...]:
    found = [row for row in rows if row["what"] == what]
    return tuple(PastCheck(**{name: value for name, value in row.items() if name != "what"}) for row in found)


def _rejection(row: dict[str, Any]) -> Rejection:
    return Rejection(**{name: row[name] for name in ("id", "case_id", "is_own", "is_same_applicant")})


def _conflict(row: dict[str, Any]) -> Conflict:
    return Conflict(**{name: row[name] for name in ("case_id", "is_own", "is_same_applicant", "kind")})


def editors_of(case_id: int) -> frozenset[int]:
    """Ids of the people who changed checks, files, declared data or findings since the decision in force."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_editors(%s)", [case_id])
        return frozenset(person for (person,) in cursor.fetchall())
