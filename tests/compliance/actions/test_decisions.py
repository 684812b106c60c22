"""Decisions by one person: their rows, events and refusals."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from compliance import audit
from compliance.actions import cases, claims, decisions, overrides
from compliance.actions.decision_requests import DecisionRequest
from compliance.enums import DecisionVerdict, Priority
from compliance.errors import InvalidInput, NotAllowed, StaleCase, StaleEvidence
from compliance.models import Case, Claim, Decision, DeskPolicy, Event, OverrideProposal, PolicyRule, ReasonCode, User
from compliance.routing.evidence_digest import evidence_digest
from providers import NotFoundAtProvider
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


# --- one person -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "verdict", "reason"), [("manual_review", APPROVE, "OK-01"), ("declined", REJECT, "FRD-05")]
)
def test_a_free_verdict_decides_the_case(analyst: User, outcome: str, verdict: DecisionVerdict, reason: str) -> None:
    case = assertions.case_with(outcome)
    claims.claim(case.pk, by=analyst)
    decision = decisions.decide(case.pk, by=analyst, request=decision_request(case, verdict, reason, " Looked twice. "))
    case = fresh(case)
    assert (case.status, case.queue, case.due_at, case.priority, case.why_head) == ("decided", "", None, 0, "")
    assert (case.decision, case.decided_at, case.handled_report_seq) == (decision, decision.decided_at, 1)
    assert (decision.verdict, decision.reason_id, decision.note) == (verdict, reason, "Looked twice.")
    assert (decision.by, decision.by_person, decision.proposal, decision.replaces) == (
        analyst,
        analyst.person,
        None,
        None,
    )
    assert decision.digest == evidence_digest(cases.evidence_of(case))
    assert not Claim.objects.exists()
    event = last_event(case)
    assert (event.type, event.actor) == ("decided", analyst)
    row = audit.row_digest(Decision.objects.get(pk=decision.pk))
    assert event.data == {"decision": str(decision.pk), "row": row, "verdict": verdict, "reason": reason, "until": ""}


def test_requesting_a_retry_sets_a_deadline_and_ends_the_claim(analyst: User) -> None:
    DeskPolicy.objects.update(retry_days=3)
    case = assertions.case_with("retry_required")
    claims.claim(case.pk, by=analyst)
    decision = decisions.decide(case.pk, by=analyst, request=decision_request(case, RETRY, "RTY-02", ""))
    case = fresh(case)
    assert (case.status, case.queue, case.decision, case.retry_until) == ("waiting", "", None, decision.retry_until)
    assert decision.retry_until == decision.decided_at + timedelta(days=3)
    assert not Claim.objects.exists()
    assert last_event(case).data["until"] == decision.retry_until.isoformat()


def test_escalating_flags_the_case_with_the_highest_priority(analyst: User, manager: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    claims.claim(case.pk, by=analyst)
    decision = decisions.decide(
        case.pk, by=analyst, request=decision_request(case, ESCALATE, "ESC-01", "Is this the same man?")
    )
    case = fresh(case)
    assert (case.status, case.queue, case.priority, case.question) == (
        "in_review",
        "declined",
        Priority.ESCALATED,
        True,
    )
    assert case.why_head == "Checkout.com declined, escalated by Dana Whitfield"
    assert (decision.note, case.decision) == ("Is this the same man?", None)
    assert not Claim.objects.exists()
    with pytest.raises(NotAllowed, match=r"^The case is escalated already\.$"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, ESCALATE, "ESC-01"))
    claims.claim(case.pk, by=manager)
    decisions.decide(case.pk, by=manager, request=decision_request(case, REJECT, "REJ-01"))
    assert (fresh(case).status, fresh(case).question) == ("decided", False)


def test_an_escalation_outlasts_later_reports(analyst: User) -> None:
    case = assertions.case_with("declined")
    decisions.decide(case.pk, by=analyst, request=decision_request(case, ESCALATE, "ESC-01"))
    assertions.say(case.checks.get(), "approved")
    case = fresh(case)
    assert (case.status, case.question, case.priority) == ("in_review", True, Priority.ESCALATED)
    assert case.why_head == "Checkout.com approved, escalated by Dana Whitfield"


def test_decisions_form_one_line_each_replacing_the_one_before(analyst: User, manager: User) -> None:
    case = assertions.case_with("retry_required")
    first = decisions.decide(case.pk, by=analyst, request=decision_request(case, RETRY, "RTY-01"))
    assertions.say(case.checks.get(), "manual_review")
    second = decisions.decide(case.pk, by=analyst, request=decision_request(case, ESCALATE, "ESC-01"))
    claims.claim(case.pk, by=manager)
    third = decisions.decide(case.pk, by=manager, request=decision_request(case, APPROVE, "OK-01"))
    assertions.say(case.checks.get(), "declined")
    fourth = decisions.decide(case.pk, by=analyst, request=decision_request(case, ESCALATE, "ESC-01"))
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    claims.claim(case.pk, by=other)
    proposal = overrides.propose(case.pk, by=other, request=decision_request(case, CONFIRM, "OK-04"))
    fifth = overrides.approve(proposal.pk, by=manager, seen=seen_of(proposal), note="Agreed.")
    line = [first, second, third, fourth, fifth]
    assert [decision.replaces for decision in line] == [None, *line[:-1]]
    assert fresh(case).decision == fifth


def test_a_decision_is_never_edited(analyst: User) -> None:
    case = assertions.case_with("declined")
    decisions.decide(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))
    for statement in ("UPDATE compliance_decision SET verdict = 'approve'", "DELETE FROM compliance_decision"):
        with (
            pytest.raises(Exception, match="compliance_decision is append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "reason", "note", "sentence", "field"),
    [
        (REJECT, "", "x", "Choose a reason that fits the verdict.", "reason"),
        (REJECT, "no-such", "x", "Choose a reason that fits the verdict.", "reason"),
        (REJECT, "OK-01", "x", "Choose a reason that fits the verdict.", "reason"),
        (REJECT, "FRD-01", "  ", "This reason requires a note.", "note"),
        (ESCALATE, "ESC-01", "\n", "This reason requires a note.", "note"),
        (REJECT, "REJ-01", "x" * 4001, "A note is at most 4000 characters long.", "note"),
    ],
)
def test_reason_and_note_must_fit(
    analyst: User, verdict: DecisionVerdict, reason: str, note: str, sentence: str, field: str
) -> None:
    case = assertions.case_with("declined")
    with pytest.raises(InvalidInput) as refused:
        decisions.decide(case.pk, by=analyst, request=decision_request(case, verdict, reason, note))
    assert (str(refused.value), refused.value.field) == (sentence, field)
    assert not Decision.objects.exists()


def test_escalating_needs_a_note_even_without_asks_note(analyst: User) -> None:
    ReasonCode.objects.filter(code="ESC-01").update(asks_note=False)
    case = assertions.case_with("declined")
    with pytest.raises(InvalidInput, match=r"^Write your question for the manager\.$"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, ESCALATE, "ESC-01", ""))


def test_an_inactive_reason_is_refused(analyst: User) -> None:
    case = assertions.case_with("declined")
    ReasonCode.objects.filter(code="REJ-01").update(active=False)
    with pytest.raises(InvalidInput, match=r"^Choose a reason that fits the verdict\.$"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))


def test_deciding_alone_against_a_provider_is_refused(analyst: User, manager: User) -> None:
    sentence = r"^This goes against a provider's result: it needs a second approver\.$"
    for outcome in ("declined", "retry_required", "incomplete", "in_progress"):
        case = assertions.case_with(outcome)
        for by in (analyst, manager):
            with pytest.raises(NotAllowed, match=sentence):
                decisions.decide(case.pk, by=by, request=decision_request(case, APPROVE, "OK-01"))
    DeskPolicy.objects.update(auto_close=False)
    passed = assertions.case_with("approved")
    with pytest.raises(NotAllowed, match=sentence):
        decisions.decide(passed.pk, by=analyst, request=decision_request(passed, REJECT, "REJ-01"))


def test_the_database_refuses_an_unapproved_override(analyst: User) -> None:
    case = assertions.case_with("declined")
    with pytest.raises(IntegrityError, match="an override needs an approved proposal"), transaction.atomic():
        Decision.objects.create(
            case=case,
            data_key_id=case.applicant.data_key_id,
            verdict=APPROVE,
            reason_id="OK-01",
            by=analyst,
            by_person=analyst.person,
            decided_at=timezone.now(),
            digest="",
            report_seq=1,
        )


def test_a_stricter_policy_rule_holds_at_once(analyst: User) -> None:
    case = assertions.case_with("declined")
    rule = PolicyRule.objects.create(
        outcome="declined", provider_verdict="negative", verdict="reject", ruling="needs_approval"
    )
    with pytest.raises(NotAllowed, match="needs a second approver"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))
    PolicyRule.objects.filter(pk=rule.pk).update(ruling="forbidden")
    for verb in (decisions.decide, overrides.propose, decisions.decide_or_propose):
        with pytest.raises(NotAllowed, match=r"^Policy forbids this verdict for these provider results\.$"):
            verb(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))


def test_a_policy_may_need_two_people_for_a_retry(analyst: User) -> None:
    case = assertions.case_with("retry_required")
    PolicyRule.objects.create(
        outcome="retry_required", provider_verdict="none", verdict="request_retry", ruling="needs_approval"
    )
    made = decisions.decide_or_propose(case.pk, by=analyst, request=decision_request(case, RETRY, "RTY-01"))
    assert isinstance(made, OverrideProposal)


def test_deciding_needs_the_role_and_a_lost_role_counts_at_once(analyst: User, stranger: User) -> None:
    case = assertions.case_with("declined")
    old = User.objects.get(pk=analyst.pk)
    assert old.has_perm("compliance.review_case")
    analyst.groups.clear()
    for by in (old, stranger):
        with pytest.raises(NotAllowed, match=r"^Your role does not include reviewing cases\.$"):
            decisions.decide(case.pk, by=by, request=decision_request(case, REJECT, "REJ-01"))
    analyst.groups.add(Group.objects.get(name="analyst"))
    User.objects.filter(pk=analyst.pk).update(is_active=False)
    with pytest.raises(NotAllowed, match=r"^Your role does not include reviewing cases\.$"):
        decisions.decide(case.pk, by=old, request=decision_request(case, REJECT, "REJ-01"))


def test_a_case_claimed_by_another_person_cannot_be_decided(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    claim = claims.claim(case.pk, by=colleague)
    with pytest.raises(NotAllowed) as refused:
        decisions.decide(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))
    assert str(refused.value) == f"Kwabena Osei has claimed this case until {claim.until:%H:%M} UTC."


def test_the_loser_is_shown_the_winner_and_the_time(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    late = decision_request(case, REJECT, "REJ-02")
    first = decisions.decide(case.pk, by=colleague, request=decision_request(case, REJECT, "REJ-01"))
    with pytest.raises(StaleCase) as refused:
        decisions.decide(case.pk, by=analyst, request=late)
    assert str(refused.value) == f"Kwabena Osei rejected this case at {first.decided_at:%H:%M} UTC."
    assert refused.value.winner == "Kwabena Osei"
    assert Decision.objects.count() == 1


def test_the_system_is_named_as_winner(analyst: User) -> None:
    case = assertions.case_with("in_progress")
    late = decision_request(case, REJECT, "REJ-07")
    assertions.say(case.checks.get(), "approved")
    with pytest.raises(StaleCase, match=r"^The system approved this case at \d\d:\d\d UTC\.$"):
        decisions.decide(case.pk, by=analyst, request=late)


def test_the_proposer_is_named_as_winner(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    late = decision_request(case, REJECT, "REJ-01")
    proposed(colleague, case)
    for verb in (decisions.decide, overrides.propose, decisions.decide_or_propose):
        with pytest.raises(StaleCase, match=r"^Kwabena Osei proposed an override, which is pending\.$"):
            verb(case.pk, by=analyst, request=late)


def test_a_decided_case_is_not_decided_again(analyst: User) -> None:
    case = assertions.case_with("approved")
    with pytest.raises(NotAllowed, match=r"^The case is decided\.$"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))


# --- stale evidence ---------------------------------------------------------------------------------------------------


@pytest.mark.promise("G28")
def test_changed_evidence_stops_the_decision_with_the_difference(analyst: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    check = case.checks.get()
    late = decision_request(case, REJECT, "REJ-01")
    assertions.say(check, "manual_review", "none", "62305")
    with pytest.raises(StaleEvidence, match=r"^The evidence has changed since you opened the case") as stopped:
        decisions.decide(case.pk, by=analyst, request=late)
    assert stopped.value.changes == (
        f"Checkout.com identity {check.reference} was declined, negative, report 1 (62301); "
        "it is now manual_review, none, report 2 (62305).",
    )
    assert not Decision.objects.exists()
    decisions.decide(case.pk, by=analyst, request=decision_request(case, REJECT, "REJ-01"))


def test_a_page_several_reports_old_is_shown_all_changes(analyst: User) -> None:
    case = factories.make_case()
    first = assertions.add_check(case)
    assertions.say(first, "in_progress")
    late = decision_request(case, REJECT, "REJ-01")
    second = assertions.add_check(case, "face")
    assertions.say(first, "manual_review", "none", "62305")
    assertions.say(second, "declined")
    with pytest.raises(StaleEvidence) as stopped:
        decisions.decide(case.pk, by=analyst, request=late)
    assert stopped.value.changes == (
        f"Checkout.com face {second.reference} is new: declined, negative, report 1 (declined).",
        f"Checkout.com identity {first.reference} was in_progress, none, report 1 (in_progress); "
        "it is now manual_review, none, report 2 (62305).",
    )


def test_an_unknown_digest_is_refused_without_changes(analyst: User) -> None:
    case = assertions.case_with("declined")
    for seen in ("", "0" * 64):
        made_up = DecisionRequest(verdict=REJECT, reason="REJ-01", note="x", seen=seen)
        with pytest.raises(StaleEvidence) as stopped:
            decisions.decide(case.pk, by=analyst, request=made_up)
        assert stopped.value.changes == ()


def test_the_same_answer_again_makes_no_page_stale(analyst: User) -> None:
    case = assertions.case_with("declined")
    opened = decision_request(case, REJECT, "REJ-01")
    assert assertions.say(case.checks.get(), "declined").unchanged == 1
    assert decisions.decide(case.pk, by=analyst, request=opened).verdict == REJECT


# --- closing a mistake ------------------------------------------------------------------------------------------------


def test_one_person_closes_a_case_without_a_result(analyst: User) -> None:
    case = factories.make_case()
    assertions.fail(assertions.add_check(case), NotFoundAtProvider("checkout_com", "Nobody knows it there."))
    claims.claim(case.pk, by=analyst)
    decision = decisions.void(case.pk, by=analyst, reason="MIS-01", note="Opened twice by import.")
    case = fresh(case)
    assert (case.status, case.queue, case.decision, decision.verdict) == ("decided", "", decision, "void")
    assert (last_event(case).type, last_event(case).data["verdict"]) == ("decided", "void")
    assertions.say(case.checks.get(), "approved")
    assert fresh(case).status == "decided"


def test_voiding_needs_a_note_a_fitting_reason_and_an_open_case(analyst: User, admin: User) -> None:
    case = assertions.case_with("declined")
    with pytest.raises(InvalidInput, match=r"^Describe the mistake\.$"):
        decisions.void(case.pk, by=analyst, reason="MIS-01", note=" ")
    with pytest.raises(InvalidInput, match=r"^Choose a reason that fits the verdict\.$"):
        decisions.void(case.pk, by=analyst, reason="REJ-01", note="x")
    with pytest.raises(NotAllowed, match=r"^Your role does not include managing checks\.$"):
        decisions.void(case.pk, by=admin, reason="MIS-01", note="x")
    proposed(analyst, case)
    with pytest.raises(
        NotAllowed, match=r"^An override proposal is pending: it has to be approved, denied or withdrawn first\.$"
    ):
        decisions.void(case.pk, by=analyst, reason="MIS-01", note="x")
    closed = assertions.case_with("approved", kind="document")
    with pytest.raises(NotAllowed, match=r"^The case is decided\.$"):
        decisions.void(closed.pk, by=analyst, reason="MIS-01", note="x")
