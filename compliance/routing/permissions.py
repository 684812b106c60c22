"""Permissions: each function returns None, or a sentence with the reason for the refusal.

The same sentence disables the button, is shown below it, and is raised by the action.
"""

from collections.abc import Collection
from datetime import datetime

from compliance.enums import CaseStatus, DecisionVerdict, FindingKind, FindingState, Queue, Ruling
from compliance.models import Case, Claim, Document, Finding, OverrideProposal, User
from compliance.roles import APPROVE_OVERRIDE, MANAGE_CHECKS, WHY_NOT
from compliance.routing.history import History
from compliance.routing.rulings import PolicyTable, case_ruling

NOT_ESCALATED = "The case is not escalated."
PENDING_PROPOSAL = "An override proposal is pending: it has to be approved, denied or withdrawn first."


def why_not_review(by: User, case: Case, claim: Claim | None, *, now: datetime) -> str | None:
    """Why this user may not act on this case now."""
    if not by.is_active or not by.has_perm("compliance.review_case"):
        return WHY_NOT["compliance.review_case"]
    if claim and claim.until > now and claim.person_id != by.person_id:
        return claimed_by(claim)
    return None


def claimed_by(claim: Claim) -> str:
    """Who holds the case, and until when."""
    return f"{claim.user.label} has claimed this case until {claim.until:%H:%M} UTC."


def why_not_rule(
    by: User,
    case: Case,
    verdict: str,
    *,
    history: History,
    claim: Claim | None,
    table: PolicyTable,
    now: datetime,
    alone: bool = False,
) -> str | None:
    """Why this user cannot give this verdict: not even with a second person, or with ``alone`` not without one."""
    if reason := why_not_review(by, case, claim, now=now):
        return reason
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return PENDING_PROPOSAL
    if case.status == CaseStatus.DECIDED:
        return "The case is decided."
    if case.status == CaseStatus.WAITING and verdict in (DecisionVerdict.REQUEST_RETRY, DecisionVerdict.ESCALATE):
        return "The case waits for its checks: there is nothing to request."
    if verdict == DecisionVerdict.CONFIRM and case.queue != Queue.RECHECK:
        return "There is no decision to confirm."
    if verdict == DecisionVerdict.REQUEST_RETRY and case.queue == Queue.RECHECK:
        return "The case has a decision: confirm it or decide again."
    if verdict == DecisionVerdict.ESCALATE and case.question:
        return "The case is escalated already."
    if reason := why_not_past_escalation(by, case, claim, now=now):
        return reason
    ruling = case_ruling(case, history, verdict, table, person_id=by.person_id)
    if ruling == Ruling.FORBIDDEN:
        return "Policy forbids this verdict for these provider results."
    if alone and ruling == Ruling.NEEDS_APPROVAL:
        return "This goes against a provider's result: it needs a second approver."
    return None


def why_not_resolve(by: User, case: Case, claim: Claim | None, *, now: datetime) -> str | None:
    """Why this user may not resolve a finding of this case now."""
    return why_not_review(by, case, claim, now=now) or why_closed_to_changes(case)


def why_not_answer(
    by: User, proposal: OverrideProposal, *, editors: Collection[int], now: datetime, depends_on_proposer: bool
) -> str | None:
    """Why this user may not approve or deny this proposal. No exceptions, also not for superusers.

    ``editors`` are the people who changed the evidence of the case since its last decision; ``depends_on_proposer`` is
    the result of ``queries.people``.
    """
    if proposal.state != "open":
        return f"The proposal is {proposal.get_state_display().lower()} already."
    if by.person_id == proposal.proposed_person_id or by.pk == proposal.proposed_by_id:
        return "You proposed this: a second person has to answer it."
    if proposal.proposed_by.person_id == by.person_id:
        return "You proposed this from another account: a second person has to answer it."
    if not by.is_active or not by.has_perm(APPROVE_OVERRIDE):
        return WHY_NOT[APPROVE_OVERRIDE]
    if proposal.expires_at <= now:
        return "The proposal has expired."
    if by.person_id in editors:
        return "You changed the evidence of this case since its last decision: another person has to answer."
    return _why_not_independent(by, proposal.proposed_at, depends_on_first=depends_on_proposer)


