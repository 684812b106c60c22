"""Characters that Unicode, keyboards and typesetting vary without changing a letter."""

import sys
import unicodedata

import pytest

from compliance.facts.characters import is_invisible, plain_text


@pytest.mark.parametrize("sign", "'’‘ʻʼ`´＇ꞌ′ʹ")
def test_apostrophes_are_one_character(sign: str) -> None:
    assert plain_text(f"O{sign}Brien") == "O'Brien"


@pytest.mark.parametrize("sign", "-‐‑‒–—−﹣－")
def test_hyphens_and_dashes_are_one_character(sign: str) -> None:
    assert plain_text(f"Jean{sign}Luc") == "Jean-Luc"


@pytest.mark.parametrize(
    "place", [0xAD, 0x34F, 0x180E, 0x200B, 0x200D, 0x202E, 0x2060, 0x3164, 0xFE0F, 0xFEFF, 0xE0041, 0xE0100]
)
def test_characters_that_no_font_shows_vanish(place: int) -> None:
    assert is_invisible(chr(place)) and plain_text(f"J{chr(place)}an") == "Jan"


def test_letters_of_persian_and_arabic_keyboards_are_one() -> None:
    assert plain_text("علی کریمی") == plain_text("علي كريمي")
    assert plain_text("محـمد") == "محمد"


def test_digits_of_every_script_and_width_are_ascii() -> None:
    assert plain_text("١٢٣ ۴۵ १２") == "123 45 12"


def test_a_plain_text_remains_as_it_is() -> None:
    for place in range(sys.maxunicode + 1):
        sign = chr(place)
        if unicodedata.category(sign) not in ("Cs", "Cn", "Co"):
            assert plain_text(plain_text(sign)) == plain_text(sign), hex(place)
