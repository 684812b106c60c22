"""Dates in every spelling of the providers' documentation, with their ambiguities.

ISO 8601 with or without a time, ``1991/04/17``, ``17.04.1991``, slashes and hyphens in either order, months in the
languages of ``months.csv``, eight or six digits, hidden parts (``1976/**/**``), and zeros or fillers (``9004<<``) for a
day or month that a document leaves out.
"""

import csv
import re
from calendar import monthrange
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import permutations
from pathlib import Path

from compliance.facts.characters import plain_character, plain_text
from compliance.facts.finding import Answer, Finding, notes
from compliance.facts.partial_values import is_partial, with_stars
from compliance.facts.scripts import bare

_MONTHS_FILE, _NO_EXPIRY_FILE = (Path(__file__).with_name(name) for name in ("months.csv", "no_expiry.csv"))
_TIME = re.compile(r"(?<=\d)(?:T|\s+)\d{1,2}:\d{2}.*$", re.IGNORECASE)
_PART = re.compile(r"[\d*]+|[^\W\d_]+")
_BETWEEN = frozenset((
    "st", "nd", "rd", "th", "of", "de", "del", "г", "года", "р", "року", "ngay", "thang", "nam",
    "年", "月", "日", "년", "월", "일",
))  # fmt: skip
"""Words and signs between the parts, without their marks."""
_DIGITS = frozenset("0123456789*")
_LONGEST = 60
_YEARS = range(1850, 2200)
_NO_YEAR = frozenset(("99991231", "31129999", "12319999", "99999999"))
_FAR_YEARS = range(2900, 10000)
"""Years that mean no expiry. Nearer ones may be of another calendar: Buddhist ones begin with 25."""
_CENTURIES = ("19", "20")
"""Of a year in two digits."""
_FILLED = re.compile(r"[0-9]{2}(?:[0-9]{2}<<|<{4})")
"""A date of the machine-readable zone with fillers for the parts that are unknown: ``9004<<``."""
_TAIWANESE = re.compile(r"\s*(?:3[2-9]|[4-9]\d|1[01]\d)\D\d{1,2}\D\d{1,2}\s*")
_ANY_YEAR, _ANY = "****", "**"
_ALL_HIDDEN = (_ANY_YEAR, _ANY, _ANY)
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
    if _ALL_HIDDEN in (ours[0].parts, theirs[0].parts):
        return Finding(answer=Answer.NOT_COMPARABLE, note="hidden", by_eye=True)
    if any(_can_match(left, right) for left in ours for right in theirs):
        return Finding(answer=Answer.COMPATIBLE, note=notes(_ambiguity(value, ours), _ambiguity(reference, theirs)))
    if _TAIWANESE.fullmatch(value) or _TAIWANESE.fullmatch(reference):
        return Finding(answer=Answer.NOT_COMPARABLE, note="perhaps another calendar", by_eye=True)
    if (_has_hour(value) or _has_hour(reference)) and _are_neighbours(ours, theirs):
        return Finding(answer=Answer.NOT_COMPARABLE, note="perhaps another time zone", by_eye=True)
    return Finding(answer=Answer.DIFFERS, span=_differing(ours, theirs))


def _has_hour(text: str) -> bool:
    return (found := _TIME.search(text)) is not None and re.search("[1-9]", found.group()[:6]) is not None


def _are_neighbours(ours: Sequence[Reading], theirs: Sequence[Reading]) -> bool:
    days = [date(*map(int, found[0].parts)) if found[0].is_whole else date.min for found in (ours, theirs)]
    return abs((days[0] - days[1]).days) == 1


def readings(text: str, years: range | frozenset[int] = _YEARS) -> tuple[Reading, ...]:
    """The possible dates of the text, the likeliest first; none if it is not a date."""
    return () if len(text) > _LONGEST else _readings(text, years)


