"""The texts by which one person is found in several cases: document numbers, and birth date with name. Pure.

Equal texts mean the same person, except those with one word of the name, which only find candidates: whether these are
the same person is compared by ``same_person.may_be_one_person``.

A keyed index of each text is stored, never the text. A value with hidden parts, or one that states nothing, has none.
"""

from collections.abc import Iterator
from datetime import date

from compliance.enums import IdentityKeyKind
from compliance.facts import countries, dates, numbers
from compliance.facts.name_parts import name_of
from compliance.facts.partial_values import is_partial
from compliance.facts.same_person import word_keys
from compliance.facts.scripts import bare, romanised
from compliance.facts.sources import FactSource

SHORTEST_NUMBER = 5
"""Characters; shorter ones are counters, not numbers of documents."""


def identity_texts(source: FactSource) -> Iterator[tuple[IdentityKeyKind, str]]:
    """Kind and text of each key of a source, equal for all spellings that differ in case, blanks, accents or order."""
    country = source.facts.get("issuing_country", "")
    for name in numbers.NUMBERS:
        if number := document_key(source.facts.get(name, ""), country):
            yield IdentityKeyKind.DOCUMENT_NUMBER, number
    full_name = source.facts.get("full_name", "")
    day = dates.whole_day(source.facts.get("birth_date", ""))
    if day and (name := _name(full_name)):
        yield IdentityKeyKind.BIRTH_DATE, f"{day.isoformat()} {name}"
    for possible_day, _ in births(source):
        words = sorted(word_keys(full_name))
        yield from ((IdentityKeyKind.NAME_WORD, f"{possible_day.isoformat()} {word}") for word in words)


def births(source: FactSource) -> Iterator[tuple[date, str]]:
    """Birth date and name of a source; two dates where day and month may be in either order."""
    if name := source.facts.get("full_name", ""):
        found = dates.readings(source.facts.get("birth_date", ""))
        yield from ((date(*map(int, reading.parts)), name) for reading in found if reading.is_whole)


def document_key(text: str, issuing_country: str) -> str:
    """A document number with its country, as far as it is known; empty for a number that identifies nobody.

    Several countries issue the same numbers.
    """
    number = numbers.plain(text)
    if is_partial(number) or numbers.is_nothing(number) or len(number) < SHORTEST_NUMBER:
        return ""
    return " ".join([number, *sorted(countries.codes_of(issuing_country))])


def _name(text: str) -> str:
    words = name_of(text).words
    if len(words) < 2 or any(word.is_partial or word.is_letter for word in words):
        return ""
    return " ".join(sorted(bare(romanised(word.text)) for word in words))
