"""Claiming and releasing cases: a claim prevents decisions by others until it expires."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import lock
from compliance.enums import CaseStatus, EventType
from compliance.errors import NotAllowed, StaleCase
from compliance.models import Case, Claim, DeskPolicy, User
from compliance.queries.tabs import NO_FILTERS, ORDERS, TAB_OF, Filters, Tab, claimable, conditions_of
from compliance.roles import APPROVE_OVERRIDE, WHY_NOT
from compliance.routing import permissions

_NEXT_FREE = """
    SELECT c.id FROM compliance_case c WHERE {conditions} ORDER BY {order}
    LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
"""
_CLAIM_TRIES = 20


@transaction.atomic
def claim_next(*, by: User, tab: Tab = TAB_OF["open"], filters: Filters = NO_FILTERS) -> Case | None:
    """Claim the first unclaimed case of a list, or return None when there is none. No case is claimed by two people.

    A tab without cases to claim (approvals, decided) stands for all open cases. Escalated cases are only for people
    who may approve overrides. Raises ``StaleCase`` under heavy contention.
    """
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed(WHY_NOT["compliance.review_case"])
    now = timezone.now()
    where, values = conditions_of(tab if tab.can_claim else TAB_OF["open"], filters, now=now)
    conditions = f"{where} AND {claimable(can_approve=by.has_perm(APPROVE_OVERRIDE))}"
    sql = _NEXT_FREE.format(conditions=conditions, order=", ".join(ORDERS["open"]))
    values |= {"person": by.person_id}
    for _ in range(_CLAIM_TRIES):
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            row = cursor.fetchone()
        if row is None:
            return None
        case = lock(row[0])
        # The row was locked after the snapshot was taken: only a new statement sees a claim committed in between.
        if not Claim.objects.filter(case=case, until__gt=now).exists():
            _save_claim(case, by=by, now=now)
            return case
    raise StaleCase("Busy. Please try again.")


def claim_first(numbers: Iterable[int], *, by: User) -> int | None:
    """Claim the first of these cases that can be claimed now; None when there is none."""
    for number in numbers:
        try:
            claim(number, by=by)
        except (StaleCase, NotAllowed):
            continue
        return number
    return None


@transaction.atomic
def claim(case_id: int, *, by: User) -> Claim:
    """Claim this case, or extend the own claim; a manager who claims an escalated case takes it over.

    Raises ``StaleCase`` with the name of its holder.
    """
    case = lock(case_id)
    now = timezone.now()
    held = Claim.objects.select_related("user").filter(case=case).first()
    if held and held.until > now and held.person_id != by.person_id:
        raise StaleCase(permissions.claimed_by(held), winner=held.user.label)
    if reason := permissions.why_not_review(by, case, None, now=now):
        raise NotAllowed(reason)
    if case.question and (reason := permissions.why_not_answer_escalation(by, case, None, now=now)):
        raise NotAllowed(reason)
    if case.status not in (CaseStatus.IN_REVIEW, CaseStatus.AWAITING_APPROVAL):
        raise NotAllowed("Nothing can be done on this case.")
    return _save_claim(case, by=by, now=now)


def _save_claim(case: Case, *, by: User, now: datetime) -> Claim:
    claim = hold(case, by, now=now)
    event = EventType.ESCALATION_TAKEN_OVER if case.question else EventType.CLAIMED
    audit.record(event, case=case, by=by, until=claim.until.isoformat())
    return claim


def hold(case: Case, user: User, *, now: datetime) -> Claim:
    """Give the claim on a locked case to this user in place of its holder, without an event."""
    minutes = DeskPolicy.objects.values_list("claim_minutes", flat=True).get()
    given = {"user": user, "person_id": user.person_id, "taken_at": now, "until": now + timedelta(minutes=minutes)}
    claim, _ = Claim.objects.update_or_create(case=case, defaults=given)
    return claim


@transaction.atomic
def release(case_id: int, *, by: User) -> None:
    """End the claim. Only its holder may; releasing an unclaimed case changes nothing."""
    case = lock(case_id)
    held = Claim.objects.filter(case=case).first()
    if held is None:
        return
    if held.person_id != by.person_id:
        raise NotAllowed("Only the person who claimed a case may release it.")
    held.delete()
    audit.record(EventType.RELEASED, case=case, by=by)
