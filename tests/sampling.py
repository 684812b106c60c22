"""Smaller rounds of large tables and generated cases for ``make test``; ``make soak`` runs them in full."""

import os
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T")
SOAK = os.environ.get("SOAK") == "1"


def covering(rows: Iterable[T], parts: Callable[[T], Iterable[Hashable]]) -> list[T]:
    """The rows that have a part which no row before them has; every row in the full counts."""
    seen: set[Hashable] = set()
    found = []
    for row in rows:
        new = set(parts(row)) - seen
        seen |= new
        if new or SOAK:
            found.append(row)
    return found


def examples(full: int) -> int:
    """How many generated cases a property is tried with: a quarter of the full count, at least 25."""
    return full if SOAK else min(full, max(full // 4, 25))
