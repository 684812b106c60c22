"""Birth date and sex in the digits of a national number, where a country encodes them. Pure.

``stdnum`` knows the structure, the check characters and most dates. Only a valid number says anything, and where it has
two digits for the year, its century is hidden.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any

from stdnum.ar import cuit
from stdnum.be import ssn
from stdnum.bg import egn
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.exceptions import ValidationError
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gr import amka
from stdnum.id import nik
from stdnum.is_ import kennitala
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.lt import asmens
from stdnum.mx import curp
from stdnum.my import nric
from stdnum.no import fodselsnummer
from stdnum.pk import cnic
from stdnum.pl import pesel
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.za import idnr

_FINNISH_CENTURIES = {"+": 18} | dict.fromkeys("-YXWVU", 19) | dict.fromkeys("ABCDEF", 20)
_MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """What the digits of a number say; empty where they say nothing."""

    birth_date: str = ""
    """``1985-08-15``; ``**85-08-15`` for a year in two digits."""
    sex: str = ""
    """``M`` or ``F``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    module: ModuleType
    birth: Callable[[str], date | str | None] | None = None
    """Of the compact number; the module's own function by default."""
    sex: Callable[[str], str | None] | None = None
    has_century: Callable[[str], bool] = lambda number: True
    is_certain: bool = True
    """Its structure is so strict that a number of another kind hardly ever has it."""


def _odd(place: int) -> Callable[[str], str]:
    """The sex of a number with an odd digit for men at this place."""
    return lambda number: "M" if int(number[place]) % 2 else "F"


def _finnish_birth(number: str) -> date:
    century = _FINNISH_CENTURIES[number[6]]
    return date(100 * century + int(number[4:6]), int(number[2:4]), int(number[:2]))


def _icelandic_birth(number: str) -> date:
    return date(int({"9": "19", "0": "20"}[number[9]] + number[4:6]), int(number[2:4]), int(number[:2]))


def _french_birth(number: str) -> str:
    """Year and month; some months of other ranges mean that the month is unknown."""
    return f"**{number[1:3]}-{number[3:5]}-**" if int(number[3:5]) in _MONTHS else ""


def _korean_sex(number: str) -> str:
    return "M" if number[6] in "13579" else "F"


_RULES: Mapping[str, _Rule] = {
    "BE": _Rule(module=ssn, sex=ssn.get_gender),
    "BG": _Rule(module=egn, sex=lambda number: "F" if int(number[8]) % 2 else "M", is_certain=False),
    "CN": _Rule(module=ric, sex=_odd(16)),
    "CZ": _Rule(module=rc, sex=lambda number: "F" if int(number[2:4]) > 50 else "M", is_certain=False),
    "DK": _Rule(module=cpr, sex=_odd(9), is_certain=False),
    "EE": _Rule(module=ik, sex=ik.get_gender),
    "FI": _Rule(module=hetu, birth=_finnish_birth, sex=_odd(9)),
    "FR": _Rule(module=nir, birth=_french_birth, sex=lambda number: {"1": "M", "2": "F"}.get(number[0])),
    "GR": _Rule(module=amka, sex=amka.get_gender, has_century=lambda number: False),
    "ID": _Rule(module=nik, sex=lambda number: "F" if int(number[6:8]) > 40 else "M", has_century=lambda number: False),
    "IS": _Rule(module=kennitala, birth=_icelandic_birth, is_certain=False),
    "IT": _Rule(module=codicefiscale, sex=codicefiscale.get_gender, has_century=lambda number: False),
    "KR": _Rule(module=rrn, sex=_korean_sex),
    "LT": _Rule(module=asmens, sex=_odd(0)),
    "MX": _Rule(module=curp, sex=curp.get_gender),
    "MY": _Rule(module=nric, sex=_odd(-1), has_century=lambda number: False),
    "NO": _Rule(module=fodselsnummer, sex=fodselsnummer.get_gender),
    "PK": _Rule(module=cnic, birth=lambda number: None, sex=cnic.get_gender),
    "PL": _Rule(module=pesel, sex=pesel.get_gender),
    "RO": _Rule(
        module=cnp,
        sex=lambda number: "" if number[0] == "9" else _odd(0)(number),
        has_century=lambda number: number[0] in "123456",
    ),
    "SE": _Rule(
        module=personnummer,
        sex=personnummer.get_gender,
        has_century=lambda number: len(number) == len("19811228-9874"),
        is_certain=False,
    ),
    "SI": _Rule(module=emso, sex=emso.get_gender),
    "ZA": _Rule(module=idnr, sex=idnr.get_gender, has_century=lambda number: False),
}
_SAME_STRUCTURE = {"SK": "CZ"} | dict.fromkeys(("BA", "ME", "MK", "RS"), "SI")
"""Countries with the numbers of a former common state."""
_WRONG = (ValidationError, ValueError, KeyError, IndexError, TypeError)


def encoded_in(number: str, country: str, *, is_labelled: bool) -> Encoded | None:
    """What a national number says, or None for a country or number without a meaning.

    ``country``: alpha-2. ``is_labelled``: the source calls it a personal number, so that a weak structure is enough.
    """
    rule = _RULES.get(_SAME_STRUCTURE.get(country, country))
    if rule is None or not (is_labelled or rule.is_certain):
        return None
    try:
        valid: str = rule.module.validate(number)
    except _WRONG:
        return None
    return Encoded(birth_date=_birth_of(rule, valid), sex=_quietly(rule.sex, valid) if rule.sex else "")


def identity_number_in(tax_number: str, country: str) -> str:
    """The number of the identity card inside a tax number; empty where there is none.

    Argentina: the middle eight digits of a person's CUIL or CUIT are those of the card.
    """
    if country != "AR" or not cuit.is_valid(tax_number):
        return ""
    valid = cuit.compact(tax_number)
    return valid[2:10].lstrip("0") if valid[:2] in ("20", "23", "24", "27") else ""


def _birth_of(rule: _Rule, valid: str) -> str:
    found = _quietly(rule.birth or rule.module.get_birth_date, valid)
    return f"**{found[2:]}" if found and not rule.has_century(valid) else found


def _quietly(read: Callable[[str], Any], valid: str) -> str:
    """The result as text; empty for a number that leaves it out."""
    try:
        return str(read(valid) or "")
    except _WRONG:
        return ""
