"""Birth date and sex in the digits of a national number, and whether the number has the form and the check digit of its
country. Pure.

``stdnum`` and ``number_patterns`` know the structures. Only a valid number says anything, and where it has two digits
for the year, its century is hidden.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, Protocol

from stdnum.ar import cuit
from stdnum.au import tfn
from stdnum.be import ssn
from stdnum.bg import egn, pnf
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.cl import rut
from stdnum.cz import rc
from stdnum.de import idnr as german_tax
from stdnum.de import stnr
from stdnum.dk import cpr
from stdnum.ec import ci
from stdnum.ec import ruc as ecuadorian_tax
from stdnum.ee import ik
from stdnum.es import dni, nie, nif
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fi import hetu
from stdnum.fr import nif as french_tax
from stdnum.fr import nir
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.il import idnr as israeli
from stdnum.in_ import aadhaar, epic, pan, vid
from stdnum.is_ import kennitala
from stdnum.it import codicefiscale
from stdnum.lt import asmens
from stdnum.md import idno
from stdnum.mx import curp, rfc
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pe import ruc as peruvian_tax
from stdnum.pk import cnic
from stdnum.pl import nip, pesel
from stdnum.pt import nif as portuguese_tax
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.us import tin as american_tax

from compliance.facts import numbers
from compliance.facts.number_patterns import PATTERNS
from compliance.facts.partial_values import is_partial
from compliance.facts.plausibility import Implausible

_FINNISH_CENTURIES = {"+": 18} | dict.fromkeys("-YXWVU", 19) | dict.fromkeys("ABCDEF", 20)
_MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """What the digits of a number say; empty where they say nothing."""

    birth_date: str = ""
    """``1985-08-15``; ``**85-08-15`` for a year in two digits."""
    sex: str = ""
    """``M`` or ``F``."""


class _Structure(Protocol):
    """A module of ``stdnum``, or a pattern."""

    def validate(self, number: str, /) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    module: Any
    """A ``_Structure``."""
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


_RULES: Mapping[str, _Rule] = {
    "BE": _Rule(module=ssn, sex=ssn.get_gender),
    "BG": _Rule(module=egn, sex=lambda number: "F" if int(number[8]) % 2 else "M", is_certain=False),
    "CZ": _Rule(module=rc, sex=lambda number: "F" if int(number[2:4]) > 50 else "M", is_certain=False),
    "DK": _Rule(module=cpr, sex=_odd(9), is_certain=False),
    "EE": _Rule(module=ik, sex=ik.get_gender),
    "FI": _Rule(module=hetu, birth=_finnish_birth, sex=_odd(9)),
    "FR": _Rule(module=nir, birth=_french_birth, sex=lambda number: {"1": "M", "2": "F"}.get(number[0])),
    "GR": _Rule(module=amka, sex=amka.get_gender, has_century=lambda number: False),
    "IS": _Rule(module=kennitala, birth=_icelandic_birth, is_certain=False),
    "IT": _Rule(module=codicefiscale, sex=codicefiscale.get_gender, has_century=lambda number: False),
    "LT": _Rule(module=asmens, sex=_odd(0)),
    "MX": _Rule(module=curp, sex=curp.get_gender),
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
}
_SAME_STRUCTURE = {"SK": "CZ"} | dict.fromkeys(("BA", "HR", "ME", "MK", "RS", "XK"), "SI")
"""Countries with the numbers of a former common state."""
_UNCERTAIN = frozenset({"BH", "QA", "SA", "UA"})
"""Countries of patterns that a number of another kind may have by chance."""
_SILENT: Mapping[str, Sequence[_Structure]] = {
    "AR": [cuit], "BG": [pnf], "BR": [cpf], "CL": [rut], "EC": [ci], "ES": [dni, nie], "HR": [oib], "IL": [israeli],
    "IN": [aadhaar, vid, pan, epic], "MD": [idno], "NL": [bsn], "TH": [pin], "TR": [tckimlik],
}  # fmt: skip
"""Personal numbers that say nothing, those of foreigners among them."""
_TAX: Mapping[str, Sequence[_Structure]] = {
    "AU": [tfn], "BR": [cpf], "CA": [sin], "DE": [german_tax, stnr], "EC": [ecuadorian_tax], "ES": [nif],
    "FR": [french_tax], "MX": [rfc], "PE": [peruvian_tax], "PL": [nip], "PT": [portuguese_tax], "US": [american_tax],
}  # fmt: skip
"""Tax numbers beside the personal ones."""
_TAXED_BY_PERSON = frozenset({
    "AR", "BG", "CL", "DK", "EC", "EE", "ES", "FI", "FR", "HR", "IN", "IT", "LT", "LV", "MX", "NL", "NO", "PE",
    "PL", "RO", "SE", "TH", "UA",
})  # fmt: skip
"""Countries whose tax numbers of persons are personal numbers, all or some of them."""
_NOT_JUDGED = frozenset({"GR", "IS"})
"""Countries with further personal numbers, or with numbers that have no right check digit."""
_REGISTERS: Mapping[str, str] = {"BVN": "NG", "NIN": "NG", "CPF": "BR", "DNI": "AR", "NIK": "ID", "SAID": "ZA"}
"""Register -> country whose personal numbers it has."""
_WRONG = (ValidationError, ValueError, KeyError, IndexError, TypeError)


def encoded_in(number: str, country: str, *, is_labelled: bool) -> Encoded | None:
    """What a national number says, or None for a country or number without a meaning.

    ``country``: alpha-2. ``is_labelled``: the source calls it a personal number, so that a weak structure is enough.
    """
    for rule in _rules(country):
        if is_labelled or rule.is_certain:
            try:
                valid: str = rule.module.validate(number)
            except _WRONG:
                continue
            return Encoded(birth_date=_birth_of(rule, valid), sex=_quietly(rule.sex, valid) if rule.sex else "")
    return None


def fault_in(number: str, country: str, *, fact: str, document_type: str = "") -> Implausible | None:
    """The rule of the country that a number breaks; None for a number that fits, or that nobody can judge.

    A number of a document is judged only if the document is a register. ``country``: alpha-2.
    """
    if is_partial(numbers.plain(number)) or not numbers.plain(number).strip("0"):
        return None
    structures = list(_structures(fact, country, numbers.document_kind(document_type)))
    found = [_fault(structure, number) for structure in structures]
    if not found or None in found:
        return Implausible.ONE_DIGIT if found and len(set(numbers.plain(number))) == 1 else None
    return Implausible.CHECK_DIGIT if Implausible.CHECK_DIGIT in found else Implausible.WRONG_FORM


def identity_number_in(tax_number: str, country: str) -> str:
    """The number of the identity card inside a tax number; empty where there is none.

    Argentina: the middle eight digits of a person's CUIL or CUIT are those of the card.
    """
    if country != "AR" or not cuit.is_valid(tax_number):
        return ""
    valid = cuit.compact(tax_number)
    return valid[2:10].lstrip("0") if valid[:2] in ("20", "23", "24", "27") else ""


def _rules(country: str) -> Iterator[_Rule]:
    if rule := _RULES.get(_SAME_STRUCTURE.get(country, country)):
        yield rule
    for pattern in PATTERNS.get(country, ()):
        is_certain = country not in _UNCERTAIN and "(?P<" in pattern.form
        yield _Rule(module=pattern, sex=pattern.get_gender, is_certain=is_certain)


def _structures(fact: str, country: str, kind: str) -> Iterator[_Structure]:
    """The structures of which a number has one."""
    if fact == "document_number":
        register = kind.rpartition("_")[2].removeprefix("register ")
        country = _REGISTERS.get(register, "") if kind.startswith("register ") else ""
        if register == "CPF":
            fact = "tax_number"
    if country in _NOT_JUDGED:
        return
    if fact == "tax_number":
        yield from _TAX.get(country, ())
    if fact != "tax_number" or country in _TAXED_BY_PERSON:
        yield from chain((rule.module for rule in _rules(country)), _SILENT.get(country, ()))


def _fault(structure: _Structure, number: str) -> Implausible | None:
    try:
        structure.validate(number)
    except InvalidChecksum:
        return Implausible.CHECK_DIGIT
    except _WRONG:
        return Implausible.WRONG_FORM
    return None


def _birth_of(rule: _Rule, valid: str) -> str:
    found = _quietly(rule.birth or rule.module.get_birth_date, valid)
    return f"**{found[2:]}" if found and not rule.has_century(valid) else found


def _quietly(read: Callable[[str], Any], valid: str) -> str:
    """The result as text; empty for a number that leaves it out."""
    try:
        return str(read(valid) or "")
    except _WRONG:
        return ""
