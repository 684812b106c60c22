"""Parts of large tables: ``make test`` shows one row of each kind on a page, ``make soak`` shows all of them."""

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
