"""National numbers that ``stdnum`` does not know, or judges by a rule that the country has given up: one table.

A pattern has the methods of a module of ``stdnum``: ``validate``, ``get_birth_date`` and ``get_gender``. Where a
country publishes no check digit, or gives numbers without one, only the form is judged.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from stdnum import luhn
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat
from stdnum.iso7064 import mod_11_2
from stdnum.lv import pvn

_LEAP_YEAR = 2000
"""Stands for a year that is unknown."""
_ODD = "13579"
_DIGITS = "1234567890"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The form of a number. Groups: ``year`` (two or four digits), ``month``, ``day``, ``century`` and ``sex``, or
    ``date`` for a day that is counted."""

    form: str
    """Of the number without separators."""
    centuries: Mapping[str, int] | None = None
    """Character of ``century`` -> the first two digits of the year; None if it is hidden."""
    men: str = _ODD
    """Characters of ``sex`` for a man."""
    women_add: int = 0
    """Added to the day of women."""
    first_day: date | None = None
    """Day 1 of a ``date`` that counts days; None for one that counts them in a leap year."""
    is_right: Callable[[str], bool] | None = None
    """Whether the check digit is right; None if it is not judged."""

    def validate(self, number: str) -> str:
        """The number without separators. Raises: the errors of ``stdnum``."""
        compact = re.sub(r"[\s./()-]", "", number).upper()
        if not re.fullmatch(self.form, compact, re.ASCII):
            raise InvalidFormat
        self.get_birth_date(compact)
        if self.is_right is not None and not self.is_right(compact):
            raise InvalidChecksum
        return compact

    def get_birth_date(self, number: str) -> str:
        """``1990-04-13``, with stars for what the number does not say; empty if it says nothing."""
        found = self._groups(number)
        year = found.get("year", "")
        if self.first_day is not None:
            return date.fromordinal(self.first_day.toordinal() + int(found["date"]) - 1).isoformat()
        if not year:
            return ""
        if len(year) == 2:
            year = f"{self.centuries[found['century']]}{year}" if self.centuries else f"**{year}"
        month, day = found.get("month", "**"), found.get("day", "**")
        if self.women_add or "date" in found:
            counted = int(found.get("date") or day) % (self.women_add or 1000)
            month, day = _in_leap_year(counted) if "date" in found else (month, f"{counted:02}")
        _check(year, month, day)
        return f"{year}-{month}-{day}"

    def get_gender(self, number: str) -> str:
        """``M``, ``F``, or empty if the number does not say it."""
        found = self._groups(number)
        if self.women_add:
            return "F" if int(found.get("date") or found["day"]) > self.women_add else "M"
        return ("M" if found["sex"] in self.men else "F") if "sex" in found else ""

    def _groups(self, number: str) -> dict[str, str]:
        found = re.fullmatch(self.form, number, re.ASCII)
        return {name: text for name, text in found.groupdict().items() if text} if found else {}


def _in_leap_year(count: int) -> tuple[str, str]:
    if not 1 <= count <= 366:
        raise InvalidComponent
    day = date.fromordinal(date(_LEAP_YEAR, 1, 1).toordinal() + count - 1)
    return f"{day:%m}", f"{day:%d}"


def _check(year: str, month: str, day: str) -> None:
    """Raises: InvalidComponent for a day that does not exist."""
    try:
        date(
            _LEAP_YEAR if "*" in year else int(year),
            1 if "*" in month else int(month),
            1 if "*" in day else int(day),
        )
    except ValueError:
        raise InvalidComponent from None


# --- check digits -----------------------------------------------------------------------------------------------------


def _sum(number: str, weights: Sequence[int]) -> int:
    return sum(int(sign, 36) * weight for sign, weight in zip(number, weights, strict=False))


def _kazakh(number: str) -> bool:
    """Order of the minister of justice no. 67 of 2015: modulus 11, a second row of weights for a remainder of 10."""
    rest = _sum(number, range(1, 12)) % 11
    if rest == 10:
        rest = _sum(number, (*range(3, 12), 1, 2)) % 11
    return number[11] == str(rest)


