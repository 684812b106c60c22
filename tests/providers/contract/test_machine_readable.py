"""Machine-readable lines: the examples of ICAO 9303, mistakes of recognition, and other texts.

Sources: ICAO 9303 part 4 appendix B (TD3), part 5 appendix B (TD1) and part 6 appendix B (TD2), the holder of the
imaginary state Utopia.
"""

import pytest

from providers import Facts
from providers.contract.machine_readable import is_machine_readable, read_lines

TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"


def anna(number: str) -> Facts:
    return Facts(
        full_name="ANNA MARIA ERIKSSON", birth_date="1974-08-12", sex="F", document_number=number,
        document_expiry="2012-04-15",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (TD3, "L898902C3"), (TD2, "D23145890"), (TD1, "D23145890"), (TD3.replace("\n", ""), "L898902C3"),
        (TD2.replace("\n", ""), "D23145890"), (TD1.replace("\n", " "), "D23145890"), (TD3.lower(), "L898902C3"),
        (TD3.replace("<<<<<<<\n", "<<<<<\n"), "L898902C3"),
    ],
)  # fmt: skip
def test_the_examples_of_the_standard_are_read(text: str, number: str) -> None:
    assert is_machine_readable(text)
    assert read_lines(text, printed=Facts()) == anna(number)


def test_a_long_number_continues_in_the_optional_field() -> None:
    lines = TD1.replace("D231458907<<<<<<<<<<<<<<<", "D23145890<7349<<<<<<<<<<<")
    assert read_lines(lines, printed=Facts()).document_number == "D23145890734"


@pytest.mark.parametrize(
    ("wrong", "right", "fact"),
    [
        ("L898902C36", "L898902C37", "document_number"), ("7408122F", "7408123F", "birth_date"),
        ("1204159ZE", "1204158ZE", "document_expiry"), ("7408122F", "74O8122F", "birth_date"),
    ],
)  # fmt: skip
def test_a_value_with_a_wrong_check_digit_is_not_read(wrong: str, right: str, fact: str) -> None:
    assert getattr(read_lines(TD3.replace(wrong, right), printed=Facts()), fact) == ""


def test_a_name_that_may_be_cut_off_is_not_read() -> None:
    cut = "P<UTO" + "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<KRA" + TD3[44:]
    assert read_lines(cut, printed=Facts()).full_name == ""


@pytest.mark.parametrize(
    ("born", "expected"), [("1974-08-12", "1974-08-12"), ("12.08.1974", "1974-08-12"), ("1965-08-12", "1974-08-12")]
)
def test_the_printed_birth_date_gives_the_century(born: str, expected: str) -> None:
    assert read_lines(TD3, printed=Facts(birth_date=born)).birth_date == expected


@pytest.mark.parametrize("text", ["", " ", "P<UTO****SSON<<ANNA"])
def test_an_empty_or_masked_text_says_nothing(text: str) -> None:
    assert read_lines(text, printed=Facts()) == Facts()


@pytest.mark.parametrize(
    "text",
    ["OK", "<<", "A<<B", "P<UTO<<", "x" * 90, "<" * 500, TD3[:44], TD3[45:], TD1[:30], TD3[:44] + "\n" + TD3[45:58]],
)
def test_lines_that_are_not_complete_state_nothing_and_are_a_fault(text: str) -> None:
    expected = Facts(negatives=(("lines of the machine-readable zone", "not complete"),))
    assert read_lines(text, printed=Facts()) == expected


@pytest.mark.parametrize(
    ("text", "is_zone"),
    [(TD3, True), (TD3[:44], True), (TD1[:30], True), ("A<<B", False), ("a << b, see https://x.example", False)],
)
def test_a_first_line_alone_has_the_form_of_a_zone(text: str, is_zone: bool) -> None:
    assert is_machine_readable(text) is is_zone


# --- faults -----------------------------------------------------------------------------------------------------------

VISA_A = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<"
VISA_B = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<"
FRENCH = "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512068F6"
"""Part 7 appendix B, and the card of the French decree in the article of the Wikipedia on it."""


