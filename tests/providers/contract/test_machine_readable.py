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


@pytest.mark.parametrize(
    "text", ["", "OK", "<<", "A<<B", "P<UTO<<", "IDFRA" + "<" * 31 + "\n" + "0" * 36, "x" * 90, "<" * 500]
)
def test_any_other_text_has_no_facts(text: str) -> None:
    assert read_lines(text, printed=Facts()) == Facts()
