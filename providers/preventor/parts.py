"""The parts of a Preventor ticket by key name, their labels, and the values that are masked.

The documentation names six parts of the ticket in words only ("summary details, personal information, document
information, lexical information, tracked device, process flow details") and shows no content. So the key names are
data, in ``names.toml``.
"""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

_NAMES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
_PRIVATE: Mapping[str, frozenset[str]] = {key: frozenset(words) for key, words in _NAMES["private"].items()}
_LONGEST_NAME = 80

TITLES: Mapping[str, str] = _NAMES["titles"]
PART_OF_FIELD: Mapping[str, str] = {name: part for part, names in _NAMES["fields"].items() for name in names}
PART_OF_CONTAINER: Mapping[str, str] = {name: part for part, names in _NAMES["containers"].items() for name in names}
ORDER = {"type": -1, **{name: position for names in _NAMES["fields"].values() for position, name in enumerate(names)}}
LAST = 99
NAMELESS = frozenset((*PART_OF_CONTAINER, "flow_steps", "results")) - frozenset(_NAMES["telling_containers"])
"""Containers whose name only repeats the title of their part."""
STEPS = frozenset(_NAMES["steps"])
DOCUMENT_MARKS = frozenset(_NAMES["document_marks"])
FACTS: Mapping[str, str] = {name.replace("_", ""): fact for fact, names in _NAMES["facts"].items() for name in names}
"""Name of a field without underscores -> the fact that it states, the best name of a fact first."""
LISTS_OF_DOCUMENTS = frozenset(_NAMES["lists_of_documents"])
SIDES = frozenset(_NAMES["sides"])
CHECKS = frozenset(_NAMES["checks"])
ENTRY_NAMES: Sequence[str] = _NAMES["entry_names"]
ENTRY_STATES: Sequence[str] = _NAMES["entry_states"]
DOCUMENT_NUMBER, PHONE, ADDRESS = "document_number", "phone", "address"
"""Kinds of masked values."""


@lru_cache(maxsize=4096)
def snake(key: str) -> str:
    """A key in the tables' spelling: ``ocrValidations`` and ``OCR-Validations`` become ``ocr_validations``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key.strip())
    return re.sub(r"[\s-]+", "_", spaced).lower()


def squashed(key: str) -> str:
    """A key as in ``FACTS``: in lower case, without separators."""
    return snake(key).replace("_", "")


def names_a_value(name: str) -> bool:
    """Whether the text of this key is the name of a value beside it, or a state of that value."""
    return name in _PRIVATE["names_a_value"] or name in ENTRY_NAMES or name in ENTRY_STATES


def holds_a_value(name: str) -> bool:
    """Whether this key only says that a value follows: ``value``, ``text``."""
    return not _words(name).isdisjoint(_PRIVATE["holds_a_value"])


def is_about_a_value(name: str) -> bool:
    """Whether a key speaks about a value instead of holding it: ``confidence``, ``match_status``."""
    return not _words(name).isdisjoint(_PRIVATE["about_a_value"])


def label_of(name: str) -> str:
    """The label of a key: from the table, else the key with spaces and a capital."""
    words = _NAMES["labels"].get(name) or name.replace("_", " ").strip()
    return f"{words[:1].upper()}{words[1:]}"


def called_beside(name: str, item: Mapping[str, Any]) -> str:
    """The name of a value from a sibling key (``{"name": "phone", "value": ...}``), in the tables' spelling.

    Empty if ``name`` is no key of such a value.
    """
    naming = _PRIVATE["names_a_value"].union(ENTRY_NAMES)
    if name in naming or not _words(name) & _PRIVATE["holds_a_value"]:
        return ""
    near = {snake(str(key)): text for key, text in item.items() if isinstance(text, str) and len(text) <= _LONGEST_NAME}
    return snake(next((text for key, text in near.items() if key in naming), ""))


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    if len(name) > _LONGEST_NAME:
        return frozenset()
    return frozenset(re.split(r"[\W_]+", re.sub(r"([a-z])([0-9])", r"\1_\2", name))) | {name}


def private_kind(keys: Sequence[str], beside: Collection[str] = ()) -> str:
    """The kind of masked value that the keys of a path name, the outermost first: one of the three, or empty.

    ``keys`` and ``beside`` (the keys of the object that contains the value) are in the tables' spelling.
    """
    if not keys:
        return ""
    last = keys[-1]
    if last in _PRIVATE["parts_of_addresses"]:
        near = frozenset().union(*(_words(name) for name in beside))
        if near & _PRIVATE["addresses"] and "ip" not in near:
            return ADDRESS
    if _words(last) & _PRIVATE["about_a_value"] and not _of_words(_words(last), frozenset()):
        return ""
    if last in _PRIVATE["papers"]:
        return DOCUMENT_NUMBER
    found, above = "", frozenset[str]()
    for name in keys:
        found = _of_words(_words(name), above) or found
        above = _words(name)
    return found


def _of_words(words: frozenset[str], above: frozenset[str]) -> str:
    if words & _PRIVATE["phones"] and not words & _PRIVATE["no_phone"]:
        return PHONE
    numbered = next((kind for word, kind in _NAMES["numbered"].items() if word in words), "")
    if numbered and words & _PRIVATE["numbers"]:
        return str(numbered)
    if words & _PRIVATE["addresses"] and not words & _PRIVATE["no_address"]:
        return ADDRESS
    # "id" alone is a database key; "passport_id" or "national_id" is the number of a document.
    papers = (words | above) & _PRIVATE["documents"]
    is_number = bool(words & _PRIVATE["numbers"]) and bool(papers or "id" in words)
    is_paper = "id" in words and bool(papers - _PRIVATE["any_document"])
    return DOCUMENT_NUMBER if words & _PRIVATE["registers"] or is_number or is_paper else ""
