"""Countries by alpha-2, alpha-3, numeric code or English name, from ISO 3166 and the additional codes of passports."""

import re
from functools import cache

import pycountry

from compliance.facts.finding import Answer, Finding
from compliance.facts.scripts import romanised

_ALSO = {
    "BN": ("brunei",),
    "BS": ("the bahamas",),
    "CD": ("democratic republic of the congo", "dr congo"),
    "CG": ("republic of the congo",),
    "CI": ("ivory coast",),
    "CV": ("cape verde",),
    "DE": ("d",),
    "FM": ("micronesia",),
    "GB": (
        "uk", "great britain", "england", "scotland", "wales", "northern ireland", "gbd", "gbn", "gbo", "gbp", "gbs",
    ),
    "GM": ("the gambia",),
    "MK": ("macedonia",),
    "MM": ("burma",),
    "MO": ("macau",),
    "NL": ("the netherlands", "holland"),
    "PS": ("palestine",),
    "RU": ("russia",),
    "SZ": ("swaziland",),
    "TL": ("east timor",),
    "TR": ("turkey",),
    "US": ("united states of america",),
    "VA": ("vatican", "vatican city"),
    "XK": ("kosovo", "xk", "xkx", "rks"),
}  # fmt: skip
"""Everyday names, Kosovo, and codes of nationality in passports (ICAO Doc 9303 part 3, section 5)."""
_BETWEEN = re.compile(r"\s*[,;/|]\s*")


def compare(value: str, reference: str) -> Finding:
    """Compare two countries, or two lists of them for several nationalities."""
    if plain(value) and plain(value) == plain(reference):
        return Finding(answer=Answer.SAME)
    ours, theirs = (_numeric().get(text.strip()) or codes_of(text) for text in (value, reference))
    if not ours or not theirs:
        return Finding(answer=Answer.NOT_COMPARABLE, note="not recognised as a country", by_eye=True)
    if ours == theirs:
        return Finding(answer=Answer.SAME, note="different spelling")
    if ours & theirs:
        return Finding(answer=Answer.COMPATIBLE, note="one of several")
    return Finding(answer=Answer.DIFFERS)


def codes_of(text: str) -> frozenset[str]:
    """Alpha-2 codes of the countries in the text; none if a part of it is unknown.

    Numeric codes are left out, because in an address three digits are a house number.
    """
    if code := _codes().get(plain(text)):
        return frozenset({code})
    found = [_codes().get(plain(part), "") for part in _BETWEEN.split(text.strip())]
    return frozenset(found) if all(found) else frozenset()


def label(text: str) -> str:
    """The countries' names, "Nigeria, United Kingdom"; the text itself if a part of it is no code."""
    names = [_name_of(part) for part in _BETWEEN.split(text.strip())]
    return ", ".join(names) if names and all(names) else text


def _name_of(part: str) -> str:
    code = next(iter(_numeric().get(part) or codes_of(part)), "") if len(part) <= 3 else ""
    country = pycountry.countries.get(alpha_2=code) if code else None
    if country is None:
        return "Kosovo" if code == "XK" else ""
    if common := getattr(country, "common_name", ""):
        return str(common)
    name, _, before = country.name.partition(", ")
    return f"{before} {name}".strip()


def plain(text: str) -> str:
    """A name or code without case, accents, passport fillers and punctuation; may be empty."""
    words = re.findall(r"[a-z]+|[0-9]+", romanised(text).replace("&", " and ").replace("'", ""))
    return " ".join(words)


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for country in pycountry.countries:
        names = (getattr(country, key, "") for key in ("name", "official_name", "common_name"))
        for name in (country.alpha_2, country.alpha_3, *names):
            if name:
                found[plain(name)] = country.alpha_2
    return found | {name: code for code, names in _ALSO.items() for name in names}


@cache
def _numeric() -> dict[str, frozenset[str]]:
    return {country.numeric: frozenset({country.alpha_2}) for country in pycountry.countries}
