"""Birth date and sex in national numbers: published examples of each country, and numbers that say nothing."""

import pytest

from compliance.facts.national_numbers import Encoded, encoded_in, fault_in, identity_number_in
from compliance.facts.plausibility import Implausible

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


# --- numbers that break the rule of their country ---------------------------------------------------------------------

DIGIT, FORM, ONE = Implausible.CHECK_DIGIT, Implausible.WRONG_FORM, Implausible.ONE_DIGIT
FAULTS = [
    ("PL", "personal_number", "44051401358", DIGIT), ("PL", "personal_number", "4405140135", FORM),
    ("PL", "tax_number", "8567346216", DIGIT), ("MX", "personal_number", "BOXW310820HNERXN08", DIGIT),
    ("MX", "personal_number", "BOXW310820HNERXN0", FORM), ("BR", "personal_number", "529.982.247-26", DIGIT),
    ("BR", "tax_number", "5299822472", FORM), ("BR", "tax_number", "111.111.111-11", ONE),
    ("ZA", "personal_number", "7503305044088", DIGIT), ("ZA", "personal_number", "7513305044089", FORM),
    ("ID", "personal_number", "3174015319900001", FORM), ("ID", "personal_number", "317101570845000", FORM),
    ("SA", "personal_number", "1123456788", DIGIT), ("SA", "personal_number", "3123456788", FORM),
    ("NG", "personal_number", "222000123", FORM), ("CN", "personal_number", "110105194912310021", DIGIT),
    ("CN", "personal_number", "11010519491331002X", FORM), ("KZ", "personal_number", "980226312345", DIGIT),
    ("VN", "personal_number", "00109000001", FORM), ("EG", "personal_number", "29013130100028", FORM),
    ("UA", "tax_number", "1759013777", DIGIT), ("LK", "personal_number", "903674001V", FORM),
    ("KW", "personal_number", "490041300001", FORM), ("AE", "personal_number", "784-1990-123456-0", FORM),
    ("KR", "personal_number", "901313-2000007", FORM), ("TW", "personal_number", "A123456788", DIGIT),
    ("HK", "personal_number", "G123456(7)", DIGIT), ("SG", "personal_number", "S1234567A", DIGIT),
    ("TH", "personal_number", "1101700230706", DIGIT), ("TR", "personal_number", "17291716061", DIGIT),
    ("IL", "personal_number", "3933742-2", DIGIT), ("IN", "personal_number", "2341 2341 2347", DIGIT),
    ("IN", "tax_number", "ACUPA7085", FORM), ("EC", "personal_number", "1714307104", DIGIT),
    ("CL", "personal_number", "12.531.909-3", DIGIT), ("AR", "personal_number", "12345", FORM),
    ("AR", "tax_number", "20-27654321-2", DIGIT), ("PE", "personal_number", "101234", FORM),
    ("PK", "personal_number", "34201-0891231", FORM), ("BD", "personal_number", "123456789", FORM),
    ("MY", "personal_number", "771305-02-1234", FORM), ("ES", "tax_number", "54362315Z", DIGIT),
    ("IT", "tax_number", "RCCMNL83S18D969A", DIGIT), ("HR", "personal_number", "33392005962", DIGIT),
    ("LV", "personal_number", "161175-19998", DIGIT), ("IR", "personal_number", "0499370898", DIGIT),
    ("SK", "personal_number", "7103192746", DIGIT), ("RS", "personal_number", "0101006500007", DIGIT),
]  # fmt: skip
"""A digit of a published example of each country changed, left out, or moved out of its range."""


@pytest.mark.parametrize(("country", "fact", "number", "expected"), FAULTS)
def test_a_number_that_breaks_the_rule_of_its_country_is_found(
    country: str, fact: str, number: str, expected: Implausible
) -> None:
    assert fault_in(number, country, fact=fact) == expected


