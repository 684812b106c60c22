"""Deciding cases. Decisions are rows that are never edited: a later one replaces an earlier one."""

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions import cases, duplicates, overrides
from compliance.actions.decision_requests import (
    DecisionRequest,
    claim_of,
    current_user,
    lock_unchanged,
    lost_to,
    resulting_verdict,
    valid_reason,
)
from compliance.enums import CaseStatus, DecisionVerdict, EventType, Priority, Ruling
from compliance.errors import InvalidInput, NotAllowed
from compliance.facts import conflicts
from compliance.facts.sources import sources_of
from compliance.models import Case, Claim, Decision, Event, OverrideProposal, ReasonCode, User
from compliance.queries.corrections import earlier_declarations
from compliance.queries.history import history_of
from compliance.queries.policies import policy_table
from compliance.routing import explanations, permissions
from compliance.routing.evidence_digest import evidence_digest
from compliance.routing.outcomes import current_checks
from compliance.routing.rulings import case_ruling


@transaction.atomic
def decide(case_id: int, *, by: User, request: DecisionRequest) -> Decision:
    """Decide the case without a second person.

    Raises ``NotAllowed`` (also where a second person is needed), ``StaleCase`` when another was first,
    ``StaleEvidence`` when the evidence differs from the page's, ``InvalidInput`` for reason or note.
    """
    case, by = lock_unchanged(case_id, by=by, request=request)
    claim, table, now = claim_of(case), policy_table(), timezone.now()
    why_not = permissions.why_not_rule(
        by, case, request.verdict, history=history_of(case.pk), claim=claim, table=table, now=now, alone=True
    )
    if why_not:
        raise NotAllowed(why_not)
    if resulting_verdict(case, request) == DecisionVerdict.APPROVE:
        _require_decipherable(case)
    return _carry_out(case, request, by=by)


def _require_decipherable(case: Case) -> None:
    """Refuses an approval over a value that cannot be decrypted since findings were last searched."""
    current = current_checks(cases.checks_of([case.pk])[case.pk])
    earlier = earlier_declarations([case])[case.applicant_id]
    if any(conflicts.undecipherable(sources_of(case, current, earlier=earlier))):
        raise NotAllowed("A stored value of this case cannot be decrypted: nobody may approve it alone. Tell an admin.")


def decide_or_propose(case_id: int, *, by: User, request: DecisionRequest) -> Decision | OverrideProposal:
    """Decide, or propose where the verdict needs a second person. Raises as ``decide``."""
    case = Case.objects.select_related("decision").get(pk=case_id)
    if case.duplicates_due:
        # A process was lost before its search, which may find that a second person is needed.
        duplicates.search(case_id)
    ruling = case_ruling(case, history_of(case_id), request.verdict, policy_table(), person_id=by.person_id)
    # Both repeat the ruling under the lock: a change in between is refused, never decided the other way.
    return (overrides.propose if ruling == Ruling.NEEDS_APPROVAL else decide)(case_id, by=by, request=request)


@transaction.atomic
def void(case_id: int, *, by: User, reason: str, note: str) -> Decision | OverrideProposal:
    """Close a case that was opened by mistake, with a reason and a note; a proposal where a check has a result."""
    case = cases.lock(case_id)
    by = current_user(by)
    if case.status == CaseStatus.DECIDED and case.decision and case.decision.by_person_id == by.person_id:
        raise lost_to(case.decision, by=by)
    why_not = permissions.why_not_edit(by, case)
    if why_not := why_not or permissions.why_not_past_escalation(by, case, claim_of(case), now=timezone.now()):
        raise NotAllowed(why_not)
    if case.status == CaseStatus.DECIDED:
        raise NotAllowed("The case is decided.")
    if not note.strip():
        raise InvalidInput("Describe the mistake.", field="note")
    request = DecisionRequest(verdict=DecisionVerdict.VOID, reason=reason, note=note)
    ruling = case_ruling(case, history_of(case_id), request.verdict, policy_table(), person_id=by.person_id)
    if ruling == Ruling.FREE:
        return _carry_out(case, request, by=by)
    return overrides.propose_locked(case, by=by, request=request)


def _carry_out(case: Case, request: DecisionRequest, *, by: User) -> Decision:
    decision = _write_decision(case, by=by, request=request, reason=valid_reason(case, request))
    verdict = DecisionVerdict(decision.verdict)
    if verdict == DecisionVerdict.REQUEST_RETRY:
        cases.wait_for_retry(case, decision)
    elif verdict == DecisionVerdict.ESCALATE:
        _escalate(case, decision, by=by)
    else:
        cases.conclude(case, decision, now=decision.decided_at)
    data = {
        "decision": str(decision.pk),
        "row": audit.row_digest(decision),
        "verdict": request.verdict,
        "reason": decision.reason_id or "",
        "until": decision.retry_until.isoformat() if decision.retry_until else "",
    }
    cases.save_case(case, [Event(type=EventType.DECIDED, case=case, actor=by, data=data)])
    return decision


def _write_decision(case: Case, *, by: User, request: DecisionRequest, reason: ReasonCode) -> Decision:
    now = timezone.now()
    is_retry = request.verdict == DecisionVerdict.REQUEST_RETRY
    return Decision.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        verdict=resulting_verdict(case, request),
        reason=reason,
        note=request.note.strip(),
        by=by,
        by_person_id=by.person_id,
        replaces=cases.newest_decision(case),
        decided_at=now,
        digest=evidence_digest(cases.evidence_of(case)),
        report_seq=case.report_seq,
        retry_until=cases.retry_deadline(now) if is_retry else None,
    )


def _escalate(case: Case, decision: Decision, *, by: User) -> None:
    case.question, case.answered_at = True, None
    case.escalated_by, case.escalated_at, case.escalation = by, decision.decided_at, decision
    case.priority = Priority.ESCALATED
    case.why_head = explanations.with_asker(case.why_head, by.label)
    Claim.objects.filter(case=case).delete()
