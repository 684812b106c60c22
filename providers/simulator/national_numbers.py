"""National numbers of invented people, with the birth date, sex and check digits of their countries."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from stdnum import luhn
from stdnum.br import cpf
from stdnum.es import dni
from stdnum.fr import nir
from stdnum.il import idnr
from stdnum.in_ import aadhaar
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.tr import tckimlik

from providers.simulator.people import Person


def number_of(one: Person) -> str:
    """The number that the country of this person gives; eleven digits where a country has no rule."""
    return _NUMBERS.get(one.country, lambda other: other.national_number)(one)


def brazilian(one: Person) -> str:
    """Nine digits and two check digits."""
    return _completed(cpf, one.national_number[:9], digits=2)


def indonesian(one: Person) -> str:
    """District, birth date with 40 added to the day of a woman's, and a serial number."""
    day = one.birth_date.day + (40 if one.sex == "F" else 0)
    return f"317401{day:02}{one.birth_date:%m%y}{one.serial % 9999 + 1:04}"


def south_african(one: Person) -> str:
    """Birth date, a serial number from 5000 for a man, citizen, and the check digit."""
    number = f"{one.birth_date:%y%m%d}{one.serial % 5000 + (5000 if one.sex == 'M' else 0):04}08"
    return number + luhn.calc_check_digit(number)


def _completed(module: Any, start: str, *, digits: int) -> str:
    """The number with the check digits that ``stdnum`` accepts; with another last digit where there are none."""
    for number in range(int(start), int(start) + 10):
        for check in range(10**digits):
            whole = f"{number:0{len(start)}}{check:0{digits}}"
            if module.is_valid(whole):
                return whole
    raise ValueError(start)


def _odd(one: Person) -> int:
    """1 for a man, else 0."""
    return int(one.sex == "M")


def _in_this_century(one: Person) -> bool:
    return one.birth_date.year >= 2000


def _egyptian(one: Person) -> str:
    return f"{3 if _in_this_century(one) else 2}{one.birth_date:%y%m%d}01{one.serial % 1000:03}{2 + _odd(one)}8"


def _french(one: Person) -> str:
    return _completed(nir, f"{2 - _odd(one)}{one.birth_date:%y%m}75116{one.serial % 999 + 1:03}", digits=2)


def _korean(one: Person) -> str:
    return f"{one.birth_date:%y%m%d}{2 * _in_this_century(one) + 2 - _odd(one)}{one.serial % 1_000_000:06}"


def _mexican(one: Person) -> str:
    letters = re.sub("[^A-Z]", "", f"{one.latin_family_name}{one.latin_given_names}".upper())
    place = "A" if _in_this_century(one) else "0"
    number = f"{letters[0]}X{letters[1]}X{one.birth_date:%y%m%d}{'H' if one.sex == 'M' else 'M'}DFXXX{place}"
    return number + curp.calc_check_digit(number)


def _polish(one: Person) -> str:
    month = one.birth_date.month + 20 * _in_this_century(one)
    start = f"{one.birth_date:%y}{month:02}{one.birth_date:%d}{one.serial % 1000:03}{2 + _odd(one)}"
    return start + pesel.calc_check_digit(start)


def _spanish(one: Person) -> str:
    return one.national_number[:8] + dni.calc_check_digit(one.national_number[:8])


def _vietnamese(one: Person) -> str:
    sex = 2 * _in_this_century(one) + 1 - _odd(one)
    return f"001{sex}{one.birth_date:%y}{one.serial % 1_000_000:06}"


_NUMBERS: Mapping[str, Callable[[Person], str]] = {
    "BR": brazilian,
    "EG": _egyptian,
    "ES": _spanish,
    "FR": _french,
    "ID": indonesian,
    "IL": lambda one: _completed(idnr, one.national_number[:8], digits=1),
    "IN": lambda one: _completed(aadhaar, one.national_number.replace("1", "2"), digits=1),
    "KR": _korean,
    "MX": _mexican,
    "NL": lambda one: _completed(bsn, one.national_number[:8], digits=1),
    "PL": _polish,
    "TR": lambda one: _completed(tckimlik, one.national_number[:9], digits=2),
    "VN": _vietnamese,
}
