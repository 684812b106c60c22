"""Writes the audit trail. Every action calls it in its own transaction: without an event nothing changes.

The events of a case form a hash chain. Its head (number, hash) is on the case row, which the action has locked anyway.
The hashed text is stored, so that verification does not depend on formatting.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from compliance import events
from compliance.enums import DeskEventType, EventType
from compliance.models import Case, DeskEvent, Event, User, ViewRecord


def record(event_type: EventType, *, case: Case, by: User | None, **data: Any) -> Event:
    """Append one event to the chain of the case and save its head. The caller has locked the case row.

    Raises:
        ValueError: the data do not fit the model of the type, see ``events``.
    """
    (event,) = _chain([Event(type=event_type, case=case, actor=by, data=data)], at=timezone.now())
    event.save(force_insert=True)
    case.save(update_fields=("event_seq", "event_hash"))
    return event


def record_batch(new: Iterable[Event]) -> list[Event]:
    """Append events, of which the caller sets type, case, actor and data, in one statement. The caller has locked the
    cases and saves their heads. Raises as ``record``."""
    return Event.objects.bulk_create(_chain(new, at=timezone.now()))


def chain_hash(previous: bytes, text: str) -> bytes:
    """SHA-256 over the hash of the previous event and the stored text."""
    return hashlib.sha256(previous + text.encode()).digest()


def record_desk(event_type: DeskEventType, *, by: User | None, **data: Any) -> DeskEvent:
    """Append one entry to the activity log. Takes no lock."""
    at = timezone.now()
    event = DeskEvent(type=event_type, at=at, actor=by, actor_name=by.label if by else "", data=data)
    event.text = _canonical(type=event_type, at=at, actor=by.pk if by else None, actor_name=event.actor_name, data=data)
    event.save(force_insert=True)
    return event


def changes(before: Model | None, after: Model, names: Iterable[str]) -> dict[str, Any]:
    """Name -> [old, new] of the columns that differ; of a new row all of them."""
    columns = {field.name: field.attname for field in after._meta.concrete_fields}
    pairs = {name: [getattr(before, columns[name], None), getattr(after, columns[name])] for name in names}
    return {name: pair for name, pair in pairs.items() if before is None or pair[0] != pair[1]}


def record_view(row: ViewRecord) -> None:
    """Append a new row to the access log, before anything is served. Raises: ``DatabaseError``."""
    row.at, row.person_id = timezone.now(), row.user.person_id
    row.save(force_insert=True)


def _chain(new: Iterable[Event], *, at: datetime) -> list[Event]:
    chained = list(new)
    for event in chained:
        events.validate(EventType(event.type), event.data)
        case = event.case
        case.event_seq += 1
        event.seq, event.at, event.actor_name = case.event_seq, at, event.actor.label if event.actor else ""
        event.text = _canonical(
            case=case.pk,
            seq=event.seq,
            type=event.type,
            at=at,
            actor=event.actor_id,
            actor_name=event.actor_name,
            data=event.data,
        )
        case.event_hash = event.hash = chain_hash(bytes(case.event_hash), event.text)
    return chained


def _canonical(**content: Any) -> str:
    content["at"] = content["at"].isoformat()
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