@pytest.mark.parametrize(
    ("register", "number", "expected"),
    [
        ("NG_BVN", "222000123", FORM), ("NG_NIN", "2220001234567", FORM), ("BR_CPF", "529.982.247-26", DIGIT),
        ("BR_CPF", "111.111.111-11", ONE), ("ZA_SAID", "7503305044088", DIGIT), ("ID_NIK", "3174015319900001", FORM),
        ("AR_DNI", "276543", None), ("AR_DNI", "276543210", FORM), ("BVN", "22200012345", None), ("GB_GB", "1", None),
        ("NG_BVN", "22********7", None), ("BR_CPF", "000.000.000-00", None), ("BR_CPF", "529.982.247-25", None),
        ("Passport", "1", None), ("ID", "1", None), ("", "1", None),
    ],
)  # fmt: skip
def test_a_number_of_a_document_is_judged_only_in_a_register(
    register: str, number: str, expected: Implausible | None
) -> None:
    assert fault_in(number, "NG", fact="document_number", document_type=register) == expected


FIT = [
    ("CZ", "personal_number", "480319/274", "nine digits without a check digit until 1953"),
    ("SE", "personal_number", "701063-2391", "coordination number of a person who is not registered"),
    ("NO", "personal_number", "53019000288", "D number of a foreigner"),
    ("DK", "personal_number", "010190-1111", "without a right check digit since 2007"),
    ("FI", "personal_number", "131052A308T", "signs of the century since 2023"),
    ("BG", "personal_number", "7111042925", "personal number of a foreigner"),
    ("ES", "personal_number", "X-2482300W", "number of a foreigner"),
    ("ES", "tax_number", "54362315K", "number of the card"),
    ("IT", "tax_number", "00743110157", "eleven digits for a time, given to foreigners"),
    ("FR", "personal_number", "2951099126111", "without its key"),
    ("FR", "personal_number", "2 95 10 99 126 111 93", "with its key"),
    ("LV", "personal_number", "320001-12345", "without a birth date since 2017"),
    ("CN", "personal_number", "CHN110105123456", "card of a foreigner until 2023"),
    ("KR", "personal_number", "900413-2000001", "without a check digit since October 2020"),
    ("KR", "personal_number", "900413-6000001", "number of a foreigner"),
    ("VN", "personal_number", "012345678", "card until 2016"),
    ("LK", "personal_number", "906040001V", "card until 2016"),
    ("LK", "personal_number", "199060400012", "card since 2016"),
    ("KZ", "personal_number", "980226050009", "number of a foreigner"),
    ("SG", "personal_number", "F1234567N", "number of a foreigner"),
    ("SG", "personal_number", "M1234567K", "number of a foreigner since 2022"),
    ("TW", "personal_number", "A800000014", "number of a foreigner since 2021"),
    ("TH", "personal_number", "0101700230705", "person without nationality"),
    ("ZA", "personal_number", "7503305044188", "permanent resident"),
    ("SA", "personal_number", "2123456788", "resident"),
    ("BR", "personal_number", "12.345.678-9", "number in the register of a state"),
    ("MX", "personal_number", "LNGRAD90041309M100", "key of a voter"),
    ("UA", "tax_number", "КС123456", "passport of a person who refuses a number for religious reasons"),
    ("UA", "personal_number", "19900413-00025", "number in the demographic register"),
    ("PE", "personal_number", "001234567", "card of a foreigner"),
    ("PE", "personal_number", "7712345", "book of a voter until 2001"),
    ("BD", "personal_number", "19901234567890123", "card until 2016"),
    ("DE", "personal_number", "123", "a country without such a number"),
    ("", "personal_number", "123", "no country"),
    ("GR", "personal_number", "123", "a country with several numbers"),
    ("PL", "personal_number", "4405****358", "masked"),
    ("ZA", "personal_number", "XXXXXXXXX4088", "masked"),
    ("PL", "personal_number", "000000000", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "fact", "number", "why"), FIT, ids=[row[3] for row in FIT])
def test_a_legal_or_hidden_number_is_no_fault(country: str, fact: str, number: str, why: str) -> None:
    assert fault_in(number, country, fact=fact) is None


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_published_example_has_no_fault(example: tuple[str, str, str, str]) -> None:
    country, number, *_ = example
    assert fault_in(number, country, fact="personal_number") is None
