"""What people rule: deciding, proposing an override, answering a proposal. Decisions are rows that are never edited."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import (
    Desk,
    checks_of,
    conclude,
    evidence_of,
    leave_queue,
    lock,
    move,
    newest_decision,
    save_settled,
    settle_now,
)
from compliance.enums import CaseStatus, DecisionVerdict, EventType, Priority, ProposalState, Ruling
from compliance.errors import InvalidInput, NotAllowed, StaleCase, StaleEvidence
from compliance.models import Case, Check, Claim, Decision, Document, Event, OverrideProposal, ReasonCode, User
from compliance.queries.policies import policy_table
from compliance.routing import placement

LONGEST_NOTE = 4000
STEPS_BACK = 100
"""How many arrivals back a page may be that is told what has changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for, and what they saw when they asked."""

    verdict: DecisionVerdict
    reason: str
    """Reason code."""
    note: str = field(default="", repr=False)
    seen: str = ""
    """Digest of the evidence that was on screen."""
    seen_decision: str = ""
    """Id of the newest decision that was on screen, empty for none."""


@transaction.atomic
def decide(case_id: int, *, by: User, wish: Wish) -> Decision:
    """Rule alone. Raises ``NotAllowed`` (also where a second person is needed), ``StaleCase`` when somebody was
    first, ``StaleEvidence`` when the evidence is not what was on screen, ``InvalidInput`` for reason or note."""
    case, by, checks = _ready(case_id, by=by, wish=wish)
    refusal = placement.decide_refusal(
        by, case, wish.verdict, checks=checks, claim=_claim(case), table=policy_table(), now=timezone.now()
    )
    if refusal:
        raise NotAllowed(refusal)
    reason = _reason(case, wish)
    decision = _write_decision(case, by=by, wish=wish, reason=reason)
    _carry_out(case, decision, by=by, said=wish.verdict)
    return decision


def rule(case_id: int, *, by: User, wish: Wish) -> Decision | OverrideProposal:
    """Decide, or propose where the verdict needs a second person. Raises as ``decide``."""
    case = Case.objects.select_related("decision").get(pk=case_id)
    ruling = placement.case_ruling(case, checks_of([case_id])[case_id], wish.verdict, policy_table())
    # Both look again under the lock: what changed in between is refused there, never decided the other way.
    return (propose if ruling == Ruling.NEEDS_APPROVAL else decide)(case_id, by=by, wish=wish)


@transaction.atomic
def propose(case_id: int, *, by: User, wish: Wish) -> OverrideProposal:
    """Propose a verdict against what a provider said; the case waits for a second person. Raises as ``decide``."""
    case, by, checks = _ready(case_id, by=by, wish=wish)
    now = timezone.now()
    table = policy_table()
    if refusal := placement.verdict_refusal(
        by, case, wish.verdict, checks=checks, claim=_claim(case), table=table, now=now
    ):
        raise NotAllowed(refusal)
    if case.status != CaseStatus.IN_REVIEW:
        raise NotAllowed("The case waits for its checks; an override can be proposed once it stands in a queue.")
    if placement.case_ruling(case, checks, wish.verdict, table) != Ruling.NEEDS_APPROVAL:
        raise NotAllowed("This verdict needs no second person: decide it.")
    reason = _reason(case, wish)
    verdict = _ruled(case, wish)
    rows = evidence_of(case)
    proposal = OverrideProposal.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        verdict=verdict,
        reason=reason,
        note=wish.note.strip(),
        proposed_by=by,
        proposed_person_id=by.person_id,
        proposed_at=now,
        digest=placement.evidence_digest(rows),
        evidence=rows,
        report_seq=case.report_seq,
        expires_at=now + timedelta(days=Desk.read().policy.proposal_days),
    )
    move(case, CaseStatus.AWAITING_APPROVAL)
    case.why_head = f"Override proposed by {by.label}"[:160]
    case.why = f"{DecisionVerdict(verdict).label.lower()} against {case_says(checks)}"[:400]
    Claim.objects.filter(case=case).delete()
    entry = audit.Entry(
        type=EventType.OVERRIDE_PROPOSED,
        case=case,
        by=by,
        data={"proposal": str(proposal.pk), "verdict": verdict, "reason": reason.code},
    )
    save_settled(case, [entry])
    return proposal


def case_says(checks: Sequence[Check]) -> str:
    """What the loudest check says, in a few words."""
    worst = placement.worst_check([check for check in checks if check.superseded_by_id is None])
    if worst is None:
        return "a case without checks"
    return f"{placement.provider_label(worst.provider)} {worst.status_word or worst.outcome}"


@transaction.atomic
def withdraw(proposal_id: UUID, *, by: User, note: str = "") -> OverrideProposal:
    """Take the proposal back; the case returns to its queue."""
    case, proposal = _open_proposal(proposal_id)
    by = _current(by)
    if refusal := placement.withdraw_refusal(by, proposal):
        raise NotAllowed(refusal)
    _resolve(proposal, ProposalState.WITHDRAWN, by=by, note=note)
    _back_to_queue(case, EventType.OVERRIDE_WITHDRAWN, proposal, by=by)
    return proposal


@transaction.atomic
def refuse(proposal_id: UUID, *, by: User, note: str) -> OverrideProposal:
    """A second person says no; the case returns to its queue."""
    case, proposal = _open_proposal(proposal_id)
    by = _current(by)
    if refusal := placement.approval_refusal(by, proposal, now=timezone.now()):
        raise _answered_or_refused(proposal, refusal)
    if not note.strip():
        raise InvalidInput("Say why, so that the proposer can act on it.", field="note")
    _resolve(proposal, ProposalState.REFUSED, by=by, note=note)
    _back_to_queue(case, EventType.OVERRIDE_REFUSED, proposal, by=by)
    return proposal


@transaction.atomic
def approve(proposal_id: UUID, *, by: User, seen: str, note: str = "") -> Decision:
    """A second person agrees; the decision stands at once. Raises ``StaleEvidence`` with the difference when the
    evidence is not what the proposal rested on, or not what the approver saw."""
    case, proposal = _open_proposal(proposal_id)
    by = _current(by)
    if refusal := placement.approval_refusal(by, proposal, now=timezone.now()):
        raise _answered_or_refused(proposal, refusal)
    checks = checks_of([case.pk])[case.pk]
    if placement.case_ruling(case, checks, proposal.verdict, policy_table()) == Ruling.FORBIDDEN:
        raise NotAllowed("The desk's policy forbids this verdict for what the providers said.")
    rows = evidence_of(case)
    digest = placement.evidence_digest(rows)
    if digest != proposal.digest or seen != digest:
        raise StaleEvidence(
            "The evidence is not what the proposal rested on.",
            changes=placement.evidence_changes(proposal.evidence, rows),
        )
    _resolve(proposal, ProposalState.APPROVED, by=by, note=note)
    decision = Decision.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        verdict=proposal.verdict,
        reason=proposal.reason,
        note=proposal.note,
        by=proposal.proposed_by,
        by_person_id=proposal.proposed_person_id,
        proposal=proposal,
        approved_by_person_id=by.person_id,
        replaces=newest_decision(case),
        decided_at=timezone.now(),
        digest=digest,
        report_seq=case.report_seq,
    )
    conclude(case, decision, now=decision.decided_at)
    entry = audit.Entry(
        type=EventType.OVERRIDE_APPROVED,
        case=case,
        by=by,
        data={
            "proposal": str(proposal.pk),
            "decision": str(decision.pk),
            "verdict": decision.verdict,
            "proposed_by": proposal.proposed_by.label,
        },
    )
    save_settled(case, [entry])
    return decision


@transaction.atomic
def void(case_id: int, *, by: User, reason: str, note: str) -> Decision:
    """Close a case that was opened by mistake. It is decided, with a reason and a note, and nobody is approved."""
    case = lock(case_id)
    by = _current(by)
    if refusal := placement.mend_refusal(by, case):
        raise NotAllowed(refusal)
    if case.status == CaseStatus.DECIDED:
        raise NotAllowed("The case is decided.")
    if not note.strip():
        raise InvalidInput("Say what the mistake was.", field="note")
    wish = Wish(verdict=DecisionVerdict.VOID, reason=reason, note=note)
    decision = _write_decision(case, by=by, wish=wish, reason=_reason(case, wish))
    _carry_out(case, decision, by=by, said=wish.verdict)
    return decision


def _ready(case_id: int, *, by: User, wish: Wish) -> tuple[Case, User, list[Check]]:
    """The locked case, provided that nobody was first and that the evidence is what was on screen."""
    case = lock(case_id)
    newest = newest_decision(case)
    if newest and str(newest.pk) != wish.seen_decision:
        winner = newest.by.label if newest.by else "The system"
        verdict = DecisionVerdict(newest.verdict).label.lower()
        raise StaleCase(f"{winner} was first: {verdict}, at {newest.decided_at:%H:%M} UTC.", winner=winner)
    proposal = (
        OverrideProposal.objects.filter(case=case, state=ProposalState.OPEN).select_related("proposed_by").first()
    )
    if proposal:
        winner = proposal.proposed_by.label
        raise StaleCase(f"{winner} was first: an override is proposed and waits for approval.", winner=winner)
    rows = evidence_of(case)
    if placement.evidence_digest(rows) != wish.seen:
        raise StaleEvidence(
            "The evidence has changed since you opened the case; look again, then decide.",
            changes=_changes_since(case, wish.seen, rows),
        )
    return case, _current(by), checks_of([case.pk])[case.pk]


def _changes_since(case: Case, seen: str, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What has changed since the evidence had this digest; empty when it never had it in the last steps."""
    checks = checks_of([case.pk])[case.pk]
    documents = list(Document.objects.filter(case=case).defer("inline"))
    told = (EventType.REPORTED, EventType.LAPSED)
    events = list(Event.objects.filter(case=case, type__in=told).order_by("seq"))
    moments = {event.at for event in events} | {check.created_at for check in checks}
    moments |= {document.copied_at for document in documents if document.copied_at}
    moments |= {moment for document in documents if document.withdrawn_at for moment in _stay(document)}
    for moment in sorted(moments, reverse=True)[:STEPS_BACK]:
        before = placement.evidence_before(moment, checks, documents, events)
        if placement.evidence_digest(before) == seen:
            return placement.evidence_changes(before, rows)
    return ()


