"""Result of comparing two values, and of all values of a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from compliance.enums import FindingKind


class Answer(StrEnum):
    """Relation of one value to another."""

    SAME = "same"
    COMPATIBLE = "compatible"
    """No contradiction, but a part is hidden, shortened or ambiguous: a partial value, an initial, another script."""
    DIFFERS = "differs"
    NOT_COMPARABLE = "not comparable"
    """One of the two is missing, or cannot be read as this fact: neither a match nor a mismatch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An answer, its reason in a few words (never a value), and the part of the first value that differs."""

    answer: Answer
    note: str = ""
    by_eye: bool = False
    """Both values are present and cannot be compared automatically."""
    span: tuple[int, int] | None = field(default=None, repr=False)
    """Start and end, in characters of the first value; None for the whole value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One conflict, as a finding stores it."""

    kind: FindingKind
    about: str
    """Name of a fact or topic, or ``answer``."""
    detail: Mapping[str, Any]
    """Source keys: ``clauses`` of a fact ([["differs", [keys], [keys]] or ["by_eye", [keys]] or, for a nationality that
    is not the issuing country, ["issuer", [keys]], ...]) and, of an earlier declaration, ``earlier``, the ids of its
    corrections; ``of`` and, of an implausible value, ``reason``; ``negative`` and ``positive`` checks of a topic;
    ``numbers`` of negative words."""


def notes(*texts: str) -> str:
    """The notes in one line, each once."""
    return ", ".join(dict.fromkeys(filter(None, texts)))
