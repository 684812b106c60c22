"""Further sources of facts inside a ticket: another side or document, the machine-readable lines, a local script.

The schema is not published, so a source is every object that states facts under the documented names, and every reading
of one fact beside others (``{"date_of_birth": {"visual": ..., "mrz": ...}}``).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.contract.machine_readable import is_machine_readable, read_lines
from providers.contract.report import Facts, Source
from providers.preventor.parts import (
    DOCUMENT_MARKS,
    FACTS,
    LISTS_OF_DOCUMENTS,
    NAMELESS,
    PART_OF_CONTAINER,
    SEXES,
    SIDES,
    holds_a_value,
    is_about_a_value,
    names_a_value,
    snake,
    squashed,
)
from providers.preventor.status_words import text_of

_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN")
"""Scripts in which a name can be compared with its Latin spelling."""
_DEEPEST = 40
_WESTERN_DAY = re.compile("(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
"""Other years may be of another calendar."""
_PARTS_OF_NAMES = {
    "firstname": "given_names", "middlename": "given_names", "lastname": "family_name", "secondsurname": "family_name",
}  # fmt: skip
_UNTELLING = NAMELESS | {"data", "ticket", "result"}


def read_sources(ticket: Mapping[str, Any], main: Facts) -> Iterator[Source]:
    """The sources of a ticket in its order, those that repeat its main facts as well."""
    readings: dict[str, dict[str, Any]] = {}
    for keys, item, is_other in _objects(ticket, (), is_other=False):
        native = "native_fields" in keys
        facts = _local_script(item) if native else direct_facts(item)
        if main.personal_number and facts.document_number == main.personal_number:
            facts = replace(facts, document_number="", personal_number=main.personal_number)
        name = "local script" if native else _title(keys, item)
        yield Source(name=name, facts=facts, is_other_document=is_other)
        if not native:
            yield Source(name=f"{name} again", facts=second_values(item), is_other_document=is_other)
        for source, fact, value in _readings(item, main):
            readings.setdefault(source, {}).setdefault(fact, value)
        for key, value in item.items():
            if isinstance(value, str) and is_machine_readable(value):
                lines = read_lines(value, printed=Facts(birth_date=main.birth_date) if is_other else main)
                yield Source(name=_title((*keys, snake(str(key))), {}), facts=lines, is_other_document=is_other)
    for source, stated in readings.items():
        yield Source(name=f"{source} reading", facts=Facts(**stated))


def direct_facts(item: Mapping[str, Any]) -> Facts:
    """The facts that an object states itself, without those below it."""
    found = {name: values[0] for name, values in _stated(item).items()}
    stated: dict[str, Any] = {fact: found[name] for name, fact in reversed([*FACTS.items()]) if name in found}
    if "type" in found and not DOCUMENT_MARKS.isdisjoint(snake(str(key)) for key in item):
        stated.setdefault("document_type", found["type"])
    if "givennames" not in found:
        stated["given_names"] = _words(found, "firstname", "middlename")
    stated["family_name"] = family_name(stated.get("family_name", found.get("lastname", "")), found)
    if "documentnumber" in found and found.get("idnumber", found["documentnumber"]) != found["documentnumber"]:
        stated.setdefault("personal_number", found["idnumber"])
    return Facts(**stated)


def second_values(item: Mapping[str, Any]) -> Facts:
    """The facts that an object states under a second name with another value; an id number is a fact of its own."""
    values = _stated(item)
    found = {name: first for name, (first, *_) in values.items()}
    stated: dict[str, list[str]] = {}
    for name, fact in FACTS.items():
        if name != "idnumber":
            stated.setdefault(fact, []).extend(values.get(name, ()))
    if first := _words(found, "firstname", "middlename"):
        stated.setdefault("given_names", []).append(first)
    if last := found.get("lastname"):
        stated.setdefault("family_name", []).append(family_name(last, found))
    second: dict[str, Any] = {
        fact: both[1] for fact, both in stated.items() if len(both) > 1 and not is_part(both[1], both[0])
    }
    return Facts(**second)


def family_name(surname: str, found: Mapping[str, str]) -> str:
    """The surname with the second one, unless it has it already."""
    second = found.get("secondsurname", "")
    return surname if is_part(second, surname) else f"{surname} {second}".strip()


def is_part(words: str, whole: str) -> bool:
    """Whether all words are words of the whole."""
    return set(words.casefold().split()) <= set(whole.casefold().split())


def _stated(item: Mapping[str, Any]) -> dict[str, list[str]]:
    """Squashed key -> its values, because two spellings of a key can have two."""
    found: dict[str, list[str]] = {}
    for key, value in item.items():
        if words := _scalar(value):
            found.setdefault(squashed(str(key)), []).append(words)
    return found


def _words(found: Mapping[str, str], *names: str) -> str:
    return " ".join(dict.fromkeys(found[name] for name in names if name in found))


def _scalar(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return text_of(value).strip()


def _local_script(item: Mapping[str, Any]) -> Facts:
    """The name in a local script, if it is an alphabet; the birth date, if it is written as outside it; the sex."""
    facts = direct_facts(item)
    letters = [letter for letter in facts.full_name if letter.isalpha()]
    is_read = all(unicodedata.name(letter, "").startswith(_ALPHABETS) for letter in letters)
    day = facts.birth_date
    return Facts(
        full_name=facts.full_name if letters and is_read else "",
        birth_date=day if _WESTERN_DAY.fullmatch(day) else "",
        sex=SEXES.get(facts.sex.casefold(), facts.sex),
    )


# --- objects ----------------------------------------------------------------------------------------------------------


def _objects(
    value: Any, keys: tuple[str, ...], *, is_other: bool
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any], bool]]:
    """(keys, object, whether it is about another document) of every object about the person, outermost first."""
    if isinstance(value, Mapping) and len(keys) < _DEEPEST:
        yield keys, value, is_other
        for key, child in value.items():
            name = snake(str(key))
            if PART_OF_CONTAINER.get(name) != "device":
                yield from _objects(child, (*keys, name), is_other=is_other)
    elif isinstance(value, list) and len(keys) < _DEEPEST:
        several = bool(keys) and keys[-1] in LISTS_OF_DOCUMENTS
        for number, child in enumerate(value, start=1):
            below = (*keys, str(number)) if number > 1 else keys
            yield from _objects(child, below, is_other=is_other or (several and number > 1))


def _title(keys: tuple[str, ...], item: Mapping[str, Any]) -> str:
    """A name of the object: the side or role that it states, and the keys of its path that say anything."""
    telling = [key for key in keys if key not in _UNTELLING or key == keys[-1]][-2:]
    words = " ".join(dict.fromkeys(filter(None, (_side(item), *telling))))
    return words.replace("_", " ").strip()[:60] or "ticket"


def _side(item: Mapping[str, Any]) -> str:
    """The side, role or source that an object states as a word of its own."""
    stated = next((text for key, text in item.items() if snake(str(key)) in SIDES and isinstance(text, str)), "")
    return snake(stated) if stated.isascii() and stated.isprintable() and len(stated) <= 20 else ""


# --- several readings of one fact -------------------------------------------------------------------------------------


def _readings(item: Mapping[str, Any], main: Facts) -> Iterator[tuple[str, str, str]]:
    """(source, fact, value) of each reading of a fact: below the fact's name, or beside a key that holds the name.

    A part of a name counts only if the full name of the main facts lacks it.
    """
    named = [(squashed(str(key)), child) for key, child in item.items() if isinstance(child, Mapping)]
    naming = (text for key, text in item.items() if names_a_value(snake(str(key))) and isinstance(text, str))
    named += [(name, item) for name in map(squashed, naming) if name in FACTS or name in _PARTS_OF_NAMES][:1]
    for name, child in named:
        if fact := FACTS.get(name):
            yield from _read_of(child, fact)
        elif fact := _PARTS_OF_NAMES.get(name):
            yield from (one for one in _read_of(child, fact) if not is_part(one[2], main.full_name))


def _read_of(item: Mapping[str, Any], fact: str) -> Iterator[tuple[str, str, str]]:
    for key, value in item.items():
        source, words = snake(str(key)), _scalar(value)
        if words and not (is_about_a_value(source) or names_a_value(source) or source in SIDES):
            name = (_side(item) or "field") if holds_a_value(source) else source
            yield name.replace("_", " ")[:40], fact, words
