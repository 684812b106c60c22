"""What comparing two values found."""

from dataclasses import dataclass, field
from enum import StrEnum


class Answer(StrEnum):
    """How one value stands to another."""

    SAME = "same"
    COMPATIBLE = "compatible"
    """Nothing contradicts, but something is hidden, shortened or open: a mask, an initial, another script."""
    DIFFERS = "differs"
    NOT_COMPARABLE = "not comparable"
    """One of the two is missing, or is not understood as this fact: neither a match nor a mismatch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An answer, why in a few words (never a value), and which part of the first value differs."""

    answer: Answer
    note: str = ""
    by_eye: bool = False
    """Both are there and a program cannot tell them apart or together: a person has to look at them."""
    span: tuple[int, int] | None = field(default=None, repr=False)
    """Start and end, in characters of the first value; None where no part can be told from the rest."""


def notes(*said: str) -> str:
    """Several remarks as one line, each once."""
    return ", ".join(dict.fromkeys(filter(None, said)))
