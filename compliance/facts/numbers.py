"""Numbers of documents and phones, and e-mail addresses: what is left when separators and case are gone."""

import re
import unicodedata

from anyascii import anyascii

from compliance.facts import countries
from compliance.facts.finding import Answer, Finding
from compliance.facts.partial_values import is_masked, may_be_one, with_stars
from compliance.facts.scripts import scripts_of

_CROSSED_OUT = re.compile(r"^x{4,}(?=\d+$)")
"""Masks of letters, as in Indian register numbers: ``XXXXXXXX1234``."""
_ALIKE = str.maketrans("oilszb", "011528")
_LATIN_TWINS = str.maketrans("авекмнорстухіјѕαβεζηικμνορτυχ", "abekmhopctyxijsabezhikmnoptyx")
"""Letters of Cyrillic and Greek whose capitals look like Latin ones."""
_LONGEST = 1000
_SHORTEST_PHONE = 6
_REGISTER = re.compile(r"[A-Z]{2}_[A-Z_]+|BVN|NIN|CPF|NIK|SAID", re.IGNORECASE)
_PLAIN_DOCUMENTS = frozenset(
    {
        "id",
        "id card",
        "national id",
        "identity card",
        "driver license",
        "drivers license",
        "driver licence",
        "driving license",
    }
    | {"driving licence", "passport", "residence permit", "visa", "travel document"}
)
"""Words that say no more than the kind; others, as "diplomatic passport", stay as they came."""
_DOCUMENTS = (
    ("residence", "residence permit"),
    ("passport", "passport"),
    ("driv", "driving licence"),
    ("licen", "driving licence"),
    ("visa", "visa"),
    ("travel", "travel document"),
    ("id card", "identity card"),
    ("identity", "identity card"),
)


def compare(value: str, reference: str) -> Finding:
    """Two numbers of documents, without regard to case, blanks, dots, hyphens and strokes; leading zeros count."""
    ours, theirs = plain(value), plain(reference)
    if not ours or not theirs:
        return _nothing()
    if "*" in ours or "*" in theirs:
        return _of_masks(may_be_one(ours, theirs))
    if ours == theirs:
        if scripts_of(value) == scripts_of(reference):
            return Finding(answer=Answer.SAME)
        return Finding(answer=Answer.COMPATIBLE, note="another script")
    look = "signs that look alike" if _look(value) == _look(reference) else ""
    return Finding(answer=Answer.DIFFERS, note=look, span=middle(value, reference))


def compare_phones(value: str, reference: str) -> Finding:
    """Two phone numbers; one without country code is compatible with the same one that has it."""
    ours, theirs = _digits(value), _digits(reference)
    if not ours or not theirs:
        return _nothing()
    if "*" not in ours + theirs and ours == theirs:
        return Finding(answer=Answer.SAME)
    local, other = ours.removeprefix("0"), theirs.removeprefix("0")
    if "*" in ours or "*" in theirs:
        # A mask of the national number fits the end of the whole one.
        fits = may_be_one(ours, theirs) or may_be_one(f"*{local}", other) or may_be_one(local, f"*{other}")
        return _of_masks(fits)
    shorter, longer = sorted((local, other), key=len)
    if len(shorter) >= _SHORTEST_PHONE and longer.endswith(shorter):
        return Finding(answer=Answer.COMPATIBLE, note="country code not told by both")
    return Finding(answer=Answer.DIFFERS, span=middle(value, reference))


def compare_emails(value: str, reference: str) -> Finding:
    """Two addresses, without regard to case; dots count, since most servers tell them apart."""
    ours, theirs = (with_stars(unicodedata.normalize("NFKC", text).casefold().strip()) for text in (value, reference))
    if not ours or not theirs:
        return _nothing()
    if is_masked(ours) or is_masked(theirs):
        return _of_masks(may_be_one(ours, theirs))
    if ours == theirs:
        return Finding(answer=Answer.SAME)
    return Finding(answer=Answer.DIFFERS, span=middle(value, reference))


def plain(text: str) -> str:
    """Letters and digits in lower case, digits of any script as 0 to 9, hidden signs as stars."""
    latin = anyascii(with_stars(unicodedata.normalize("NFKC", text[:_LONGEST]))).casefold()
    kept = re.sub(r"[^a-z0-9*]", "", latin)
    return _CROSSED_OUT.sub(lambda found: "*" * len(found.group()), kept)


def _look(text: str) -> str:
    """One sign for all that look alike: zero and O, and twins in other scripts."""
    latin = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold().translate(_LATIN_TWINS)
    return plain(latin).translate(_ALIKE)


def other_document(ours: str, theirs: str) -> bool:
    """Whether two kinds of document, as told, are not one: a passport's number says nothing about a register's.

    A kind that was not told, or only as "other", can be any document that people hold, yet never a register.
    """
    left, right = _document_kind(ours), _document_kind(theirs)
    if not left or not right:
        return "register" in f"{left} {right}"
    return left != right


def middle(value: str, reference: str) -> tuple[int, int] | None:
    """What is left of a value between the start and the end that it shares with another, in characters of the value.

    Separators and case are passed over. None when nothing is left, since the other only has more.
    """
    ours = [(index, sign.casefold()) for index, sign in enumerate(value) if sign.isalnum() or sign in "*@"]
    theirs = [sign.casefold() for sign in reference if sign.isalnum() or sign in "*@"]
    start, end = 0, 0
    shortest = min(len(ours), len(theirs))
    while start < shortest and ours[start][1] == theirs[start]:
        start += 1
    while end < shortest - start and ours[-1 - end][1] == theirs[-1 - end]:
        end += 1
    left = ours[start : len(ours) - end]
    return (left[0][0], left[-1][0] + 1) if left else None


def document_words(told: str) -> str:
    """The kind of document as people call it, "Driving licence"; as it came where it is not known.

    A register keeps its own short name, which is how people know it, before the country that its prefix names.
    """
    kind = _document_kind(told)
    if kind.startswith("register "):
        prefix, _, name = told.strip().upper().rpartition("_")
        return f"{name}, {countries.named(prefix)}" if prefix else name
    words = re.sub(r"[\W_]+", " ", told).casefold().strip()
    return f"{kind[:1].upper()}{kind[1:]}" if kind and words in _PLAIN_DOCUMENTS | {kind} else told


def _document_kind(told: str) -> str:
    words = re.sub(r"[\W_]+", " ", told).casefold().strip()
    if words in ("id", "national id"):
        return "identity card"
    # First: ID_CARD is written as a register of Indonesia would be.
    if kind := next((kind for sign, kind in _DOCUMENTS if sign in words), ""):
        return kind
    return f"register {told.strip().upper()}" if _REGISTER.fullmatch(told.strip()) else ""


def _digits(text: str) -> str:
    kept = re.sub(r"[^\d*]", "", anyascii(with_stars(unicodedata.normalize("NFKC", text[:_LONGEST]))))
    return kept.removeprefix("00")


def _of_masks(fits: bool) -> Finding:
    return Finding(answer=Answer.COMPATIBLE if fits else Answer.DIFFERS, note="masked")


def _nothing() -> Finding:
    return Finding(answer=Answer.NOT_COMPARABLE, note="nothing to compare")
