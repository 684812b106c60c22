"""Characters in one form: what Unicode, keyboards and typesetting vary without changing a letter.

Compatibility forms (NFKC), characters that no font shows, the classes of apostrophes and dashes, letters that Arabic
and Persian keyboards write with two code points, and the comma and cedilla of Romanian. Each character by itself, so
that the place of a character in the text stays known.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import chain

_APOSTROPHES = frozenset("'‘’‚‛′‵`´ʹʻʼʽʾʿˈˊˋ՚׳Ꞌꞌ＇｀")
_DASHES = frozenset("−⁃˗➖")
"""Beside the category Pd."""
_LETTERS = {
    "ی": "ي", "ى": "ى", "ې": "ي", "ک": "ك", "ڪ": "ك", "ہ": "ه", "ھ": "ه", "ە": "ه", "ۀ": "ه", "ٱ": "ا", "ـ": "",
    "ţ": "ț", "Ţ": "Ț", "ş": "ș", "Ş": "Ș", "\u0326": "\u0327",
}  # fmt: skip
_INVISIBLE = frozenset(chain(
    (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0),
    range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000),
))  # fmt: skip
"""Default_Ignorable_Code_Point of the Unicode database, beside the category Cf, which Python's own data has."""

_NOTHING = frozenset((
    "", "0", "na", "none", "null", "nil", "unknown", "undefined", "notavailable", "notapplicable", "notstated",
    "notspecified", "noinformado", "xxx",
))  # fmt: skip
"""``XXX`` is the code of passports for a nationality that is not specified."""


@lru_cache(maxsize=4096)
def plain_character(character: str) -> str:
    """The character in its one form; empty for one that no font shows, ``'`` for apostrophes, ``-`` for dashes."""
    if character.isascii():
        return "'" if character == "`" else character
    if character in _APOSTROPHES:
        return "'"
    if character in _DASHES or unicodedata.category(character) == "Pd":
        return "-"
    if is_invisible(character):
        return ""
    plain = unicodedata.normalize("NFKC", character)
    if plain != character:
        return "".join(map(plain_character, plain))
    return str(unicodedata.decimal(character, "")) or _LETTERS.get(character, character)


def is_invisible(character: str) -> bool:
    """Whether no font shows the character: a joiner, a mark of direction, a filler, a variation selector."""
    return ord(character) in _INVISIBLE or unicodedata.category(character) == "Cf"


def states_nothing(text: str) -> bool:
    """Whether the text is empty, has neither letter nor digit, or is a word of forms and registers for "not stated".

    The filler ``<`` of the machine-readable zone is something: it is a sex.
    """
    return re.sub(r"[^\w<]|_", "", plain_text(text)).casefold() in _NOTHING


def plain_text(text: str) -> str:
    """The text with each character in its one form."""
    return "".join(map(plain_character, text))
