"""An applicant with an earlier negative result comes back under another external id and another spelling."""

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone

from compliance.actions import decisions, resolutions
from compliance.actions.corrections import correct_data
from compliance.enums import DecisionVerdict
from compliance.errors import StaleEvidence
from compliance.models import Applicant, Case, DeskPolicy, DistinctApplicants, Finding, IdentityKey, User
from compliance.queries import duplicates as duplicate_queries
from compliance.queries.corrections import version_of
from compliance.queries.duplicates import MOST_HINTS, cases_with_similar_names
from compliance.queries.history import history_of
from providers import Facts, Source
from providers.vault import DataKey
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh, needs_two, two_people
from tests.compliance.views.pages import page_of, signed_in
from tests.providers.vault.key_cache import forget_data_keys
from tests.services import acting_as_desk_app

pytestmark = pytest.mark.django_db
APPROVE = DecisionVerdict.APPROVE
BORN = "1981-01-01"


@pytest.fixture(autouse=True)
def _no_automatic_approval(db: None) -> None:
    DeskPolicy.objects.update(auto_close=False)


def case_of(name: str, outcome: str = "approved", *, born: str = BORN, **declared: str) -> Case:
    return fresh(assertions.case_with(outcome, full_name=name, birth_date=born, **declared))


def approve(case: Case, by: User) -> None:
    decisions.decide(case.pk, by=by, request=factories.decision_request(fresh(case), APPROVE, "OK-01"))


def duplicates_of(case: Case) -> list[tuple[str, int]]:
    rows = Finding.objects.filter(case=case, kind="duplicate", state__in=("open", "resolved")).order_by("pk")
    return [(row.about, row.detail["case"]) for row in rows]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Jürgen Müller", "Juergen Mueller"),
        ("Дмитрий Орлов", "Dmitry Orlov"),
        ("Sean O'Connor", "Sean OConnor"),
        ("Dr. Hans Becker", "Hans Becker"),
        ("Maria Jose Garcia Lopez", "Maria Garcia"),
        ("Mohammed Ali Hassan", "Muhammad Ali Hasan"),
        ("王芳", "Wang Fang"),
        ("Katherine Blake", "Catherine Blake"),
    ],
)
def test_an_approval_under_another_spelling_needs_two_people(
    first: str, second: str, analyst: User, colleague: User, manager: User
) -> None:
    declined = case_of(first, "declined")
    case = case_of(second)
    assert duplicates_of(case) == [("similar_name", declined.pk)]
    assert duplicates_of(declined) == [("similar_name", case.pk)]
    for by in (analyst, colleague):
        needs_two(case, by, APPROVE, "OK-01")
    page = page_of(signed_in(analyst).get(reverse("case", args=[case.pk])))
    link = reverse("case", args=[declined.pk])
    why = page.by_id("why-two")
    assert f"KYC-{declined.pk} of an applicant counted as the same person" in why.text
    assert link in [one["href"] for one in why.all("a")]
    text = f"KYC-{declined.pk}, another applicant’s case, has the same birth date and a similar name."
    assert text in page.text
    two_people(case, analyst, manager, APPROVE, "OK-04")


def test_another_person_of_the_same_birth_date_is_approved_by_one(analyst: User) -> None:
    case_of("Anna Schmidt", "declined")
    twin, other_day = case_of("Maria Schmidt"), case_of("Anna Schmitt", born="1981-01-02")
    assert duplicates_of(twin) == duplicates_of(other_day) == []
    approve(twin, analyst)
    approve(other_day, analyst)


def test_the_spelling_of_an_answer_is_found_too(analyst: User) -> None:
    declined = case_of("Somebody Else", born="")
    facts = Facts(full_name="Jürgen Müller", birth_date="01.01.1981")
    assertions.say(declined.checks.get(), "declined", facts=facts)
    case = case_of("Juergen Mueller")
    assert duplicates_of(case) == [("similar_name", declined.pk)]
    needs_two(case, analyst, APPROVE, "OK-01")


def test_the_spelling_before_a_correction_is_found_too(analyst: User, colleague: User) -> None:
    declined = case_of("Jürgen Müller", "declined")
    seen = version_of(declined.applicant)
    values = {"full_name": "Zed Zorro", "birth_date": "1970-09-09"}
    correct_data(declined.pk, by=analyst, reason="Typo.", values=values, seen=seen)
    case = case_of("Juergen Mueller")
    assert duplicates_of(case) == [("similar_name", declined.pk)]
    needs_two(case, colleague, APPROVE, "OK-01")


def test_a_correction_to_another_spelling_is_found_too(analyst: User, colleague: User) -> None:
    declined = case_of("Jürgen Müller", "declined")
    case = case_of("Zed Zorro")
    assert duplicates_of(case) == []
    values = {"full_name": "Juergen Mueller"}
    correct_data(case.pk, by=analyst, reason="Typo.", values=values, seen=version_of(case.applicant))
    assert duplicates_of(case) == [("similar_name", declined.pk)]
    needs_two(case, colleague, APPROVE, "OK-01")


def test_cases_of_another_environment_are_not_found() -> None:
    case_of("Jürgen Müller", "declined", environment="sandbox")
    assert duplicates_of(case_of("Juergen Mueller")) == []


