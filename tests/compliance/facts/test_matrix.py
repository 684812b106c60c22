"""The comparison: the declared value next to the value of every check."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.template.loader import render_to_string

from compliance.facts.dates import is_expired
from compliance.facts.matrix import Cell, Column, FactRow, Matrix, matrix

TODAY = date(2026, 11, 21)


def built(declared: Mapping[str, str], *checks: Mapping[str, str], today: date | None = TODAY) -> Matrix:
    labels = ("Checkout.com", "Preventor", "ADVANCE.AI")
    columns = [
        Column(label=label, sub="Identity", outcome="approved") for label, _ in zip(labels, checks, strict=False)
    ]
    return matrix(declared, list(zip(columns, checks, strict=True)), today=today)


def row_of(found: Matrix, label: str) -> FactRow:
    return next(row for row in found.rows if row.label == label)


def states(row: FactRow) -> list[str]:
    return [cell.state for cell in row.cells]


def test_each_check_is_compared_with_the_declared_value() -> None:
    row = row_of(
        built({"full_name": "Ada Berg"}, {"full_name": "BERG ADA"}, {"full_name": "Ada Borg"}, {}), "Full name"
    )
    assert states(row) == ["same", "differs", "none"]
    assert [cell.note for cell in row.cells] == ["order differs", "one letter differs", ""]


def test_without_a_declared_value_the_first_check_is_the_reference() -> None:
    row = row_of(built({}, {"nationality": "SE"}, {"nationality": "SWE"}, {"nationality": "NOR"}), "Nationality")
    assert states(row) == ["plain", "same", "differs"]


def test_a_value_of_a_single_source_is_plain() -> None:
    assert states(row_of(built({}, {"sex": "F"}, {}), "Sex")) == ["plain", "none"]


def test_a_partial_value_is_no_reference_if_there_is_a_whole_one() -> None:
    facts = [{"document_number": "22****7"}, {"document_number": "22345677"}, {"document_number": "22995677"}]
    row = row_of(built({}, *facts), "Number")
    assert states(row) == ["same", "plain", "differs"]
    assert [cell.is_certain for cell in row.cells] == [False, True, True]


def test_two_checks_that_match_the_declared_value_may_contradict_each_other() -> None:
    row = row_of(built({"full_name": "A. Berg"}, {"full_name": "Ada Berg"}, {"full_name": "Alva Berg"}), "Full name")
    assert states(row) == ["same", "differs"]
    assert (row.cells[1].note, row.cells[1].mark) == ("from Checkout.com", "Alva")


def test_checks_agree_where_the_declared_value_cannot_be_compared() -> None:
    row = row_of(
        built({"full_name": "山田太郎"}, {"full_name": "Taro Yamada"}, {"full_name": "YAMADA TARO"}), "Full name"
    )
    assert states(row) == ["unclear", "same"]
    assert [cell.note for cell in row.cells] == [
        "different script, cannot be matched automatically",
        "like Checkout.com, order differs",
    ]


def test_numbers_of_two_documents_are_no_mismatch() -> None:
    passport = {"document_type": "Passport", "document_number": "B1", "document_expiry": "2031-04-30"}
    card = {"document_type": "ID_CARD", "document_number": "C2", "document_expiry": "2029-01-01"}
    register = {"document_type": "NG_BVN", "document_number": "22345678907"}
    found = built({}, passport, card, register)
    assert states(row_of(found, "Number")) == ["plain", "plain", "plain"]
    assert [cell.note for cell in row_of(found, "Number").cells] == ["", "different document", "different document"]
    assert states(row_of(found, "Expiry")) == ["plain", "plain", "none"]


def test_an_identity_card_is_one_document_in_every_spelling() -> None:
    facts = [
        {"document_type": "ID", "document_number": "B02847193"},
        {"document_type": "ID_CARD", "document_number": "B02847198"},
    ]
    assert states(row_of(built({}, *facts), "Number")) == ["plain", "differs"]


def test_a_number_of_a_register_is_no_mismatch_to_a_declared_document() -> None:
    found = built({"document_number": "B1"}, {"document_type": "BVN", "document_number": "22345678907"})
    assert states(row_of(found, "Number")) == ["plain"]


def test_two_numbers_of_one_kind_of_document_are_a_mismatch() -> None:
    facts = [
        {"document_type": "NG_BVN", "document_number": "22345678907"},
        {"document_type": "Passport", "document_number": "B02847193"},
        {"document_type": "PASSPORT", "document_number": "B02847198"},
    ]
    row = row_of(built({}, *facts), "Number")
    assert states(row) == ["plain", "plain", "differs"]
    assert row.cells[2].note == "from Preventor"


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        ("2026-11-20", True),
        ("2026-11-21", False),
        ("2026-11-22", False),
        ("20.11.2026", True),
        ("20/11/26", True),
        ("261120", True),
        ("21/12/2026", False),
        ("2026-10", True),
        ("2026-11", False),
        ("2025", True),
        ("2026", False),
        ("04/12/2026", None),
        ("2025/**/**", True),
        ("**/**/**", None),
        ("20/11/*6", None),
        ("20/11/2*", None),
        ("²²²²", None),
        ("19/11/2568", None),
        ("2568-11-19", None),
        ("not read", None),
        ("EXPIRED", None),
        ("20261332", None),
        ("permanent", False),
        ("SEUMUR HIDUP", False),
        ("9999-12-31", False),
        ("31.12.9999", False),
        ("-", None),
        ("n/a", None),
        ("not permanent", None),
        ("Không thời hạn", False),
        ("2999-12-31", False),
        ("", False),
    ],
)
def test_a_document_is_valid_through_its_last_day(expiry: str, expected: bool | None) -> None:
    assert is_expired(expiry, TODAY) is expected


def test_an_expired_document_is_a_warning_even_if_sources_agree() -> None:
    facts = [{"document_expiry": "2026-11-20"}, {"document_expiry": "20.11.2026"}, {"document_expiry": "2031-01-01"}]
    row = row_of(built({}, *facts), "Expiry")
    assert [(cell.state, cell.warning) for cell in row.cells] == [
        ("plain", "Expired"),
        ("same", "Expired"),
        ("differs", ""),
    ]


def test_an_ambiguous_expiry_is_a_warning() -> None:
    facts = [{"document_expiry": "04/12/2026"}, {"document_expiry": "2568-11-19"}, {"document_expiry": "permanent"}]
    row = row_of(built({}, *facts), "Expiry")
    assert [cell.warning for cell in row.cells] == ["Possibly expired", "Possibly expired", ""]


def test_without_todays_date_nothing_is_expired() -> None:
    assert row_of(built({}, {"document_expiry": "1999-01-01"}, today=None), "Expiry").cells[0].warning == ""


def test_only_an_expiry_date_can_expire() -> None:
    assert row_of(built({}, {"birth_date": "1991-04-17"}), "Birth date").cells[0].warning == ""


def test_a_full_name_is_made_of_its_parts() -> None:
    row = row_of(built({"full_name": "Ada Berg"}, {"given_names": "Ada", "family_name": "Berg"}), "Full name")
    assert (states(row), row.cells[0].value) == (["same"], "Ada Berg")


def test_rows_without_a_value_of_a_check_are_left_out_unless_there_is_none() -> None:
    declared = {"email": "ada@example.com", "birth_date": "1990-01-31"}
    assert [row.name for row in built(declared, {"birth_date": "1990-01-31"}).rows] == ["birth_date"]
    alone = built(declared, {})
    assert [(row.name, row.declared, row.cells) for row in alone.rows] == [
        ("birth_date", "1990-01-31", ()),
        ("email", "ada@example.com", ()),
    ]
    assert alone.columns == ()
    assert built({}, {}) == Matrix()


def test_the_repr_contains_no_personal_data() -> None:
    printed = repr(built({"full_name": "Ada Berg"}, {"full_name": "Ada Borg", "birth_date": "1991-04-17"}))
    assert [word for word in ("Ada", "Berg", "Borg", "1991") if word in printed] == []


def cell_page(cell: Cell) -> str:
    return re.sub(r"\s*\n\s*", "", render_to_string("case_page/comparison/_cell.html", {"cell": cell}))


def test_the_page_marks_the_part_that_differs_with_icon_and_word() -> None:
    page = cell_page(row_of(built({"full_name": "Ada Berg"}, {"full_name": "Ada <i> Borg"}), "Full name").cells[0])
    assert "Ada &lt;<mark>i&gt; Borg</mark><span" in page
    assert "#i-equal-not" in page
    assert "Differs" in page


def test_the_page_ticks_matches_but_not_possible_ones() -> None:
    row = row_of(built({"full_name": "Ada Berg"}, {"full_name": "ADA BERG"}, {"full_name": "A*A B**G"}), "Full name")
    certain, masked = map(cell_page, row.cells)
    assert '<span class="same">ADA BERG<span class="visually-hidden"> (matches)</span></span>' in certain
    assert "A*A B**G" in masked and "Possible match" in masked
    assert 'class="same"' not in masked
    assert '<span class="sub d-block">partly hidden</span>' in masked
    assert "Differs" not in masked


def test_the_page_asks_for_a_comparison_by_eye_with_icon_and_word() -> None:
    page = cell_page(row_of(built({"full_name": "محمد علي"}, {"full_name": "Mahmoud Ali"}), "Full name").cells[0])
    assert '<td class="unclear">' in page
    assert "#i-eye-search" in page
    assert "Compare by eye" in page
    assert "different script, cannot be matched automatically" in page
    assert [word for word in ("Differs", "matches", "Possible match") if word in page] == []


def test_the_page_shows_that_a_document_has_expired() -> None:
    page = cell_page(row_of(built({}, {"document_expiry": "2026-11-20"}), "Expiry").cells[0])
    assert "#i-alert-triangle" in page
    assert page.count("Expired") == 1


# --- further sources of a check ---------------------------------------------------------------------------------------

ECHO = "not checked by the register"


def with_further(declared: Mapping[str, str], *checks: tuple[dict[str, Any], dict[str, str]]) -> Matrix:
    columns = [(Column(label="ADVANCE.AI", sub="Input", **marks), facts) for marks, facts in checks]
    return matrix(declared, columns, today=TODAY)


@pytest.mark.parametrize(
    ("typed", "state", "note"),
    [
        ("Lena Hartwig", "plain", ECHO),
        ("HARTWIG LENA", "plain", ECHO),
        ("Lena Hartwog", "differs", f"{ECHO}, one letter differs"),
    ],
)
def test_an_echo_agrees_with_nothing(typed: str, state: str, note: str) -> None:
    row = row_of(with_further({"full_name": "Lena Hartwig"}, ({"echo": ECHO}, {"full_name": typed})), "Full name")
    assert (row.cells[0].state, row.cells[0].note) == (state, note)


def test_an_echo_is_no_reference_if_there_is_another_value() -> None:
    row = row_of(
        with_further({}, ({"echo": ECHO}, {"full_name": "Petra Sommer"}), ({}, {"full_name": "Lena Hartwig"})),
        "Full name",
    )
    assert [(cell.state, cell.note) for cell in row.cells] == [("differs", ECHO), ("plain", "")]


def test_dates_and_number_of_another_document_do_not_differ_but_expire() -> None:
    main = {"document_number": "X1234567", "document_expiry": "2033-05-01", "full_name": "Lena Hartwig"}
    second = {"document_number": "B072", "document_expiry": "2019-01-31", "full_name": "Petra Sommer"}
    found = with_further({"full_name": "Lena Hartwig"}, ({}, main), ({"is_other_document": True}, second))
    number, expiry, name = (row_of(found, label).cells[1] for label in ("Number", "Expiry", "Full name"))
    assert (number.state, number.note) == ("plain", "different document")
    assert (expiry.state, expiry.warning) == ("plain", "Expired")
    assert name.state == "differs"
