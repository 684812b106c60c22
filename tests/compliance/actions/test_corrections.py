"""Declared data are corrected by a person: the values before go on counting until a second person agrees."""

from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse

from compliance.actions import cases, claims, corrections, decisions, overrides, resolutions
from compliance.enums import DecisionVerdict, EventType, FindingKind
from compliance.errors import ComplianceError, InvalidInput, NotAllowed, StaleCase, StaleEvidence
from compliance.models import Case, DataCorrection, DeskPolicy, Event, Finding, IdentityKey, User
from compliance.queries.corrections import version_of
from compliance.queries.history import editors_of
from providers import Facts
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh, needs_two, seen
from tests.compliance.views.pages import page_of, signed_in
from tests.factories import decision_request

pytestmark = pytest.mark.django_db
APPROVE = DecisionVerdict.APPROVE
LENA = {"full_name": "Lena Hartwig", "birth_date": "1991-04-17"}


@pytest.fixture(autouse=True)
def _no_automatic_approval(db: None) -> None:
    DeskPolicy.objects.update(auto_close=False)


def passed(read_name: str = "Lena Hartwig", born: str = "1991-04-17", **declared: Any) -> Case:
    """A case whose one check passed and read this name."""
    case = factories.make_case(**({"full_name": "Lena Hartwig", "birth_date": "1991-04-17"} | declared))
    check = assertions.add_check(case)
    assertions.say(check, "approved", facts=Facts(full_name=read_name, birth_date=born))
    return fresh(case)


def correct(case: Case, by: User, **values: str) -> tuple[str, ...]:
    applicant = fresh(case).applicant
    return corrections.correct_data(case.pk, by=by, reason="Typing error.", values=values, seen=version_of(applicant))


def earlier_findings(case: Case) -> list[Finding]:
    found = Finding.objects.filter(case=case, state__in=("open", "resolved"))
    return [one for one in found if "earlier" in one.detail]


def test_the_values_before_are_stored_encrypted_and_the_event_names_none(analyst: User) -> None:
    case = passed("Joanna Sorensen")
    assert correct(case, analyst, full_name="Joanna Sorensen", birth_date="1991-04-18") == ("birth_date", "full_name")
    row = DataCorrection.objects.select_related("data_key").get()
    assert (row.before["full_name"], row.before["birth_date"]) == ("Lena Hartwig", "1991-04-17")
    assert (row.corrected_by, row.corrected_person_id) == (analyst, analyst.person_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT before FROM compliance_datacorrection")
        assert b"Lena" not in bytes(cursor.fetchone()[0])
    event = Event.objects.get(type=EventType.DATA_CORRECTED)
    assert event.data["facts"] == ["birth_date", "full_name"] and event.data["correction"] == str(row.pk)
    assert not any(word in event.text for word in ("Lena", "Joanna", "1991"))
    applicant = fresh(case).applicant
    assert (applicant.full_name, applicant.birth_date) == ("Joanna Sorensen", "1991-04-18")


def test_a_corrected_conflict_weighs_until_another_person_resolves_it(
    analyst: User, colleague: User, manager: User
) -> None:
    case = passed("Joanna Sorensen")
    correct(case, analyst, full_name="Joanna Sorensen")
    (finding,) = earlier_findings(case)
    assert (finding.kind, finding.about) == (FindingKind.DIFFERS, "full_name")
    for by in (analyst, colleague, manager):
        needs_two(case, by, APPROVE, "OK-01")
    with pytest.raises(NotAllowed, match="another person has to resolve"):
        resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="A typing error.")
    resolutions.resolve(finding.pk, by=colleague, reason="OK-03", note="Compared with the application.")
    decisions.decide(case.pk, by=colleague, request=decision_request(fresh(case), APPROVE, "OK-01"))
    assert fresh(case).status == "decided"


def test_a_resolution_by_the_corrector_in_sql_weighs_on(analyst: User) -> None:
    case = passed("Joanna Sorensen")
    correct(case, analyst, full_name="Joanna Sorensen")
    (finding,) = earlier_findings(case)
    changed = {"state": "resolved", "resolved_by": analyst, "resolved_person_id": analyst.person_id}
    Finding.objects.filter(pk=finding.pk).update(resolved_at=finding.found_at, **changed)
    with pytest.raises(IntegrityError, match="needs an approved proposal"), transaction.atomic():
        assertions.insert_decision(fresh(case), analyst, APPROVE, "OK-01")


def test_an_approved_override_ends_the_weight(analyst: User, colleague: User, manager: User) -> None:
    case = passed("Joanna Sorensen")
    correct(case, analyst, full_name="Joanna Sorensen")
    assertions.two_people(case, colleague, manager, APPROVE, "OK-04")
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_has_weighing_finding(%s)", [case.pk])
        assert cursor.fetchone() == (False,)


