"""Escalations: a colleague asks a manager, who answers, or takes the case over and decides it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions import cases
from compliance.actions.decision_requests import check_length, claim_of, current_user
from compliance.enums import DecisionVerdict, EventType
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Case, Claim, Decision, DeskPolicy, EscalationAnswer, User
from compliance.routing import permissions


@transaction.atomic
def answer(case_id: int, *, by: User, note: str) -> EscalationAnswer:
    """Answer the question without deciding: the case goes back to its queue, claimed for the colleague who asked."""
    case = cases.lock(case_id)
    by, now = current_user(by), timezone.now()
    if reason := permissions.why_not_answer_escalation(by, case, claim_of(case), now=now):
        raise NotAllowed(reason)
    if not note.strip():
        raise InvalidInput("Write your answer.", field="answer")
    check_length(note)
    row = EscalationAnswer.objects.create(
        escalation=_escalation(case),
        data_key_id=case.applicant.data_key_id,
        note=note.strip(),
        by=by,
        by_person_id=by.person_id,
        at=now,
    )
    _end(case, EventType.ESCALATION_ANSWERED, by=by)
    _return_to_asker(case)
    return row


@transaction.atomic
def withdraw(case_id: int, *, by: User) -> None:
    """Withdraw one's own question; the case goes back to its queue."""
    case = cases.lock(case_id)
    by = current_user(by)
    if reason := permissions.why_not_withdraw_escalation(by, case):
        raise NotAllowed(reason)
    _end(case, EventType.ESCALATION_WITHDRAWN, by=by)


def _escalation(case: Case) -> Decision:
    """The open escalation. A process of the previous release escalates without the column."""
    return Decision.objects.filter(case=case, verdict=DecisionVerdict.ESCALATE).latest("decided_at")


def _end(case: Case, event: EventType, *, by: User) -> None:
    now = timezone.now()
    audit.record(event, case=case, by=by, escalation=str(_escalation(case).pk))
    cases.answer_question(case, now=now)
    cases.route_and_save(case, now=now)


def _return_to_asker(case: Case) -> None:
    asker = case.escalated_by
    Claim.objects.filter(case=case).delete()
    if asker and asker.is_active and asker.has_perm("compliance.review_case"):
        now = timezone.now()
        minutes = DeskPolicy.objects.values_list("claim_minutes", flat=True).get()
        until = now + timedelta(minutes=minutes)
        Claim.objects.create(case=case, user=asker, person_id=asker.person_id, taken_at=now, until=until)
