"""Cases that people have edited: the automatic approval leaves them alone."""

from collections.abc import Iterable

from compliance.enums import EventType
from compliance.models import Check, Event

_EDITS = (
    EventType.CHECK_REPLACED,
    EventType.CHECK_CORRECTED,
    EventType.DATA_CORRECTED,
    EventType.FINDING_RESOLVED,
    EventType.APPLICANTS_DISTINCT,
)


def edited_cases(case_ids: Iterable[int]) -> set[int]:
    """The cases in which a person resolved a finding, corrected data, or added or replaced a check later."""
    added = Check.objects.filter(case__in=list(case_ids), entered_by__isnull=False)
    edits = Event.objects.filter(case__in=list(case_ids), actor__isnull=False, type__in=_EDITS)
    return {*added.values_list("case_id", flat=True), *edits.values_list("case_id", flat=True)}