def _hong_kong(number: str) -> bool:
    """Modulus 11 over eight places, a blank of 36 before a single letter; A stands for 10."""
    signs = [36 if sign == " " else int(sign, 36) for sign in number.rjust(9)]
    return sum(value * weight for value, weight in zip(signs, (9, 8, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0


def _taiwanese(number: str) -> bool:
    """The letters count in the order of the counties, as two digits; so does the second letter of old foreigners'
    numbers, by its last one."""
    order = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    first = order.index(number[0]) + 10
    second = number[1] if number[1].isdigit() else str(order.index(number[1]) % 10)
    return (first // 10 + _sum(f"{first % 10}{second}{number[2:]}", (9, 8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def _singaporean(number: str) -> bool:
    add = {"S": 0, "F": 0, "T": 4, "G": 4, "M": 3}[number[0]]
    rest = (_sum(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + add) % 11
    letters = {"S": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
    letters |= {"T": letters["S"], "G": letters["F"]}
    return number[8] == letters[number[0]][rest]


def _ukrainian(number: str) -> bool:
    """Modulus 11 and 10 (order of the ministry of finance no. 822 of 2017)."""
    return number[9] == str(_sum(number, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10)


def _iranian(number: str) -> bool:
    rest = _sum(number, range(10, 1, -1)) % 11
    return int(number[9]) == (rest if rest < 2 else 11 - rest)


def _latvian(number: str) -> bool:
    return bool(pvn.calc_check_digit_pers(number[:-1]) == number[-1])


# --- the table --------------------------------------------------------------------------------------------------------

_DAY = r"(?P<day>\d\d)"
_MONTH = r"(?P<month>\d\d)"
_YEAR, _WHOLE_YEAR = r"(?P<year>\d\d)", r"(?P<year>(?:18|19|20)\d\d)"
_YYMMDD, _DDMMYY = f"{_YEAR}{_MONTH}{_DAY}", f"{_DAY}{_MONTH}{_YEAR}"
_SEX = r"(?P<sex>\d)"
_SOVIET = {"1": 18, "2": 18, "3": 19, "4": 19, "5": 20, "6": 20}
"""Century and sex in one digit, in states of the former Soviet Union."""
_BOTH = r"(?P<century>(?P<sex>[1-6]))"

PATTERNS: Mapping[str, Sequence[Pattern]] = {
    "AE": [Pattern(form=rf"784{_WHOLE_YEAR}\d{{8}}")],
    "AR": [Pattern(form=r"[MF]?\d{6,8}")],
    "BD": [Pattern(form=r"\d{10}|\d{13}"), Pattern(form=rf"{_WHOLE_YEAR}\d{{13}}")],
    "BH": [Pattern(form=rf"{_YEAR}{_MONTH}\d{{5}}")],
    # A number of another length may be the one of the state's register.
    "BR": [Pattern(form=r"(?!\d{11}$)[0-9A-Z]{5,14}")],
    "BY": [Pattern(form=rf"{_BOTH}{_DDMMYY}[A-Z]\d{{3}}(?:PB|BA|BI)\d", centuries=_SOVIET)],
    "CN": [
        Pattern(form=rf"[1-9]\d{{5}}{_WHOLE_YEAR}{_MONTH}{_DAY}\d\d{_SEX}[\dX]", is_right=mod_11_2.is_valid),
        Pattern(form=r"[A-Z]{3}\d{12}"),
    ],
    "CO": [Pattern(form=r"\d{5,11}")],
    "EG": [
        Pattern(
            form=rf"(?P<century>[23]){_YYMMDD}(?:0[1-4]|[12][1-9]|3[1-5]|88)\d{{3}}{_SEX}\d",
            centuries={"2": 19, "3": 20},
        )
    ],
    "FR": [Pattern(form=rf"(?P<sex>[12]){_YEAR}(?P<month>0[1-9]|1[0-2])(?:\d\d|2[AB])\d{{6}}", men="1")],
    "HK": [Pattern(form=r"[A-Z]{1,2}\d{6}[\dA]", is_right=_hong_kong)],
    "ID": [
        Pattern(form=rf"(?:1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])\d{{4}}{_DDMMYY}\d{{4}}", women_add=40)
    ],
    "IR": [Pattern(form=r"\d{10}", is_right=_iranian)],
    "KG": [Pattern(form=rf"(?P<sex>[12]){_DAY}{_MONTH}{_WHOLE_YEAR}\d{{5}}", men="2")],
    # Numbers given since October 2020 have no check digit.
    "KR": [
        Pattern(
            form=rf"{_YYMMDD}(?P<century>{_SEX})\d{{6}}",
            centuries=dict(zip(_DIGITS, (19, 19, 20, 20, 19, 19, 20, 20, 18, 18), strict=True)),
        )
    ],
    "KW": [Pattern(form=rf"(?P<century>[123]){_YYMMDD}\d{{5}}", centuries={"1": 18, "2": 19, "3": 20})],
    "KZ": [
        Pattern(form=rf"{_YYMMDD}{_BOTH}\d{{5}}", centuries=_SOVIET, is_right=_kazakh),
        # Foreigners.
        Pattern(form=rf"{_YYMMDD}0\d{{5}}", is_right=_kazakh),
    ],
    "LK": [
        Pattern(form=rf"{_YEAR}(?P<date>\d{{3}})\d{{4}}[VX]", women_add=500),
        Pattern(form=rf"{_WHOLE_YEAR}(?P<date>\d{{3}})\d{{5}}", women_add=500),
    ],
    "LV": [
        Pattern(form=rf"{_DDMMYY}(?P<century>[0-2])\d{{4}}", centuries={"0": 18, "1": 19, "2": 20}, is_right=_latvian),
        Pattern(form=r"3[2-9]\d{9}"),
    ],
    # The voter's key beside the CURP.
    "MX": [Pattern(form=rf"[A-Z]{{6}}{_YYMMDD}\d\d(?P<sex>[HM])\d{{3}}", men="H")],
    "MY": [Pattern(form=rf"{_YYMMDD}\d{{5}}{_SEX}")],
    "NG": [Pattern(form=r"\d{11}")],
    # Voters' books until 2001 have seven digits.
    "PE": [Pattern(form=r"\d{7,8}[0-9A-K]?")],
    "QA": [Pattern(form=rf"(?P<century>[23]){_YEAR}\d{{8}}", centuries={"2": 19, "3": 20})],
    "SA": [Pattern(form=r"[12]\d{9}", is_right=luhn.is_valid)],
    # Coordination numbers add 60 to the day.
    "SE": [Pattern(form=r"(?:19|20)?\d{4}[6-9]\d{5}", is_right=lambda number: bool(luhn.is_valid(number[-10:])))],
    "SG": [Pattern(form=r"[STFGM]\d{7}[A-Z]", is_right=_singaporean)],
    # The first digit is 0 for people without nationality.
    "TH": [Pattern(form=r"[09]\d{12}")],
    "TW": [Pattern(form=r"[A-Z](?P<sex>[1289A-D])\d{8}", men="18AC", is_right=_taiwanese)],
    "UA": [
        Pattern(form=rf"(?P<date>\d{{5}})\d{{3}}{_SEX}\d", first_day=date(1900, 1, 1), is_right=_ukrainian),
        Pattern(form=rf"{_WHOLE_YEAR}{_MONTH}{_DAY}\d{{5}}"),
        # Who refuses a number for religious reasons has that of the passport.
        Pattern(form=r"[A-ZА-ЯІЇЄ]{2}\d{6}|\d{9}"),
    ],
    "UZ": [Pattern(form=rf"{_BOTH}{_DDMMYY}\d{{7}}", centuries=_SOVIET)],
    "VN": [
        Pattern(
            form=rf"0\d\d(?P<century>(?P<sex>\d)){_YEAR}\d{{6}}",
            centuries={str(digit): 19 + digit // 2 for digit in range(10)},
            men="02468",
        ),
        Pattern(form=r"\d{9}"),
    ],
    "ZA": [Pattern(form=rf"{_YYMMDD}{_SEX}\d{{3}}[0-2]\d\d", men="56789", is_right=luhn.is_valid)],
}
"""Country -> the forms of its personal numbers; a number has one of them, or one of ``stdnum``."""
