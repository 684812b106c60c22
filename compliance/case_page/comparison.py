"""The comparison card: declared data and the facts of every check side by side."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from compliance.case_page.redactor import Redactor
from compliance.facts import matrix
from compliance.facts.labels import labelled
from compliance.facts.matrix import Column, Matrix
from compliance.labels import check_kind_label, provider_label
from compliance.models import Applicant, Case, Check
from providers.vault import fingerprint


def comparison_of(case: Case, checks: Sequence[Check], redactor: Redactor) -> Matrix:
    """The facts of all current checks that were fetched; private ones masked unless they are revealed."""
    columns = [
        (_column(check), check.facts) for check in checks if check.superseded_by_id is None and check.report_count
    ]
    whole = matrix.matrix(_declared(case.applicant), columns, today=timezone.localdate())
    rows = tuple(replace(row, mark=fingerprint("\n".join(row.values))) for row in whole.rows)
    return labelled(matrix.masked(replace(whole, rows=rows), shown=redactor.shown, secrets=redactor.secrets))


def _declared(applicant: Applicant) -> dict[str, str]:
    names = ("full_name", "birth_date", "document_number", "email")
    return {name: getattr(applicant, name) for name in names}


def _column(check: Check) -> Column:
    return Column(label=provider_label(check.provider), sub=check_kind_label(check.kind), outcome=check.outcome)