def _stay(document: Document) -> tuple[datetime, ...]:
    """When a file that was taken back came and went."""
    return (document.created_at, document.withdrawn_at) if document.withdrawn_at else ()


def _current(by: User) -> User:
    """The person's account as it is now: a role lost or an account closed a moment ago counts."""
    return User.objects.select_related("person").get(pk=by.pk)


def _claim(case: Case) -> Claim | None:
    return Claim.objects.filter(case=case).select_related("user").first()


def _reason(case: Case, wish: Wish) -> ReasonCode:
    code = ReasonCode.objects.filter(code=wish.reason, active=True).first()
    # Who confirms an approval gives a reason for approving: "forged document" confirms a rejection only.
    if code is None or not {wish.verdict, _ruled(case, wish)} <= set(code.verdicts):
        raise InvalidInput("Choose a reason that fits the verdict.", field="reason")
    note = wish.note.strip()
    if code.asks_note and not note:
        raise InvalidInput("This reason asks for a note.", field="note")
    if wish.verdict == DecisionVerdict.ESCALATE and not note:
        raise InvalidInput("Ask the question that a manager shall answer.", field="note")
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(f"A note is at most {LONGEST_NOTE} characters long.", field="note")
    return code


def _ruled(case: Case, wish: Wish) -> str:
    """The verdict that a decision will hold: confirming repeats the standing one."""
    return placement.replaced_verdict(case.decision) if wish.verdict == DecisionVerdict.CONFIRM else wish.verdict


