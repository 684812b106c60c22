"""Sexes in the words of documents and registers."""

import csv
from functools import cache
from pathlib import Path

from compliance.facts import countries
from compliance.facts.characters import plain_text
from compliance.facts.finding import Answer, Finding
from compliance.facts.scripts import bare

_FILE = Path(__file__).with_suffix(".csv")
"""Words and their sex. Letters with two meanings are left out: V (vrouw, varón), K (kadın, kobieta), E (erkek)."""


def compare(value: str, reference: str) -> Finding:
    """Compare two sexes: ``F`` and ``FEMENINO`` are the same; unspecified contradicts nothing."""
    ours, theirs = letter_of(value), letter_of(reference)
    if not ours or not theirs:
        return Finding(answer=Answer.NOT_COMPARABLE, note="not recognised as a sex", by_eye=True)
    if ours == theirs:
        if _is_local(value) or _is_local(reference):
            return Finding(answer=Answer.COMPATIBLE, note="another language")
        return Finding(answer=Answer.SAME)
    if "X" in (ours, theirs):
        return Finding(answer=Answer.NOT_COMPARABLE, note="one side is unspecified")
    return Finding(answer=Answer.DIFFERS)


def label(text: str) -> str:
    """The sex in English; the text itself if it is unknown."""
    return {"M": "Male", "F": "Female", "X": "Unspecified"}.get(letter_of(text), text)


def letter_of(text: str, *, issuing_country: str = "") -> str:
    """``M``, ``F`` or ``X`` (unspecified), as in passports; empty for an unknown word, or two words that differ.

    ``M`` is empty for a document of Mexico, whose cards print it for mujer and whose passports for masculino.
    """
    found = {_sexes().get(word, ("", ""))[0] for word in _words(text)}
    letter = found.pop() if len(found) == 1 else ""
    is_mexican = letter == "M" and len(text.strip()) == 1 and countries.codes_of(issuing_country) == {"MX"}
    return "" if is_mexican else letter


def _is_local(text: str) -> bool:
    return len(words := _words(text)) > 1 or any(_sexes()[word][1] for word in words)


def _words(text: str) -> list[str]:
    """One for each language of a card: ``MALE/HOMME``."""
    return [bare(plain_text(part)).strip(" .") for part in text.split("/")]


@cache
def _sexes() -> dict[str, tuple[str, str]]:
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return {row["word"]: (row["sex"], row["is_local"]) for row in csv.DictReader(lines)}
