"""The access log of a case: the card, and the page of the whole log, whose views are recorded as well."""

import itertools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse
from django.utils import timezone

from compliance import urls
from compliance.case_page import access_log
from compliance.models import Case, Check, User, ViewRecord
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.views.pages import FRAGMENT, Node, case_page, page_of, signed_in
from tests.compliance.views.test_documents import copied, picture_url, png
from tests.services import acting_as_desk_app

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
_references = itertools.count(1)


@pytest.fixture
def check(account: MakeAccount) -> Check:
    """A check for the documents."""
    return factories.add_check(factories.make_case(), account("preventor"), f"ticket-{next(_references)}")


def viewed(case: Case, by: User, kind: str, *, at: datetime, **columns: Any) -> ViewRecord:
    """A record with this time."""
    record = ViewRecord(
        case=case, user=by, person_id=by.person_id, kind=kind, page="case", at=at, session="abcdef", **columns
    )
    record.save(force_insert=True)
    return record


def entries_on(page: Node) -> list[str]:
    """The entries on the case page, without their times."""
    lines = page.by_id("access-log").one("ol", "trail").all("li")
    return [" ".join(line.one("div").text.split(" since ")[0].split()) for line in lines]


def views_page(desk: Client, case: Case, query: str = "") -> Node:
    return page_of(desk.get(reverse("case-views", args=[case.pk]) + query))


def rows_of(page: Node) -> list[list[str]]:
    return [[cell.text for cell in row.all("td")] for row in page.by_id("views").one("tbody").all("tr")]


# --- on the case ------------------------------------------------------------------------------------------------------


def test_each_entry_shows_person_object_and_time_newest_first(check: Check, desk: Client, colleague: User) -> None:
    picture = copied(check, png())
    other = signed_in(colleague)
    case_page(other, check.case)
    other.get(picture_url(picture))
    other.get(reverse("document-original", args=[picture.pk]))
    page = case_page(desk, check.case)
    assert entries_on(page) == [
        "You opened the case",
        "Kwabena Osei downloaded the original: Selfie",
        "Kwabena Osei viewed: Selfie",
        "Kwabena Osei opened the case",
    ]
    summary = page.by_id("access-log").one("summary").text
    assert summary.startswith("4 views, by you, Kwabena Osei")
    assert all(time["title"].endswith(" UTC") for time in page.by_id("access-log").all("time"))


def test_views_of_one_thing_by_one_person_within_half_an_hour_are_one_entry(
    check: Check, desk: Client, colleague: User
) -> None:
    now = timezone.now()
    for minutes in (200, 100, 75, 50, 25):
        viewed(check.case, colleague, "payload", at=now - timedelta(minutes=minutes))
    viewed(check.case, colleague, "fact", fact="phone", at=now - timedelta(minutes=40))
    assert entries_on(case_page(desk, check.case)) == [
        "You opened the case",
        "Kwabena Osei opened a raw payload 4 times",
        "Kwabena Osei revealed the phone",
        "Kwabena Osei opened a raw payload",
    ]


def test_two_users_of_one_person_are_one_entry(check: Check, desk: Client, colleague: User) -> None:
    second = factories.make_user("kwabena2", "Kwabena Osei", "analyst", person=colleague.person)
    now = timezone.now()
    for user in (colleague, second):
        viewed(check.case, user, "payload", at=now - timedelta(minutes=5))
    assert entries_on(case_page(desk, check.case))[1:] == ["Kwabena Osei opened a raw payload 2 times"]


def test_pages_of_one_report_are_one_entry_and_thumbnails_are_none(check: Check, desk: Client, colleague: User) -> None:
    now = timezone.now()
    document = copied(check, png())
    for kind, page in (("thumbnail", None), ("page", 1), ("page", 2), ("page", 3), ("video", None)):
        viewed(check.case, colleague, kind, at=now - timedelta(minutes=5), document=document, document_page=page)
    assert sorted(entries_on(case_page(desk, check.case))[1:]) == [
        "Kwabena Osei played the video: Selfie",
        "Kwabena Osei viewed pages of: Selfie 3 times",
    ]


