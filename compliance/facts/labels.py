"""Labels of facts: "Nigeria" for ``NGA``, "11 Aug 1999" for ``1999/08/11``. Pure.

Only unambiguous values get a label, and the original value is shown next to it. Comparison and storage use the original
values.
"""

from collections.abc import Callable
from dataclasses import replace

from compliance.facts import countries, dates, numbers, sexes
from compliance.facts.matrix import Cell, FactRow, Matrix

_LABELS: dict[str, Callable[[str], str]] = {
    "birth_date": dates.label,
    "document_type": numbers.document_label,
    "document_issue": dates.label,
    "document_expiry": dates.label,
    "issuing_country": countries.label,
    "nationality": countries.label,
    "sex": sexes.label,
}


def labelled(whole: Matrix) -> Matrix:
    """The comparison with labels; each replaced value is in ``original``."""
    return replace(whole, rows=tuple(_row(row) for row in whole.rows))


def _row(row: FactRow) -> FactRow:
    label = _LABELS.get(row.name)
    if label is None:
        return row
    declared = label(row.declared)
    return replace(
        row,
        declared=declared,
        declared_original=row.declared if declared != row.declared else "",
        cells=tuple(_cell(cell, label) for cell in row.cells),
    )


def _cell(cell: Cell, label: Callable[[str], str]) -> Cell:
    value = label(cell.value)
    # The span is one of the original value, so a label is marked as a whole.
    return cell if value == cell.value else replace(cell, value=value, original=cell.value, span=None)