def passport(*, number: str = "L898902C3", birth: str = "740812", sex: str = "F", expiry: str = "120415",
             optional: str = "ZE184226B", **states: str) -> str:  # fmt: skip
    """A passport with right check digits."""
    state, nationality = states.get("state", "GBR"), states.get("nationality", "GBR")
    digits = [
        _with_digit(number.ljust(9, "<")),
        _with_digit(birth),
        _with_digit(expiry),
        _with_digit(optional.ljust(14, "<")),
    ]
    second = f"{digits[0]}{nationality}{digits[1]}{sex}{digits[2]}{digits[3]}"
    composite = _with_digit(second[:10] + second[13:20] + second[21:])[-1]
    return f"{states.get('code', 'P<')}{state}ERIKSSON<<ANNA<MARIA".ljust(44, "<") + f"\n{second}{composite}"


def _with_digit(field: str) -> str:
    values = (0 if sign == "<" else int(sign, 36) for sign in field)
    return f"{field}{sum(value * (7, 3, 1)[at % 3] for at, value in enumerate(values)) % 10}"


def faults(text: str, document_type: str = "Passport") -> list[str]:
    found = read_lines(text, printed=Facts(document_type=document_type)).negatives
    return [
        where.replace(" machine-readable zone", "").replace("check digit of the ", "") + f": {word}"
        for where, word in found
    ]


