"""Overrides: a verdict against a provider's result is proposed by one person and answered by another."""

from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from compliance import audit
from compliance.actions import cases
from compliance.actions.decision_requests import (
    DecisionRequest,
    check_length,
    claim_of,
    current_user,
    lock_unchanged,
    require_override_grounds,
    resulting_verdict,
    valid_reason,
)
from compliance.actions.races import lost_race
from compliance.enums import CaseStatus, DecisionVerdict, EventType, ProposalState, Ruling
from compliance.errors import InvalidInput, NotAllowed, StaleCase, StaleEvidence
from compliance.models import Case, Claim, Decision, Event, OverrideProposal, User
from compliance.queries import people
from compliance.queries.evidence_changes import evidence_changes
from compliance.queries.history import editors_of, history_of
from compliance.queries.policies import policy_table
from compliance.routing import permissions
from compliance.routing.evidence_digest import evidence_digest
from compliance.routing.explanations import LONGEST_DETAIL, LONGEST_HEAD, provider_status
from compliance.routing.outcomes import worst_check
from compliance.routing.rulings import case_ruling
from providers.vault import Undecipherable

_PAST_TENSE: dict[str, str] = {ProposalState.WITHDRAWN: "withdrew"}
"""Past tenses that are not the label of the state."""


@transaction.atomic
def propose(case_id: int, *, by: User, request: DecisionRequest) -> OverrideProposal:
    """Propose a verdict against a provider's result; the case waits for a second person.

    Raises ``NotAllowed``, ``StaleCase``, ``StaleEvidence`` and ``InvalidInput``, as ``decisions.decide``.
    """
    case, by = lock_unchanged(case_id, by=by, request=request)
    return propose_locked(case, by=by, request=request)


def propose_locked(case: Case, *, by: User, request: DecisionRequest) -> OverrideProposal:
    """Propose for a case that the caller has locked. Raises ``NotAllowed`` and ``InvalidInput``."""
    now = timezone.now()
    _require_proposable(case, request.verdict, by=by)
    reason = valid_reason(case, request)
    require_override_grounds(reason, request.note)
    verdict = resulting_verdict(case, request)
    rows = cases.evidence_of(case)
    proposal = OverrideProposal.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        verdict=verdict,
        reason=reason,
        note=request.note.strip(),
        proposed_by=by,
        proposed_person_id=by.person_id,
        proposed_at=now,
        digest=evidence_digest(rows),
        evidence=rows,
        report_seq=case.report_seq,
        expires_at=now + timedelta(days=cases.RoutingPolicy.read().policy.proposal_days),
    )
    cases.move(case, CaseStatus.AWAITING_APPROVAL)
    case.why_head = f"Override proposed by {by.label}"[:LONGEST_HEAD]
    worst = worst_check(cases.checks_of([case.pk])[case.pk])
    against = provider_status(worst) if worst else "a case without checks"
    case.why = f"{DecisionVerdict(verdict).label.lower()} against {against}"[:LONGEST_DETAIL]
    Claim.objects.filter(case=case).delete()
    data = {"proposal": str(proposal.pk), "verdict": verdict, "reason": reason.code}
    cases.save_case(case, [Event(type=EventType.OVERRIDE_PROPOSED, case=case, actor=by, data=data)])
    return proposal


def _require_proposable(case: Case, verdict: str, *, by: User) -> None:
    table, history = policy_table(), history_of(case.pk)
    if reason := permissions.why_not_rule(
        by, case, verdict, history=history, claim=claim_of(case), table=table, now=timezone.now()
    ):
        raise NotAllowed(reason)
    if case.status != CaseStatus.IN_REVIEW:
        raise NotAllowed("The case waits for its checks: an override can be proposed once it is in a queue.")
    if case_ruling(case, history, verdict, table, person_id=by.person_id) != Ruling.NEEDS_APPROVAL:
        raise NotAllowed("This verdict needs no second person: decide it.")


@transaction.atomic
def withdraw(proposal_id: UUID, *, by: User, note: str = "") -> OverrideProposal:
    """Withdraw one's own proposal; the case returns to its queue."""
    case, proposal = _lock_proposal(proposal_id)
    by = current_user(by)
    if reason := permissions.why_not_withdraw(by, proposal):
        if by.person_id == proposal.resolved_person_id:
            raise _lost_to(proposal, by=by)
        raise NotAllowed(reason)
    _resolve(proposal, ProposalState.WITHDRAWN, by=by, note=note)
    _return_to_queue(case, EventType.OVERRIDE_WITHDRAWN, proposal, by=by)
    return proposal


@transaction.atomic
def deny(proposal_id: UUID, *, by: User, note: str) -> OverrideProposal:
    """Deny another person's proposal; the case returns to its queue."""
    case, proposal = _lock_proposal(proposal_id)
    by = current_user(by)
    _require_second_person(proposal, by=by)
    if not note.strip():
        raise InvalidInput("Add a note telling the proposer why.", field="note")
    _resolve(proposal, ProposalState.DENIED, by=by, note=note)
    _return_to_queue(case, EventType.OVERRIDE_DENIED, proposal, by=by)
    return proposal