def test_fifty_entries_cost_one_statement(check: Check, desk: Client, colleague: User) -> None:
    now = timezone.now()
    for hours in range(80):
        viewed(check.case, colleague, "payload", at=now - timedelta(hours=hours + 1))
    case_page(desk, check.case)
    with CaptureQueriesContext(connection) as seen:
        page = case_page(desk, check.case)
    assert len(entries_on(page)) == access_log.SHOWN
    reads = [entry for entry in seen if "compliance_viewrecord" in entry["sql"] and entry["sql"].startswith("SELECT")]
    assert len(reads) == 1


def test_the_timeline_links_to_the_access_log_and_repeats_no_view(check: Check, desk: Client, colleague: User) -> None:
    case_page(signed_in(colleague), check.case)
    timeline = case_page(desk, check.case).by_id("timeline")
    assert "opened the case" not in timeline.by_id("trail").text
    assert timeline.one("a", "toggle")["href"] == "#access-log"


# --- all views --------------------------------------------------------------------------------------------------------


def test_the_log_page_shows_each_record_with_page_and_session(check: Check, desk: Client, colleague: User) -> None:
    case_page(signed_in(colleague), check.case)
    page = views_page(desk, check.case)
    rows = rows_of(page)
    assert [row[1:4] for row in rows] == [
        ["DW You", "opened the access log", "Access log"],
        ["KO Kwabena Osei", "opened the case", "Case"],
    ]
    assert len({row[4] for row in rows}) == 2 and all(row[4] for row in rows)
    assert page.one("a", aria_label="Back to the case")["href"] == reverse("case", args=[check.case_id]) + "#access-log"


def test_thumbnails_are_left_out_until_they_are_requested(check: Check, desk: Client, colleague: User) -> None:
    assert not views_page(desk, check.case).has(id="views-small")
    document = copied(check, png())
    at = timezone.now() - timedelta(minutes=5)
    for number in range(60):
        viewed(check.case, colleague, "thumbnail", at=at + timedelta(seconds=number), document=document)
    viewed(check.case, colleague, "image", at=at + timedelta(seconds=9), document=document)
    page = views_page(desk, check.case)
    assert [row[2] for row in rows_of(page)] == ["opened the access log"] * 2 + ["viewed: Selfie"]
    switch = page.by_id("views-small")
    assert switch.text == "Show thumbnails 60"
    page = page_of(desk.get(switch["href"]))
    assert [row[2] for row in rows_of(page)].count("loaded the thumbnail: Selfie") == 47
    assert page.by_id("views-small").text == "Hide thumbnails 60"
    older = page_of(desk.get(page.one("a", rel="next")["href"]))
    assert [row[2] for row in rows_of(older)].count("loaded the thumbnail: Selfie") == 13


def test_every_page_that_may_be_recorded_has_a_label() -> None:
    recorded = re.compile("queue$|search|case|check-|document-|escalation-|finding-|proposal-")
    names = {one.name for one in urls.urlpatterns if isinstance(one, URLPattern) and recorded.match(one.name or "")}
    assert names - access_log.PAGES.keys() == {"case", "queue", "search"}  # their names are words
    assert access_log.PAGES.keys() <= names


@pytest.mark.promise("P31")
def test_reading_the_log_is_recorded_first(check: Check, desk: Client, analyst: User) -> None:
    views_page(desk, check.case)
    record = ViewRecord.objects.get()
    assert (record.kind, record.page, record.case_id, record.user_id) == (
        "access_log",
        "case-views",
        check.case_id,
        analyst.pk,
    )