GOOD = passport()
FAULTS = [
    ("number, part 4 section 4.2.2", GOOD.replace("L898902C36", "L898902C37"), ["number in the: wrong"]),
    ("the letter O for a zero in the number", GOOD.replace("L898902C36", "L8989O2C36"), ["number in the: wrong"]),
    ("birth date", GOOD.replace("7408122F", "7408123F"), ["birth date in the: wrong"]),
    ("the letter O for a zero in the birth date", GOOD.replace("7408122F", "74O8122F"), ["birth date in the: wrong"]),
    ("expiry date", GOOD.replace("1204159", "1204158"), ["expiry date in the: wrong"]),
    ("optional data", GOOD.replace("<<<<<1", "<<<<<2"), ["optional data in the: wrong"]),
    ("composite digit alone", GOOD[:-1] + str((int(GOOD[-1]) + 1) % 10), ["whole zone in the: wrong"]),
    ("composite digit of three lines", TD1.replace("<<6\n", "<<7\n"), ["whole zone in the: wrong"]),
    ("composite digit of two short lines", TD2[:-1] + "7", ["whole zone in the: wrong"]),
    ("number and birth date", GOOD.replace("C36", "C37").replace("7408122F", "7408123F"),
     ["number in the: wrong", "birth date in the: wrong"]),
    ("a second line without its last sign", GOOD[:-1], ["whole zone in the: wrong"]),
    ("visa without a composite digit", VISA_A.replace("4009078F", "4009079F"), ["birth date in the: wrong"]),
    ("French card", FRENCH.replace("6512068F6", "6512068F7"), ["whole zone in the: wrong"]),
    ("issuing state with a digit", GOOD.replace("P<GBR", "P<G8R"), ["issuing state in the: not readable"]),
    ("nationality with a digit", passport(nationality="G8R"), ["nationality in the: not readable"]),
    ("no sex", passport(sex="7"), ["sex in the: not readable"]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text", "expected"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_fault_of_the_zone_is_named(source: str, text: str, expected: list[str]) -> None:
    assert faults(text, "") == expected


@pytest.mark.parametrize(
    ("code", "document_type", "is_fault"),
    [
        ("P<", "Passport", False), ("PD", "Diplomatic passport", False), ("P<", "Travel Document", False),
        ("P<", "", False), ("P<", "Other", False), ("P<", "ID", True), ("P<", "Driving licence", True),
        ("P<", "Residence Permit", True), ("P<", "Visa", True), ("V<", "Visa", False),
        ("V<", "Residence Permit", False),
        ("V<", "Passport", True), ("V<", "ID_CARD", True), ("I<", "ID", False), ("ID", "ID_CARD", False),
        ("C<", "Identity card", False), ("AR", "Residence Permit", False), ("IR", "Residence Permit", False),
        ("I<", "Driving licence", False), ("I<", "Passport", True), ("IR", "Passport", True), ("C<", "Visa", True),
        ("IP", "Passport card", False), ("AC", "ID", True), ("AC", "Crew member certificate", False),
        ("D1", "Driving licence", False),
    ],
)  # fmt: skip
def test_the_document_code_fits_the_printed_type(code: str, document_type: str, is_fault: bool) -> None:
    assert bool(faults(passport(code=code), document_type)) is is_fault


@pytest.mark.parametrize(
    "text",
    [
        GOOD, TD1, TD2, TD3, VISA_A, VISA_B, FRENCH, passport(optional=""), passport(sex="<"), passport(sex="X"),
        passport(nationality="XXA"), passport(state="D<<", nationality="D<<"), passport(state="UNO", nationality="UNO"),
        GOOD.replace("\n", "\r\n"), GOOD.replace("<ANNA", " <ANNA"),
        # An empty field may have a filler as its check digit (part 4 section 4.2.2); Russian passports for use at home
        # have no expiry and digits for letters.
        passport(code="PN", state="RUS", nationality="RUS", expiry="<<<<<<").replace("<<<<<<0", "<<<<<<<"),
        # Part 3 section 4.8: a month or day that is unknown.
        passport(birth="74<<<<"),
    ],
)  # fmt: skip
def test_a_zone_as_the_standard_allows_it_has_no_fault(text: str) -> None:
    assert faults(text, "") == []


@pytest.mark.parametrize(
    ("state", "printed", "expected"),
    [
        ("D<<", "", "D"), ("D<<", "DE", "DE"), ("GBR", "United Kingdom of Great Britain and Northern Ireland", "GBR"),
        ("SWE", "SE", "SE"), ("SWE", "Sweden", "Sweden"), ("SWE", "swe", "swe"), ("SWE", "NO", "SWE"),
        ("UTO", "GB", ""),
        ("XXA", "", "XXA"), ("XXB", "", ""), ("XXC", "", ""), ("XXX", "", ""), ("UNO", "", ""), ("XOM", "", ""),
    ],
)  # fmt: skip
def test_a_state_is_written_as_in_print_and_codes_of_no_country_are_left_out(
    state: str, printed: str, expected: str
) -> None:
    facts = read_lines(
        passport(state=state, nationality=state), printed=Facts(issuing_country=printed, nationality=printed)
    )
    assert (facts.issuing_country, facts.nationality) in [(expected, expected), (printed, printed)]
    assert expected in (facts.issuing_country, "GBR")


@pytest.mark.parametrize(
    ("state", "optional", "expected"),
    [
        ("EST", "39004132386", "39004132386"), ("POL", "90041312345", "90041312345"), ("GBR", "90041312345", ""),
        ("EST", "3900413", ""), ("CZE", "9004130008", "9004130008"), ("EST", "", ""),
    ],
)  # fmt: skip
def test_optional_data_of_some_states_are_the_number_of_the_person(state: str, optional: str, expected: str) -> None:
    assert read_lines(passport(state=state, optional=optional), printed=Facts()).personal_number == expected


@pytest.mark.parametrize(
    ("birth", "expiry", "printed", "expected"),
    [
        ("900413", "330501", "", "1990-04-13"), ("050413", "330501", "", "2005-04-13"),
        ("340413", "330501", "", "1934-04-13"), ("300413", "330501", "1930-04-13", "1930-04-13"),
    ],
)  # fmt: skip
def test_nobody_is_born_after_the_document_expires(birth: str, expiry: str, printed: str, expected: str) -> None:
    zone = passport(birth=birth, expiry=expiry)
    assert read_lines(zone, printed=Facts(birth_date=printed)).birth_date == expected
