"""One person alone decides nothing against a provider, on any road: by action, by address and by SQL."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from compliance.actions import checks, decisions, overrides, sweeps
from compliance.enums import CaseStatus, DecisionVerdict
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Case, Check, Decision, DeskPolicy, OverrideProposal, User
from providers import Facts
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh, needs_two, seen, two_people
from tests.compliance.views.pages import page_of, signed_in
from tests.factories import decision_request

pytestmark = pytest.mark.django_db
APPROVE, REJECT, RETRY, VOID = (
    DecisionVerdict.APPROVE,
    DecisionVerdict.REJECT,
    DecisionVerdict.REQUEST_RETRY,
    DecisionVerdict.VOID,
)


@pytest.fixture(autouse=True)
def _no_automatic_approval(db: None) -> None:
    DeskPolicy.objects.update(auto_close=False)


def add(case: Case, by: User | None, kind: str = "identity") -> Check:
    """A check that this person adds to the case, with an unused reference."""
    account = case.checks.earliest("created_at").account if case.checks.exists() else assertions.make_account()
    reference = assertions.reference(kind)
    return checks.add_check(case.pk, by=by, account=account, kind=kind, reference=reference)[0]


def decide(case: Case, by: User, verdict: DecisionVerdict, reason: str) -> Decision:
    return decisions.decide(case.pk, by=by, request=decision_request(fresh(case), verdict, reason))


# --- the three roads --------------------------------------------------------------------------------------------------


def test_an_unused_reference_does_not_make_a_rejection_free(analyst: User, colleague: User) -> None:
    case = assertions.case_with("approved")
    pending = add(case, analyst)
    for by in (analyst, colleague):
        needs_two(case, by, REJECT, "REJ-01")
    assertions.say(pending, "in_progress")
    needs_two(case, analyst, REJECT, "REJ-01")
    assertions.say(pending, "declined")
    needs_two(case, analyst, REJECT, "REJ-01")
    decide(case, colleague, REJECT, "REJ-01")


def test_a_form_that_rejects_a_passed_applicant_becomes_a_proposal(analyst: User) -> None:
    case = assertions.case_with("approved")
    add(case, analyst)
    request = decision_request(fresh(case), REJECT, "REJ-01")
    fields = {"verdict": "reject", "reason": "REJ-01", "note": "x", "seen": request.seen, "seen_decision": ""}
    shown_to = {"shown_to": analyst.person_id}
    signed_in(analyst).post(reverse("case-decide", args=[case.pk]), fields | shown_to)
    assert not Decision.objects.filter(case=case).exists()


def test_somebody_elses_passed_reference_answers_no_retry_request(
    analyst: User, colleague: User, manager: User
) -> None:
    case = assertions.case_with("declined")
    decide(case, analyst, RETRY, "RTY-01")
    assertions.say(add(case, analyst), "approved")
    for by in (analyst, colleague, manager):
        needs_two(case, by, APPROVE, "OK-01")
    two_people(case, analyst, manager, APPROVE, "OK-04")
    assert fresh(case).decision.approved_by_person == manager.person  # type: ignore[union-attr]


def test_a_reference_of_another_case_is_refused_through_any_account(analyst: User) -> None:
    theirs = assertions.case_with("approved").checks.get()
    case = assertions.case_with("declined")
    decide(case, analyst, RETRY, "RTY-01")
    second = assertions.make_account()
    with pytest.raises(InvalidInput, match=f"^This reference belongs to case KYC-{theirs.case_id}\\.$"):
        checks.add_check(case.pk, by=analyst, account=second, kind="identity", reference=theirs.reference)
    unread = add(case, analyst)
    with pytest.raises(InvalidInput, match=r"^Another check has this reference already\.$"):
        checks.correct_check(unread.pk, by=analyst, reason="x", reference=theirs.reference)
    with pytest.raises(IntegrityError, match="check_once_per_environment"), transaction.atomic():
        Check.objects.filter(pk=unread.pk).update(reference=theirs.reference, account=second)


def test_a_check_added_after_the_retry_window_replaces_nothing(analyst: User) -> None:
    case = assertions.case_with("declined")
    decide(case, analyst, RETRY, "RTY-01")
    # The sweep has not run yet.
    Case.objects.filter(pk=case.pk).update(retry_until=timezone.now() - timedelta(hours=1))
    assertions.say(add(case, analyst), "approved")
    assert case.checks.filter(superseded_by__isnull=False).count() == 0
    sweeps.sweep()
    assert fresh(case).queue == "declined"
    needs_two(case, analyst, APPROVE, "OK-01")


def test_a_declined_case_is_not_closed_as_opened_by_mistake_alone(
    analyst: User, colleague: User, manager: User
) -> None:
    case = assertions.case_with("declined")
    needs_two(case, analyst, VOID, "MIS-01")
    outcome = decisions.void(case.pk, by=analyst, reason="MIS-01", note="Opened twice.")
    assert isinstance(outcome, OverrideProposal)
    with pytest.raises(NotAllowed):
        overrides.approve(outcome.pk, by=colleague, seen=seen(case), note="Seen.")
    overrides.approve(outcome.pk, by=manager, seen=seen(case), note="Seen.")
    assert (fresh(case).status, fresh(case).decision.verdict) == (CaseStatus.DECIDED, VOID)  # type: ignore[union-attr]


def test_a_decline_weighs_on_after_two_people_closed_its_case(analyst: User, colleague: User, manager: User) -> None:
    first = assertions.case_with("declined", external_id="cust-closed")
    proposal = decisions.void(first.pk, by=analyst, reason="MIS-01", note="Opened twice.")
    assert isinstance(proposal, OverrideProposal)
    overrides.approve(proposal.pk, by=manager, seen=seen(first), note="Seen.")
    second = factories.make_case("cust-closed", reference="second")
    assertions.say(assertions.add_check(second), "approved")
    for by in (analyst, colleague):
        needs_two(second, by, APPROVE, "OK-01")
    two_people(second, analyst, manager, APPROVE, "OK-04")
    third = factories.make_case("cust-closed", reference="third")
    assertions.say(assertions.add_check(third), "approved")
    assert decide(third, colleague, APPROVE, "OK-01").proposal_id is None


def test_a_case_closed_before_its_check_was_read_weighs_on(analyst: User, colleague: User) -> None:
    first = factories.make_case("cust-early")
    unread = assertions.add_check(first)
    decisions.void(first.pk, by=analyst, reason="MIS-01", note="Opened twice.")
    second = factories.make_case("cust-early", reference="second")
    assertions.say(assertions.add_check(second), "approved")
    for by in (analyst, colleague):
        needs_two(second, by, APPROVE, "OK-01")
    page = page_of(signed_in(analyst).get(reverse("case", args=[second.pk])))
    why = page.by_id("why-two")
    assert "was closed before its" in why.text and "check had a result" in why.text
    assert why.one("a")["href"] == reverse("case", args=[first.pk])
    assertions.say(unread, "approved")
    assert decide(second, colleague, APPROVE, "OK-01").proposal_id is None


def test_a_second_case_of_a_declined_applicant_needs_two_people(analyst: User, colleague: User) -> None:
    first = assertions.case_with("declined", external_id="cust-again")
    second = factories.make_case("cust-again", reference="second")
    assertions.say(assertions.add_check(second), "approved")
    assert second.applicant_id == first.applicant_id
    for by in (analyst, colleague):
        needs_two(second, by, APPROVE, "OK-01")
    page = page_of(signed_in(analyst).get(reverse("case", args=[second.pk])))
    why = page.by_id("why-two")
    assert f"KYC-{first.pk} of this applicant" in why.text
    assert why.one("a")["href"] == reverse("case", args=[first.pk])


# --- their siblings ---------------------------------------------------------------------------------------------------


def test_replacing_a_negative_check_frees_no_approval(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    old = case.checks.get()
    new = checks.replace_check(
        old.pk, by=analyst, reason="Typo.", account=old.account, reference=assertions.reference()
    )
    assertions.say(new, "approved")
    for by in (analyst, colleague):
        needs_two(case, by, APPROVE, "OK-01")


def test_replacing_a_passed_check_frees_no_rejection_for_the_replacer(analyst: User) -> None:
    case = assertions.case_with("approved")
    old = case.checks.get()
    new = checks.replace_check(
        old.pk, by=analyst, reason="Typo.", account=old.account, reference=assertions.reference()
    )
    needs_two(case, analyst, REJECT, "REJ-01")
    assertions.say(new, "declined")
    needs_two(case, analyst, REJECT, "REJ-01")


def test_the_reference_of_a_read_check_is_not_corrected(analyst: User) -> None:
    check = assertions.case_with("declined").checks.get()
    with pytest.raises(InvalidInput, match=r"^This check has a report\."):
        checks.correct_check(check.pk, by=analyst, reason="x", reference=assertions.reference())


def test_the_reference_of_a_read_check_is_not_changed_by_sql() -> None:
    check = assertions.case_with("declined").checks.get()
    with pytest.raises(IntegrityError, match="a check with a report keeps"), transaction.atomic():
        Check.objects.filter(pk=check.pk).update(reference=assertions.reference())


@pytest.mark.parametrize("change", ["add", "correct", "replace"])
def test_the_person_who_entered_a_check_does_not_approve_by_it_alone(
    change: str, analyst: User, colleague: User
) -> None:
    case = factories.make_case()
    check = assertions.add_check(case)
    if change == "add":
        assertions.say(check, "approved")
        check = add(case, analyst, "face")
    elif change == "correct":
        checks.correct_check(check.pk, by=analyst, reason="Typo.", reference=assertions.reference())
        check.refresh_from_db()
    else:
        reference = assertions.reference()
        check = checks.replace_check(check.pk, by=analyst, reason="x", account=check.account, reference=reference)
    assertions.say(check, "approved")
    needs_two(case, analyst, APPROVE, "OK-01")
    decide(case, colleague, APPROVE, "OK-01")


def test_a_second_retry_over_passed_checks_needs_two_people(analyst: User, manager: User) -> None:
    case = assertions.case_with("approved")
    decide(case, analyst, RETRY, "RTY-01")
    assertions.say(add(case, None), "approved")
    needs_two(case, analyst, RETRY, "RTY-01")
    two_people(case, analyst, manager, RETRY, "RTY-01")
    assert (fresh(case).status, bool(fresh(case).retry_until)) == (CaseStatus.WAITING, True)


@pytest.mark.parametrize(
    "shared",
    [{"document_number": "X-1234567"}, {"birth_date": "1990-02-03", "full_name": "Ada Mary Example"}],
    ids=["document number", "name and birth date"],
)
def test_the_same_person_under_another_external_id_needs_two_people(
    shared: dict[str, str], analyst: User, manager: User
) -> None:
    first = assertions.case_with("declined", **shared)
    second = assertions.case_with("approved", **shared)
    third = assertions.case_with("approved", birth_date="1990-02-03", full_name="Somebody Else")
    assert first.applicant_id != second.applicant_id
    needs_two(second, analyst, APPROVE, "OK-01")
    decide(third, analyst, APPROVE, "OK-01")
    two_people(second, analyst, manager, APPROVE, "OK-04")


def test_a_document_number_read_by_the_provider_counts_as_the_same_person(analyst: User) -> None:
    first, second, masked = factories.make_case(), factories.make_case(), factories.make_case()
    assertions.say(assertions.add_check(first), "declined", facts=Facts(document_number="AB 123456"))
    assertions.say(assertions.add_check(second), "approved", facts=Facts(document_number="ab123456"))
    assertions.say(assertions.add_check(masked), "approved", facts=Facts(document_number="AB****56"))
    needs_two(second, analyst, APPROVE, "OK-01")
    decide(masked, analyst, APPROVE, "OK-01")


def test_two_people_who_approved_over_a_result_have_agreed_to_it(analyst: User, manager: User) -> None:
    first = assertions.case_with("declined", external_id="cust-twice")
    two_people(first, analyst, manager, APPROVE, "OK-04")
    second = factories.make_case("cust-twice", reference="second")
    assertions.say(assertions.add_check(second), "approved")
    decide(second, analyst, APPROVE, "OK-01")
    assertions.say(first.checks.get(), "declined", "negative", "62304")
    third = factories.make_case("cust-twice", reference="third")
    assertions.say(assertions.add_check(third), "approved")
    needs_two(third, analyst, APPROVE, "OK-01")


def test_a_rejection_counts_in_the_next_case(analyst: User, manager: User) -> None:
    first = assertions.case_with("manual_review", external_id="cust-rejected")
    decide(first, analyst, REJECT, "REJ-01")
    second = factories.make_case("cust-rejected", reference="second")
    assertions.say(assertions.add_check(second), "approved")
    needs_two(second, analyst, APPROVE, "OK-01")
    page = page_of(signed_in(analyst).get(reverse("case", args=[second.pk])))
    assert f"KYC-{first.pk} of this applicant was rejected" in page.by_id("why-two").text
    two_people(second, analyst, manager, APPROVE, "OK-04")
    third = factories.make_case("cust-rejected", reference="third")
    assertions.say(assertions.add_check(third), "approved")
    decide(third, analyst, APPROVE, "OK-01")


def test_the_same_reference_that_turns_weighs_no_longer(analyst: User) -> None:
    case = assertions.case_with("declined", external_id="cust-turned")
    assertions.say(case.checks.get(), "approved")
    second = factories.make_case("cust-turned", reference="second")
    assertions.say(assertions.add_check(second), "approved")
    decide(case, analyst, APPROVE, "OK-01")
    decide(second, analyst, APPROVE, "OK-01")


def test_a_retry_that_the_provider_names_itself_replaces_a_result(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    old = case.checks.get()
    decide(case, analyst, RETRY, "RTY-01")
    new = add(case, analyst)
    Check.objects.filter(pk=old.pk).update(followed_reference=new.reference)
    needs_two(case, colleague, APPROVE, "OK-01")
    assertions.say(new, "approved")
    decide(case, colleague, APPROVE, "OK-01")


def test_confirming_an_approval_needs_two_people_after_an_earlier_result(analyst: User) -> None:
    case = assertions.case_with("approved", external_id="cust-confirm")
    decide(case, analyst, APPROVE, "OK-01")
    assertions.say(case.checks.get(), "manual_review")
    earlier = factories.make_case("cust-confirm", reference="second")
    assertions.say(assertions.add_check(earlier), "declined")
    needs_two(case, analyst, DecisionVerdict.CONFIRM, "OK-01", stored=APPROVE)


def test_turning_a_rejection_of_two_people_around_needs_two_people(analyst: User, manager: User) -> None:
    case = assertions.case_with("approved")
    two_people(case, analyst, manager, REJECT, "REJ-01")
    check = case.checks.get()
    assertions.say(check, "approved", "positive", "C-1")
    assert fresh(case).queue == "recheck"
    needs_two(case, analyst, APPROVE, "OK-01")


def test_a_case_that_was_never_read_is_closed_by_one_person(analyst: User) -> None:
    case = factories.make_case()
    assertions.add_check(case)
    assert isinstance(decisions.void(case.pk, by=analyst, reason="MIS-01", note="Opened twice."), Decision)


# --- the system ------------------------------------------------------------------------------------------------------


def _second_case(analyst: User) -> Check:
    assertions.case_with("declined", external_id="cust-system")
    return assertions.add_check(factories.make_case("cust-system", reference="second"))


def _added_by_a_person(analyst: User) -> Check:
    case = factories.make_case()
    assertions.say(assertions.add_check(case), "approved")
    return add(case, analyst, "face")


def _replaced_by_a_person(analyst: User) -> Check:
    old = assertions.add_check(factories.make_case())
    return checks.replace_check(old.pk, by=analyst, reason="x", account=old.account, reference=assertions.reference())


def _retried(analyst: User) -> Check:
    case = assertions.case_with("declined")
    decide(case, analyst, RETRY, "RTY-01")
    return add(case, None)


@pytest.mark.parametrize("road", [_second_case, _added_by_a_person, _replaced_by_a_person, _retried])
def test_the_automatic_approval_leaves_such_a_case_to_people(road: Callable[[User], Check], analyst: User) -> None:
    check = road(analyst)
    DeskPolicy.objects.update(auto_close=True)
    assertions.say(check, "approved")
    case = fresh(check.case)
    assert (case.status, case.decision) == (CaseStatus.IN_REVIEW, None)
    with pytest.raises(IntegrityError, match="the system closes only"), transaction.atomic():
        assertions.insert_decision(case, None, APPROVE, None)


# --- the second person -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["check", "file"])
def test_the_approver_has_changed_no_evidence(change: str, analyst: User, manager: User) -> None:
    case = assertions.case_with("declined")
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    if change == "check":
        add(case, manager, "face")
    else:
        assertions.add_file(case, manager)
    proposal = overrides.propose(case.pk, by=analyst, request=decision_request(fresh(case), APPROVE, "OK-04"))
    with pytest.raises(NotAllowed, match=r"^You changed the evidence of this case since its last decision"):
        overrides.approve(proposal.pk, by=manager, seen=seen(case), note="Seen.")
    overrides.approve(proposal.pk, by=other, seen=seen(case), note="Seen.")


# --- references that an earlier release stored twice ------------------------------------------------------------------


def test_doubles_are_listed_and_count_for_each_other(analyst: User, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = assertions.case_with("approved"), assertions.case_with("approved")
    one, two = first.checks.get(), second.checks.get()
    call_command("list_doubles")
    assert capsys.readouterr().err == "No reference has several checks.\n"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE compliance_check DISABLE TRIGGER compliance_guard_check")
        double = {"reference": one.reference, "is_double": True, "account": assertions.make_account()}
        Check.objects.filter(pk=two.pk).update(**double)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE compliance_check ENABLE TRIGGER compliance_guard_check")
    call_command("list_doubles")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[3:5] for line in lines] == [[one.reference, f"KYC-{case.pk}"] for case in (first, second)]
    assertions.say(one, "declined")
    needs_two(second, analyst, APPROVE, "OK-02")
    with pytest.raises(InvalidInput, match=f"^This reference belongs to case KYC-{first.pk}\\.$"):
        account = two.account
        checks.add_check(
            factories.make_case().pk, by=analyst, account=account, kind="identity", reference=one.reference
        )