def _write_decision(case: Case, *, by: User, wish: Wish, reason: ReasonCode) -> Decision:
    now = timezone.now()
    retry_until = (
        now + timedelta(days=Desk.read().policy.retry_days) if wish.verdict == DecisionVerdict.REQUEST_RETRY else None
    )
    return Decision.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        verdict=_ruled(case, wish),
        reason=reason,
        note=wish.note.strip(),
        by=by,
        by_person_id=by.person_id,
        replaces=newest_decision(case),
        decided_at=now,
        digest=placement.evidence_digest(evidence_of(case)),
        report_seq=case.report_seq,
        retry_until=retry_until,
    )


def _carry_out(case: Case, decision: Decision, *, by: User, said: DecisionVerdict) -> None:
    verdict = DecisionVerdict(decision.verdict)
    if verdict == DecisionVerdict.REQUEST_RETRY:
        _wait_for_retry(case, decision)
    elif verdict == DecisionVerdict.ESCALATE:
        _escalate(case, by=by)
    else:
        conclude(case, decision, now=decision.decided_at)
    entry = audit.Entry(
        type=EventType.DECIDED,
        case=case,
        by=by,
        data={
            "decision": str(decision.pk),
            "verdict": said,
            "reason": decision.reason_id or "",
            "until": decision.retry_until.isoformat() if decision.retry_until else "",
        },
    )
    save_settled(case, [entry])


