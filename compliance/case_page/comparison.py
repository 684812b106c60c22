"""The comparison card: declared data and the facts of every check side by side."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from compliance.case_page.redactor import Redactor
from compliance.facts import matrix, sources
from compliance.facts.labels import labelled
from compliance.facts.matrix import Column, Matrix
from compliance.facts.sources import Earlier, FactSource
from compliance.labels import check_kind_label, provider_label
from compliance.models import Case, Check
from providers import Kind
from providers.vault import fingerprint


def comparison_of(case: Case, checks: Sequence[Check], redactor: Redactor, earlier: Sequence[Earlier] = ()) -> Matrix:
    """The facts of all sources in current checks that were fetched, then of declarations that were corrected; private
    ones masked unless they are revealed."""
    current = {str(check.pk): check for check in checks if check.superseded_by_id is None}
    declared, *reported = sources.sources_of(case, list(current.values()))
    columns = [(_column(source, current[str(source.ref[1])], redactor), source.facts) for source in reported]
    columns += [(_before_correction(len(earlier) - place), facts) for place, (_, facts) in enumerate(earlier)]
    whole = matrix.matrix(declared.facts, columns, today=timezone.localdate())
    rows = tuple(replace(row, mark=fingerprint("\n".join(row.values))) for row in whole.rows)
    return labelled(matrix.masked(replace(whole, rows=rows), shown=redactor.shown, secrets=redactor.secrets))


def _before_correction(number: int) -> Column:
    return Column(label="Earlier declaration", sub=f"Before correction {number}")


def _column(source: FactSource, check: Check, redactor: Redactor) -> Column:
    """The column of a check's main facts, or of a further source in its answer."""
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
