"""References that a person typed, also in *New case*: they alone neither reject nor approve over what others said."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.urls import reverse

from compliance.actions import cases, checks, decisions
from compliance.enums import DecisionVerdict
from compliance.models import Applicant, Case, Check, DeskPolicy, User
from providers import Facts
from tests.compliance import assertions
from tests.compliance.assertions import fresh, needs_two, two_people
from tests.compliance.views.pages import page_of, signed_in
from tests.factories import decision_request

pytestmark = pytest.mark.django_db
APPROVE, REJECT, RETRY, VOID = (
    DecisionVerdict.APPROVE,
    DecisionVerdict.REJECT,
    DecisionVerdict.REQUEST_RETRY,
    DecisionVerdict.VOID,
)
REASONS = {APPROVE: "OK-01", REJECT: "REJ-01", RETRY: "RTY-01"}
PERSON = {"full_name": "Ada Example", "birth_date": "1990-02-03"}


@pytest.fixture(autouse=True)
def _no_automatic_approval(db: None) -> None:
    DeskPolicy.objects.update(auto_close=False)


def opened(by: User | None, reference: str = "", external_id: str = "cust-1") -> Check:
    """The unread check of a case that this person opened by the form, or an import for nobody."""
    applicant = Applicant(external_id=external_id, **PERSON)
    case, _ = cases.open_case(applicant, environment="simulator", by=by, reference=reference)
    return typed(case, by, is_opening=True)


def typed(case: Case, by: User | None, **more: Any) -> Check:
    account = assertions.make_account()
    given: dict[str, Any] = {"account": account, "kind": "identity", "reference": assertions.reference()}
    return checks.add_check(case.pk, by=by, **(given | more))[0]


def said(check: Check, outcome: str) -> Case:
    assertions.say(check, outcome)
    return fresh(check.case)


def decide(case: Case, by: User, verdict: DecisionVerdict) -> None:
    decisions.decide(case.pk, by=by, request=decision_request(fresh(case), verdict, REASONS[verdict]))


def reasons(case: Case, by: User, block: str) -> str:
    page = page_of(signed_in(by).get(reverse("case", args=[case.pk])))
    return page.by_id(block).text if page.has(id=block) else ""


# --- rejections -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["declined", "manual_review", "retry_required", "in_progress", ""])
@pytest.mark.parametrize("road", ["opened", "added", "replaced"])
def test_a_passed_applicant_is_not_rejected_by_a_typed_reference(
    road: str, outcome: str, analyst: User, colleague: User, manager: User
) -> None:
    first = said(opened(None), "approved")
    if road == "opened":
        check = opened(analyst, "second")
    else:
        case = opened(None, "second").case
        check = typed(case, analyst)
        old = case.checks.exclude(pk=check.pk).get()
        if road == "replaced":
            account, reference = old.account, assertions.reference()
            check = checks.replace_check(old.pk, by=analyst, reason="Typo.", account=account, reference=reference)
    case = said(check, outcome) if outcome else fresh(check.case)
    needs_two(case, analyst, REJECT, "REJ-01")
    if outcome in ("declined", "manual_review"):
        why = reasons(case, analyst, "why-two-reject")
        assert f"KYC-{first.pk} of this applicant: Checkout.com result passed." in why
        assert not reasons(case, colleague, "why-two-reject")
        two_people(case, analyst, manager, REJECT, "REJ-01")


@pytest.mark.parametrize("outcome", ["declined", "manual_review", "retry_required"])
def test_the_first_case_of_an_applicant_is_rejected_by_its_opener(outcome: str, analyst: User) -> None:
    decide(said(opened(analyst), outcome), analyst, REJECT)


def test_another_person_rejects_by_a_typed_reference(analyst: User, colleague: User) -> None:
    said(opened(None), "approved")
    decide(said(opened(analyst, "second"), "declined"), colleague, REJECT)


def test_an_imported_decline_is_rejected_although_another_case_passed(analyst: User) -> None:
    said(opened(None), "approved")
    decide(said(opened(None, "second"), "declined"), analyst, REJECT)


def test_a_typed_decline_is_rejected_where_another_case_was_declined_too(analyst: User) -> None:
    said(opened(None), "approved")
    said(opened(None, "second"), "declined")
    decide(said(opened(analyst, "third"), "declined"), analyst, REJECT)


def test_two_typed_declines_do_not_support_each_other(analyst: User) -> None:
    said(opened(None), "approved")
    said(opened(analyst, "second"), "declined")
    needs_two(said(opened(analyst, "third"), "declined"), analyst, REJECT, "REJ-01")


def test_a_replaced_pass_of_another_case_counts_for_the_applicant(analyst: User, colleague: User) -> None:
    old = opened(None)
    said(old, "approved")
    checks.replace_check(old.pk, by=colleague, reason="Typo.", account=old.account, reference=assertions.reference())
    needs_two(said(opened(analyst, "second"), "declined"), analyst, REJECT, "REJ-01")


def test_a_pass_of_an_applicant_who_counts_as_the_same_person_counts(analyst: User) -> None:
    first = said(opened(None), "approved")
    case = said(opened(analyst, external_id="cust-2"), "declined")
    needs_two(case, analyst, REJECT, "REJ-01")
    why = reasons(case, analyst, "why-two-reject")
    assert f"KYC-{first.pk} of an applicant counted as the same person: Checkout.com result passed." in why


def test_a_pass_that_the_same_person_typed_counts_where_it_is_all_there_is(analyst: User) -> None:
    needs_two(said(opened(analyst), "approved"), analyst, REJECT, "REJ-01")


def test_a_pass_in_another_case_counts_although_the_same_person_typed_it(analyst: User, colleague: User) -> None:
    said(opened(analyst), "approved")
    case = said(opened(analyst, "second"), "declined")
    needs_two(case, analyst, REJECT, "REJ-01")
    decide(case, colleague, REJECT)


def test_a_typed_pass_beside_a_typed_decline_needs_two_people(analyst: User, colleague: User) -> None:
    case = said(opened(analyst), "approved")
    said(typed(case, analyst), "declined")
    needs_two(case, analyst, REJECT, "REJ-01")
    decide(case, colleague, REJECT)


def test_a_case_that_waits_is_not_rejected_over_a_pass_of_another_case(analyst: User, colleague: User) -> None:
    said(opened(None), "approved")
    check = opened(None, "second")
    for outcome in ("", "in_progress"):
        case = said(check, outcome) if outcome else fresh(check.case)
        for by in (analyst, colleague):
            needs_two(case, by, REJECT, "REJ-01")
        assert "result passed." in reasons(case, analyst, "why-two-reject")
    decide(said(check, "declined"), analyst, REJECT)


def test_an_imported_pass_beside_a_typed_decline_needs_two_people(analyst: User, colleague: User) -> None:
    case = said(opened(analyst), "declined")
    said(typed(case, None), "approved")
    needs_two(case, analyst, REJECT, "REJ-01")
    decide(case, colleague, REJECT)


# --- approvals --------------------------------------------------------------------------------------------------------


def test_a_case_of_the_form_is_approved_by_its_opener(analyst: User) -> None:
    decide(said(opened(analyst), "approved"), analyst, APPROVE)


def _left_unread(analyst: User) -> Check:
    return opened(None)


def _in_progress(analyst: User) -> Check:
    check = opened(None)
    said(check, "in_progress")
    return check


def _to_be_retried(analyst: User) -> Check:
    check = opened(None)
    said(check, "retry_required")
    return check


def _corrected(analyst: User) -> Check:
    check = opened(None)
    checks.correct_check(check.pk, by=analyst, reason="Typo.", reference=assertions.reference())
    assertions.say(check, "approved")
    return check


def _replaced(analyst: User) -> Check:
    check = opened(None)
    new = checks.replace_check(
        check.pk, by=analyst, reason="Typo.", account=check.account, reference=assertions.reference()
    )
    assertions.say(new, "approved")
    return check


def _corrected_after_an_approval(analyst: User) -> Check:
    check = opened(None)
    decide(said(check, "approved"), analyst, APPROVE)
    late = typed(check.case, None)
    checks.correct_check(late.pk, by=analyst, reason="Typo.", reference=assertions.reference())
    assertions.say(late, "approved")
    return late


def _corrected_in_a_closed_case(analyst: User) -> Check:
    check = opened(None)
    decisions.void(check.case_id, by=analyst, reason="MIS-01", note="Opened twice.")
    checks.correct_check(check.pk, by=analyst, reason="Typo.", reference=assertions.reference())
    assertions.say(check, "approved")
    return check


def _expired(analyst: User) -> Check:
    check = opened(None)
    assertions.say(check, "approved", facts=Facts(full_name="Ada Example", document_expiry="2001-01-01"))
    return check


ROADS = (
    _expired,
    _to_be_retried,
    _left_unread,
    _in_progress,
    _corrected,
    _replaced,
    _corrected_after_an_approval,
    _corrected_in_a_closed_case,
)


@pytest.mark.parametrize("road", ROADS)
def test_an_unread_reference_of_another_case_binds_who_typed_all(
    road: Any, analyst: User, colleague: User, manager: User
) -> None:
    first = road(analyst).case
    case = said(opened(analyst, "second"), "approved")
    needs_two(case, analyst, APPROVE, "OK-01")
    assert f"Open KYC-{first.pk}" in reasons(case, analyst, "why-two")
    assert not reasons(case, colleague, "why-two")
    two_people(case, analyst, manager, APPROVE, "OK-04")
    decide(said(opened(analyst, "third"), "approved"), analyst, APPROVE)


def test_an_unread_reference_of_another_case_counts_until_it_is_read(analyst: User) -> None:
    first = opened(None)
    case = said(opened(analyst, "second"), "approved")
    needs_two(case, analyst, APPROVE, "OK-01")
    said(first, "approved")
    decide(case, analyst, APPROVE)


def test_an_imported_check_is_approved_beside_unread_ones_of_other_cases(analyst: User) -> None:
    opened(None)
    case = said(opened(None, "second"), "approved")
    decide(case, analyst, APPROVE)


def test_a_corrected_reference_counts_no_more_after_another_person_approved(analyst: User, colleague: User) -> None:
    decide(_corrected(analyst).case, colleague, APPROVE)
    decide(said(opened(analyst, "second"), "approved"), analyst, APPROVE)


def test_a_confirmation_is_never_stored_as_such_by_one_person(analyst: User) -> None:
    case = said(opened(None), "approved")
    with pytest.raises(IntegrityError, match=assertions.NOT_ALONE):
        assertions.insert_decision(case, analyst, "confirm", "OK-01")