@transaction.atomic
def approve(proposal_id: UUID, *, by: User, seen: str, note: str) -> Decision:
    """Approve another person's proposal, which decides the case; both people have written a note.

    Raises ``StaleEvidence`` when the evidence is neither that of the proposal nor that of the approver's page.
    """
    case, proposal = _lock_proposal(proposal_id)
    by = current_user(by)
    _require_second_person(proposal, by=by)
    _require_both_notes(proposal, note)
    if case_ruling(case, history_of(case.pk), proposal.verdict, policy_table()) == Ruling.FORBIDDEN:
        raise NotAllowed("Policy forbids this verdict for these provider results.")
    if case.question and not people.took_over(case, proposal.proposed_person_id):
        raise NotAllowed("The case is escalated and the proposer had not taken it over: deny the proposal.")
    rows = cases.evidence_of(case)
    digest = evidence_digest(rows)
    if digest != proposal.digest or seen != digest:
        raise StaleEvidence(
            "The evidence has changed since the proposal was made.",
            changes=evidence_changes(case.pk, proposal.evidence, rows),
        )
    _approve(proposal, by=by, note=note)
    decision = _write_decision(case, proposal, digest=digest, by=by)
    if decision.verdict == DecisionVerdict.REQUEST_RETRY:
        cases.wait_for_retry(case, decision)
    else:
        cases.conclude(case, decision, now=decision.decided_at)
    data = {
        "proposal": str(proposal.pk),
        "decision": str(decision.pk),
        "row": audit.row_digest(decision),
        "verdict": decision.verdict,
        "proposed_by": proposal.proposed_by.label,
    }
    cases.save_case(case, [Event(type=EventType.OVERRIDE_APPROVED, case=case, actor=by, data=data)])
    return decision


def _require_both_notes(proposal: OverrideProposal, note: str) -> None:
    if isinstance(proposal.note, Undecipherable) or not proposal.note.strip():
        raise NotAllowed("The proposal has no readable note: it has to be proposed again with one.")
    if not note.strip():
        raise InvalidInput("Add a note telling why you approve.", field="note")


def _write_decision(case: Case, proposal: OverrideProposal, *, digest: str, by: User) -> Decision:
    now = timezone.now()
    return Decision.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        verdict=proposal.verdict,
        reason=proposal.reason,
        note=proposal.note,
        by=proposal.proposed_by,
        by_person_id=proposal.proposed_person_id,
        proposal=proposal,
        approved_by_person_id=by.person_id,
        replaces=cases.newest_decision(case),
        decided_at=now,
        digest=digest,
        report_seq=case.report_seq,
        retry_until=cases.retry_deadline(now) if proposal.verdict == DecisionVerdict.REQUEST_RETRY else None,
    )


def _lock_proposal(proposal_id: UUID) -> tuple[Case, OverrideProposal]:
    case_id = OverrideProposal.objects.values_list("case_id", flat=True).get(pk=proposal_id)
    case = cases.lock(case_id)
    proposal = (
        OverrideProposal.objects.select_for_update(of=("self",))
        .select_related("proposed_by", "resolved_by", "reason")
        .get(pk=proposal_id)
    )
    return case, proposal


def _require_second_person(proposal: OverrideProposal, *, by: User) -> None:
    reason = permissions.why_not_answer(
        by,
        proposal,
        editors=editors_of(proposal.case_id),
        now=timezone.now(),
        depends_on_proposer=people.depends_on(by, proposal.proposed_person_id),
    )
    if reason is None:
        return
    if proposal.state != ProposalState.OPEN and proposal.resolved_by:
        raise _lost_to(proposal, by=by)
    raise NotAllowed(reason)


def _lost_to(proposal: OverrideProposal, *, by: User) -> StaleCase:
    """The refusal of an answer that came after another one."""
    state = ProposalState(proposal.state).label.lower()
    other = f"{proposal.resolved_by.label if proposal.resolved_by else ''} was first: the override is {state}."
    own = f"{_PAST_TENSE.get(proposal.state, state)} this override"
    return lost_race(proposal.resolved_by, proposal.resolved_at, by=by, own=own, other=other)


def _resolve(proposal: OverrideProposal, state: ProposalState, *, by: User, note: str) -> None:
    check_length(note)
    proposal.state, proposal.resolved_at = state, timezone.now()
    proposal.resolved_by, proposal.resolved_person_id = by, by.person_id
    proposal.resolution_note = note.strip()
    proposal.save(update_fields=("state", "resolved_at", "resolved_by", "resolved_person", "resolution_note"))


def _approve(proposal: OverrideProposal, *, by: User, note: str) -> None:
    """Store the note, and let the database approve the proposal: it repeats the rules about the second person."""
    check_length(note)
    proposal.resolution_note = note.strip()
    proposal.save(update_fields=("resolution_note",))
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_approve_proposal(%s, %s)", [proposal.pk, by.pk])
    proposal.refresh_from_db(fields=("state", "resolved_at", "resolved_by", "resolved_person", "agreed"))


def _return_to_queue(case: Case, event: EventType, proposal: OverrideProposal, *, by: User) -> None:
    cases.move(case, CaseStatus.IN_REVIEW)
    audit.record(event, case=case, by=by, proposal=str(proposal.pk))
    cases.route_and_save(case)
