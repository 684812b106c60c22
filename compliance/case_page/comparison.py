"""The comparison card: declared data and the facts of every check side by side."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from compliance.case_page.redactor import Redactor
from compliance.facts import matrix
from compliance.facts.labels import labelled
from compliance.facts.matrix import Column, Matrix
from compliance.labels import check_kind_label, provider_label
from compliance.models import Case, Check
from providers.vault import fingerprint

_DECLARED = ("full_name", "birth_date", "document_number", "email")


def comparison_of(case: Case, checks: Sequence[Check], redactor: Redactor) -> Matrix:
    """The facts of all current checks that were fetched; private ones masked unless they are revealed."""
    fetched = [check for check in checks if check.superseded_by_id is None and check.report_count]
    columns = [
        (Column(label=provider_label(one.provider), sub=check_kind_label(one.kind), outcome=one.outcome), one.facts)
        for one in fetched
    ]
    declared = {name: getattr(case.applicant, name) for name in _DECLARED}
    whole = matrix.matrix(declared, columns, today=timezone.localdate())
    rows = tuple(replace(row, mark=fingerprint("\n".join(row.values))) for row in whole.rows)
    return labelled(matrix.masked(replace(whole, rows=rows), shown=redactor.shown, secrets=redactor.secrets))
