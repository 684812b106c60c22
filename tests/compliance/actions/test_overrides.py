"""Overrides, and rechecks of decided cases."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from compliance import audit
from compliance.actions import cases, claims, decisions, overrides, sweeps
from compliance.enums import DecisionVerdict, Priority
from compliance.errors import InvalidInput, NotAllowed, StaleCase, StaleEvidence
from compliance.models import Case, Claim, Decision, DeskPolicy, Event, OverrideProposal, PolicyRule, ReasonCode, User
from compliance.routing.evidence_digest import evidence_digest
from tests import factories
from tests.compliance import assertions
from tests.factories import decision_request

pytestmark = pytest.mark.django_db

APPROVE, REJECT, CONFIRM = DecisionVerdict.APPROVE, DecisionVerdict.REJECT, DecisionVerdict.CONFIRM
RETRY, ESCALATE = DecisionVerdict.REQUEST_RETRY, DecisionVerdict.ESCALATE


def fresh(case: Case) -> Case:
    return Case.objects.select_related("decision", "applicant").get(pk=case.pk)


def last_event(case: Case) -> Event:
    return Event.objects.filter(case=case).order_by("-seq")[0]


def seen_of(proposal: OverrideProposal) -> str:
    return evidence_digest(cases.evidence_of(proposal.case))


def proposed(by: User, case: Case | None = None, **given: Any) -> OverrideProposal:
    """An approval proposed against a decline."""
    case = case or assertions.case_with("declined", "negative", "62301")
    return overrides.propose(case.pk, by=by, request=decision_request(case, APPROVE, "OK-04", **given))


# --- two people -------------------------------------------------------------------------------------------------------


def test_a_proposed_case_awaits_approval(analyst: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    claims.claim(case.pk, by=analyst)
    proposal = overrides.propose(case.pk, by=analyst, request=decision_request(case, APPROVE, "OK-04", " It is he. "))
    due, case = case.due_at, fresh(case)
    assert (case.status, case.queue, case.due_at, case.decision) == ("awaiting_approval", "declined", due, None)
    assert (case.why_head, case.why) == ("Override proposed by Dana Whitfield", "approve against Checkout.com declined")
    assert (proposal.state, proposal.verdict, proposal.note) == ("open", "approve", "It is he.")
    assert (proposal.proposed_by, proposal.proposed_person) == (analyst, analyst.person)
    assert proposal.expires_at == proposal.proposed_at + timedelta(days=3)
    assert proposal.evidence == cases.evidence_of(case)
    assert not Claim.objects.exists()
    assert last_event(case).data == {"proposal": str(proposal.pk), "verdict": "approve", "reason": "OK-04"}


@pytest.mark.parametrize("outcome", ["declined", "in_progress", "manual_review"])
def test_a_proposal_on_a_clean_pass_stays_open_when_a_report_needs_two_people(analyst: User, outcome: str) -> None:
    DeskPolicy.objects.update(auto_close=False)
    case = fresh(assertions.case_with("approved"))
    check = case.checks.get()
    assert (case.status, case.queue) == ("in_review", "ready")
    proposal = overrides.propose(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))
    assertions.say(check, outcome)
    case, proposal = fresh(case), OverrideProposal.objects.get(pk=proposal.pk)
    assert (case.status, proposal.state) == ("awaiting_approval", "open")


def test_decide_or_propose_follows_the_policy(analyst: User) -> None:
    free, bound = assertions.case_with("manual_review"), assertions.case_with("declined")
    assert isinstance(
        decisions.decide_or_propose(free.pk, by=analyst, request=decision_request(free, APPROVE, "OK-01")), Decision
    )
    assert isinstance(
        decisions.decide_or_propose(bound.pk, by=analyst, request=decision_request(bound, APPROVE, "OK-02")),
        OverrideProposal,
    )


def test_a_free_verdict_cannot_be_proposed(analyst: User) -> None:
    case = assertions.case_with("declined")
    with pytest.raises(NotAllowed, match=r"^This verdict needs no second person: decide it\.$"):
        overrides.propose(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))


@pytest.mark.parametrize("note", ["", "  \n\t"])
def test_both_people_of_an_override_write_a_note(note: str, analyst: User, manager: User) -> None:
    ReasonCode.objects.filter(pk="OK-04").update(asks_note=False)
    case = assertions.case_with("declined", "negative", "62301")
    with pytest.raises(InvalidInput, match=r"^Add a note telling the approver why\.$") as refused:
        overrides.propose(case.pk, by=analyst, request=decision_request(case, APPROVE, "OK-04", note))
    assert refused.value.field == "note"
    proposal = proposed(analyst, case)
    with pytest.raises(InvalidInput, match=r"^Add a note telling why you approve\.$") as refused:
        overrides.approve(proposal.pk, by=manager, seen=seen_of(proposal), note=note)
    assert refused.value.field == "note"
    OverrideProposal.objects.get(pk=proposal.pk, state="open")


def test_a_reason_that_claims_agreement_justifies_no_override(analyst: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    with pytest.raises(InvalidInput, match="does not fit a verdict against a provider's result") as refused:
        overrides.propose(case.pk, by=analyst, request=decision_request(case, APPROVE, "OK-01"))
    assert refused.value.field == "reason"
    assert not OverrideProposal.objects.exists()
    ReasonCode.objects.filter(pk="OK-05").update(for_overrides=False)
    with pytest.raises(InvalidInput, match="does not fit"):
        overrides.propose(case.pk, by=analyst, request=decision_request(case, APPROVE, "OK-05"))


def test_nothing_is_proposed_before_the_case_is_in_a_queue(analyst: User) -> None:
    case = assertions.case_with("in_progress")
    with pytest.raises(NotAllowed, match=r"^The case waits for its checks: an override can be proposed once it is"):
        overrides.propose(case.pk, by=analyst, request=decision_request(case, APPROVE, "OK-01"))


def test_an_approved_override_names_both_people(analyst: User, manager: User) -> None:
    proposal = proposed(analyst, note="It is he.")
    decision = overrides.approve(proposal.pk, by=manager, seen=seen_of(proposal), note="Seen.")
    proposal, case = OverrideProposal.objects.get(), fresh(proposal.case)
    assert (case.status, case.queue, case.decision, case.handled_report_seq) == ("decided", "", decision, 1)
    assert (decision.verdict, decision.note, decision.by, decision.by_person) == (
        "approve",
        "It is he.",
        analyst,
        analyst.person,
    )
    assert (decision.proposal, decision.approved_by_person) == (proposal, manager.person)
    assert (proposal.state, proposal.resolved_by, proposal.resolution_note) == ("approved", manager, "Seen.")
    event = last_event(case)
    assert (event.type, event.actor) == ("override_approved", manager)
    assert event.data == {
        "proposal": str(proposal.pk),
        "decision": str(decision.pk),
        "row": audit.row_digest(Decision.objects.get(pk=decision.pk)),
        "verdict": "approve",
        "proposed_by": "Dana Whitfield",
    }


@pytest.mark.promise("G28")
def test_changed_evidence_stops_the_approval_with_the_difference(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    check = proposal.case.checks.get()
    assertions.say(check, "declined", "negative", "62301", "62403")
    assert fresh(proposal.case).status == "awaiting_approval"
    for seen in (proposal.digest, seen_of(proposal)):
        with pytest.raises(StaleEvidence, match=r"^The evidence has changed since the proposal was made\.$") as stopped:
            overrides.approve(proposal.pk, by=manager, seen=seen, note="Agreed.")
        assert stopped.value.changes == (
            f"Checkout.com identity {check.reference} was declined, negative, report 1 (62301); "
            "it is now declined, negative, report 2 (62301, 62403).",
        )
    assert OverrideProposal.objects.get().state == "open"
    overrides.deny(proposal.pk, by=manager, note="Coercion, now.")
    assert (fresh(proposal.case).queue, fresh(proposal.case).priority) == ("declined", Priority.SEVERE)


def test_an_approver_who_saw_other_evidence_is_stopped(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    with pytest.raises(StaleEvidence):
        overrides.approve(proposal.pk, by=manager, seen="0" * 64, note="Agreed.")


def test_a_policy_that_became_stricter_stops_the_approval(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    PolicyRule.objects.create(outcome="declined", provider_verdict="negative", verdict="approve", ruling="forbidden")
    with pytest.raises(NotAllowed, match="Policy forbids"):
        overrides.approve(proposal.pk, by=manager, seen=seen_of(proposal), note="Agreed.")


def test_a_denial_needs_a_note_and_the_case_returns_to_its_queue(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    with pytest.raises(InvalidInput, match=r"^Add a note telling the proposer why\.$") as wordless:
        overrides.deny(proposal.pk, by=manager, note=" ")
    assert wordless.value.field == "note"
    overrides.deny(proposal.pk, by=manager, note="The pictures differ.")
    proposal, case = OverrideProposal.objects.get(), fresh(proposal.case)
    assert (proposal.state, proposal.resolved_by, proposal.resolution_note) == (
        "refused",
        manager,
        "The pictures differ.",
    )
    assert (case.status, case.queue, case.why_head) == ("in_review", "declined", "Checkout.com declined")
    assert last_event(case).type == "override_refused"


def test_only_the_proposer_withdraws(analyst: User, colleague: User, manager: User) -> None:
    proposal = proposed(analyst)
    for by in (colleague, manager):
        with pytest.raises(NotAllowed, match=r"^Only the person who proposed it may withdraw it\.$"):
            overrides.withdraw(proposal.pk, by=by)
    overrides.withdraw(proposal.pk, by=analyst, note="Wrong case.")
    proposal, case = OverrideProposal.objects.get(), fresh(proposal.case)
    assert (proposal.state, proposal.resolved_by, case.status, case.queue) == (
        "withdrawn",
        analyst,
        "in_review",
        "declined",
    )
    assert last_event(case).type == "override_withdrawn"


def test_a_proposal_is_answered_once_and_the_loser_is_shown_the_winner(analyst: User, manager: User) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    proposal = proposed(analyst)
    overrides.deny(proposal.pk, by=manager, note="No.")
    with pytest.raises(StaleCase, match=r"^Ines Carvalho was first: the override is denied\.$") as late:
        overrides.approve(proposal.pk, by=other, seen=proposal.digest, note="Agreed.")
    assert late.value.winner == "Ines Carvalho"
    with pytest.raises(NotAllowed, match=r"^The proposal is denied already\.$"):
        overrides.withdraw(proposal.pk, by=analyst)
    assert proposed(analyst, proposal.case).pk != proposal.pk


def test_an_expired_proposal_cannot_be_answered(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    sweeps.sweep(now=proposal.expires_at)
    for answer in (
        lambda: overrides.approve(proposal.pk, by=manager, seen=proposal.digest, note="Agreed."),
        lambda: overrides.deny(proposal.pk, by=manager, note="Late."),
    ):
        with pytest.raises(NotAllowed, match=r"^The proposal is expired already\.$"):
            answer()


def test_the_database_refuses_to_edit_a_proposal_or_to_answer_it_twice(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    for change in ("verdict = 'reject'", "digest = ''", "expires_at = expires_at + interval '1 day'", "note = ''"):
        with (
            pytest.raises(IntegrityError, match="a proposal is answered once and never edited"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE compliance_overrideproposal SET {change}")  # noqa: S608
    overrides.deny(proposal.pk, by=manager, note="No.")
    with pytest.raises(IntegrityError, match="answered once"), transaction.atomic():
        OverrideProposal.objects.update(state="open", resolved_at=None, resolved_by=None, resolved_person=None)


# --- recheck ----------------------------------------------------------------------------------------------------------


def rechecked(outcome: str = "declined") -> Case:
    """A case that the system closed and a later report contradicts."""
    case = assertions.case_with("approved")
    assertions.say(case.checks.get(), outcome)
    return fresh(case)


def test_confirming_against_a_decline_needs_a_second_person(analyst: User, manager: User) -> None:
    case = rechecked()
    stood = case.decision
    with pytest.raises(NotAllowed, match="needs a second approver"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, CONFIRM, "OK-04"))
    proposal = decisions.decide_or_propose(case.pk, by=analyst, request=decision_request(case, CONFIRM, "OK-04"))
    assert isinstance(proposal, OverrideProposal)
    assert (proposal.verdict, fresh(case).queue, fresh(case).decision) == ("approve", "recheck", stood)
    decision = overrides.approve(proposal.pk, by=manager, seen=seen_of(proposal), note="Agreed.")
    assert (decision.verdict, decision.replaces, fresh(case).status) == ("approve", stood, "decided")


def test_a_denied_confirmation_leaves_the_case_in_recheck(analyst: User, manager: User) -> None:
    case = rechecked()
    proposal = overrides.propose(case.pk, by=analyst, request=decision_request(case, CONFIRM, "OK-04"))
    overrides.deny(proposal.pk, by=manager, note="No.")
    case = fresh(case)
    assert (case.status, case.queue, case.why_head) == (
        "in_review",
        "recheck",
        "Checkout.com declined after the approval",
    )
    assert case.decision is not None


def test_confirming_is_free_where_the_provider_asks_for_a_person(analyst: User) -> None:
    case = rechecked("manual_review")
    decision = decisions.decide(case.pk, by=analyst, request=decision_request(case, CONFIRM, "OK-01"))
    assert (decision.verdict, fresh(case).status, fresh(case).decision) == ("approve", "decided", decision)
    assert last_event(case).data["verdict"] == "confirm"
    assertions.say(case.checks.get(), "manual_review")
    assert fresh(case).status == "decided"


def test_confirming_needs_a_reason_for_the_confirmed_verdict(analyst: User) -> None:
    case = rechecked("manual_review")
    with pytest.raises(InvalidInput, match=r"^Choose a reason that fits the verdict\.$"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, CONFIRM, "FRD-01"))


def test_a_recheck_can_be_decided_again(analyst: User) -> None:
    case = rechecked()
    decision = decisions.decide(case.pk, by=analyst, request=decision_request(case, REJECT, "FRD-01"))
    assert (fresh(case).status, fresh(case).decision, decision.verdict) == ("decided", decision, "reject")


def test_no_retry_of_a_recheck_and_no_confirmation_of_an_open_case(analyst: User) -> None:
    case = rechecked()
    with pytest.raises(NotAllowed, match=r"^The case has a decision: confirm it or decide again\.$"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, RETRY, "RTY-01"))
    opened = assertions.case_with("declined")
    with pytest.raises(NotAllowed, match=r"^There is no decision to confirm\.$"):
        decisions.decide(opened.pk, by=analyst, request=decision_request(opened, CONFIRM, "OK-01"))


def test_an_escalated_recheck_can_still_be_confirmed(analyst: User, manager: User) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    case = rechecked()
    decisions.decide(case.pk, by=analyst, request=decision_request(case, ESCALATE, "ESC-01"))
    assertions.say(case.checks.get(), "declined", "negative", "62301")
    case = fresh(case)
    assert (case.queue, case.priority) == ("recheck", Priority.ESCALATED)
    claims.claim(case.pk, by=other)
    proposal = overrides.propose(case.pk, by=other, request=decision_request(case, CONFIRM, "OK-04"))
    overrides.approve(proposal.pk, by=manager, seen=seen_of(proposal), note="Agreed.")
    assert (fresh(case).status, fresh(case).question) == ("decided", False)
