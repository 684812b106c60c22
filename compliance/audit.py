"""Writes the audit trail. Every action calls it in its own transaction: without an event nothing changes.

The events of a case form a hash chain. Its head (number, hash) is on the case row, which the action has locked anyway.
A function of the database numbers, dates and hashes new events and sets the head; the running role can do neither by
itself. The hashed text is stored, so that verification does not depend on formatting.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from compliance import events
from compliance.enums import DeskEventType, EventType
from compliance.models import Case, DeskEvent, Event, User, ViewRecord


def record(event_type: EventType, *, case: Case, by: User | None, **data: Any) -> Event:
    """Append one event to the chain of the case. The caller has locked the case row.

    Raises:
        ValueError: the data do not fit the model of the type, see ``events``.
    """
    return record_batch([Event(type=event_type, case=case, actor=by, data=data)])[0]


def record_batch(new: Iterable[Event]) -> list[Event]:
    """Append events, of which the caller sets type, case, actor and data, in one statement, and set the heads of their
    cases. The caller has locked the cases. Raises as ``record``."""
    chained = list(new)
    if not chained:
        return []
    rows = []
    for event in chained:
        events.validate(EventType(event.type), event.data)
        rows.append({"case": event.case_id, "type": event.type, "actor": event.actor_id, "data": event.data})
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [json.dumps(rows, ensure_ascii=False)])
        for place, *stored in cursor.fetchall():
            _set_stored(chained[place - 1], *stored)
    return chained


_APPEND = """SELECT place, id, seq, at, actor_name, text, hash FROM compliance_append_events(%s)"""


def _set_stored(event: Event, pk: int, seq: int, at: datetime, actor_name: str, text: str, digest: bytes) -> None:
    """Set the event and the head of its case to what the database has stored. In memory."""
    event.pk, event.seq, event.at, event.actor_name, event.text = pk, seq, at, actor_name, text
    event.hash = event.case.event_hash = bytes(digest)
    event.case.event_seq = seq
    event._state.adding = False


def chain_hash(previous: bytes, text: str) -> bytes:
    """SHA-256 over the hash of the previous event and the stored text."""
    return hashlib.sha256(previous + text.encode()).digest()


def row_digest(row: Model) -> str:
    """Hex SHA-256 over the columns of a stored row that are not encrypted: binds an event to it."""
    # Ciphertexts are bytes.
    fields = [field for field in row._meta.concrete_fields if field.get_internal_type() != "BinaryField"]
    content = {field.column: str(field.value_from_object(row)) for field in fields}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def record_desk(event_type: DeskEventType, *, by: User | None, **data: Any) -> DeskEvent:
    """Append one entry to the activity log. Takes no lock."""
    event = _desk_event(event_type, by=by, data=data)
    event.save(force_insert=True)
    return event


def record_desk_once(event_type: DeskEventType, **data: Any) -> None:
    """Append one entry to the activity log, unless a unique constraint of its type refuses it as a repetition."""
    DeskEvent.objects.bulk_create([_desk_event(event_type, by=None, data=data)], ignore_conflicts=True)


def _desk_event(event_type: DeskEventType, *, by: User | None, data: dict[str, Any]) -> DeskEvent:
    at = timezone.now()
    event = DeskEvent(type=event_type, at=at, actor=by, actor_name=by.label if by else "", data=data)
    event.text = _canonical(type=event_type, at=at, actor=by.pk if by else None, actor_name=event.actor_name, data=data)
    return event


def changes(before: Model | None, after: Model, names: Iterable[str]) -> dict[str, Any]:
    """Name -> [old, new] of the columns that differ; of a new row all of them."""
    columns = {field.name: field.attname for field in after._meta.concrete_fields}
    pairs = {name: [getattr(before, columns[name], None), getattr(after, columns[name])] for name in names}
    return {name: pair for name, pair in pairs.items() if before is None or pair[0] != pair[1]}


def record_views(*rows: ViewRecord) -> None:
    """Append new rows to the access log, before anything is served. Raises: ``DatabaseError``."""
    now = timezone.now()
    for row in rows:
        row.at, row.person_id = now, row.user.person_id
    ViewRecord.objects.bulk_create(rows)


def _canonical(**content: Any) -> str:
    content["at"] = content["at"].isoformat()
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
