"""The kind of masked value that the keys of a path name, in any answer. The words are in ``private_names.toml``."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

_NAMES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("private_names.toml").read_text(encoding="utf-8"))
PRIVATE_WORDS: Mapping[str, frozenset[str]] = {key: frozenset(words) for key, words in _NAMES["private"].items()}
LONGEST_NAME = 80
DOCUMENT_NUMBER, PHONE, ADDRESS = "document_number", "phone", "address"
"""Kinds of masked values."""


@lru_cache(maxsize=4096)
def words_of(name: str) -> frozenset[str]:
    """The words of a key and the whole key, in lower case; none of one longer than ``LONGEST_NAME``."""
    if len(name) > LONGEST_NAME:
        return frozenset()
    return frozenset(re.split(r"[\W_]+", re.sub(r"([a-z])([0-9])", r"\1_\2", name))) | {name}


def private_kind(keys: Sequence[str], beside: Collection[str] = ()) -> str:
    """The kind of masked value that the keys of a path name, the outermost first: one of the three, or empty.

    ``keys`` and ``beside`` (the keys of the object that contains the value) are in the tables' spelling.
    """
    if not keys:
        return ""
    last = keys[-1]
    if last in PRIVATE_WORDS["parts_of_addresses"]:
        near = frozenset().union(*(words_of(name) for name in beside))
        if near & PRIVATE_WORDS["addresses"] and "ip" not in near:
            return ADDRESS
    if words_of(last) & PRIVATE_WORDS["about_a_value"] and not _kind_of(words_of(last), frozenset()):
        return ""
    if last in PRIVATE_WORDS["papers"]:
        return DOCUMENT_NUMBER
    found, above = "", frozenset[str]()
    for name in keys:
        found = _kind_of(words_of(name), above) or found
        above = words_of(name)
    return found


def _kind_of(words: frozenset[str], above: frozenset[str]) -> str:
    if words & PRIVATE_WORDS["phones"] and not words & PRIVATE_WORDS["no_phone"]:
        return PHONE
    numbered = next((kind for word, kind in _NAMES["numbered"].items() if word in words), "")
    if numbered and words & PRIVATE_WORDS["numbers"]:
        return str(numbered)
    if words & PRIVATE_WORDS["addresses"] and not words & PRIVATE_WORDS["no_address"]:
        return ADDRESS
    # "id" alone is a database key; "passport_id" or "national_id" is the number of a document.
    papers = (words | above) & PRIVATE_WORDS["documents"]
    is_number = bool(words & PRIVATE_WORDS["numbers"]) and bool(papers or "id" in words)
    is_paper = "id" in words and bool(papers - PRIVATE_WORDS["any_document"])
    return DOCUMENT_NUMBER if words & PRIVATE_WORDS["registers"] or is_number or is_paper else ""
