"""Birth date and sex in the numbers of the table, with examples of each country and numbers of no such form."""

import pytest

from compliance.facts.national_numbers import Encoded, encoded_in
from compliance.facts.number_patterns import PATTERNS

EXAMPLES = [
    ("AE", "784-1990-1234567-0", "1990-**-**", ""), ("BD", "19901234567890123", "1990-**-**", ""),
    ("BH", "900413123", "**90-04-**", ""), ("BY", "4130490A001PB1", "1990-04-13", "F"),
    ("CN", "11010519491231002X", "1949-12-31", "F"), ("CN", "CHN110105123456", "", ""),
    ("EG", "29004130100028", "1990-04-13", "F"), ("EG", "30105230212351", "2001-05-23", "M"),
    ("FR", "2900475116001", "**90-04-**", "F"), ("ID", "3174015304900001", "**90-04-13", "F"),
    ("ID", "3174011304900001", "**90-04-13", "M"), ("KG", "11304199012345", "1990-04-13", "F"),
    ("KG", "21304199012345", "1990-04-13", "M"), ("KR", "900413-2000001", "1990-04-13", "F"),
    ("KR", "0104137000001", "2001-04-13", "M"), ("KW", "290041300001", "1990-04-13", ""),
    ("KW", "301052300001", "2001-05-23", ""), ("KZ", "900413400008", "1990-04-13", "F"),
    ("LK", "906040001V", "**90-04-13", "F"), ("LK", "901040001V", "**90-04-13", "M"),
    ("LK", "199060400012", "1990-04-13", "F"), ("LV", "161175-19997", "1975-11-16", ""),
    ("LV", "32000112345", "", ""), ("MX", "LNGRAD90041309M100", "**90-04-13", "F"),
    ("MY", "900413-14-5124", "**90-04-13", "F"), ("QA", "29012345678", "1990-**-**", ""),
    ("TW", "A123456789", "", "M"), ("TW", "A800000014", "", "M"), ("UA", "3297500022", "1990-04-13", "F"),
    ("UA", "19900413-00025", "1990-04-13", ""), ("UZ", "41304901234567", "1990-04-13", "F"),
    ("VN", "001190000001", "1990-**-**", "F"), ("VN", "001090000001", "1990-**-**", "M"),
    ("VN", "079301000001", "2001-**-**", "F"), ("VN", "012345678", "", ""),
    ("ZA", "7503305044089", "**75-03-30", "M"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "number", "birth", "sex"), EXAMPLES)
def test_a_number_says_what_its_country_writes_into_it(country: str, number: str, birth: str, sex: str) -> None:
    assert encoded_in(number, country, is_labelled=True) == Encoded(birth_date=birth, sex=sex)


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("EG", "19004130100028"), ("EG", "29004130700028"), ("KW", "290133200001"), ("KZ", "900413400009"),
        ("LK", "903674001V"), ("LK", "908674001V"), ("LK", "900004001V"), ("UA", "3297500023"), ("VN", "101190000001"),
        ("AE", "785-1990-1234567-0"), ("ID", "3174017204900001"), ("KR", "900230-2000001"), ("UZ", "71304901234567"),
        ("TW", "A323456789"), ("EG", "٢٩٠٠٤١٣٠١٠٠٠٢٨x"),
    ],
)  # fmt: skip
def test_a_number_of_another_form_says_nothing(country: str, number: str) -> None:
    assert encoded_in(number, country, is_labelled=True) is None


@pytest.mark.parametrize(("country", "number"), [("KZ", "900413400008"), ("VN", "001190000001"), ("LK", "906040001V")])
def test_a_strict_form_needs_no_label(country: str, number: str) -> None:
    assert encoded_in(number, country, is_labelled=False) is not None


@pytest.mark.parametrize(("country", "number"), [("UA", "3297500022"), ("BH", "900413123"), ("NG", "22200012345")])
def test_a_weak_form_needs_a_label(country: str, number: str) -> None:
    assert encoded_in(number, country, is_labelled=False) is None


def test_every_country_of_the_table_is_a_code() -> None:
    assert all(len(country) == 2 and country.isupper() for country in PATTERNS)