def test_pages_of_fifty_have_no_gap_despite_equal_times(check: Check, desk: Client, colleague: User) -> None:
    at = timezone.now() - timedelta(hours=1)
    facts = [
        viewed(check.case, colleague, "fact", fact=str(n), at=at + timedelta(seconds=n // 30)).fact for n in range(130)
    ]
    page = views_page(desk, check.case)
    pages = [page]
    while links := page.all("a", rel="next"):
        page = page_of(desk.get(links[0]["href"], headers=FRAGMENT))
        pages.append(page)
    found = [row[2] for one in pages for row in rows_of(one) if "access log" not in row[2]]
    assert found == [f"revealed the {fact}" for fact in reversed(facts)]
    assert [len(rows_of(one)) for one in pages[:2]] == [access_log.A_PAGE, access_log.A_PAGE]


def test_previous_links_to_the_page_before(check: Check, desk: Client, colleague: User) -> None:
    at = timezone.now() - timedelta(hours=1)
    for n in range(220):
        viewed(check.case, colleague, "fact", fact=str(n), at=at + timedelta(seconds=n))
    first = views_page(desk, check.case)
    second = page_of(desk.get(first.one("a", rel="next")["href"]))
    third = page_of(desk.get(second.one("a", rel="next")["href"]))
    back = page_of(desk.get(third.one("a", rel="prev")["href"]))
    assert rows_of(back) == rows_of(second)
    # Each view of the log is a record, so the rows of the first page have moved.
    newest = back
    for _ in range(3):
        newest = page_of(desk.get(newest.one("a", rel="prev")["href"])) if newest.has("a", rel="prev") else newest
    assert len(rows_of(newest)) == access_log.A_PAGE and not newest.has("a", rel="prev")
    assert rows_of(newest)[0][2] == "opened the access log"


@pytest.mark.parametrize("cursor", ["nonsense", "%00", "MjAyNg", "bm93IDE", "9" * 400, "MjAyNi0wMS0wMVQwMDowMDowMCAx"])
def test_an_unreadable_cursor_shows_the_newest(cursor: str, check: Check, desk: Client) -> None:
    for query in (f"?before={cursor}", f"?after={cursor}"):
        assert rows_of(views_page(desk, check.case, query))[0][2] == "opened the access log"


def test_another_case_has_other_views(check: Check, desk: Client, colleague: User) -> None:
    case_page(signed_in(colleague), factories.make_case())
    assert len(rows_of(views_page(desk, check.case))) == 1
    assert desk.get(reverse("case-views", args=[987654321])).status_code == 404


@pytest.mark.parametrize("route", ["case", "case-views"])
def test_a_view_that_cannot_be_recorded_is_not_served(route: str, check: Check, analyst: User, colleague: User) -> None:
    viewed(check.case, colleague, "case", at=timezone.now())
    browser = signed_in(analyst, raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("REVOKE INSERT ON compliance_viewrecord FROM desk_app")
    with acting_as_desk_app():
        answer = browser.get(reverse(route, args=[check.case_id]))
    assert answer.status_code == 500
    assert b"Ada Example" not in answer.content and b"Kwabena" not in answer.content


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("check-correct", "opened the settings of Preventor identity"),
        ("check-replace", "opened the form to replace Preventor identity"),
        ("case-add-check", "opened the form to add a check"),
        ("case-void", "opened the form to close the case"),
    ],
)
def test_a_correction_form_is_recorded_when_it_is_shown(
    route: str, words: str, check: Check, desk: Client, analyst: User, colleague: User
) -> None:
    address = reverse(route, args=[check.pk if route.startswith("check-") else check.case_id])
    assert desk.get(address).status_code == 200
    assert entries_on(case_page(signed_in(colleague), check.case))[-1].startswith(f"Dana Whitfield {words}")
    of_form = ViewRecord.objects.filter(case=check.case, user=analyst, page=route)
    assert of_form.count() == 1
    assert desk.post(address).status_code == 422  # the form with its errors
    assert of_form.count() == 2


def test_users_without_the_right_to_review_see_no_log(check: Check, admin: User, stranger: User) -> None:
    for user in (admin, stranger):
        assert signed_in(user).get(reverse("case-views", args=[check.case_id])).status_code == 403
    assert not ViewRecord.objects.exists()
