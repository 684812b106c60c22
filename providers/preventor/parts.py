"""The parts of a Preventor ticket by key name, their labels, and the values that are masked.

The documentation names six parts of the ticket in words only ("summary details, personal information, document
information, lexical information, tracked device, process flow details") and shows no content. So the key names are
data, in ``names.toml``.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from providers.contract.private_names import LONGEST_NAME, PRIVATE_WORDS, words_of

_NAMES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))

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
SEXES: Mapping[str, str] = {word: sex for sex, words in _NAMES["sexes"].items() for word in words}
"""Word of a local script, in small letters -> the letter of documents."""
ENTRY_NAMES: Sequence[str] = _NAMES["entry_names"]
ENTRY_STATES: Sequence[str] = _NAMES["entry_states"]


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
    return name in PRIVATE_WORDS["names_a_value"] or name in ENTRY_NAMES or name in ENTRY_STATES


def holds_a_value(name: str) -> bool:
    """Whether this key only says that a value follows: ``value``, ``text``."""
    return not words_of(name).isdisjoint(PRIVATE_WORDS["holds_a_value"])


def is_about_a_value(name: str) -> bool:
    """Whether a key speaks about a value instead of holding it: ``confidence``, ``match_status``."""
    return not words_of(name).isdisjoint(PRIVATE_WORDS["about_a_value"])


def label_of(name: str) -> str:
    """The label of a key: from the table, else the key with spaces and a capital."""
    words = _NAMES["labels"].get(name) or name.replace("_", " ").strip()
    return f"{words[:1].upper()}{words[1:]}"


def called_beside(name: str, item: Mapping[str, Any]) -> str:
    """The name of a value from a sibling key (``{"name": "phone", "value": ...}``), in the tables' spelling.

    Empty if ``name`` is no key of such a value.
    """
    naming = PRIVATE_WORDS["names_a_value"].union(ENTRY_NAMES)
    if name in naming or not words_of(name) & PRIVATE_WORDS["holds_a_value"]:
        return ""
    near = {snake(str(key)): text for key, text in item.items() if isinstance(text, str) and len(text) <= LONGEST_NAME}
    return snake(next((text for key, text in near.items() if key in naming), ""))
