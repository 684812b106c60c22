"""Facts as people read them: "Nigeria" for ``NGA``, "11 Aug 1999" for ``1999/08/11``. Pure.

Only what has one meaning is put in other words, and what the source wrote stays beside it. What is compared, stored
and bound by a digest is always what came.
"""

from collections.abc import Callable
from dataclasses import replace

from compliance.facts import countries, dates, numbers, sexes
from compliance.facts.matrix import Cell, FactRow, Matrix

_WORDS: dict[str, Callable[[str], str]] = {
    "birth_date": dates.spoken,
    "document_type": numbers.document_words,
    "document_expiry": dates.spoken,
    "issuing_country": countries.named,
    "nationality": countries.named,
    "sex": sexes.named,
}


def readable(whole: Matrix) -> Matrix:
    """The comparison in plain words; each value that they replace is kept in ``told``."""
    return replace(whole, rows=tuple(_row(row) for row in whole.rows))


def _row(row: FactRow) -> FactRow:
    words = _WORDS.get(row.name)
    if words is None:
        return row
    declared = words(row.declared)
    return replace(
        row,
        declared=declared,
        declared_told=row.declared if declared != row.declared else "",
        cells=tuple(_cell(cell, words) for cell in row.cells),
    )


def _cell(cell: Cell, words: Callable[[str], str]) -> Cell:
    value = words(cell.value)
    # Which part differs was found in what the source wrote; in other words it is marked as a whole.
    return cell if value == cell.value else replace(cell, value=value, told=cell.value, span=None)
