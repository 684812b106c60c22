"""Deadlines of cases: retries that were requested, proposals that expire, and cases that wait for too long."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q
from django.utils import timezone

from compliance import audit
from compliance.actions import duplicates
from compliance.actions.cases import lock, move, route_and_save
from compliance.enums import CaseStatus, EventType, Priority, ProposalState, Queue
from compliance.models import Case, OverrideProposal

log = logging.getLogger(__name__)


def sweep(*, now: datetime | None = None, limit: int = 200) -> int:
    """Return cases whose retry deadline has passed to their queues and expire old proposals; the number of cases.

    Searches for duplicates that a lost process left over run first. Cases that have waited for three times their SLA
    rise one level; they are not counted.
    """
    now = now or timezone.now()
    due = Case.objects.filter(retry_until__lte=now).values_list("pk", flat=True)[:limit]
    expired = OverrideProposal.objects.filter(state=ProposalState.OPEN, expires_at__lte=now)
    stale = expired.values_list("case_id", flat=True)
    duplicates.search_due()
    for case_id in _long_overdue(now, limit=limit):
        _sweep_safely(case_id, now=now)
    return sum(_sweep_safely(case_id, now=now) for case_id in sorted({*due, *stale[:limit]}))


def _long_overdue(now: datetime, *, limit: int) -> list[int]:
    """Cases that have waited for three times their SLA and have not risen yet, as ``placement.risen`` decides."""
    span = ExpressionWrapper(F("due_at") - F("entered_queue_at"), output_field=DurationField())
    rises_at = ExpressionWrapper(F("due_at") + F("span") + F("span"), output_field=DateTimeField())
    waiting = Case.objects.filter(status=CaseStatus.IN_REVIEW, due_at__lt=now, due_at__gt=F("entered_queue_at"))
    low = Q(priority=Priority.READY) | Q(priority=Priority.NORMAL) & ~Q(queue=Queue.READY)
    late = waiting.filter(low).annotate(span=span, rises_at=rises_at).filter(rises_at__lte=now)
    return list(late.order_by("due_at").values_list("pk", flat=True)[:limit])


def _sweep_safely(case_id: int, *, now: datetime) -> bool:
    """Whether the case changed. One that fails must not stop the others; the next sweep tries it again."""
    try:
        return _sweep_case(case_id, now=now)
    except Exception as error:
        log.error("sweeping case %s failed: %s", case_id, type(error).__name__)
        return False


@transaction.atomic
def _sweep_case(case_id: int, *, now: datetime) -> bool:
    case = lock(case_id)
    changed = False
    if case.retry_until and case.retry_until <= now:
        audit.record(EventType.RETRY_DEADLINE_PASSED, case=case, by=None)
        case.retry_until = None
        changed = True
    expired = OverrideProposal.objects.filter(case=case, state=ProposalState.OPEN, expires_at__lte=now)
    for proposal in expired.select_for_update():
        proposal.state, proposal.resolved_at = ProposalState.EXPIRED, now
        proposal.save(update_fields=("state", "resolved_at"))
        move(case, CaseStatus.IN_REVIEW)
        audit.record(EventType.OVERRIDE_EXPIRED, case=case, by=None, proposal=str(proposal.pk))
        changed = True
    route_and_save(case, now=now)
    return changed
