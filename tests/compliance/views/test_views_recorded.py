"""Every page with data of a case: its view is recorded on that case first, or it is not served."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from compliance.models import Case, User, ViewRecord
from tests import factories
from tests.compliance.sync.test_copies import refused_by_the_database
from tests.compliance.views.test_permissions import (
    APPLICANT,
    PERSONAL,
    Row,
    World,
    browser_of,
    is_refused,
    reader_of,
    rows,
    world,
)

__all__ = ["world"]

pytestmark = pytest.mark.django_db(transaction=True)

UNRECORDED = {
    "": "a list shows only what is needed to choose a case",
    "queue/<slug:tab>/": "the same list",
    "case/new/": "a form without anybody's data",
    "case/import/": "a form without anybody's data",
    "case/import/<uuid:import_id>/": "counts and line numbers, for the person who uploaded the file",
    "case/<int:number>/live/": "without the script it leads to the case, which is recorded there",
    "case/<int:number>/peek/": "the same",
}
"""GET routes of reviewers that record no view, and the reason."""


def shows_a_case(row: Row) -> bool:
    """Whether the row shows data of cases."""
    return row.method == "GET" and not is_refused(row) and row.expected["stranger"] == 403


@pytest.mark.promise("G19")
def test_each_page_with_a_cases_data_is_recorded_on_that_case_or_not_served(
    world: Callable[[User | None], World],
) -> None:
    reader = reader_of("manager")
    there = world(reader)
    # Two cases with the same name: a search with one result opens the case.
    words = str(there.free.pk)
    other = factories.make_case("cust-unmentionable-e", **APPLICANT)
    Case.objects.filter(pk=other.pk).update(reference=words)
    browser = browser_of(reader, raise_request_exception=False)
    wrong = []
    for row in filter(shows_a_case, rows()):
        url = there.url(row.route) + (f"?q={words}" if row.route == "search/" else "")
        case = there.unread.case_id if re.search("correct/|finding", row.route) else there.free.pk
        with refused_by_the_database("compliance_viewrecord", "false"):
            answer: Any = browser.get(url)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if row.route in UNRECORDED:
            assert answer.status_code in (200, 303), url
            assert browser.get(url).status_code == answer.status_code
            continue
        if answer.status_code != 500 or any(word.encode() in body.lower() for word in PERSONAL):
            wrong.append((row.route, "served without a record", answer.status_code))
        since = ViewRecord.objects.order_by("pk").values_list("pk", flat=True).last() or 0
        answer = browser.get(url)
        recorded = set(ViewRecord.objects.filter(pk__gt=since, user=reader).values_list("case", flat=True))
        if answer.status_code != 200 or recorded != ({case, other.pk} if row.route == "search/" else {case}):
            wrong.append((row.route, "not recorded on its case", recorded))
    assert wrong == []
    assert set(UNRECORDED) <= {row.route for row in filter(shows_a_case, rows())}
