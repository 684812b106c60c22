"""Countries by alpha-2, alpha-3, numeric code or English name, from ISO 3166 and the additional codes of passports."""

import csv
import re
from functools import cache
from pathlib import Path

import pycountry

from compliance.facts.characters import plain_text
from compliance.facts.finding import Answer, Finding
from compliance.facts.scripts import romanised

_FILE = Path(__file__).with_name("country_names.csv")
"""Names beside ISO 3166: everyday ones and the codes of passports (ICAO Doc 9303 part 3, section 5), stateless persons
(``XXA``) among them, are the same; former names, adjectives, own names and codes of other lists are ``loose``; names of
two countries are ``unclear``."""
_TWO_ISSUERS = frozenset({frozenset({"CN", other}) for other in ("TW", "HK", "MO")})
"""Issuers of documents that another one may name as the nationality."""
_STATES = {
    territory: state
    for state, territories in {
        "GB": "AI BM FK GG GI IM JE KY MS PN SH TC VG",
        "US": "AS GU MP PR VI",
        "FR": "BL GF GP MF MQ NC PF PM RE WF YT",
        "NL": "AW BQ CW SX",
        "DK": "FO GL",
        "NZ": "CK NU TK",
        "AU": "CC CX NF",
        "FI": "AX",
    }.items()
    for territory in territories.split()
}
"""Territory with passports of its own -> state whose nationality its people have."""
_BETWEEN = re.compile(r"\s*[,;/|]\s*")


def compare(value: str, reference: str) -> Finding:
    """Compare two countries, or two lists of them for several nationalities."""
    if plain(value) and plain(value) == plain(reference) and codes_of(value):
        return Finding(answer=Answer.SAME)
    ours, theirs = (_numeric().get(text.strip()) or codes_of(text) for text in (value, reference))
    if not ours or not theirs:
        return Finding(answer=Answer.NOT_COMPARABLE, note="not recognised as a country", by_eye=True)
    if ours == theirs:
        answer = Answer.COMPATIBLE if _is_loose(value) or _is_loose(reference) else Answer.SAME
        return Finding(answer=answer, note="different spelling")
    if ours & theirs:
        return Finding(answer=Answer.COMPATIBLE, note="one of several")
    if ours | theirs in _TWO_ISSUERS:
        return Finding(answer=Answer.NOT_COMPARABLE, note="two issuers of documents", by_eye=True)
    return Finding(answer=Answer.DIFFERS)


def compare_states(nationality: str, issuer: str) -> Finding:
    """Compare a nationality with the issuer of a passport; a territory has the nationality of its state."""
    ours, theirs = (_STATES.get(only_code_of(text), text) for text in (nationality, issuer))
    return compare(ours, theirs)


def codes_of(text: str) -> frozenset[str]:
    """Alpha-2 codes of the countries in the text; none if a part of it is unknown.

    Numeric codes are left out, because in an address three digits are a house number.
    """
    if plain(text) in _others("unclear"):
        return frozenset()
    if code := _codes().get(plain(text)):
        return frozenset({code})
    found = [_codes().get(plain(part), "") for part in _BETWEEN.split(text.strip())]
    return frozenset(found) if all(found) else frozenset()


def only_code_of(text: str) -> str:
    """The alpha-2 code of the one country in the text; empty for none, several or an unknown one."""
    found = codes_of(text)
    return next(iter(found)) if len(found) == 1 else ""


def label(text: str) -> str:
    """The countries' names, "Nigeria, United Kingdom"; the text itself if a part of it is no code."""
    names = [_name_of(part) for part in _BETWEEN.split(text.strip())]
    return ", ".join(names) if names and all(names) else text


@cache
def names() -> tuple[str, ...]:
    """The English name of every country, sorted."""
    return tuple(sorted(_labels().values(), key=plain))


def code_of_name(text: str) -> str:
    """The alpha-2 code of a name of ``names`` or another known name; empty for an unknown one."""
    listed = (code for code, name in _labels().items() if plain(name) == plain(text))
    return next(listed, "") or only_code_of(text)


@cache
def _labels() -> dict[str, str]:
    return {code: label(code) for code in (*(one.alpha_2 for one in pycountry.countries), "XK")}


def _name_of(part: str) -> str:
    code = next(iter(_numeric().get(part) or codes_of(part)), "") if len(part) <= 3 else ""
    country = pycountry.countries.get(alpha_2=code) if code else None
    if country is None:
        return {"XK": "Kosovo", "XXA": "Stateless"}.get(code, "")
    if common := getattr(country, "common_name", ""):
        return str(common)
    name, _, before = country.name.partition(", ")
    is_list = " and " in before  # "Bonaire, Sint Eustatius and Saba"
    return str(country.name) if is_list else f"{before} {name}".strip()


def plain(text: str) -> str:
    """A name or code without case, accents, passport fillers and punctuation; may be empty."""
    words = re.findall(r"[a-z]+|[0-9]+", romanised(plain_text(text)).replace("&", " and ").replace("'", ""))
    return " ".join(words)


@cache
def alpha_2_codes() -> tuple[str, ...]:
    """The ISO 3166-1 alpha-2 codes of all countries."""
    return tuple(country.alpha_2 for country in pycountry.countries)


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for country in pycountry.countries:
        names = (getattr(country, key, "") for key in ("name", "official_name", "common_name"))
        for name in (country.alpha_2, country.alpha_3, *names):
            if name:
                found[plain(name)] = country.alpha_2
    return found | _others("same") | _others("loose")


def _is_loose(text: str) -> bool:
    return plain(text) in _others("loose")


@cache
def _others(kind: str) -> dict[str, str]:
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return {plain(row["name"]): row["code"] for row in csv.DictReader(lines) if row["kind"] == kind}


@cache
def _numeric() -> dict[str, frozenset[str]]:
    return {country.numeric: frozenset({country.alpha_2}) for country in pycountry.countries}
