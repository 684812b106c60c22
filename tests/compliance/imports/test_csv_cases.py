"""Import of checked files: batches, known applicants, corrections, dry runs."""

import time

import pytest

from compliance.enums import EventType
from compliance.imports import csv_cases
from compliance.imports.csv_cases import COLUMNS, LineResult, of_text
from compliance.models import Applicant, Case, Check, CheckSync, DataCorrection, Event
from tests.compliance import assertions
from tests.compliance.tables import everything
from tests.sampling import SOAK

pytestmark = pytest.mark.django_db
HEADER = ",".join(COLUMNS)


@pytest.fixture
def account(db: None) -> str:
    """The name of an account."""
    return assertions.make_account().name


def line(account: str, number: int, *, name: str = "Ilse Brandmeyer", external_id: str = "", **given: str) -> str:
    row = {
        "case_reference": f"C{number}",
        "applicant_external_id": external_id or f"X{number}",
        "full_name": name,
        "birth_date": "1991-04-17",
        "country": "DE",
        "account": account,
        "kind": "identity",
        "reference": assertions.reference(),
    }
    values = dict.fromkeys(COLUMNS, "") | row | given
    return ",".join(values.values())


def import_of(*lines: str, **options: bool) -> list[LineResult]:
    return list(csv_cases.import_lines(of_text([HEADER, *lines]), by=None, **options))


def errors(results: list[LineResult]) -> list[str]:
    return [f"{one.line}: {one.error}" for one in results if one.error]


def test_a_known_id_with_another_name_or_birth_date_is_named_without_values(account: str) -> None:
    results = import_of(
        line(account, 72, external_id="X72"),
        line(account, 72, external_id="X72", name="Ilse Waldner"),
        line(account, 73, external_id="X72", name="Ilse Waldner", birth_date="1992-01-01"),
        line(account, 74, external_id="X72", name="ILSE  BRANDMEYER", birth_date=""),
    )
    assert errors(results) == [
        "3: This external ID is known with another name.",
        "4: This external ID is known with another name and birth date.",
    ]
    assert Applicant.objects.get().full_name == "Ilse Brandmeyer"
    assert set(Case.objects.values_list("reference", flat=True)) == {"C72", "C74"}


def test_one_shortened_id_of_two_persons_opens_nothing(account: str) -> None:
    results = import_of(
        line(account, 1, external_id="1.23457E+11"), line(account, 2, external_id="1.23457E+11", name="Bo Other")
    )
    assert [one.error for one in results] == [
        "applicant_external_id: A spreadsheet has shortened this number. Format the column as text and export it again."
    ] * 2
    assert not Case.objects.exists()


def test_correcting_is_an_option_and_keeps_the_values_before(account: str) -> None:
    import_of(line(account, 1))
    reference = Check.objects.get().reference
    again = line(account, 1, name="Ilse Waldner", birth_date="1992-01-01", reference=reference)
    assert errors(import_of(again)) == ["2: This external ID is known with another name and birth date."]
    assert import_of(again, is_correcting=True) == [LineResult(line=2)]
    row = DataCorrection.objects.select_related("data_key").get()
    assert (row.before["full_name"], row.corrected_by) == ("Ilse Brandmeyer", None)
    event = Event.objects.get(type=EventType.DATA_CORRECTED)
    assert event.data["reason"].startswith("Import of the file ") and "Waldner" not in event.text
    assert import_of(again, is_correcting=True) == [LineResult(line=2)], "a second run corrects nothing"
    assert DataCorrection.objects.count() == 1


def test_a_dry_run_reports_everything_and_writes_nothing(account: str) -> None:
    lines = [line(account, 1), line(account, 2, external_id="X1", name="Ilse Waldner"), line(account, 3, country="UK")]
    before = everything()
    dry = import_of(*lines, is_dry_run=True)
    assert everything() == before
    assert import_of(*lines) == dry
    assert len(errors(dry)) == 2 and dry[0].case_made


def test_lines_written_together_are_as_those_written_alone(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def written() -> list[object]:
        cases = Case.objects.order_by("reference").select_related("applicant")
        fields = ("status", "outcome", "queue", "country", "checks_summary", "facets", "why_head", "event_seq")
        rows: list[object] = [tuple(getattr(case, name) for name in fields) for case in cases]
        rows += [(bool(one.birth_index), one.birth_date) for one in Applicant.objects.order_by("full_name")]
        rows += Event.objects.order_by("case__reference", "seq").values_list("seq", "type")
        rows += Check.objects.order_by("case__reference").values_list("kind", "environment", "entered_by", "is_double")
        return rows + list(CheckSync.objects.values_list("state", "attempts", "fence"))

    import_of(*(line(account, number, name=f"Ada {number} Bo") for number in range(5)))
    together = written()
    monkeypatch.setattr(csv_cases, "open_new", lambda openings, *, by: [False] * len(openings))
    numbers = range(5, 10)
    import_of(*(line(account, number, name=f"Ada {number} Bo") for number in numbers))
    everybody = written()
    assert len(everybody) == 2 * len(together)
    assert [row for row in everybody if everybody.count(row) % 2] == []


def test_a_second_run_opens_nothing(account: str) -> None:
    lines = [line(account, number) for number in range(3)]
    assert sum(one.case_made for one in import_of(*lines)) == 3
    before = everything()
    assert {(one.case_made, one.check_made, one.error) for one in import_of(*lines)} == {(False, False, "")}
    assert everything() == before


def test_several_checks_of_one_case_and_a_reference_of_another_case(account: str) -> None:
    first = line(account, 1)
    taken = first.split(",")[8]
    others = [line(account, 2, reference=taken), line(account, 3, reference=taken.upper())]
    results = import_of(first, line(account, 1), *others)
    assert [(one.case_made, one.check_made) for one in results[:2]] == [(True, True), (False, True)]
    assert [one.error.split(" ")[0] for one in results[2:]] == ["This", "Case"]


def test_many_lines_are_written_in_batches(account: str) -> None:
    count = 1000 if SOAK else 400
    lines = [line(account, number, name=f"Ada Bo {number}") for number in range(count)]
    file = of_text([HEADER, *lines])
    started = time.process_time()
    opened = sum(one.case_made for one in csv_cases.import_lines(file, by=None))
    rate = opened / (time.process_time() - started)
    print(f"{rate:.0f} lines a second of processor time")
    assert opened == count and rate > 60, "more than 300 by the clock on two idle cores"
