"""Letters of any script, brought to where two spellings of one name meet."""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

from anyascii import anyascii

_TAKES_MARKS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW"})
"""Where a mark above or below a letter may be left out; in kana it makes another letter."""
WITHOUT_VOWELS = frozenset({"ARABIC", "HEBREW", "SYRIAC"})
"""Where short vowels are not written, so that only consonants can be compared."""
READ_IN_SEVERAL_WAYS = frozenset({"CJK", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"})
"""Where a transliteration by table is one reading among several: it can agree, it cannot contradict."""
_EXPANDED = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
"""Two-letter spellings that the machine-readable zone of a passport uses (ICAO Doc 9303 part 3, section 6)."""
_SOUNDS = (
    ("tsch", "C"),
    ("shch", "S"),
    ("sch", "S"),
    ("tch", "C"),
    ("ch", "C"),
    ("sh", "S"),
    ("zh", "Z"),
    ("kh", "h"),
    ("gh", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("tz", "ts"),
    ("x", "ks"),
    ("c", "k"),
    ("q", "k"),
    ("w", "v"),
    ("g", "h"),
)
"""Spellings of one sound that romanisations choose between, longest first; capitals are sounds of their own. Ukrainian
romanises as h what Russian does as g."""
_WEAK_SKELETON = 3
_LIKELY = 0.6
_UNLIKELY = 0.5


@lru_cache(maxsize=4096)
def script_of(character: str) -> str:
    """The first word of the letter's Unicode name (``LATIN``, ``CYRILLIC``, ``CJK``); empty for what is no letter."""
    return unicodedata.name(character, "").split(" ")[0].split("-")[0] if character.isalpha() else ""


def scripts_of(text: str) -> frozenset[str]:
    """Every script that letters of the text belong to."""
    return frozenset(filter(None, map(script_of, unicodedata.normalize("NFKC", text))))


def bare(text: str) -> str:
    """Lower case, without marks that a spelling may leave out; Latin letters as ASCII, other scripts as they are."""
    found: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFKD", text.casefold()):
        if unicodedata.category(character) == "Cf":
            # Marks of direction and joiners are invisible.
            continue
        if not unicodedata.combining(character):
            base = script_of(character)
            found.append(anyascii(character).casefold() if base == "LATIN" else character)
        elif base not in _TAKES_MARKS:
            found.append(character)
    return "".join(found)


def spellings(text: str) -> frozenset[str]:
    """The bare spelling, and the one that writes out umlauts and the like: Müller is Muller and Mueller."""
    composed = unicodedata.normalize("NFKC", text.casefold())
    return frozenset({bare(text), bare("".join(_EXPANDED.get(character, character) for character in composed))})


def romanised(text: str) -> str:
    """Any script in Latin letters, lower case."""
    return anyascii(unicodedata.normalize("NFKC", text)).casefold()


def skeleton(latin: str) -> str:
    """Consonants of a romanised word, each sound in one spelling: Tchaikovsky and Chaykovskiy meet here."""
    for spelling, sound in _SOUNDS:
        latin = latin.replace(spelling, sound)
    consonants = re.sub(r"[^a-zA-Z]|[aeiouyj]", "", latin)
    return re.sub(r"(.)\1+", r"\1", consonants)


def sounds_alike(left: str, right: str, *, vowels_told: bool) -> bool:
    """Whether two romanised words can be one name. Few consonants prove little: vowels have to help."""
    ours = skeleton(left)
    if not ours or ours != skeleton(right):
        return left == right
    return not vowels_told or len(ours) >= _WEAK_SKELETON or _closeness(left, right) >= _LIKELY


def sounds_unlike(left: str, right: str) -> bool:
    """Whether two romanised words are too far apart for one name in two romanisations."""
    return _closeness(left, right) < _UNLIKELY


def _closeness(left: str, right: str) -> float:
    return SequenceMatcher(None, left, right, autojunk=False).ratio()