@lru_cache(maxsize=2048)
def _readings(text: str, years: range | frozenset[int]) -> tuple[Reading, ...]:
    parts = _parts(text)
    if not all(word.isalpha() or set(word) <= _DIGITS for word, _ in parts):
        # Superscripts, fractions and the like count as word characters, but are no dates.
        return ()
    found: dict[tuple[str, str, str], Reading] = {}
    for reading in _candidates(parts, years, dotted=re.search(r"[\d*]\.\s?[\d*]+\.\s?[\d*]", text) is not None):
        if _exists(reading, years):
            found.setdefault(reading.parts, reading)
    return tuple(found.values())


def _parts(text: str) -> list[Part]:
    """Numbers and words with their places."""
    if len(text) > _LONGEST:
        return []
    # Each sign remains one, so that places are those of the text.
    text = "".join(plain if len(plain := plain_character(sign)) == 1 else sign for sign in with_stars(text))
    if _FILLED.fullmatch(text.strip()):
        text = text.replace("<", "*")
    parts = [(found.group(), found.span()) for found in _PART.finditer(_TIME.sub("", text))]
    parts = [part for part in parts if bare(part[0]) not in _BETWEEN]
    months = [part for part in parts if _months().get(bare(part[0]))]
    # Cards print the month in two languages: 13 AVR/APR 1990.
    twice = months[1:] if len({_months()[bare(word)] for word, _ in months}) == 1 else []
    return [part for part in parts if part not in twice]


@cache
def _months() -> dict[str, int]:
    with _MONTHS_FILE.open(encoding="utf-8", newline="") as lines:
        return {bare(row["word"]): int(row["month"]) for row in csv.DictReader(lines)}


def label(text: str) -> str:
    """The day as "11 Aug 1999" if the text is unambiguous; else the text itself."""
    found = readings(text)
    if len(found) != 1 or not found[0].is_whole or not _is_dated(found[0]):
        return text.strip()
    day = date(*map(int, found[0].parts))
    return f"{day.day} {day:%b} {day.year}"


def is_expired(text: str, today: date) -> bool | None:
    """Whether a document with this expiry date is no longer valid on a day; None if the text is ambiguous.

    A document is valid through its last day. No text, and words and years for "never", mean not expired; words for
    "not stated" are ambiguous.
    """
    if not text.strip():
        return False
    found = readings(text)
    if not found:
        return False if has_no_expiry(text) else None
    past = {_latest(reading) < today for reading in found} if all(map(_is_dated, found)) else set()
    return past.pop() if len(past) == 1 else None


def has_no_expiry(text: str) -> bool:
    """Whether the text says that a document does not expire: ``permanent``, ``9999-12-31``."""
    if _plain(text) in _no_expiry():
        return True
    numbers = re.findall(r"\d+", _TIME.sub("", text[:_LONGEST]))
    is_far = any((len(number) == 4 and int(number) in _FAR_YEARS) or number in _NO_YEAR for number in numbers)
    return is_far and not any(map(str.isalpha, _TIME.sub("", text)))


@cache
def _no_expiry() -> frozenset[str]:
    with _NO_EXPIRY_FILE.open(encoding="utf-8", newline="") as lines:
        return frozenset(_plain(row["words"]) for row in csv.DictReader(lines))


def _plain(text: str) -> str:
    """Letters without case, marks and blanks."""
    return re.sub(r"[\W_]+", "", bare(plain_text(text[:_LONGEST])))


def whole_day(text: str) -> date | None:
    """The day, also one beyond the years of documents; None if the text is ambiguous or no date."""
    found = readings(text, range(1, 10000))
    return date(*map(int, found[0].parts)) if len(found) == 1 and found[0].is_whole else None


def has_no_such_day(text: str) -> bool:
    """Whether the text is written as a date that the calendar does not have: ``1990-02-30``."""
    parts = [word for word, _ in _parts(text)]
    years = [word for word in parts if word.isdecimal() and len(word) == 4 and int(word) in _YEARS]
    return len(parts) == 3 and len(years) == 1 and all(map(str.isdecimal, parts)) and not readings(text)


def earliest(reading: Reading) -> date:
    """The first day that a reading can mean; of a year in two digits one of the last century."""
    month = 1 if "*" in reading.month else int(reading.month)
    return date(_year(reading, "19", "0"), month, 1 if "*" in reading.day else int(reading.day))