def test_who_corrected_data_cannot_approve_a_proposal(analyst: User, manager: User) -> None:
    case = passed("Joanna Sorensen")
    correct(case, manager, full_name="Joanna Sorensen")
    assert editors_of(case.pk) == {manager.person_id}
    proposal = overrides.propose(case.pk, by=analyst, request=decision_request(fresh(case), APPROVE, "OK-04"))
    with pytest.raises(NotAllowed, match="You changed the evidence"):
        overrides.approve(proposal.pk, by=manager, seen=seen(case), note="Agreed.")


CLEAN = {
    "adds a birth date": ({"birth_date": ""}, {"birth_date": "1991-04-17"}),
    "adds a middle name that no source contradicts": ({}, {"email": "lena@example.org"}),
    "spells in capitals": ({}, {"full_name": "LENA HARTWIG"}),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_correction_without_contradiction_needs_no_second_person(name: str, analyst: User, colleague: User) -> None:
    before, after = CLEAN[name]
    case = passed(**before)
    correct(case, analyst, **after)
    assert earlier_findings(case) == []
    decisions.decide(case.pk, by=colleague, request=decision_request(fresh(case), APPROVE, "OK-01"))


WEIGHING = {
    "another name": ({"full_name": "Joanna Sorensen"}, "full_name"),
    "another birth date": ({"birth_date": "1990-01-01"}, "birth_date"),
    "a cleared birth date that was read otherwise": ({"birth_date": ""}, "birth_date"),
    "a changed document number": ({"document_number": "X1234567"}, "document_number"),
}


@pytest.mark.parametrize("name", WEIGHING)
def test_a_value_that_was_corrected_away_weighs(name: str, analyst: User, colleague: User) -> None:
    after, about = WEIGHING[name]
    case = passed(born="1990-01-01", document_number="C01X00T47")
    correct(case, analyst, **after)
    assert about in [one.about for one in earlier_findings(case)]
    needs_two(case, colleague, APPROVE, "OK-01")


def test_several_small_corrections_add_up(analyst: User, colleague: User) -> None:
    case = passed("Laura Hartwig")
    correct(case, analyst, full_name="L. Hartwig")
    correct(case, analyst, full_name="Laura Hartwig")
    (finding,) = earlier_findings(case)
    assert finding.kind == FindingKind.DIFFERS
    needs_two(case, colleague, APPROVE, "OK-01")


def test_a_corrected_case_is_never_approved_automatically(analyst: User) -> None:
    DeskPolicy.objects.update(auto_close=True)
    case = factories.make_case(full_name="Lena Hartwig")
    check = assertions.add_check(case)
    correct(case, analyst, birth_date="1991-04-17")
    assertions.say(check, "approved", facts=Facts(full_name="Lena Hartwig", birth_date="1991-04-17"))
    assert fresh(case).status == "in_review"


def test_all_cases_of_the_applicant_are_routed_and_name_the_editor(analyst: User) -> None:
    first = passed("Joanna Sorensen", external_id="cust-7")
    second = factories.make_case("cust-7", reference="second", **LENA)
    assertions.say(assertions.add_check(second), "approved", facts=Facts(full_name="Joanna Sorensen"))
    correct(first, analyst, full_name="Joanna Sorensen", country="SE")
    for case in (first, second):
        assert editors_of(case.pk) == {analyst.person_id}
        assert [one.about for one in earlier_findings(case)] == ["full_name"]
        assert fresh(case).country == "SE"
    third = factories.make_case("cust-7", reference="third", full_name="Joanna Sorensen", country="SE")
    assertions.say(assertions.add_check(third), "approved", facts=Facts(full_name="Joanna Sorensen"))
    assert [one.about for one in earlier_findings(third)] == ["full_name"]


def test_keys_of_earlier_values_count_for_duplicates(analyst: User) -> None:
    case = passed("Joanna Sorensen")
    keys = set(IdentityKey.objects.filter(case=case).values_list("value", flat=True))
    correct(case, analyst, full_name="Joanna Sorensen")
    assert keys <= set(IdentityKey.objects.filter(case=case).values_list("value", flat=True))
    other = factories.make_case(**LENA)
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_same_person(%s)", [other.pk])
        assert {row[0] for row in cursor.fetchall()} == {other.applicant_id, case.applicant_id}
        cursor.execute("SELECT compliance_same_person(%s)", [case.pk])
        assert {row[0] for row in cursor.fetchall()} == {other.applicant_id, case.applicant_id}


def test_a_new_duplicate_is_found_at_once(analyst: User) -> None:
    case, other = passed(full_name="Lena Hartwik"), factories.make_case(**LENA)
    assertions.say(assertions.add_check(other), "in_progress")
    correct(case, analyst, full_name="Lena Hartwig")
    found = Finding.objects.filter(case=case, kind=FindingKind.DUPLICATE, state="open")
    assert [one.detail["case"] for one in found] == [other.pk]


REFUSED = {
    "hidden characters": ({"full_name": "L*** Hartwig"}, InvalidInput, "hides characters"),
    "no name": ({"full_name": " "}, InvalidInput, "Enter the full name"),
    "no change": ({"full_name": "Lena Hartwig"}, InvalidInput, "Nothing was changed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_may_not_be_declared_is_refused(name: str, analyst: User) -> None:
    values, error, sentence = REFUSED[name]
    case = passed()
    with pytest.raises(error, match=sentence):
        correct(case, analyst, **values)
    assert not DataCorrection.objects.exists()


def test_a_claimed_decided_or_pending_case_is_not_corrected(
    analyst: User, colleague: User, manager: User, admin: User
) -> None:
    case = passed(external_id="cust-9")
    second = factories.make_case("cust-9", reference="second", **LENA)
    claims.claim(case.pk, by=colleague)
    with pytest.raises(NotAllowed, match="has claimed this case"):
        correct(case, analyst, full_name="Joanna Sorensen")
    with pytest.raises(NotAllowed, match="role does not include"):
        correct(case, admin, full_name="Joanna Sorensen")
    claims.release(case.pk, by=colleague)
    proposal = overrides.propose(
        case.pk, by=colleague, request=decision_request(case, DecisionVerdict.REJECT, "REJ-01")
    )
    with pytest.raises(NotAllowed, match="An override proposal is pending"):
        correct(case, analyst, full_name="Joanna Sorensen")
    with pytest.raises(NotAllowed, match=f"^{case.label} of this applicant: An override proposal is pending"):
        correct(second, analyst, full_name="Joanna Sorensen")
    overrides.approve(proposal.pk, by=manager, seen=seen(case), note="Agreed.")
    with pytest.raises(NotAllowed, match=r"^The case is decided\.$"):
        correct(case, analyst, full_name="Joanna Sorensen")
    correct(second, analyst, full_name="Joanna Sorensen")
    assert fresh(case).status == "decided"


def test_an_open_page_notices_a_correction(analyst: User, colleague: User) -> None:
    case = passed()
    request = decision_request(case, APPROVE, "OK-01")
    token = version_of(case.applicant)
    correct(case, colleague, email="lena@example.org")
    with pytest.raises(StaleEvidence) as caught:
        decisions.decide(case.pk, by=analyst, request=request)
    assert caught.value.changes == ("The declared data were corrected.",)
    with pytest.raises(StaleCase, match="were corrected since you opened this form"):
        corrections.correct_data(case.pk, by=analyst, reason="x", values={"full_name": "Lena Hart"}, seen=token)


def test_corrections_are_append_only_and_name_their_person(analyst: User, colleague: User) -> None:
    case = passed()
    correct(case, analyst, email="lena@example.org")
    row = DataCorrection.objects.get()
    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(),
    ):
        DataCorrection.objects.filter(pk=row.pk).update(corrected_person=colleague.person)
    with pytest.raises(IntegrityError, match="names the person of its account"), transaction.atomic():
        DataCorrection.objects.create(
            applicant_id=row.applicant_id,
            data_key_id=row.data_key_id,
            corrected_by=analyst,
            corrected_person_id=colleague.person_id,
            corrected_at=row.corrected_at,
            before={},
        )


def test_the_form_corrects_and_keeps_what_was_typed_after_an_error(analyst: User) -> None:
    case, desk = passed("Joanna Sorensen"), signed_in(analyst)
    url = reverse("case-correct-data", args=[case.pk])
    form = page_of(desk.get(url)).by_id("data-form")
    assert form.one(name="full_name")["value"] == "Lena Hartwig"
    data = {
        "full_name": "J*** Sorensen",
        "birth_date": "1991-04-17",
        "document_number": "",
        "email": "j@example.org",
        "country": "ng",
        "seen": form.one(name="seen")["value"],
        "reason": "Typing error.",
    }
    refused = page_of(desk.post(url, data), status=422).by_id("data-form")
    assert [refused.one(name=name)["value"] for name in ("full_name", "email")] == ["J*** Sorensen", "j@example.org"]
    assert "hides characters" in refused.by_id("data_full_name_error").text
    assert desk.post(url, data | {"full_name": "Joanna Sorensen"}).status_code in (302, 303)
    page = page_of(desk.get(reverse("case", args=[case.pk])))
    assert "corrected the declared email and name: Typing error." in page.by_id("timeline").text
    assert "Earlier declaration" in page.by_id("comparison").text
    warning = page.by_id("warnings").text
    assert "The earlier declared name differs from" in warning
    assert "The correction needs the agreement of a second person." in warning


def test_rejections_of_the_database_roll_everything_back(analyst: User, monkeypatch: pytest.MonkeyPatch) -> None:
    case = passed()

    def refuse(*args: object, **kwargs: object) -> None:
        raise InvalidInput("Not now.")

    monkeypatch.setattr(corrections, "route_and_save", refuse)
    with pytest.raises(ComplianceError):
        correct(case, analyst, full_name="Joanna Sorensen")
    assert cases.lock(case.pk).applicant.full_name == "Lena Hartwig" and not DataCorrection.objects.exists()
