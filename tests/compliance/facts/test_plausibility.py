"""Dates that cannot be true."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.facts.plausibility import (
    LONGEST_LIFE,
    MINIMUM_AGE,
    PLACEHOLDERS,
    Implausible,
    of_age,
    of_birth,
    of_document,
)

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("", ()),
        ("unknown", ()),
        ("1990-04-13", ()),
        ("2026-11-28", (Implausible.UNDER_AGE,)),
        ("2008-11-28", ()),
        ("2008-11-29", (Implausible.UNDER_AGE,)),
        ("2015/**/**", (Implausible.UNDER_AGE,)),
        ("2008/**/**", ()),
        ("08-11-30", ()),
        ("2026-11-29", (Implausible.BORN_IN_FUTURE,)),
        ("2087", (Implausible.BORN_IN_FUTURE,)),
        ("9999-12-31", (Implausible.BORN_IN_FUTURE,)),
        ("29/11/26", ()),
        ("1911-01-01", ()),
        ("1910-12-31", (Implausible.BEYOND_LIFE,)),
        ("1790-04-13", (Implausible.BEYOND_LIFE,)),
        ("13 APR 1899", (Implausible.BEYOND_LIFE,)),
        ("01.01.1900", (Implausible.PLACEHOLDER,)),
        ("1970/01/01", (Implausible.PLACEHOLDER,)),
        ("1970-01-02", ()),
        ("0001-01-01", (Implausible.PLACEHOLDER,)),
        ("1990-02-30", (Implausible.NO_SUCH_DAY,)),
        ("2533-04-13", ()),
        ("1410/09/17", ()),
        ("1990/**/**", ()),
    ],
)
def test_a_birth_date_that_cannot_be_true_is_found(birth: str, expected: tuple[Implausible, ...]) -> None:
    assert of_birth(birth, TODAY) == expected


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({}, ()),
        ({"issued": "2021-05-01", "expires": "2031-04-30", "birth": "1990-04-13"}, ()),
        ({"issued": "1990-04-13", "birth": "1990-04-13"}, ()),
        ({"issued": "2021-05-01", "expires": "9999-12-31"}, ()),
        ({"issued": "2021-05-01", "expires": "permanent"}, ()),
        ({"issued": "2021-05-01", "expires": "2021-05-01"}, (Implausible.ISSUED_AFTER_EXPIRY,)),
        ({"issued": "2026-05-01", "expires": "2024-05-01"}, (Implausible.ISSUED_AFTER_EXPIRY,)),
        ({"issued": "2029-05-01", "expires": "2031-05-01"}, (Implausible.ISSUED_IN_FUTURE,)),
        ({"issued": "1985-05-01", "birth": "1990-04-13"}, (Implausible.ISSUED_BEFORE_BIRTH,)),
        ({"expires": "1985-05-01", "birth": "1990-04-13"}, (Implausible.EXPIRED_BEFORE_BIRTH,)),
        ({"issued": "1970-01-01", "expires": "2031-04-30"}, (Implausible.PLACEHOLDER,)),
        ({"expires": "2035-02-30"}, (Implausible.NO_SUCH_DAY,)),
        ({"issued": "2021", "expires": "2021-06-01"}, ()),
        ({"expires": "2187-05-01", "document_type": "Passport"}, (Implausible.VALID_TOO_LONG,)),
        (
            {"issued": "2010-05-01", "expires": "2032-05-01", "document_type": "P PASSPORT"},
            (Implausible.VALID_TOO_LONG,),
        ),
        ({"issued": "2010-05-01", "expires": "2030-05-01", "document_type": "Passport"}, ()),
        ({"expires": "9999-12-31", "document_type": "Passport"}, ()),
        ({"expires": "2187-05-01", "document_type": "ID"}, ()),
    ],
)
def test_dates_of_a_document_that_contradict_are_found(
    dates: dict[str, str], expected: tuple[Implausible, ...]
) -> None:
    assert of_document(**dates, today=TODAY) == expected


@given(st.integers(MINIMUM_AGE * 366, (LONGEST_LIFE - 1) * 365))
def test_a_birth_date_of_a_living_person_of_age_is_no_finding(days: int) -> None:
    birth = TODAY - timedelta(days=days)
    assert (of_birth(birth.isoformat(), TODAY) == ()) == (birth not in PLACEHOLDERS)


@pytest.mark.parametrize(
    ("age", "birth", "is_found"),
    [
        ("36", "1990-03-04", False), ("35", "1990-03-04", False), ("37", "1990-03-04", False),
        ("34", "1990-03-04", True), ("38", "1990-03-04", True), ("17", "1990-03-04", True),
        ("36 years", "1990-03-04", False),
        ("\u0663\u0666", "1990-03-04", False), ("", "1990-03-04", False), ("adult", "1990-03-04", False),
        ("35-44", "1960-03-04", False), ("36", "", False), ("36", "unknown", False), ("35", "1990/**/**", False),
        ("33", "1990/**/**", True), ("120", "1990-03-04", True), ("36", "04-03-90", False),
    ],
)  # fmt: skip
def test_an_age_fits_its_birth_date_within_one_year(age: str, birth: str, is_found: bool) -> None:
    assert of_age(age, birth, TODAY) == ((Implausible.OTHER_AGE,) if is_found else ())
