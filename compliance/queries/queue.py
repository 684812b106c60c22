"""Pages of the queue by keyset; the number of statements does not depend on the number of rows."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone

from compliance.queries.counts import capped
from compliance.queries.rows import Record, Row, fetch_records, to_rows
from compliance.queries.tabs import NEWEST_FIRST, ORDERS, Filters, Tab, conditions_of, workable

PAGE = 50
MOST_NEIGHBOURS = 200
MOST_FOLLOWING = 20
Key = tuple[int, datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of rows and the cursors of its neighbours."""

    rows: tuple[Row, ...]
    next_cursor: str
    """Cursor of the next page, empty at the end."""
    previous_cursor: str
    """Cursor of the previous page, empty at the start."""
    version: str
    """Changes when any of the rows changes."""
    count: int | None = None
    """Capped count of the list under its filters; None without filters, when the count of the tab applies."""


def queue_page(tab: Tab, filters: Filters, *, person_id: int, cursor: str = "", backwards: bool = False) -> Page:
    """One page of a tab, by keyset; ``cursor`` is a ``next_cursor``, or with ``backwards`` a ``previous_cursor``."""
    now = timezone.now()
    where, values = conditions_of(tab, filters, now=now)
    total = capped(where) if filters.any else "NULL"
    columns = ORDERS[tab.order]
    descending = (tab.order in NEWEST_FIRST) != backwards
    if key := _key_of(cursor):
        names = [f"key{position}" for position in range(3)][-len(columns) :]
        marks = ", ".join(f"%({name})s" for name in names)
        where += f" AND ({', '.join(columns)}) {'<' if descending else '>'} ({marks})"
        values |= dict(zip(names, key[-len(columns) :], strict=True))
    values |= {"person": person_id, "limit": PAGE + 1}
    found = fetch_records(conditions=where, order=_order_by(columns, descending=descending), total=total, values=values)
    if key and not found:
        # All rows beyond the cursor have left the list: show the first page instead of an empty one.
        return queue_page(tab, filters, person_id=person_id)
    more = len(found) > PAGE
    found = found[:PAGE]
    if backwards:
        found.reverse()
    rows = to_rows(found, tab, person_id=person_id, now=now)
    page = Page(
        rows=rows,
        next_cursor=_cursor_of(found[-1], tab) if found and (more or backwards) else "",
        previous_cursor=_cursor_of(found[0], tab) if found and (more if backwards else cursor) else "",
        version=_digest([_changing(row) for row in rows]),
    )
    return replace(page, count=found[0].total if found else 0) if filters.any else page


def version_of(page: Page, counts: Mapping[str, int]) -> str:
    """Changes when rows or counts change: polling answers 204 while it is the same."""
    return _digest((page.version, page.count, sorted(counts.items())))


def _changing(row: Row) -> tuple[object, ...]:
    record = row.record
    return record.number, record.status, row.due, row.head, row.text, row.holder, row.checks


def _digest(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def _order_by(columns: Sequence[str], *, descending: bool) -> str:
    return ", ".join(f"{column} {'DESC' if descending else 'ASC'}" for column in columns)


def _cursor_of(record: Record, tab: Tab) -> str:
    moment = {"open": record.due_at, "opened": record.opened_at, "decided": record.decided_at}[tab.order]
    first = -record.priority if tab.order == "open" else 0
    text = json.dumps([first, moment.isoformat() if moment else "", record.number])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _key_of(cursor: str) -> Key | None:
    """The keyset of a cursor; None for an empty or invalid one, which shows the first page."""
    try:
        first, second, third = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(second)
        key = int(first), moment.astimezone(UTC), int(third)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return key if abs(key[2]) < 2**62 and abs(key[0]) < 100 and moment.tzinfo else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The position of a case in its list, from 1, and the previous and next case."""

    position: int
    previous: int | None
    next: int | None


def neighbours(number: int, tab: Tab, filters: Filters, *, person_id: int) -> Neighbours | None:
    """The cases before and after this one; None when it is not among the first ``MOST_NEIGHBOURS`` of the list."""
    where, values = conditions_of(tab, filters, now=timezone.now())
    order = _order_by(ORDERS[tab.order], descending=tab.order in NEWEST_FIRST)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id FROM compliance_case c WHERE {where} ORDER BY {order} LIMIT %(limit)s",
            values | {"person": person_id, "limit": MOST_NEIGHBOURS},
        )
        ids = [row[0] for row in cursor.fetchall()]
    if number not in ids:
        return None
    place = ids.index(number)
    return Neighbours(
        position=place + 1,
        previous=ids[place - 1] if place else None,
        next=ids[place + 1] if place + 1 < len(ids) else None,
    )


def following(number: int, tab: Tab, filters: Filters, *, person_id: int, can_approve: bool) -> tuple[int, ...]:
    """The cases of this list that a person can go on with: those after this case, then from the start of the list.

    At most ``MOST_FOLLOWING`` of each. The case itself need not be in the list.
    """
    where, values = conditions_of(tab, filters, now=timezone.now())
    columns = ", ".join(ORDERS[tab.order])
    descending = tab.order in NEWEST_FIRST
    others = f"c.id <> %(number)s AND {where} AND {workable(tab, can_approve=can_approve)}"
    later = (
        f"({columns}) {'<' if descending else '>'} (SELECT {columns} FROM compliance_case c WHERE c.id = %(number)s)"
    )
    ordered = f"ORDER BY {_order_by(ORDERS[tab.order], descending=descending)} LIMIT {MOST_FOLLOWING}"
    found: dict[int, None] = {}
    with connection.cursor() as cursor:
        for condition in (f"{others} AND {later}", others):
            cursor.execute(
                f"SELECT c.id FROM compliance_case c WHERE {condition} {ordered}",
                values | {"person": person_id, "number": number},
            )
            found |= dict.fromkeys(row[0] for row in cursor.fetchall())
    return tuple(found)
