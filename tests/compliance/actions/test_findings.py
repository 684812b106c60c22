"""Findings as rows: found with a report, ended or resolved, and read by routing and by the command line."""

from typing import Any

import pytest

from compliance.actions import resolutions
from compliance.case_page.command_line import check_as_data
from compliance.enums import FindingState
from compliance.errors import InvalidInput, NotAllowed, StaleCase
from compliance.models import Case, Check, DeskPolicy, Finding, IdentityKey, User
from providers import Facts
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh

pytestmark = pytest.mark.django_db

BORN = "1990-02-03"


def read_case(full_name: str = "Ada Example", birth_date: str = "", born: str = "", **facts: Any) -> tuple[Case, Check]:
    """A case of Ada Example with one accepted check that reports these facts."""
    case = factories.make_case(birth_date=born)
    check = assertions.add_check(case)
    assertions.say(check, "approved", facts=Facts(full_name=full_name, birth_date=birth_date, **facts))
    return fresh(case), check


def states(case: Case) -> list[tuple[str, str, str]]:
    return list(Finding.objects.filter(case=case).order_by("found_at", "id").values_list("kind", "about", "state"))


def auto_approval(check: Check) -> dict[str, Any]:
    data = check_as_data(check.account.name, check.reference)["case"]["auto_approval"]
    assert isinstance(data, dict)
    return data


def test_a_finding_is_stored_with_the_report_that_it_is_found_in() -> None:
    case, check = read_case("Eve Example", BORN, BORN)
    (finding,) = case.findings.all()
    assert (finding.kind, finding.about, finding.state, finding.since_seq) == ("differs", "full_name", "open", 1)
    assert finding.detail == {"clauses": [["differs", [f"check/{check.pk}/0"], ["declared"]]]}
    assert (case.status, case.queue) == ("in_review", "manual_review")
    assert case.why == "the sources disagree on the name"


def test_a_finding_stays_one_row_until_the_sources_agree() -> None:
    case, check = read_case("Eve Example")
    assertions.say(check, "approved", facts=Facts(full_name="Eva Example"), word="again")
    assert states(case) == [("differs", "full_name", "open")]
    assertions.say(check, "approved", facts=Facts(full_name="Ada Example"), word="corrected")
    assert states(case) == [("differs", "full_name", "ended")]
    assert fresh(case).status == "decided"


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize(
    ("facts", "blocked_by"),
    [
        ({"document_number": ""}, []),
        ({"full_name": "EXAMPLE, ADA"}, []),
        ({"full_name": ""}, ["identity:full_name"]),
        ({"full_name": "", "sex": "F"}, ["identity:full_name"]),
        ({"full_name": "Eve Example"}, ["finding:differs:full_name", "identity:full_name"]),
        ({"birth_date": "1980-02-03"}, ["finding:differs:birth_date", "identity:birth_date"]),
        ({"document_expiry": "2020-01-01"}, ["finding:expired:document_expiry"]),
        ({"document_expiry": "1980-01-01"}, [
            "finding:implausible:document_expiry", "finding:expired:document_expiry",
        ]),
    ],
)  # fmt: skip
def test_what_stops_the_automatic_approval_is_shown_whether_or_not_it_is_on(
    facts: dict[str, str], blocked_by: list[str], is_on: bool
) -> None:
    DeskPolicy.objects.update(auto_close=is_on)
    case, check = read_case(**facts, born=BORN)
    assert auto_approval(check) == {"eligible": not blocked_by, "blocked_by": blocked_by}
    assert (case.status == "decided") == (is_on and not blocked_by)
    if not is_on and not blocked_by:
        assert (case.queue, case.priority) == ("ready", -1)


def test_a_resolved_finding_stays_evidence_and_ends_with_its_source(analyst: User) -> None:
    case, check = read_case("Eve Example")
    before = assertions.seen(case)
    finding = resolutions.resolve(case.findings.get().pk, by=analyst, reason="OK-03", note="Married.")
    assert finding.state == FindingState.RESOLVED and finding.note == "Married."
    assert assertions.seen(case) != before
    assert auto_approval(check)["blocked_by"] == ["finding:differs:full_name", "identity:full_name", "edited"]
    assertions.say(check, "approved", facts=Facts(full_name="Eva Example"), word="again")
    assert states(case) == [("differs", "full_name", "ended"), ("differs", "full_name", "open")]
    assert assertions.events(case)[-1:] == ["finding_reopened"]


def test_resolving_needs_a_reason_a_note_and_an_open_finding(analyst: User, admin: User) -> None:
    case, _ = read_case("Eve Example")
    (finding,) = case.findings.all()
    for error, by, reason, note in (
        (NotAllowed, admin, "OK-03", "Married."),
        (InvalidInput, analyst, "FRD-01", "Married."),
        (InvalidInput, analyst, "OK-03", " "),
    ):
        with pytest.raises(error):
            resolutions.resolve(finding.pk, by=by, reason=reason, note=note)
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Married.")
    with pytest.raises(StaleCase):
        resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Married.")


def test_the_same_document_number_of_another_applicant_is_a_finding_on_both_cases() -> None:
    first, _ = read_case(document_number="AB 123 456")
    second, check = read_case(document_number="ab-123456")
    assert IdentityKey.objects.filter(kind="document_number").count() == 2
    assert states(first) == states(second) == [("duplicate", "document_number", "open")]
    assert auto_approval(check)["blocked_by"] == ["finding:duplicate:document_number"]
    assert (first.status, second.status) == ("decided", "in_review")
    assert fresh(first).status == "decided"


@pytest.mark.parametrize("name", ["personal_number", "tax_number"])
def test_a_number_of_the_person_finds_another_applicant(name: str) -> None:
    cases = [read_case(**{name: number})[0] for number in ("8001015009087", "800101 5009 087")]
    assert [states(case) for case in cases] == [[("duplicate", "document_number", "open")]] * 2


@pytest.mark.parametrize("number", ["", "1234", "AB******56", "N/A", "000000000"])
def test_a_number_that_identifies_nobody_is_no_duplicate(number: str) -> None:
    cases = [read_case(document_number=number)[0] for _ in range(2)]
    assert [finding.kind for case in cases for finding in case.findings.filter(kind="duplicate")] == []


def test_the_same_name_and_birth_date_of_another_applicant_is_a_finding() -> None:
    first, second = read_case(born=BORN)[0], read_case("EXAMPLE ADA", "03.02.1990")[0]
    assert states(second) == [("duplicate", "birth_date", "open")]
    assert second.findings.get().detail == {"case": first.pk}