def last_possible(reading: Reading) -> date:
    """The last day that a reading can mean; of a year in two digits one of this century."""
    return _last_day(reading, _year(reading, "20", "9"))


def _year(reading: Reading, century: str, digit: str) -> int:
    return int((century + reading.year[2:] if reading.year.startswith(_ANY) else reading.year).replace("*", digit))


def _is_dated(reading: Reading) -> bool:
    return "*" not in reading.year or (reading.year.startswith(_ANY) and "*" not in reading.year[2:])


def _latest(reading: Reading) -> date:
    """The last day of the reading. Two-digit years are 20xx: documents of the last century have expired."""
    return _last_day(reading, int(reading.year.replace(_ANY, "20")))


def _last_day(reading: Reading, year: int) -> date:
    month = 12 if "*" in reading.month else int(reading.month)
    return date(year, month, monthrange(year, month)[1] if "*" in reading.day else int(reading.day))


def _candidates(parts: Sequence[Part], years: Container[int], *, dotted: bool) -> Iterator[Reading]:
    words = [part for part in parts if part[0].isalpha()]
    if len(words) > 1 or len(parts) > 3 or not parts:
        return
    if words:
        yield from _with_word(parts, words[0])
    elif len(parts) == 3:
        yield from _three(parts, years, dotted=dotted)
    elif len(parts) == 2:
        yield from (_reading(year, month, None) for year, month in permutations(parts) if len(year[0]) == 4)
    else:
        yield from _compact(*parts[0], years)


def _with_word(parts: Sequence[Part], word: Part) -> Iterator[Reading]:
    """17 Apr 1991, April 17, 1991, 1991 April: the month is a word."""
    number = _months().get(bare(word[0]))
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


def _three(parts: Sequence[Part], years: Container[int], *, dotted: bool) -> Iterator[Reading]:
    first, second, third = parts
    if len(first[0]) == 4:
        yield _reading(first, second, third)
        return
    yield _reading(third, second, first)
    if dotted and _exists(_reading(third, second, first), years):
        # Dates with dots begin with the day; the other order counts only if that is not a date.
        return
    yield _reading(third, first, second)
    if len(third[0]) == 2:
        yield _reading(first, second, third)


def _compact(digits: str, span: Span, years: Container[int]) -> Iterator[Reading]:
    start = span[0]

    def piece(begin: int, end: int) -> Part:
        return digits[begin:end], (start + begin, start + end)

    if len(digits) == 8:
        whole = _reading(piece(0, 4), piece(4, 6), piece(6, 8))
        yield whole
        if not _exists(whole, years):
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


def _exists(reading: Reading, years: Container[int]) -> bool:
    year, month, day = reading.parts
    if (len(year), len(month), len(day)) != (4, 2, 2):
        return False
    if "*" not in year and int(year) not in years:
        return False
    if not _in_range(month, 12) or not _in_range(day, 31):
        return False
    if "*" in month or "*" in day:
        return True
    # A leap year is assumed if the century is unknown.
    return int(day) <= monthrange(int(year) if "*" not in year else 2000, int(month))[1]


def _in_range(text: str, most: int) -> bool:
    if "*" not in text:
        return 1 <= int(text) <= most
    return any(_digits_agree(text, f"{number:02}") for number in range(1, most + 1))


def _digits_agree(left: str, right: str) -> bool:
    return all(one == other or "*" in (one, other) for one, other in zip(left, right, strict=True))


def _can_match(left: Reading, right: Reading) -> bool:
    if not all(map(_digits_agree, left.parts, right.parts)):
        return False
    centuries = [one.year[:2] for one in (left, right) if not one.year.startswith(_ANY)]
    return len(centuries) != 1 or centuries[0] in _CENTURIES or "*" in centuries[0]


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
            wrong = [span for span, same in zip(left.spans, agree, strict=True) if not same] or [left.spans[0]]
            if not nearest or len(wrong) < len(nearest):
                nearest = wrong
    return min(start for start, _ in nearest), max(end for _, end in nearest)
