"""The redactor of a case for pages other than its own, and its payloads without masked values."""

from typing import Any

from compliance.case_page.preventor_ticket import tickets_of
from compliance.case_page.redactor import Redactor, redactor_of
from compliance.models import Case, Check
from compliance.queries.corrections import earlier_declarations

_SHORTEST_NUMBER = 5
"""Digits from which a number may be one of a document or a phone."""


def case_redactor(case_id: int) -> Redactor:
    """The redactor of a case, read with its checks and tickets."""
    case = Case.objects.select_related("applicant__data_key").get(pk=case_id)
    checks = list(Check.objects.filter(case=case).select_related("data_key"))
    earlier = earlier_declarations([case])[case.applicant_id]
    return redactor_of(case, checks, tickets_of(checks).private, earlier=earlier)


def masked_payload(value: Any, redactor: Redactor) -> Any:
    """A decoded JSON value without masked values, also where one is a number or a key."""
    if isinstance(value, dict):
        return {redactor.text(key): masked_payload(child, redactor) for key, child in value.items()}
    if isinstance(value, list):
        return [masked_payload(child, redactor) for child in value]
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, int | float) and len(text := str(value)) >= _SHORTEST_NUMBER:
        hidden = redactor.text(text)
        return value if hidden == text else hidden
    return value
