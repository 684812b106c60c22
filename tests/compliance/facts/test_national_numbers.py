"""Birth date and sex in national numbers: published examples of each country, and numbers that say nothing."""

import pytest

from compliance.facts.national_numbers import Encoded, encoded_in, identity_number_in

EXAMPLES = [
    ("BE", "85.07.30-033 28", "1985-07-30", "M"), ("BG", "7523169263", "1875-03-16", "M"),
    ("CN", "11010519491231002X", "1949-12-31", "F"), ("CZ", "710319/2745", "1971-03-19", "M"),
    ("SK", "710319/2745", "1971-03-19", "M"), ("DK", "211062-5629", "1862-10-21", "M"),
    ("EE", "36805280109", "1968-05-28", "M"), ("FI", "131052-308T", "1952-10-13", "F"),
    ("FR", "2 95 10 99 126 111 93", "**95-10-**", "F"), ("GR", "01013099997", "**30-01-01", "M"),
    ("ID", "3171015708450001", "**45-08-17", "F"), ("IS", "120174-3399", "1974-01-12", ""),
    ("IT", "RCCMNL83S18D969H", "**83-11-18", "M"), ("KR", "971013-9019902", "1897-10-13", "M"),
    ("LT", "33309240064", "1933-09-24", "M"), ("MX", "BOXW310820HNERXN09", "1931-08-20", "M"),
    ("MY", "770305-02-1234", "**77-03-05", "F"), ("NO", "15108695088", "1986-10-15", "F"),
    ("PK", "34201-0891231-8", "", "F"), ("PL", "44051401359", "1944-05-14", "M"),
    ("RO", "1630615123457", "1963-06-15", "M"), ("SE", "19811228-9874", "1981-12-28", "M"),
    ("SE", "811228-9874", "**81-12-28", "M"), ("SI", "0101006500006", "2006-01-01", "M"),
    ("RS", "0101006500006", "2006-01-01", "M"), ("ZA", "7503305044089", "**75-03-30", "M"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "number", "birth", "sex"), EXAMPLES)
def test_a_valid_number_says_its_birth_date_and_sex(country: str, number: str, birth: str, sex: str) -> None:
    assert encoded_in(number, country, is_labelled=True) == Encoded(birth_date=birth, sex=sex)


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("PL", "44051401358"), ("PL", ""), ("PL", "ABC123456"), ("IT", "RCCMNL83S18D969A"), ("IT", "00743110157"),
        ("ID", "3171000000000001"), ("ID", "9971011708450001"), ("FI", "131052-308U"), ("DE", "44051401359"),
        ("", "44051401359"), ("ZA", "22******1234"), ("MX", "BOXW310820HNERXN08"), ("IS", "450401-3150"),
        ("CN", "11010519491331002X"), ("NO", "150 86 95088x"),
    ],
)  # fmt: skip
def test_any_other_number_says_nothing(country: str, number: str) -> None:
    found = encoded_in(number, country, is_labelled=True)
    assert found is None or found == Encoded()


@pytest.mark.parametrize(
    ("country", "number"),
    [("BG", "7523169263"), ("CZ", "7103192745"), ("DK", "2110625629"), ("IS", "1201743399"), ("SE", "8112289874")],
)
def test_a_weak_structure_says_nothing_about_a_number_without_a_label(country: str, number: str) -> None:
    assert encoded_in(number, country, is_labelled=False) is None


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("27-28111222-3", "AR", "28111222"), ("20-27654321-1", "AR", "27654321"), ("20-27654321-2", "AR", ""),
        ("27-28111222-3", "UY", ""), ("", "AR", ""), ("30-71234567-1", "AR", ""),
    ],
)  # fmt: skip
def test_an_argentine_tax_number_has_the_number_of_the_card(number: str, country: str, expected: str) -> None:
    assert identity_number_in(number, country) == expected
