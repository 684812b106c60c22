"""Letters of any script in forms in which two spellings of one name are equal."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from anyascii import anyascii

from compliance.facts.characters import plain_text

_TAKES_MARKS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW"})
"""Scripts in which a mark above or below a letter may be left out; in kana it makes another letter."""
SYLLABIC = frozenset({"CJK", "HANGUL", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"})
"""Scripts in which one character can be a whole name, so that it is no initial."""
_EXPANDED = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "đ": "dj"}
"""Two-letter spellings that the machine-readable zone of a passport uses (ICAO Doc 9303 part 3, section 6), and the one
that Serbian and Croatian passports use."""
_REWRITTEN = {"ü": "uxx", "ñ": "nxx", "ä": "axx"}
"""The other spellings that the same section allows."""
_OWN_LETTERS = frozenset("йїўѓќ")
"""Letters of Cyrillic that their mark tells from another letter, not from a spelling without it."""
_SOUNDS = (
    ("tsch", "C"), ("shch", "S"), ("sch", "S"), ("tch", "C"), ("ch", "C"), ("sh", "S"), ("zh", "Z"), ("kh", "h"),
    ("gh", "h"), ("ph", "f"), ("th", "t"), ("tz", "ts"), ("x", "ks"), ("c", "k"), ("q", "k"), ("w", "v"), ("g", "h"),
)  # fmt: skip
"""Spellings of one sound in different romanisations, longest first; capitals are sounds of their own. Ukrainian
romanises as h the letter that Russian romanises as g."""
_LOOSE = (
    ("sh", "s"), ("ch", "c"), ("zh", "z"), ("kh", "h"), ("gh", "g"), ("ph", "f"), ("tc", "ts"), ("tz", "ts"),
    ("x", "ks"), ("w", "v"), ("q", "k"), ("ou", "u"), ("ae", "a"), ("aa", "a"), ("oe", "o"), ("ue", "u"),
)  # fmt: skip
_LOOSE_LETTERS = str.maketrans({"ə": "a", "ة": "ه", "ى": "ي", "ك": "ک"})


@lru_cache(maxsize=4096)
def script_of(character: str) -> str:
    """The first word of the letter's Unicode name (``LATIN``, ``CYRILLIC``, ``CJK``); empty for other characters."""
    if not character.isalpha():
        return ""
    script = unicodedata.name(character, "").split(" ")[0].split("-")[0]
    # Apostrophes that count as letters belong to the script around them.
    return "" if script == "MODIFIER" else script


@lru_cache(maxsize=1024)
def scripts_of(text: str) -> frozenset[str]:
    """The scripts of the letters in the text."""
    return frozenset(filter(None, map(script_of, unicodedata.normalize("NFKC", text))))


@lru_cache(maxsize=1024)
def bare(text: str) -> str:
    """Lower case, without marks that a spelling may leave out; Latin letters as ASCII, other scripts as they are."""
    if text.isascii():
        return text.casefold()
    found: list[str] = []
    base = ""
    for character in _taken_apart(plain_text(text).casefold()):
        if not unicodedata.combining(character):
            base = script_of(character)
            found.append(anyascii(character).casefold() if base == "LATIN" else character)
        elif base not in _TAKES_MARKS:
            found.append(character)
    return "".join(found)


def _taken_apart(text: str) -> str:
    composed = unicodedata.normalize("NFKC", text)
    return "".join(sign if sign in _OWN_LETTERS else unicodedata.normalize("NFKD", sign) for sign in composed)


def written_out(text: str) -> str:
    """The bare spelling with umlauts and the like in two letters: Müller is mueller."""
    return _respelt(text, _EXPANDED)


def _respelt(text: str, letters: Mapping[str, str]) -> str:
    composed = unicodedata.normalize("NFKC", text.casefold())
    return bare("".join(letters.get(character, character) for character in composed))


@lru_cache(maxsize=1024)
def spellings(text: str) -> frozenset[str]:
    """The bare spelling and the written-out ones: Müller is muller, mueller and muxxller."""
    return frozenset({bare(text), written_out(text), _respelt(text, _EXPANDED | _REWRITTEN)})


@lru_cache(maxsize=1024)
def loose(text: str) -> str:
    """One spelling for those that different romanisations, keyboards and final letters make: proves nothing."""
    found = bare(text.casefold().translate(_LOOSE_LETTERS))
    for spelling, sound in _LOOSE:
        found = found.replace(spelling, sound)
    return re.sub("[ijy]+", "i", found)


def romanised(text: str) -> str:
    """Any script in Latin letters, lower case."""
    return anyascii(unicodedata.normalize("NFKC", text)).casefold()


def skeleton(word: str) -> str:
    """Consonants of a word in Latin letters, each sound in one spelling: equal for Tchaikovsky and Chaykovskiy.

    Vowels are left out, so that different names are equal, such as Marina and Miron: equality proves nothing.
    """
    latin = romanised(word)
    for spelling, sound in _SOUNDS:
        latin = latin.replace(spelling, sound)
    consonants = re.sub(r"[^a-zA-Z]|[aeiouyj]", "", latin)
    return re.sub(r"(.)\1+", r"\1", consonants)


def ending(word: str) -> str:
    """The last vowel of a word, ``i`` also for j and y; ``-`` for a consonant."""
    last = re.sub("[^a-z]", "", bare(romanised(word)))[-1:]
    return "i" if last in "ijy" else last if last in "aeou" else "-"