def test_two_people_end_one_pair_and_no_other(analyst: User, colleague: User, manager: User) -> None:
    first, second = case_of("Jürgen Müller", "declined"), case_of("Jurgen Müller")
    third = case_of("Juergen Mueller")
    assert {number for _, number in duplicates_of(third)} == {first.pk, second.pk}
    finding = Finding.objects.get(case=third, detail__case=second.pk, state="open")
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    resolutions.agree(finding.pk, by=manager, note="Seen both passports.")
    assert DistinctApplicants.objects.count() == 1
    assert [number for _, number in duplicates_of(third)] == [first.pk]
    assert [number for _, number in duplicates_of(second)] == [first.pk]
    for case in (second, third):
        needs_two(case, colleague, APPROVE, "OK-01")
    finding = Finding.objects.get(case=third, detail__case=first.pk, state="open")
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    resolutions.agree(finding.pk, by=manager, note="Seen both passports.")
    assert not history_of(third.pk).elsewhere
    approve(third, colleague)
    needs_two(second, colleague, APPROVE, "OK-01")


def test_the_cases_that_share_the_most_words_are_compared_first(monkeypatch: pytest.MonkeyPatch) -> None:
    same = case_of("Jürgen Müller", "declined")
    for name in ("Peter Müller", "Peter Moller", "Maurer Jon", "Otto Jürgen"):
        case_of(name)
    monkeypatch.setattr(duplicate_queries, "MOST_CANDIDATES", 1)
    assert duplicates_of(case_of("Juergen Mueller")) == [("similar_name", same.pk)]


def test_a_search_takes_few_statements_whatever_it_finds(django_assert_num_queries: object) -> None:
    for name in ("Jürgen Müller", "Jurgen Müller", "Anna Müller", "Eva Müller"):
        case_of(name)
    case = case_of("Juergen Mueller")
    IdentityKey.objects.filter(kind="similar_name").delete()
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(cases_with_similar_names(case)) == 2


def test_an_erased_applicant_is_not_compared() -> None:
    erased = case_of("Jürgen Müller", "declined")
    DataKey.objects.filter(applicant=erased.applicant).update(wrapped=None, destroyed_at="2026-01-01T00:00:00Z")
    forget_data_keys()
    assert duplicates_of(case_of("Juergen Mueller")) == []


def test_an_ended_finding_lets_nobody_approve_alone(analyst: User) -> None:
    """The key of the pair goes on counting, and the running role removes none."""
    declined, case = case_of("Jürgen Müller", "declined"), case_of("Juergen Mueller")
    with acting_as_desk_app():
        Finding.objects.update(state="ended", ended_at=timezone.now())
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            IdentityKey.objects.all().delete()
    assert [check.case_id for check in history_of(case.pk).elsewhere] == [declined.pk]
    needs_two(case, analyst, APPROVE, "OK-01")


def test_a_document_number_counts_before_the_search_has_found_it(analyst: User) -> None:
    declined, case = factories.make_case(), case_of("Zed Zorro")
    facts = Facts(full_name="Ada Example", document_number="AB123456")
    assertions.say(declined.checks.first() or assertions.add_check(declined), "declined", facts=facts)
    assertions.say(
        assertions.add_check(case),
        "approved",
        facts=Facts(full_name="Zed Zorro", also=(Source(name="second document", facts=facts),)),
    )
    Finding.objects.filter(kind="duplicate").update(state="ended", ended_at=timezone.now())
    assert [check.case_id for check in history_of(case.pk).elsewhere] == [declined.pk]


def test_after_an_agreement_the_next_applicants_are_found(analyst: User, manager: User) -> None:
    cases = [case_of("Jürgen Müller", "declined"), *(case_of("Jürgen Müller") for _ in range(MOST_HINTS))]
    case = case_of("Juergen Mueller")
    assert {number for _, number in duplicates_of(case)} == {one.pk for one in cases[1:]}
    finding = Finding.objects.filter(case=case, kind="duplicate", state="open").first()
    assert finding is not None
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    resolutions.agree(finding.pk, by=manager, note="Seen both passports.")
    assert cases[0].pk in {number for _, number in duplicates_of(case)}


def test_nobody_approves_before_a_search_that_is_due(analyst: User, colleague: User) -> None:
    """A process was lost between the answer and the search."""
    declined, case = case_of("Jürgen Müller", "declined"), case_of("Zed Zorro")
    Applicant.objects.filter(pk=case.applicant_id).update(full_name="Juergen Mueller")
    IdentityKey.objects.filter(case=case).delete()
    keys = IdentityKey.objects.filter(case=declined, kind="name_word")
    IdentityKey.objects.bulk_create(
        IdentityKey(case=case, environment=key.environment, kind=key.kind, value=key.value) for key in keys
    )
    Case.objects.filter(pk=case.pk).update(duplicates_due=True)
    request = factories.decision_request(fresh(case), APPROVE, "OK-01")
    with pytest.raises(IntegrityError, match="have not been searched for"), transaction.atomic():
        decisions.decide(case.pk, by=colleague, request=request)
    with pytest.raises(StaleEvidence):
        decisions.decide_or_propose(case.pk, by=analyst, request=request)
    request = factories.decision_request(fresh(case), APPROVE, "OK-04")
    decisions.decide_or_propose(case.pk, by=analyst, request=request)
    assert (fresh(case).status, bool(duplicates_of(case))) == ("awaiting_approval", True)
    assert not fresh(case).duplicates_due
