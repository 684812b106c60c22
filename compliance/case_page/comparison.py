"""The comparison card: declared data and the facts of every check side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils import timezone

from compliance.case_page.redactor import Redactor
from compliance.facts import matrix, sources
from compliance.facts.labels import labelled
from compliance.facts.matrix import ROWS, Cell, Column, FactRow, Matrix
from compliance.facts.sources import ANSWER, Earlier, FactSource
from compliance.labels import check_kind_label, provider_label
from compliance.models import Case, Check
from providers import Kind
from providers.vault import UndecipherableText, fingerprint


def comparison_of(case: Case, checks: Sequence[Check], redactor: Redactor, earlier: Sequence[Earlier] = ()) -> Matrix:
    """The facts of all sources in current checks that were fetched, then of declarations that were corrected; private
    ones masked unless they are revealed."""
    current = {str(check.pk): check for check in checks if check.superseded_by_id is None}
    everything = sources.sources_of(case, list(current.values()), earlier=earlier)
    declared, *others = sorted(everything, key=lambda source: source.is_earlier)
    columns = [
        _before_correction(len(others) - place) if source.is_earlier else _column(source, current, redactor)
        for place, source in enumerate(others)
    ]
    pairs = [(column, source.facts) for column, source in zip(columns, others, strict=True)]
    whole = matrix.matrix(declared.facts, pairs, today=timezone.localdate())
    rows = tuple(replace(row, mark=fingerprint("\n".join(row.values))) for row in whole.rows)
    shown = labelled(matrix.masked(replace(whole, rows=rows), shown=redactor.shown, secrets=redactor.secrets))
    is_known = not any(source.undecipherable for source in everything)
    return _without_empty_columns(shown) if is_known else _with_unknown(shown, tuple(columns), declared, others)


def _with_unknown(
    whole: Matrix, columns: tuple[Column, ...], declared: FactSource, others: Sequence[FactSource]
) -> Matrix:
    """The comparison with a mark in place of each value that cannot be decrypted."""
    rows = {row.name: row for row in whole.rows}
    unknown = Cell(value=UndecipherableText(), state="plain")
    found = []
    for name, label in ROWS:
        lost = [ANSWER in source.undecipherable or name in source.undecipherable for source in others]
        is_lost = name in declared.undecipherable
        if name not in rows and not is_lost and not (name == "full_name" and any(lost)):
            continue
        row = rows.get(name, FactRow(name=name, label=label, declared="", cells=()))
        cells = row.cells or tuple(Cell(value="", state="none") for _ in others)
        cells = tuple(unknown if gone else cell for gone, cell in zip(lost, cells, strict=True))
        found.append(replace(row, declared=UndecipherableText() if is_lost else row.declared, cells=cells))
    return Matrix(columns=columns, rows=tuple(found))


def _without_empty_columns(whole: Matrix) -> Matrix:
    """The comparison without the sources that have no value in any row."""
    filled = [place for place in range(len(whole.columns)) if any(row.cells[place].value for row in whole.rows)]
    return Matrix(
        columns=tuple(whole.columns[place] for place in filled),
        rows=tuple(replace(row, cells=tuple(row.cells[place] for place in filled)) for row in whole.rows),
        without_facts=len(whole.columns) - len(filled),
    )


def _before_correction(number: int) -> Column:
    return Column(label="Earlier declaration", sub=f"Before correction {number}")


def _column(source: FactSource, checks: Mapping[str, Check], redactor: Redactor) -> Column:
    """The column of a check's main facts, or of a further source in its answer."""
    check = checks[str(source.ref[1])]
    label = provider_label(check.provider)
    if not source.part:
        return Column(label=label, sub=check_kind_label(check.kind), outcome=check.outcome)
    verifier = "register" if check.kind == Kind.DATABASE else "provider"
    part = redactor.text(source.part)
    return Column(
        label=label,
        sub=f"{part[:1].upper()}{part[1:]}",
        echo=f"not checked by the {verifier}" if source.is_echo else "",
        is_other_document=source.is_other_document,
    )
