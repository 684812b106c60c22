"""Two people say that the applicants of a duplicate are different persons."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from compliance.actions import decisions, duplicates, resolutions, uploads
from compliance.enums import DecisionVerdict
from compliance.errors import InvalidInput, NotAllowed, StaleCase
from compliance.models import Case, DistinctApplicants, Finding, User
from compliance.queries.history import history_of
from providers import EvidenceKind, Facts
from providers.simulator.images import selfie
from providers.simulator.people import person
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh, needs_two
from tests.compliance.views.pages import page_of, signed_in
from tests.services import acting_as_desk_app

pytestmark = pytest.mark.django_db


def read_case(outcome: str = "approved", *, number: str = "AB123456") -> Case:
    case = factories.make_case()
    check = assertions.add_check(case)
    assertions.say(check, outcome, facts=Facts(full_name="Ada Example", document_number=number))
    return fresh(case)


def duplicate(outcome: str = "declined") -> tuple[Case, Case, Finding]:
    """A case with this outcome, a clean one of another applicant with the same number, and its open duplicate."""
    first, second = read_case(outcome), read_case()
    return first, second, second.findings.get(kind="duplicate", state="open")


def states(case: Case) -> list[str]:
    return list(
        Finding.objects.filter(case=case, kind="duplicate").order_by("found_at").values_list("state", flat=True)
    )


def approve_alone(case: Case, by: User) -> None:
    decisions.decide(case.pk, by=by, request=factories.decision_request(fresh(case), DecisionVerdict.APPROVE, "OK-01"))


def test_nothing_weighs_between_different_persons(analyst: User, colleague: User, manager: User) -> None:
    first, second, finding = duplicate()
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    assert history_of(second.pk).elsewhere and history_of(second.pk).has_weighing_finding
    with pytest.raises(NotAllowed, match="second approver"):
        approve_alone(second, colleague)
    resolutions.agree(finding.pk, by=manager, note="Seen both passports.")
    assert states(first) == states(second) == ["ended"]
    assert all("applicants_distinct" in assertions.events(case) for case in (first, second))
    assert not history_of(second.pk).elsewhere and not history_of(second.pk).has_weighing_finding
    approve_alone(second, colleague)
    assert fresh(second).status == "decided" and fresh(first).status == "in_review"


@pytest.mark.usefixtures("decode_in_process")
def test_removing_a_file_does_not_make_two_applicants_different(analyst: User, colleague: User, manager: User) -> None:
    content = selfie(person(7))
    declined = assertions.case_with("declined", full_name="With File")
    case = assertions.case_with("approved", full_name="Other Name")
    files = [
        uploads.add(one.pk, by=analyst, kind=EvidenceKind.SELFIE, note="n", content=content) for one in (declined, case)
    ]
    needs_two(case, colleague, DecisionVerdict.APPROVE, "OK-01")
    for file in files:
        uploads.withdraw(file.pk, by=analyst, reason="Not needed.")
        needs_two(case, colleague, DecisionVerdict.APPROVE, "OK-01")
    page = page_of(signed_in(colleague).get(reverse("case", args=[case.pk])))
    text = f"KYC-{declined.pk}, another applicant’s case, has the same file, which has been removed from one of them."
    assert text in page.text
    finding = Finding.objects.get(case=case, kind="duplicate", state="open")
    resolutions.resolve(finding.pk, by=colleague, reason="OK-03", note="The file was added to the wrong case.")
    resolutions.agree(finding.pk, by=manager, note="Seen.")
    approve_alone(case, colleague)


def test_a_later_case_of_either_applicant_is_no_duplicate_of_the_other(analyst: User, manager: User) -> None:
    first, second, finding = duplicate()
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    resolutions.agree(finding.pk, by=manager, note="Seen both passports.")
    Case.objects.filter(pk__in=(first.pk, second.pk)).update(duplicates_due=True)
    duplicates.search_due()
    assert states(first) == states(second) == ["ended"]
    third = read_case()
    assert {row.detail["case"] for row in third.findings.filter(kind="duplicate")} == {first.pk, second.pk}
    assert [check.case_id for check in history_of(third.pk).elsewhere] == [first.pk]


def test_only_a_second_independent_manager_agrees(analyst: User, colleague: User, manager: User, admin: User) -> None:
    _, _, finding = duplicate()
    with pytest.raises(NotAllowed, match="Only a resolved duplicate"):
        resolutions.agree(finding.pk, by=manager, note="x")
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    late = factories.make_user("late", "Late Comer", "manager")
    for by, words in ((colleague, "role"), (analyst, "role"), (admin, "role"), (late, "joined after")):
        with pytest.raises(NotAllowed, match=words):
            resolutions.agree(finding.pk, by=by, note="x")
    with pytest.raises(InvalidInput):
        resolutions.agree(finding.pk, by=manager, note=" ")
    resolutions.agree(finding.pk, by=manager, note="x")
    with pytest.raises(StaleCase):
        resolutions.agree(finding.pk, by=manager, note="x")


def test_a_manager_does_not_agree_with_the_own_resolution(manager: User) -> None:
    _, _, finding = duplicate()
    resolutions.resolve(finding.pk, by=manager, reason="OK-03", note="Twins.")
    with pytest.raises(NotAllowed, match="You resolved this"):
        resolutions.agree(finding.pk, by=manager, note="x")


def test_a_finding_of_another_kind_cannot_be_agreed_to(analyst: User, manager: User) -> None:
    case = factories.make_case()
    assertions.say(assertions.add_check(case), "approved", facts=Facts(full_name="Eve Example"))
    finding = resolutions.resolve(case.findings.get().pk, by=analyst, reason="OK-03", note="Married.")
    with pytest.raises(NotAllowed, match="Only a resolved duplicate"):
        resolutions.agree(finding.pk, by=manager, note="x")


def _pair(finding: Finding, by: User, *, person: int | None = None) -> DistinctApplicants:
    first, second = sorted(
        Case.objects.filter(pk__in=(finding.case_id, finding.detail["case"])).values_list("applicant_id", flat=True)
    )
    return DistinctApplicants(
        first_id=first,
        second_id=second,
        finding=finding,
        data_key_id=finding.data_key_id,
        agreed_by=by,
        agreed_person_id=person or by.person_id,
        agreed_at=timezone.now(),
        note="x",
    )


def test_the_running_role_writes_no_pair_past_the_rules(analyst: User, colleague: User, manager: User) -> None:
    _, _, finding = duplicate()
    forged: list[Callable[[], DistinctApplicants]] = [
        lambda: _pair(finding, analyst),
        lambda: _pair(finding, colleague),
        lambda: _pair(finding, colleague, person=manager.person_id),
        lambda: _pair(finding, manager, person=colleague.person_id),
    ]
    with acting_as_desk_app():
        with pytest.raises(IntegrityError, match="resolved duplicate"), transaction.atomic():
            _pair(finding, manager).save(force_insert=True)
        resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
        for make in forged:
            with pytest.raises(IntegrityError), transaction.atomic():
                make().save(force_insert=True)
        pair = resolutions.agree(finding.pk, by=manager, note="x")
        with pytest.raises(DatabaseError, match=r"permission denied|append-only"), transaction.atomic():
            DistinctApplicants.objects.filter(pk=pair.pk).delete()
