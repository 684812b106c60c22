"""Document numbers, phone numbers and e-mail addresses, compared without separators and case."""

import re
import unicodedata

from anyascii import anyascii

from compliance.facts import countries
from compliance.facts.characters import plain_text, states_nothing
from compliance.facts.finding import Answer, Finding
from compliance.facts.partial_values import can_match, is_partial, with_stars
from compliance.facts.scripts import scripts_of

NUMBERS = ("document_number", "personal_number", "tax_number")
"""Facts that are numbers of a document or of a person."""
_CROSSED_OUT = re.compile(r"^x{4,}(?=\d+$)")
"""Parts hidden by letters, as in Indian register numbers: ``XXXXXXXX1234``."""
_ALIKE = str.maketrans("oilszb", "011528")
_LATIN_LOOKALIKES = str.maketrans("авекмнорстухіјѕαβεζηικμνορτυχ", "abekmhopctyxijsabezhikmnoptyx")
"""Letters of Cyrillic and Greek whose capitals look like Latin ones."""
_LONGEST, _CHECKED = 1000, 9
_SHORTEST_PHONE = 6
_REGISTER = re.compile(r"[A-Z]{2}_[A-Z_]+|BVN|NIN|CPF|NIK|SAID", re.IGNORECASE)
_PLAIN_DOCUMENTS = frozenset((
    "id", "id card", "national id", "identity card", "driver license", "drivers license", "driver licence",
    "driving license", "driving licence", "passport", "residence permit", "visa", "travel document",
))  # fmt: skip
"""Words for the kind alone; others, as "diplomatic passport", are shown unchanged."""
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
    """Compare two document numbers, ignoring case, blanks, dots, hyphens and slashes, but not leading zeros."""
    ours, theirs = plain(value), plain(reference)
    if is_nothing(ours) or is_nothing(theirs):
        return _nothing()
    if "*" in ours or "*" in theirs:
        return _of_mask(ours, theirs)
    if ours == theirs:
        if scripts_of(value) == scripts_of(reference):
            return Finding(answer=Answer.SAME)
        return Finding(answer=Answer.COMPATIBLE, note="different script")
    shorter, longer = sorted((ours, theirs), key=len)
    if longer in (shorter + check_digit(shorter), shorter + spanish_letter(shorter)):
        return Finding(answer=Answer.COMPATIBLE, note="check character left out")
    if len(shorter) < len(longer) and (longer.startswith(shorter) or longer.endswith(shorter)):
        return _by_eye("more characters")
    if _shape(value) == _shape(reference):
        if scripts_of(value) != scripts_of(reference):
            return _by_eye("look-alike characters")
        return Finding(answer=Answer.DIFFERS, note="look-alike characters", span=middle(value, reference))
    return Finding(answer=Answer.DIFFERS, span=middle(value, reference))


def is_nothing(number: str) -> bool:
    """Whether a plain number tells nothing: no character, zeros, one digit repeated, or a word of forms for none."""
    is_one_digit = number.isdigit() and len(set(number)) == 1 and len(number) > len("12345")
    return not number.strip("0") or is_one_digit or states_nothing(number)


def check_digit(number: str) -> str:
    """The check digit of nine letters and digits of a passport (ICAO Doc 9303 part 3, section 4.9), else a character
    that no number has."""
    if len(number) != _CHECKED:
        return "-"
    values = (int(sign, 36) for sign in number)
    return str(sum(value * weight for value, weight in zip(values, (7, 3, 1) * 3, strict=True)) % 10)


def spanish_letter(number: str) -> str:
    """The control letter of eight digits of a Spanish identity card (Real Decreto 1553/2005), else a character that no
    number has."""
    is_plain = len(number) == len("12345678") and number.isdigit()
    return "trwagmyfpdxbnjzsqvhlcke"[int(number) % 23] if is_plain else "-"


def _of_mask(ours: str, theirs: str) -> Finding:
    if not (ours.strip("*") and theirs.strip("*")):
        return _by_eye("hidden")
    partial, whole = (ours, theirs) if "*" in ours else (theirs, ours)
    if can_match(ours, theirs) and "*" not in whole and len(partial) > len(whole):
        return _by_eye("partly hidden, another length")
    return _of_partial(can_match(ours, theirs))


def _by_eye(note: str) -> Finding:
    return Finding(answer=Answer.NOT_COMPARABLE, note=note, by_eye=True)