def _wait_for_retry(case: Case, decision: Decision) -> None:
    leave_queue(case)
    move(case, CaseStatus.WAITING)
    case.question = False
    case.retry_until = decision.retry_until
    case.handled_report_seq = case.report_seq
    Claim.objects.filter(case=case).delete()


def _escalate(case: Case, *, by: User) -> None:
    case.question = True
    case.priority = Priority.ESCALATED
    asked = f"{placement.ASKED}{by.label}"
    case.why_head = f"{case.why_head.partition(placement.ASKED)[0][: 160 - len(asked)]}{asked}"
    Claim.objects.filter(case=case).delete()


def _open_proposal(proposal_id: UUID) -> tuple[Case, OverrideProposal]:
    case_id = OverrideProposal.objects.values_list("case_id", flat=True).get(pk=proposal_id)
    case = lock(case_id)
    proposal = (
        OverrideProposal.objects.select_for_update(of=("self",))
        .select_related("proposed_by", "resolved_by", "reason")
        .get(pk=proposal_id)
    )
    return case, proposal


def _answered_or_refused(proposal: OverrideProposal, refusal: str) -> Exception:
    if proposal.state != ProposalState.OPEN and proposal.resolved_by:
        winner = proposal.resolved_by.label
        return StaleCase(f"{winner} was first: {ProposalState(proposal.state).label.lower()}.", winner=winner)
    return NotAllowed(refusal)


def _resolve(proposal: OverrideProposal, state: ProposalState, *, by: User, note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(f"A note is at most {LONGEST_NOTE} characters long.", field="note")
    proposal.state, proposal.resolved_at = state, timezone.now()
    proposal.resolved_by, proposal.resolved_person_id = by, by.person_id
    proposal.resolution_note = note.strip()
    proposal.save(update_fields=("state", "resolved_at", "resolved_by", "resolved_person", "resolution_note"))


def _back_to_queue(case: Case, event: EventType, proposal: OverrideProposal, *, by: User) -> None:
    move(case, CaseStatus.IN_REVIEW)
    audit.record(event, case=case, by=by, proposal=str(proposal.pk))
    settle_now(case)
