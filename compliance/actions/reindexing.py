"""Computing anew, online, what is stored of applicants and their cases, after a release that computes it differently:
findings, identity keys, and the words by which applicants are found."""

from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from compliance.actions import duplicates, findings
from compliance.actions.cases import (
    COMPUTED_FIELDS,
    SEARCH_FIELDS,
    checks_of,
    lock,
    route_and_save,
    set_indexes,
    set_search_words,
)
from compliance.enums import CaseStatus
from compliance.models import Applicant, Case

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


def fill_search_words() -> int:
    """Store the words of applicants that an earlier release stored without them; returns their number."""
    missing, count = Applicant.objects.filter(search_text="").order_by("pk"), 0
    rows = missing.all()
    while True:
        with transaction.atomic():
            batch = list(rows.select_for_update(no_key=True)[:BATCH])
            for applicant in batch:
                set_search_words(applicant)
            Applicant.objects.bulk_update(batch, SEARCH_FIELDS)
        if not batch:
            return count
        count += len(batch)
        rows = missing.filter(pk__gt=batch[-1].pk)  # a name without letters has no words


def _reindex_case(number: int) -> None:
    with transaction.atomic():
        of_case = Applicant.objects.filter(cases=number).select_for_update(no_key=True, of=("self",))
        applicant = of_case.select_related("data_key").get()
        set_indexes(applicant)
        applicant.save(update_fields=COMPUTED_FIELDS)
    with transaction.atomic():
        case = lock(number)
        if case.status == CaseStatus.DECIDED:
            findings.refresh([case], checks_of([number]), now=case.decided_at or timezone.now())
            case.save(update_fields=("duplicates_due",))
        else:
            route_and_save(case)
    duplicates.search(number)
