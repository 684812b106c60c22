"""Requests to decide or propose, and their validation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from compliance.actions.cases import checks_of, evidence_of, lock, newest_decision
from compliance.actions.races import lost_race
from compliance.enums import DecisionVerdict, ProposalState
from compliance.errors import InvalidInput, StaleCase, StaleEvidence
from compliance.labels import moment_label
from compliance.models import Case, Claim, Decision, Document, Event, Finding, OverrideProposal, ReasonCode, User
from compliance.queries.corrections import corrections_of
from compliance.queries.evidence_changes import evidence_changes
from compliance.routing.evidence_digest import EARLIER_STATES, EvidenceRow, evidence_before, evidence_digest

LONGEST_NOTE = 4000
STEPS_BACK = 100
"""Number of earlier states of the evidence that are searched for that of an open page."""
PAST_TENSE: dict[str, str] = {
    DecisionVerdict.APPROVE: "approved this case",
    DecisionVerdict.REJECT: "rejected this case",
    DecisionVerdict.REQUEST_RETRY: "requested a retry",
    DecisionVerdict.ESCALATE: "escalated this case",
    DecisionVerdict.VOID: "closed this case",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """A verdict with its reason, and the state of the page that sent it."""

    verdict: DecisionVerdict
    reason: str
    """Reason code."""
    note: str = field(default="", repr=False)
    seen: str = ""
    """Digest of the evidence that was on screen."""
    seen_decision: str = ""
    """Id of the newest decision that was on screen, empty for none."""


def lock_unchanged(case_id: int, *, by: User, request: DecisionRequest) -> tuple[Case, User]:
    """The locked case and the current user.

    Raises ``StaleCase`` when the case has a newer decision or proposal than the page, ``StaleEvidence`` when its
    evidence differs from that of the page.
    """
    case = lock(case_id)
    newest = newest_decision(case)
    if newest and str(newest.pk) != request.seen_decision:
        raise lost_to(newest, by=by)
    proposal = (
        OverrideProposal.objects.filter(case=case, state=ProposalState.OPEN).select_related("proposed_by").first()
    )
    if proposal:
        other = f"{proposal.proposed_by.label} proposed an override, which is pending."
        raise lost_race(proposal.proposed_by, proposal.proposed_at, by=by, own="proposed an override", other=other)
    rows = evidence_of(case)
    if evidence_digest(rows) != request.seen:
        raise StaleEvidence(
            "The evidence has changed since you opened the case. Review it, then decide.",
            changes=_changes_since(case, request.seen, rows),
        )
    return case, current_user(by)


def lost_to(decision: Decision, *, by: User) -> StaleCase:
    """The refusal of a decision that came after this one."""
    at, approver = decision.decided_at, decision.proposal.resolved_by if decision.proposal else None
    if approver and (decision.by_person_id == by.person_id or approver.person_id == by.person_id):
        other = f"{approver.label} approved your override {moment_label(at)}."
        return lost_race(approver, at, by=by, own="approved this override", other=other)
    other = f"{decision.by.label if decision.by else 'The system'} {PAST_TENSE[decision.verdict]} {moment_label(at)}."
    return lost_race(decision.by, at, by=by, own="decided this case", other=other)


def _changes_since(case: Case, seen: str, rows: Sequence[EvidenceRow]) -> tuple[str, ...]:
    """The changes since the evidence had this digest; empty when none of its last states had it."""
    checks = checks_of([case.pk])[case.pk]
    documents = list(Document.objects.filter(case=case).defer("inline"))
    events = list(Event.objects.filter(case=case, type__in=EARLIER_STATES).order_by("seq"))
    moments = {event.at for event in events} | {check.created_at for check in checks}
    moments |= {document.copied_at for document in documents if document.copied_at}
    for document in documents:
        if document.withdrawn_at:
            moments |= {document.created_at, document.withdrawn_at}
    findings = list(Finding.objects.filter(case=case, resolved_at__isnull=False))
    for finding in findings:
        moments |= {at for at in (finding.resolved_at, finding.ended_at) if at}
    corrections = corrections_of(case.applicant)
    moments |= {one.corrected_at for one in corrections}
    for moment in sorted(moments, reverse=True)[:STEPS_BACK]:
        before = evidence_before(moment, checks, documents, events, findings, corrections)
        if evidence_digest(before) == seen:
            return evidence_changes(case.pk, before, rows)
    return ()


def current_user(by: User) -> User:
    """The user as stored now: it may have lost a role or been deactivated meanwhile."""
    return User.objects.select_related("person").get(pk=by.pk)


def claim_of(case: Case) -> Claim | None:
    """The claim on the case with its user, expired or not."""
    return Claim.objects.filter(case=case).select_related("user").first()


def valid_reason(case: Case, request: DecisionRequest) -> ReasonCode:
    """The reason of the request. Raises ``InvalidInput`` when reason or note do not fit the verdict."""
    code = ReasonCode.objects.filter(code=request.reason, active=True).first()
    # Confirming an approval needs a reason for approving: "forged document" confirms a rejection only.
    if code is None or not {request.verdict, resulting_verdict(case, request)} <= set(code.verdicts):
        raise InvalidInput("Choose a reason that fits the verdict.", field="reason")
    note = request.note.strip()
    if code.asks_note and not note:
        raise InvalidInput("This reason requires a note.", field="note")
    if request.verdict == DecisionVerdict.ESCALATE and not note:
        raise InvalidInput("Write your question for the manager.", field="note")
    check_length(note)
    return code


def require_override_grounds(reason: ReasonCode, note: str) -> None:
    """Raises ``InvalidInput`` when reason or note do not justify a verdict against a provider's result."""
    if not reason.for_overrides:
        raise InvalidInput("This reason does not fit a verdict against a provider's result.", field="reason")
    if not note.strip():
        raise InvalidInput("Add a note telling the approver why.", field="note")


def check_length(note: str) -> None:
    """Raises ``InvalidInput`` for a note that is too long."""
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(f"A note is at most {LONGEST_NOTE} characters long.", field="note")


def resulting_verdict(case: Case, request: DecisionRequest) -> str:
    """The verdict that the decision will have: confirming repeats that of the case's decision."""
    if request.verdict != DecisionVerdict.CONFIRM:
        return request.verdict
    return case.decision.verdict if case.decision else ""
