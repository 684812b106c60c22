"""Dates that cannot be true, even if all sources agree on them. Pure; the date of today is passed in.

A date that is ambiguous or has unknown parts is a finding only if no reading of it can be true.
"""

import re
from datetime import date
from enum import StrEnum

from compliance.facts import dates, numbers
from compliance.facts.characters import plain_text


class Implausible(StrEnum):
    """Kind of a finding about one value: a date that cannot be true, or a number that breaks its country's rule."""

    NO_SUCH_DAY = "no_such_day"
    PLACEHOLDER = "placeholder"
    BORN_IN_FUTURE = "born_in_future"
    BEYOND_LIFE = "beyond_life"
    UNDER_AGE = "under_age"
    OTHER_AGE = "other_age"
    ISSUED_IN_FUTURE = "issued_in_future"
    ISSUED_AFTER_EXPIRY = "issued_after_expiry"
    ISSUED_BEFORE_BIRTH = "issued_before_birth"
    EXPIRED_BEFORE_BIRTH = "expired_before_birth"
    ISSUED_TO_A_CHILD = "issued_to_a_child"
    VALID_TOO_LONG = "valid_too_long"
    CHECK_DIGIT = "check_digit"
    WRONG_FORM = "wrong_form"
    ONE_DIGIT = "one_digit"


LONGEST_LIFE = 115
"""Years; the few people who grew older are known by name."""
MINIMUM_AGE = 18
"""Years: the age from which the Convention on the Rights of the Child (article 1) and most countries count a person as
of age. A younger applicant may be a customer, but a person has to decide so."""
MINIMUM_DRIVING_AGE = 14
"""Years: the lowest age of any licence, for mopeds in Europe (Directive 2006/126/EC) and in some states of the USA."""
LONGEST_PASSPORT = 20
"""Years: ICAO Doc 9303 part 2 recommends ten at most, and no state is known to give a passport for twice that time."""
_TOLERANCE = 1
"""Years between a stated age and the one on the day of the report."""
PLACEHOLDERS = frozenset(
    date.fromisoformat(day)
    for day in (
        "0001-01-01", "0001-01-03", "1111-11-11", "1582-10-15", "1600-01-01", "1601-01-01", "1753-01-01", "1800-01-01",
        "1858-11-17", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1904-01-01", "1970-01-01",
    )
)  # fmt: skip
"""Days on which the calendars of software begin, and what people type into a field that must not be empty."""

_YEARS = frozenset((*range(1500, 2200), *range(2700, 10000)))
"""Other years may be of another calendar: such a date is compared by eye."""


def of_birth(text: str, today: date) -> tuple[Implausible, ...]:
    """Findings about a birth date; none for an empty text, or one that is no date at all."""
    if _is_placeholder(text):
        return (Implausible.PLACEHOLDER,)
    first, last = _range(text)
    if first is None or last is None:
        return (Implausible.NO_SUCH_DAY,) if dates.has_no_such_day(text) else ()
    found = []
    if first > today:
        found.append(Implausible.BORN_IN_FUTURE)
    elif _years(first, today) < MINIMUM_AGE:
        found.append(Implausible.UNDER_AGE)
    if last.year + LONGEST_LIFE < today.year:
        found.append(Implausible.BEYOND_LIFE)
    return tuple(found)


def of_age(text: str, birth: str, day: date) -> tuple[Implausible, ...]:
    """Findings about an age that was stated on a day beside a birth date; none for a text without a single number."""
    numbers = re.findall(r"\d+", plain_text(text))
    first, last = _range(birth)
    if len(numbers) != 1 or first is None or last is None:
        return ()
    fits = _years(last, day) - _TOLERANCE <= int(numbers[0]) <= _years(first, day) + _TOLERANCE
    return () if fits else (Implausible.OTHER_AGE,)


def _years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def of_document(
    *, issued: str = "", expires: str = "", birth: str = "", document_type: str = "", today: date
) -> tuple[Implausible, ...]:
    """Findings about the dates of a document, each date as it was read and empty where there is none.

    A document is valid for a day at least: one that is issued on the day of its expiry is a finding.
    """
    (issue, issue_end), (_, end), (birth_start, _) = map(_range, (issued, expires, birth))
    no_expiry = dates.has_no_expiry(expires)
    checks = (
        (Implausible.PLACEHOLDER, _is_placeholder(issued) or _is_placeholder(expires)),
        (Implausible.NO_SUCH_DAY, dates.has_no_such_day(issued) or (not no_expiry and dates.has_no_such_day(expires))),
        (Implausible.ISSUED_IN_FUTURE, issue is not None and issue > today),
        (Implausible.ISSUED_AFTER_EXPIRY, issue is not None and end is not None and not no_expiry and issue >= end),
        (
            Implausible.ISSUED_BEFORE_BIRTH,
            issue_end is not None and birth_start is not None and issue_end < birth_start,
        ),
        (
            Implausible.ISSUED_TO_A_CHILD,
            numbers.document_kind(document_type) == "driving licence"
            and issue_end is not None
            and birth_start is not None
            and 0 <= _years(birth_start, issue_end) < MINIMUM_DRIVING_AGE,
        ),
        (
            Implausible.VALID_TOO_LONG,
            numbers.document_kind(document_type) == "passport"
            and end is not None
            and not no_expiry
            and _years(issue or today, end) > LONGEST_PASSPORT,
        ),
        (Implausible.EXPIRED_BEFORE_BIRTH, end is not None and birth_start is not None and end < birth_start),
    )
    return tuple(kind for kind, is_found in checks if is_found)


def _is_placeholder(text: str) -> bool:
    return dates.whole_day(text) in PLACEHOLDERS


def _range(text: str) -> tuple[date | None, date | None]:
    """The first and the last day that the text can mean; None if it is no date."""
    readings = dates.readings(text, _YEARS)
    if not readings:
        return None, None
    return min(map(dates.earliest, readings)), max(map(dates.last_possible, readings))