def compare_phones(value: str, reference: str) -> Finding:
    """Compare two phone numbers; one without country code is compatible with the same one with it."""
    ours, theirs = _digits(value), _digits(reference)
    if not ours or not theirs:
        return _nothing()
    if "*" not in ours + theirs and ours == theirs:
        return Finding(answer=Answer.SAME)
    local, other = ours.removeprefix("0"), theirs.removeprefix("0")
    if "*" in ours or "*" in theirs:
        # A partial national number matches the end of the whole number.
        fits = can_match(ours, theirs) or can_match(f"*{local}", other) or can_match(local, f"*{other}")
        return _of_partial(fits)
    shorter, longer = sorted((local, other), key=len)
    if len(shorter) >= _SHORTEST_PHONE and longer.endswith(shorter):
        return Finding(answer=Answer.COMPATIBLE, note="country code missing on one side")
    return Finding(answer=Answer.DIFFERS, span=middle(value, reference))


def compare_emails(value: str, reference: str) -> Finding:
    """Compare two e-mail addresses, ignoring case, but not dots, because most servers distinguish them."""
    ours, theirs = (with_stars(unicodedata.normalize("NFKC", text).casefold().strip()) for text in (value, reference))
    if not ours or not theirs:
        return _nothing()
    if is_partial(ours) or is_partial(theirs):
        return _of_partial(can_match(ours, theirs))
    if ours == theirs:
        return Finding(answer=Answer.SAME)
    return Finding(answer=Answer.DIFFERS, span=middle(value, reference))


def plain(text: str) -> str:
    """Letters and digits in lower case, digits of any script as 0 to 9, hidden characters as stars."""
    latin = anyascii(with_stars(plain_text(text[:_LONGEST]))).casefold()
    kept = re.sub(r"[^a-z0-9*]", "", latin)
    return _CROSSED_OUT.sub(lambda found: "*" * len(found.group()), kept)


def _shape(text: str) -> str:
    """The text with one character for all that look alike: zero and O, and twins in other scripts."""
    latin = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold().translate(_LATIN_LOOKALIKES)
    return plain(latin).translate(_ALIKE)


def other_document(ours: str, theirs: str) -> bool:
    """Whether two reported kinds of document differ, so that their numbers are not comparable.

    An unknown kind, or "other", can be any document of a person, but not a register.
    """
    left, right = document_kind(ours), document_kind(theirs)
    if not left or not right:
        return "register" in f"{left} {right}"
    return left != right


def middle(value: str, reference: str) -> tuple[int, int] | None:
    """The span of a value between the beginning and the end that it shares with another.

    Separators and case are ignored. None if the other only has more characters.
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


def document_label(text: str) -> str:
    """The kind of document, "Driving licence"; the text itself if it is unknown.

    A register is shown by its own short name and the country of its prefix.
    """
    kind = document_kind(text)
    if kind.startswith("register "):
        prefix, _, name = text.strip().upper().rpartition("_")
        return f"{name}, {countries.label(prefix)}" if prefix else name
    words = re.sub(r"[\W_]+", " ", text).casefold().strip()
    return f"{kind[:1].upper()}{kind[1:]}" if kind and words in _PLAIN_DOCUMENTS | {kind} else text


def document_kind(text: str) -> str:
    """The kind in the words of ``_DOCUMENTS``, ``register NAME``, or empty for an unknown one."""
    words = re.sub(r"[\W_]+", " ", text).casefold().strip()
    if words in ("id", "national id"):
        return "identity card"
    # First, because ID_CARD has the form of a register of Indonesia.
    if kind := next((kind for sign, kind in _DOCUMENTS if sign in words), ""):
        return kind
    return f"register {text.strip().upper()}" if _REGISTER.fullmatch(text.strip()) else ""


def _digits(text: str) -> str:
    kept = re.sub(r"[^\d*]", "", anyascii(with_stars(unicodedata.normalize("NFKC", text[:_LONGEST]))))
    return kept.removeprefix("00")


def _of_partial(fits: bool) -> Finding:
    return Finding(answer=Answer.COMPATIBLE if fits else Answer.DIFFERS, note="partly hidden")


def _nothing() -> Finding:
    return Finding(answer=Answer.NOT_COMPARABLE, note="nothing to compare")