def why_not_agree(by: User, finding: Finding, *, depends_on_first: bool) -> str | None:
    """Why this user may not be the second person who says that the applicants of a duplicate are different persons.

    ``depends_on_first`` is the independence of the two people. ``by`` is loaded with its person.
    """
    if not by.is_active or not by.has_perm(APPROVE_OVERRIDE):
        return WHY_NOT[APPROVE_OVERRIDE]
    if finding.kind != FindingKind.DUPLICATE or finding.state != FindingState.RESOLVED or not finding.resolved_at:
        return "Only a resolved duplicate can be agreed to."
    if by.person_id == finding.resolved_person_id:
        return "You resolved this: a second person has to agree."
    return _why_not_independent(by, finding.resolved_at, depends_on_first=depends_on_first)


def _why_not_independent(by: User, since: datetime, *, depends_on_first: bool) -> str | None:
    """Why this person is no second person; ``by`` is loaded with its person."""
    if by.person.created_at >= since:
        return "You joined after this was proposed: another person has to answer it."
    if depends_on_first:
        return "The proposer created or changed your user, or shares your e-mail: another person has to answer it."
    return None


def why_not_past_escalation(by: User, case: Case, claim: Claim | None, *, now: datetime) -> str | None:
    """Why an open escalation keeps this user from deciding: it binds until a manager has taken the case over."""
    if not case.question:
        return None
    is_holder = claim is not None and claim.until > now and claim.person_id == by.person_id
    if is_holder and by.has_perm(APPROVE_OVERRIDE) and not _is_asker(by, case):
        return None
    asker = f"{case.escalated_by.label} escalated this case" if case.escalated_by else "This case is escalated"
    return f"{asker}: a manager has to answer, or to take it over before deciding."


def why_not_answer_escalation(by: User, case: Case, claim: Claim | None, *, now: datetime) -> str | None:
    """Why this user may neither answer the escalation nor take the case over."""
    if not case.question:
        return NOT_ESCALATED
    if not by.is_active or not by.has_perm(APPROVE_OVERRIDE):
        return "This case is escalated: only a manager may answer it or take it over."
    if _is_asker(by, case):
        return "You escalated this case: withdraw the escalation, or wait for another manager."
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return PENDING_PROPOSAL
    return why_not_review(by, case, claim, now=now)


def why_not_withdraw_escalation(by: User, case: Case) -> str | None:
    """Why this user may not withdraw the escalation."""
    if not case.question:
        return NOT_ESCALATED
    if not by.is_active or not _is_asker(by, case):
        return "Only the person who escalated the case may withdraw the escalation."
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return PENDING_PROPOSAL
    return None


def _is_asker(by: User, case: Case) -> bool:
    return case.escalated_by is not None and case.escalated_by.person_id == by.person_id


def why_not_withdraw(by: User, proposal: OverrideProposal) -> str | None:
    """Why this user may not withdraw the proposal."""
    if proposal.state != "open":
        return f"The proposal is {proposal.get_state_display().lower()} already."
    if by.person_id != proposal.proposed_person_id:
        return "Only the person who proposed it may withdraw it."
    return None


def why_not_edit(by: User, case: Case) -> str | None:
    """Why this user may not correct, add or replace checks here, or close the case as a mistake."""
    if not by.is_active or not by.has_perm(MANAGE_CHECKS):
        return WHY_NOT[MANAGE_CHECKS]
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return PENDING_PROPOSAL
    return None


def why_not_correct_data(by: User, case: Case, claim: Claim | None, *, now: datetime) -> str | None:
    """Why this user may not correct the declared data of this case's applicant now."""
    return why_not_edit(by, case) or why_not_review(by, case, claim, now=now) or why_closed_to_changes(case)


def why_closed_to_changes(case: Case) -> str | None:
    """Why nobody may resolve a finding of this case or correct its declared data."""
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return PENDING_PROPOSAL
    if case.status == CaseStatus.DECIDED:
        return "The case is decided."
    return None


def why_not_add_document(by: User) -> str | None:
    """Why this user may not add an image or a file. Decided cases accept them, too, and stay decided."""
    if not by.is_active or not by.has_perm("compliance.add_document"):
        return WHY_NOT["compliance.add_document"]
    return None


def why_not_remove_document(by: User, document: Document) -> str | None:
    """Why this user may not remove this file. ``document`` is loaded with ``added_by``."""
    if document.added_by is None:
        return "This file comes from a provider: only added files can be removed."
    if reason := why_not_add_document(by):
        return reason
    if by.person_id != document.added_by.person_id and not by.has_perm(APPROVE_OVERRIDE):
        return "Only the person who added a file, or a manager, may remove it."
    return None
