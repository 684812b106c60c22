"""Dates in every spelling of the providers' documentation, with their ambiguities.

ISO 8601 with or without a time, ``1991/04/17``, ``17.04.1991``, slashes and hyphens in either order, months in English
(whole or three letters), eight or six digits, hidden parts (``1976/**/**``), and zeros for a day or month that a
document leaves out.
"""

import re
from calendar import month_abbr, month_name, monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import permutations

from compliance.facts.finding import Answer, Finding, notes
from compliance.facts.partial_values import is_partial, with_stars

_MONTHS = {name.casefold(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name}
_MONTHS |= {"sept": 9}
_TIME = re.compile(r"(?<=\d)(?:T|\s+)\d{1,2}:\d{2}.*$", re.IGNORECASE)
_PART = re.compile(r"[\d*]+|[^\W\d_]+")
_ORDINAL = frozenset({"st", "nd", "rd", "th", "of"})
_DIGITS = frozenset("0123456789*")
_LONGEST = 60
_YEARS = range(1850, 2200)
_NO_YEAR = frozenset(("9999", "99991231", "31129999", "12319999", "99999999"))
"""Other distant years may be of another calendar: Buddhist ones begin with 25."""
_NO_EXPIRY = frozenset((
    "permanent", "permanente", "unlimited", "indefinite", "indefinido", "indefinida", "unbefristet", "lifetime",
    "lifelong", "long term", "never", "none", "no expiry", "no expiration", "does not expire", "seumur hidup", "长期",
    "n a", "na", "null",
))  # fmt: skip
"""Words for documents without expiry, and words of forms for "none"."""
_ANY_YEAR, _ANY = "****", "**"
Span = tuple[int, int]
Part = tuple[str, Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One meaning of a text: four digits and twice two, with a star for each unknown digit."""

    year: str
    month: str
    day: str
    spans: tuple[Span, Span, Span]
    """The places of year, month and day in the text."""

    @property
    def parts(self) -> tuple[str, str, str]:
        return self.year, self.month, self.day

    @property
    def is_whole(self) -> bool:
        return "*" not in "".join(self.parts)


def compare(value: str, reference: str) -> Finding:
    """Compare two dates: the same day, possibly the same day, or different ones.

    Two equal texts can be two days, because each source may have its own order of day and month.
    """
    ours, theirs = readings(value), readings(reference)
    if not ours or not theirs:
        return Finding(answer=Answer.NOT_COMPARABLE, note="not recognised as a date", by_eye=True)
    if _certain(value, ours) and _certain(reference, theirs) and ours[0].parts == theirs[0].parts:
        return Finding(answer=Answer.SAME)
    if any(_can_match(left, right) for left in ours for right in theirs):
        return Finding(answer=Answer.COMPATIBLE, note=notes(_ambiguity(value, ours), _ambiguity(reference, theirs)))
    return Finding(answer=Answer.DIFFERS, span=_differing(ours, theirs))


def readings(text: str) -> tuple[Reading, ...]:
    """The possible dates of the text, the likeliest first; none if it is not a date."""
    if len(text) > _LONGEST:
        return ()
    text = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in with_stars(text))
    parts = [(found.group(), found.span()) for found in _PART.finditer(_TIME.sub("", text))]
    parts = [part for part in parts if part[0].casefold() not in _ORDINAL]
    if not all(word.isalpha() or set(word) <= _DIGITS for word, _ in parts):
        # Superscripts, fractions and the like count as word characters, but are no dates.
        return ()
    found: dict[tuple[str, str, str], Reading] = {}
    for reading in _candidates(parts, dotted=re.search(r"[\d*]\.\s?[\d*]+\.\s?[\d*]", text) is not None):
        if _exists(reading):
            found.setdefault(reading.parts, reading)
    return tuple(found.values())


def label(text: str) -> str:
    """The day as "11 Aug 1999" if the text is unambiguous; else the text itself."""
    found = readings(text)
    if len(found) != 1 or not found[0].is_whole or not _is_dated(found[0]):
        return text.strip()
    day = date(*map(int, found[0].parts))
    return f"{day.day} {day:%b} {day.year}"


def is_expired(text: str, today: date) -> bool | None:
    """Whether a document with this expiry date is no longer valid on a day; None if the text is ambiguous.

    A document is valid through its last day. No text, and words and years for "never", mean not expired.
    """
    if not any(map(str.isalnum, text)) and not is_partial(text):
        return False
    found = readings(text)
    if not found:
        return False if _has_no_expiry(text) else None
    past = {_latest(reading) < today for reading in found} if all(map(_is_dated, found)) else set()
    return past.pop() if len(past) == 1 else None


def _has_no_expiry(text: str) -> bool:
    """``permanent``, ``9999-12-31``."""
    words = re.findall(r"\w+", text[:_LONGEST].casefold())
    return " ".join(words) in _NO_EXPIRY or any(word in _NO_YEAR for word in words)


def _is_dated(reading: Reading) -> bool:
    return "*" not in reading.year or (reading.year.startswith(_ANY) and "*" not in reading.year[2:])


def _latest(reading: Reading) -> date:
    """The last day of the reading. Two-digit years are 20xx: documents of the last century have expired."""
    year = int(reading.year.replace(_ANY, "20"))
    month = 12 if "*" in reading.month else int(reading.month)
    return date(year, month, monthrange(year, month)[1] if "*" in reading.day else int(reading.day))


def _candidates(parts: Sequence[Part], *, dotted: bool) -> Iterator[Reading]:
    words = [part for part in parts if part[0].isalpha()]
    if len(words) > 1 or len(parts) > 3 or not parts:
        return
    if words:
        yield from _with_word(parts, words[0])
    elif len(parts) == 3:
        yield from _three(parts, dotted=dotted)
    elif len(parts) == 2:
        yield from (_reading(year, month, None) for year, month in permutations(parts) if len(year[0]) == 4)
    else:
        yield from _compact(*parts[0])


def _with_word(parts: Sequence[Part], word: Part) -> Iterator[Reading]:
    """17 Apr 1991, April 17, 1991, 1991 April: the month is a word."""
    number = _MONTHS.get(word[0].casefold())
    others = [part for part in parts if part is not word]
    if number is None or not others:
        return
    month = (f"{number:02}", word[1])
    if len(others) == 1:
        yield _reading(others[0], month, None)
    elif len(others[0][0]) == 4:
        yield _reading(others[0], month, others[1])
    else:
        yield _reading(others[1], month, others[0])


def _three(parts: Sequence[Part], *, dotted: bool) -> Iterator[Reading]:
    first, second, third = parts
    if len(first[0]) == 4:
        yield _reading(first, second, third)
        return
    yield _reading(third, second, first)
    if dotted and _exists(_reading(third, second, first)):
        # Dates with dots begin with the day; the other order counts only if that is not a date.
        return
    yield _reading(third, first, second)
    if len(third[0]) == 2:
        yield _reading(first, second, third)


def _compact(digits: str, span: Span) -> Iterator[Reading]:
    start = span[0]

    def piece(begin: int, end: int) -> Part:
        return digits[begin:end], (start + begin, start + end)

    if len(digits) == 8:
        whole = _reading(piece(0, 4), piece(4, 6), piece(6, 8))
        yield whole
        if not _exists(whole):
            yield _reading(piece(4, 8), piece(2, 4), piece(0, 2))
            yield _reading(piece(4, 8), piece(0, 2), piece(2, 4))
    elif len(digits) == 6:
        # The machine-readable zone writes year, month, day; forms write day, month, year.
        yield _reading(piece(0, 2), piece(2, 4), piece(4, 6))
        yield _reading(piece(4, 6), piece(2, 4), piece(0, 2))
    elif len(digits) == 4:
        yield _reading(piece(0, 4), None, None)
    elif set(digits) == {"*"}:
        yield Reading(year=_ANY_YEAR, month=_ANY, day=_ANY, spans=(span, span, span))


def _reading(year: Part, month: Part | None, day: Part | None) -> Reading:
    unknown = ("*", year[1])
    (month_text, month_span), (day_text, day_span) = month or unknown, day or unknown
    return Reading(
        year=_four(year[0]),
        month=_two(month_text),
        day=_two(day_text),
        spans=(year[1], month_span, day_span),
    )


def _four(text: str) -> str:
    """A hidden end may have any length; else only two or four digits are a year."""
    if text.endswith("*"):
        return text.rstrip("*").ljust(4, "*")
    return f"**{text}" if len(text) == 2 else text


def _two(text: str) -> str:
    return _ANY if set(text) == {"*"} or text == "00" else text.zfill(2)


def _exists(reading: Reading) -> bool:
    year, month, day = reading.parts
    if (len(year), len(month), len(day)) != (4, 2, 2):
        return False
    if "*" not in year and int(year) not in _YEARS:
        return False
    if not _in_range(month, 12) or not _in_range(day, 31):
        return False
    if "*" in month or "*" in day:
        return True
    # A leap year is assumed if the century is unknown.
    return int(day) <= monthrange(int(year) if "*" not in year else 2000, int(month))[1]


def _in_range(text: str, most: int) -> bool:
    return any(_digits_agree(text, f"{number:02}") for number in range(1, most + 1))


def _digits_agree(left: str, right: str) -> bool:
    return all(one == other or "*" in (one, other) for one, other in zip(left, right, strict=True))


def _can_match(left: Reading, right: Reading) -> bool:
    return all(map(_digits_agree, left.parts, right.parts))


def _certain(text: str, found: Sequence[Reading]) -> bool:
    return len(found) == 1 and found[0].is_whole and not is_partial(text)


def _ambiguity(text: str, found: Sequence[Reading]) -> str:
    """The ambiguity of a text."""
    if is_partial(text):
        return "partly hidden"
    if any(reading.year.startswith(_ANY) for reading in found):
        return "two-digit year"
    if len(found) > 1:
        return "day and month ambiguous"
    return "" if found[0].is_whole else "incomplete date"


def _differing(ours: Sequence[Reading], theirs: Sequence[Reading]) -> Span:
    """From the first to the last part that differs, for the two nearest readings."""
    nearest: list[Span] = []
    for left in ours:
        for right in theirs:
            agree = map(_digits_agree, left.parts, right.parts)
            wrong = [span for span, same in zip(left.spans, agree, strict=True) if not same]
            if not nearest or len(wrong) < len(nearest):
                nearest = wrong
    return min(start for start, _ in nearest), max(end for _, end in nearest)
