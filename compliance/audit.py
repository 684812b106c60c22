"""The one way to write the trail. Every verb calls it in its own transaction: no entry, no change.

A case's events form a chain whose head (number, hash) lies on the case row, which the verb has locked anyway. What is
hashed is stored as text, so that verifying needs no guess about formatting.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from compliance.enums import AccessKind, DeskEventType, EventType
from compliance.models import Case, DeskEvent, Event, User, ViewRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event to be, for a batch."""

    type: EventType
    case: Case
    by: User | None = None
    data: dict[str, Any] = field(default_factory=dict)


def record(event_type: EventType, *, case: Case, by: User | None, **data: Any) -> Event:
    """Append one event to the case's chain and save the chain's head. The caller has locked the case row."""
    (event,) = _chain([Entry(type=event_type, case=case, by=by, data=data)], at=timezone.now())
    event.save(force_insert=True)
    case.save(update_fields=("event_seq", "event_hash"))
    return event


def record_batch(entries: Iterable[Entry]) -> list[Event]:
    """Append many events in one statement; the caller saves the heads with the cases it has locked."""
    return Event.objects.bulk_create(_chain(entries, at=timezone.now()))


def chain_hash(previous: bytes, text: str) -> bytes:
    """The hash of an event: SHA-256 over the previous event's hash and the stored text."""
    return hashlib.sha256(previous + text.encode()).digest()


def record_desk(event_type: DeskEventType, *, by: User | None, **data: Any) -> DeskEvent:
    """Append one line to the desk's own log; no lock, so that nobody waits for anybody."""
    at = timezone.now()
    event = DeskEvent(type=event_type, at=at, actor=by, actor_name=by.label if by else "", data=data)
    event.text = _canonical(type=event_type, at=at, actor=by.pk if by else None, actor_name=event.actor_name, data=data)
    event.save(force_insert=True)
    return event


def record_view(
    kind: AccessKind,
    *,
    by: User,
    page: str,
    case_id: int | None,
    check_id: UUID | None = None,
    report_number: int | None = None,
    document_id: UUID | None = None,
    document_page: int | None = None,
    fact: str = "",
    session: str = "",
) -> None:
    """Append one row to the access log, before anything is served. Raises: ``DatabaseError``."""
    ViewRecord(
        at=timezone.now(),
        user=by,
        person_id=by.person_id,
        case_id=case_id,
        kind=kind,
        check_row_id=check_id,
        report_number=report_number,
        document_id=document_id,
        document_page=document_page,
        fact=fact,
        page=page,
        session=session,
    ).save(force_insert=True)


def _chain(entries: Iterable[Entry], *, at: datetime) -> list[Event]:
    events = []
    for entry in entries:
        case = entry.case
        case.event_seq += 1
        name = entry.by.label if entry.by else ""
        text = _canonical(
            case=case.pk,
            seq=case.event_seq,
            type=entry.type,
            at=at,
            actor=entry.by.pk if entry.by else None,
            actor_name=name,
            data=entry.data,
        )
        case.event_hash = chain_hash(bytes(case.event_hash), text)
        events.append(
            Event(
                case=case,
                seq=case.event_seq,
                type=entry.type,
                at=at,
                actor=entry.by,
                actor_name=name,
                data=entry.data,
                text=text,
                hash=case.event_hash,
            )
        )
    return events


def _canonical(**content: Any) -> str:
    content["at"] = content["at"].isoformat()
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
