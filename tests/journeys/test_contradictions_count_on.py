"""A certain contradiction counts like a negative result: after its check was replaced, and in other cases."""

from dataclasses import replace

import pytest
from django.urls import reverse

from compliance.actions import cases, checks, decisions, overrides, resolutions
from compliance.enums import DecisionVerdict
from compliance.models import Applicant, Case, Check, DeskPolicy, OverrideProposal, User
from compliance.queries.history import history_of
from providers import Facts, Source
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


# --- other cases of the applicant -----------------------------------------------------------------------------------


NUMBER = "AB123456"


def twice_with_one_number() -> tuple[Case, Case]:
    """A passed case of the person, and one of another applicant with the same document number."""
    case = factories.make_case("cust-1", **PERSON)
    assertions.say(assertions.add_check(case), "approved", facts=replace(AGREES, document_number=NUMBER))
    other = factories.make_case("cust-2", full_name="Ludmila Zorro", birth_date="1999-09-01")
    assertions.say(assertions.add_check(other), "approved", facts=replace(CONTRADICTS, document_number=NUMBER))
    assert fresh(case).findings.get(state="open").kind == "duplicate"
    return fresh(case), fresh(other)


def test_a_duplicate_counts_in_the_next_case_without_the_number(analyst: User, colleague: User, manager: User) -> None:
    first, _ = twice_with_one_number()
    second = next_case()
    assert not second.findings.exists()
    for by in (analyst, colleague):
        needs_two(second, by, APPROVE, "OK-01")
    assert f"KYC-{first.pk} of this applicant: it may be a duplicate of another applicant's case." in why(
        second, analyst
    )
    two_people(second, analyst, manager, APPROVE, "OK-04")
    assert not history_of(second.pk).conflicts


def test_a_duplicate_counts_no_more_between_different_persons(analyst: User, colleague: User, manager: User) -> None:
    first, _ = twice_with_one_number()
    finding = first.findings.get(state="open")
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    second = next_case()
    needs_two(second, colleague, APPROVE, "OK-01")
    resolutions.agree(finding.pk, by=manager, note="Seen both passports.")
    approve(second, colleague)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (Facts(full_name="Abigail Marlow", negatives=(("portrait", "not genuine"),)), "contains a negative word"),
        (Facts(full_name="Abigail Marlow", document_issue="2090-01-01"), "a date cannot be true"),
    ],
    ids=["negative word", "implausible date"],
)
@pytest.mark.parametrize("is_replaced", [False, True])
def test_other_contradictions_count_on_too(is_replaced: bool, facts: Facts, text: str, analyst: User) -> None:
    case = factories.make_case("cust-1", **PERSON)
    assertions.say(assertions.add_check(case), "approved", facts=facts)
    if is_replaced:
        replaced(case, analyst)
        needs_two(case, analyst, APPROVE, "OK-01")
    second = next_case()
    needs_two(second, analyst, APPROVE, "OK-01")
    assert text in why(second, analyst)


# --- answers without data -------------------------------------------------------------------------------------------

NOTHING = Facts(full_name="")
OLD = "2001-01-01"
LOST = {
    "name and birth date": (CONTRADICTS, NOTHING, AGREES),
    "birth date alone": (replace(AGREES, birth_date="1999-09-01"), replace(AGREES, birth_date=""), AGREES),
    "name in parts": (
        replace(AGREES, given_names="Ludmila", family_name="Zorro"),
        AGREES,
        replace(AGREES, given_names="Abigail", family_name="Marlow"),
    ),
    "second document": (
        replace(AGREES, also=(Source(name="second document", facts=CONTRADICTS),)),
        AGREES,
        replace(AGREES, also=(Source(name="second document", facts=AGREES),)),
    ),
    "negative word": (replace(AGREES, negatives=(("portrait", "not genuine"),)), NOTHING, AGREES),
    "expired document": (replace(AGREES, document_expiry=OLD), AGREES, replace(AGREES, document_expiry="2090-01-01")),
    "implausible date": (
        replace(AGREES, document_issue="2090-01-01"),
        AGREES,
        replace(AGREES, document_issue=OLD),
    ),
}
"""An answer that contradicts, one that states nothing about it, and one that agrees."""


@pytest.mark.parametrize("answers", LOST.values(), ids=LOST)
def test_a_contradiction_ends_with_data_that_agree_not_with_none(
    answers: tuple[Facts, Facts, Facts], analyst: User, colleague: User
) -> None:
    case = factories.make_case("cust-1", **PERSON)
    check = assertions.add_check(case)
    for number, facts in enumerate(answers[:2]):
        assertions.say(check, "approved", facts=facts, word=f"answer {number}")
        for by in (analyst, colleague):
            needs_two(case, by, APPROVE, "OK-01")
    page_of(signed_in(analyst).get(reverse("case", args=[case.pk])))
    assertions.say(check, "approved", facts=answers[2], word="agrees")
    approve(case, analyst)


def test_an_answer_without_data_reopens_a_resolved_contradiction(contradicted: Case, analyst: User) -> None:
    finding = contradicted.findings.get(about="full_name")
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Married.")
    assertions.say(contradicted.checks.get(), "approved", facts=NOTHING, word="empty")
    states = set(contradicted.findings.filter(about="full_name").values_list("state", flat=True))
    assert states == {"ended", "open"}


def test_a_contradiction_without_data_counts_on_after_its_check_was_replaced(
    contradicted: Case, analyst: User, colleague: User
) -> None:
    assertions.say(contradicted.checks.get(), "approved", facts=NOTHING, word="empty")
    replaced(contradicted, analyst)
    needs_two(contradicted, colleague, APPROVE, "OK-01")
