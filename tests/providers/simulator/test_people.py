"""Invented people."""

import re
from datetime import date

import pytest

from providers.simulator import people


def test_a_serial_is_always_the_same_person_and_people_differ() -> None:
    found = [people.person(serial) for serial in range(200)]
    assert people.person(17) == found[17]
    assert len({one.full_name for one in found}) > 150
    assert len({one.email for one in found}) == 200
    assert len({one.document_number for one in found}) == 200
    assert len({one.country for one in found}) == 20


def test_people_are_plausible() -> None:
    for serial in range(400):
        one = people.person(serial)
        assert date(1948, 1, 1) <= one.birth_date <= date(2004, 12, 31)
        assert one.document_issued < one.document_expiry
        assert re.fullmatch(r"[a-z.'-]+\.\d+@mail\.example", one.email), one.email
        assert re.fullmatch(r"[A-Za-z' -]+", one.latin_name), one.latin_name
        assert re.fullmatch(r"[A-Z]{2}", one.country)
        assert re.fullmatch(r"[A-Z]{3}", one.country3)
        assert re.fullmatch(r"[A-Z]{2}\d{7}", one.document_number)
        assert re.fullmatch(r"\d{11}", one.national_number)
        assert one.given_names in one.full_name
        assert one.family_name in one.full_name
        assert one.sex in "FM"
        assert one.city
        assert one.postcode
    with pytest.raises(ValueError, match="negative"):
        people.person(-1)


def test_some_names_are_long_right_to_left_or_with_accents() -> None:
    names = [people.person(serial).full_name for serial in range(60)]
    assert max(map(len, names)) >= 45
    assert [name for name in names if re.search("[\u0590-\u06ff]", name)]
    assert [name for name in names if re.search("[\u0100-\u024f\u1e00-\u1eff]", name)]
    assert [name for name in names if "'" in name]
