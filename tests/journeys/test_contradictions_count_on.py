"""A certain contradiction counts like a negative result: after its check was replaced, and in other cases."""

import pytest
from django.urls import reverse

from compliance.actions import cases, checks, decisions, overrides
from compliance.enums import DecisionVerdict
from compliance.models import Applicant, Case, Check, DeskPolicy, OverrideProposal, User
from compliance.queries.history import history_of
from providers import Facts
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh, needs_two, two_people
from tests.compliance.views.pages import page_of, signed_in
from tests.factories import decision_request

pytestmark = pytest.mark.django_db
APPROVE, RETRY = DecisionVerdict.APPROVE, DecisionVerdict.REQUEST_RETRY
PERSON = {"full_name": "Abigail Marlow", "birth_date": "1966-06-01"}
AGREES = Facts(full_name="Abigail Marlow", birth_date="1966-06-01")
CONTRADICTS = Facts(full_name="Ludmila Zorro", birth_date="1999-09-01")


@pytest.fixture(autouse=True)
def _no_automatic_approval(db: None) -> None:
    DeskPolicy.objects.update(auto_close=False)


@pytest.fixture
def contradicted() -> Case:
    """A case whose provider passed another person."""
    case = factories.make_case("cust-1", **PERSON)
    assertions.say(assertions.add_check(case), "approved", facts=CONTRADICTS)
    return fresh(case)


def next_case(external_id: str = "cust-1") -> Case:
    applicant = Applicant(external_id=external_id, **PERSON)
    case, _ = cases.open_case(applicant, environment="simulator", by=None, reference="second")
    assertions.say(assertions.add_check(case), "approved", facts=AGREES)
    return fresh(case)


def replaced(case: Case, by: User) -> Check:
    old = case.checks.get()
    new = checks.replace_check(old.pk, by=by, reason="Typo.", account=old.account, reference=assertions.reference())
    assertions.say(new, "approved", facts=AGREES)
    return new


def approve(case: Case, by: User) -> None:
    decisions.decide(case.pk, by=by, request=decision_request(fresh(case), APPROVE, "OK-01"))


def why(case: Case, by: User) -> str:
    return page_of(signed_in(by).get(reverse("case", args=[case.pk]))).by_id("why-two").text


def test_a_replaced_check_that_contradicted_counts_on(
    contradicted: Case, analyst: User, colleague: User, manager: User
) -> None:
    replaced(contradicted, analyst)
    needs_two(contradicted, colleague, APPROVE, "OK-01")
    assert "A contradiction of a replaced check still counts." in why(contradicted, colleague)
    two_people(contradicted, colleague, manager, APPROVE, "OK-04")
    assert not history_of(contradicted.pk).conflicts


def test_a_retry_over_a_contradiction_needs_two_people(contradicted: Case, analyst: User, manager: User) -> None:
    decisions.decide(contradicted.pk, by=analyst, request=decision_request(contradicted, RETRY, "RTY-01"))
    account = contradicted.checks.get().account
    new, _ = checks.add_check(
        contradicted.pk, by=None, account=account, kind="identity", reference=assertions.reference()
    )
    assertions.say(new, "approved", facts=AGREES)
    needs_two(contradicted, analyst, APPROVE, "OK-01")
    two_people(contradicted, analyst, manager, APPROVE, "OK-04")


def test_the_same_reference_that_agrees_later_contradicts_no_more(contradicted: Case, analyst: User) -> None:
    assertions.say(contradicted.checks.get(), "approved", facts=AGREES, word="again")
    approve(contradicted, analyst)
    approve(next_case(), analyst)


def test_a_check_replaced_after_it_agreed_contradicts_no_more(
    contradicted: Case, analyst: User, colleague: User
) -> None:
    assertions.say(contradicted.checks.get(), "approved", facts=AGREES, word="again")
    replaced(contradicted, analyst)
    approve(contradicted, colleague)


@pytest.mark.parametrize(("external_id", "whose"), [("cust-1", "this applicant"), ("cust-2", "an applicant counted")])
def test_a_contradiction_counts_in_the_next_case(
    external_id: str, whose: str, contradicted: Case, analyst: User, manager: User
) -> None:
    case = next_case(external_id)
    needs_two(case, analyst, APPROVE, "OK-01")
    text = f"KYC-{contradicted.pk} of {whose}"
    assert text in why(case, analyst) and "its sources contradict each other." in why(case, analyst)
    two_people(case, analyst, manager, APPROVE, "OK-04")
    assert not history_of(contradicted.pk).conflicts


def test_a_contradiction_counts_on_after_two_people_closed_its_case(
    contradicted: Case, analyst: User, manager: User
) -> None:
    proposal = decisions.void(contradicted.pk, by=analyst, reason="MIS-01", note="Opened twice.")
    assert isinstance(proposal, OverrideProposal)
    case = next_case()
    needs_two(case, analyst, APPROVE, "OK-01")
    overrides.approve(proposal.pk, by=manager, seen=assertions.seen(contradicted), note="Seen.")
    needs_two(case, analyst, APPROVE, "OK-01")
    two_people(case, analyst, manager, APPROVE, "OK-04")
    assert not history_of(case.pk).conflicts


def test_an_uncertain_finding_does_not_count_elsewhere(analyst: User) -> None:
    case = factories.make_case("cust-1", **PERSON)
    assertions.say(assertions.add_check(case), "approved", facts=Facts(full_name="Abigail Mary Marlow"))
    approve(next_case(), analyst)
