"""Escalations: a colleague asks a manager, who answers, or takes the case over and decides it."""

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions import cases
from compliance.actions.claims import hold
from compliance.actions.decision_requests import check_length, claim_of, current_user
from compliance.actions.races import lost_race
from compliance.enums import DecisionVerdict, EventType
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Case, Claim, Decision, EscalationAnswer, Event, User
from compliance.routing import permissions

_ENDED: dict[str, str] = {
    EventType.ESCALATION_ANSWERED: "answered this escalation",
    EventType.ESCALATION_WITHDRAWN: "withdrew this escalation",
}


@transaction.atomic
def answer(case_id: int, *, by: User, note: str) -> EscalationAnswer:
    """Answer the question without deciding: the case goes back to its queue, claimed for the colleague who asked."""
    case = cases.lock(case_id)
    by, now = current_user(by), timezone.now()
    _require_open(case, by=by)
    if reason := permissions.why_not_answer_escalation(by, case, claim_of(case), now=now):
        raise NotAllowed(reason)
    if not note.strip():
        raise InvalidInput("Write your answer.", field="answer")
    check_length(note)
    escalation = _escalation(case)
    row = EscalationAnswer.objects.create(
        escalation=escalation,
        data_key_id=case.applicant.data_key_id,
        note=note.strip(),
        by=by,
        by_person_id=by.person_id,
        at=now,
    )
    _end(case, escalation, EventType.ESCALATION_ANSWERED, by=by)
    _return_to_asker(case)
    return row


@transaction.atomic
def withdraw(case_id: int, *, by: User) -> None:
    """Withdraw one's own question; the case goes back to its queue."""
    case = cases.lock(case_id)
    by = current_user(by)
    _require_open(case, by=by)
    if reason := permissions.why_not_withdraw_escalation(by, case):
        raise NotAllowed(reason)
    _end(case, _escalation(case), EventType.ESCALATION_WITHDRAWN, by=by)


def _require_open(case: Case, *, by: User) -> None:
    """Raises ``StaleCase`` for the person who ended the escalation of this case."""
    ended = Event.objects.filter(case=case, type__in=_ENDED, actor__person=by.person_id)
    if not case.question and (event := ended.select_related("actor").order_by("seq").last()):
        raise lost_race(event.actor, event.at, by=by, own=_ENDED[event.type], other=permissions.NOT_ESCALATED)


def _escalation(case: Case) -> Decision:
    """The open escalation. A process of the previous release escalates without the column."""
    return Decision.objects.filter(case=case, verdict=DecisionVerdict.ESCALATE).latest("decided_at")


def _end(case: Case, escalation: Decision, event: EventType, *, by: User) -> None:
    now = timezone.now()
    audit.record(event, case=case, by=by, escalation=str(escalation.pk))
    cases.answer_question(case, now=now)
    cases.route_and_save(case, now=now)


def _return_to_asker(case: Case) -> None:
    asker = case.escalated_by
    if asker and asker.is_active and asker.has_perm("compliance.review_case"):
        hold(case, asker, now=timezone.now())
    else:
        Claim.objects.filter(case=case).delete()
