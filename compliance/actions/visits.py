"""Visits: the events of a case that a person has seen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from compliance.models import CaseVisit, User

VISIT = timedelta(minutes=30)
"""Opening the page again within this time continues the visit, so that a reload does not mark news as seen."""

# One statement that locks only the visit: of two tabs, the later number wins, in any order.
_RECORD = """
    INSERT INTO compliance_casevisit AS seen (case_id, person_id, seen_seq, seen_at)
    VALUES (%(case)s, %(person)s, %(seq)s, %(now)s)
    ON CONFLICT (case_id, person_id) DO UPDATE SET
        since_seq = CASE WHEN seen.since_seq IS NULL OR seen.seen_at <= %(goes_on_after)s
                         THEN seen.seen_seq ELSE seen.since_seq END,
        since_at = CASE WHEN seen.since_seq IS NULL OR seen.seen_at <= %(goes_on_after)s
                        THEN seen.seen_at ELSE seen.since_at END,
        seen_seq = GREATEST(seen.seen_seq, excluded.seen_seq),
        seen_at = GREATEST(seen.seen_at, excluded.seen_at)
    RETURNING since_seq, since_at
"""

_MARK = """
    UPDATE compliance_casevisit SET
        since_seq = GREATEST(since_seq, %(seq)s), since_at = %(now)s,
        seen_seq = GREATEST(seen_seq, %(seq)s), seen_at = GREATEST(seen_at, %(now)s)
    WHERE case_id = %(case)s AND person_id = %(person)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The newest event that a person had seen before, and when."""

    seq: int
    at: datetime


def record_visit(case_id: int, *, by: User, event_seq: int, now: datetime | None = None) -> Since | None:
    """Record that this person opens the case, whose newest event is ``event_seq``; return what was seen before.

    None at the first visit. All users of a person share the visit. Locks no row of the case.
    """
    now = now or timezone.now()
    values: dict[str, Any] = {"case": case_id, "person": by.person_id, "seq": event_seq, "now": now}
    values["goes_on_after"] = now - VISIT
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values)
        seq, at = cursor.fetchone()
    return Since(seq=seq, at=at) if seq is not None else None


def last_seen(case_id: int, *, person_id: int) -> Since | None:
    """The newest event seen before the current visit; for fragments of an open page."""
    seen = CaseVisit.objects.filter(case_id=case_id, person_id=person_id).values_list("since_seq", "since_at").first()
    return Since(seq=seen[0], at=seen[1]) if seen and seen[0] is not None and seen[1] is not None else None


def mark_seen(case_id: int, *, by: User, event_seq: int, now: datetime | None = None) -> None:
    """Mark events up to ``event_seq``, which is one of the case, as seen. No effect without an earlier visit."""
    values: dict[str, Any] = {"case": case_id, "person": by.person_id, "seq": event_seq, "now": now or timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(_MARK, values)
