"""Computing findings and identity keys anew for all stored cases, online, after a release that compares differently."""

from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from compliance.actions import duplicates, findings
from compliance.actions.cases import checks_of, lock, route_and_save
from compliance.enums import CaseStatus
from compliance.models import Case

BATCH = 200


def reindex(*, after: int = 0) -> Iterator[int]:
    """Go through all cases in the order of their numbers, each in its own transaction; yields the number of each.

    Open cases are routed. A decided case gets the findings that it had on the day of its decision, and stays decided.
    """
    while numbers := list(Case.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        for number in numbers:
            _reindex_case(number)
            yield number
        after = numbers[-1]


def _reindex_case(number: int) -> None:
    with transaction.atomic():
        case = lock(number)
        if case.status == CaseStatus.DECIDED:
            findings.refresh([case], checks_of([number]), now=case.decided_at or timezone.now())
            case.save(update_fields=("duplicates_due",))
        else:
            route_and_save(case)
    duplicates.search(number)
