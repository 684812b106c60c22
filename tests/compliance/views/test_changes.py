"""Changes on the pages: news at the top, marks in the timeline, counts above a payload."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from compliance import audit
from compliance.actions import claims, decisions, reports
from compliance.enums import DecisionVerdict
from compliance.models import Case, CaseVisit, Check, CheckSync, User
from providers import Facts, Kind, Subject
from providers.models import ProviderAccount
from providers.preventor.parse import parse as parse_preventor
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.pages import FRAGMENT, Node, card_of, case_page, page_of, signed_in
from tests.compliance.views.provider_answers import tell

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
PERSON = Facts(full_name="Zebediah Quillfeather", birth_date="1987-11-23")
OTHER = Facts(full_name="Ottoline Marrowgate", birth_date="1987-11-23")


@pytest.fixture
def check() -> Check:
    """A check that was read once."""
    check = assertions.add_check(factories.make_case(full_name="Zebediah Quillfeather"))
    assertions.say(check, "manual_review", "none", "61301", facts=PERSON)
    return check


def earlier(minutes: float = 60) -> None:
    """Move all visits back by this time."""
    for visit in CaseVisit.objects.all():
        visit.seen_at -= timedelta(minutes=minutes)
        visit.since_at = visit.since_at and visit.since_at - timedelta(minutes=minutes)
        visit.save()


def news_on(page: Node) -> list[str]:
    """The warnings about changes."""
    return [line for line in page.by_id("warnings").texts("li") if line.startswith("Changed since your visit")]


def new_lines(page: Node) -> list[str]:
    """Lines of the timeline that carry the mark."""
    lines = page.by_id("trail").all("li", "is-new")
    marked = [line for line in page.by_id("trail").all("li") if line.has("span", "is-new")]
    assert [line.text for line in lines] == [line.text for line in marked]
    return [line.one("div").text for line in lines]


def looked_at() -> str:
    return f"{timezone.localtime(timezone.now() - timedelta(hours=1)):%H:%M}"


def test_no_news_at_a_first_visit_or_without_changes(check: Check, desk: Client) -> None:
    for _ in range(2):
        page = case_page(desk, check.case)
        assert (news_on(page), new_lines(page)) == ([], [])
        earlier()


def test_changes_by_others_are_shown_on_top_and_marked_in_the_timeline(
    check: Check, desk: Client, colleague: User
) -> None:
    case_page(desk, check.case)
    earlier()
    assertions.say(check, "declined", "negative", "62301", "62304", facts=OTHER)
    claims.claim(check.case_id, by=colleague)
    page = case_page(desk, check.case)
    (line,) = news_on(page)
    assert line.startswith("Changed since your visit at ")
    assert "Checkout.com identity is now declined (changed: full name); Kwabena Osei claimed the case;" in line
    (warning,) = [one for one in page.by_id("warnings").all("li") if one.text == line]
    assert (warning.one("a")["href"], warning.one("a").text) == ("#timeline", "What changed")
    took, moved, reported = new_lines(page)
    assert took.startswith("Kwabena Osei claimed the case New")
    assert "Declined" in moved
    assert reported.startswith("Checkout.com identity check: “declined”; result changed from manual review to")
    assert (
        "62301 The document is forged or falsified 62304 The face in the video does not match the document's portrait"
        in reported
    )
    assert "2 new codes (62301, 62304), 1 removed; changed: full name" in reported


def test_loading_the_page_again_keeps_the_news_and_the_next_visit_has_none(check: Check, desk: Client) -> None:
    case_page(desk, check.case)
    earlier()
    assertions.say(check, "declined")
    first = case_page(desk, check.case)
    again = case_page(desk, check.case)
    assert news_on(first) == news_on(again) != []
    earlier()
    assert news_on(case_page(desk, check.case)) == []


def test_news_marked_as_seen_end_and_later_events_are_new(check: Check, desk: Client) -> None:
    case_page(desk, check.case)
    earlier()
    assertions.say(check, "declined")
    page = case_page(desk, check.case)
    (line,) = [one for one in page.by_id("warnings").all("li") if one.text.startswith("Changed since your visit")]
    seen = {one["name"]: one["value"] for one in line.all("input")}
    assertions.say(check, "manual_review")  # after the page was sent: not part of the news
    url = line.one("form")["action"]
    assert desk.post(url, {"seq": "99999"}).status_code == desk.post(url, {"seq": "x"}).status_code == 404
    after = page_of(desk.post(url, seen, headers=FRAGMENT))
    (shown,) = news_on(after)
    assert "Checkout.com identity is now manual review" in shown
    (later,) = [one for one in after.by_id("warnings").all("li") if one.text.startswith("Changed since your visit")]
    assert desk.post(url, {one["name"]: one["value"] for one in later.all("input")}).status_code == 303
    page = case_page(desk, check.case)
    assert (news_on(page), new_lines(page)) == ([], [])


def test_a_report_with_equal_results_is_in_the_timeline_and_no_warning(check: Check, desk: Client) -> None:
    case_page(desk, check.case)
    earlier()
    CheckSync.objects.update(fence=F("fence") + 1)
    again = assertions.read_of(check, "manual_review", "none", "61301", facts=PERSON)
    reports.record_reports([replace(again, digest="a" * 64, payload={"took_ms": 7})])
    page = case_page(desk, check.case)
    assert news_on(page) == []
    (line,) = new_lines(page)
    assert "Only details of the payload changed" in line


def test_own_actions_are_no_news_with_any_user_of_the_person(check: Check, desk: Client, analyst: User) -> None:
    second = factories.make_user("dana-2", "Dana Whitfield", "manager", person=analyst.person)
    case_page(desk, check.case)
    earlier()
    claims.claim(check.case_id, by=second)
    page = case_page(desk, check.case)
    assert (news_on(page), new_lines(page)) == ([], [])
    assertions.say(check, "declined")
    assert news_on(case_page(signed_in(second), check.case)) == news_on(case_page(desk, check.case)) != []


def test_a_visit_of_another_person_does_not_change_the_news(check: Check, desk: Client, colleague: User) -> None:
    case_page(desk, check.case)
    earlier()
    assertions.say(check, "declined")
    assert news_on(case_page(signed_in(colleague), check.case)) == []
    assert news_on(case_page(desk, check.case)) != []


def test_polls_show_new_events_and_are_no_visit(check: Check, desk: Client) -> None:
    case_page(desk, check.case)
    earlier()
    case_page(desk, check.case)
    before = CaseVisit.objects.values().get()
    assertions.say(check, "declined")
    live = page_of(desk.get(reverse("case-live", args=[check.case_id]), headers=FRAGMENT))
    assert news_on(live) != [] and len(new_lines(live)) == 2
    assert CaseVisit.objects.values().get() == before
    assert news_on(case_page(desk, check.case)) == news_on(live)


def test_head_and_refused_requests_are_no_visit(check: Check, desk: Client, stranger: User, admin: User) -> None:
    url = reverse("case", args=[check.case_id])
    assert desk.head(url).status_code == 405
    for user in (stranger, admin):
        assert signed_in(user).get(url).status_code == 403
    assert Client().get(url).status_code == 302
    assert not CaseVisit.objects.exists()


def test_a_view_that_cannot_be_recorded_marks_nothing_as_seen(
    check: Check, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*args: Any, **given: Any) -> None:
        raise ConnectionError("The record of views cannot be written.")

    monkeypatch.setattr(audit, "record_views", refuses)
    with pytest.raises(ConnectionError):
        desk.get(reverse("case", args=[check.case_id]))
    assert not CaseVisit.objects.exists()


def test_a_form_returned_without_the_script_still_shows_the_news(check: Check, desk: Client, colleague: User) -> None:
    case_page(desk, check.case)
    earlier()
    assertions.say(check, "declined", "negative", "62301")
    claims.claim(check.case_id, by=colleague)
    before = CaseVisit.objects.values().get()
    case_page(desk, check.case)
    refused = page_of(desk.post(reverse("case-decide", args=[check.case_id])), 422)
    assert news_on(refused) != []
    assert CaseVisit.objects.values().get()["since_seq"] == before["seen_seq"]


def test_the_statements_of_the_page_are_one_more_with_or_without_news(check: Check, desk: Client) -> None:
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as statements:
            case_page(desk, check.case)
        counts.append(len(statements))
        of_visits = [entry["sql"] for entry in statements if "compliance_casevisit" in entry["sql"]]
        assert len(of_visits) == 1
        earlier()
        assertions.say(check, "declined" if check.outcome != "declined" else "approved")
    assert counts[1] == counts[2]


def test_the_card_of_a_check_shows_the_changes_of_its_latest_report(check: Check, desk: Client) -> None:
    assert not card_of(case_page(desk, check.case), check).has("p", "difference")
    assertions.say(check, "declined", "negative", "62301", "62304", facts=OTHER)
    hint = card_of(case_page(desk, check.case), check).one("p", "difference")
    assert hint.text == (
        "Since report 1: Outcome changed from manual review to declined; 2 new codes (62301, 62304), 1 removed; "
        "changed: full name"
    )
    assertions.say(check, "declined", "negative", "62301", "62304", facts=OTHER, word="declined by audit")
    hint = card_of(case_page(desk, check.case), check).one("p", "difference")
    assert hint.text == "Since report 2: Status “declined by audit” instead of “declined”"


def test_no_value_of_a_changed_fact_is_in_news_card_or_timeline(check: Check, desk: Client) -> None:
    case_page(desk, check.case)
    earlier()
    assertions.say(check, "declined", "negative", "62301", facts=OTHER)
    page = case_page(desk, check.case)
    shown = " ".join([*news_on(page), page.by_id("timeline").text, card_of(page, check).text])
    assert "changed: full name" in shown
    assert [word for word in ("Zebediah", "Ottoline", "Marrowgate", "1987") if word in shown] == []


# --- conflicts --------------------------------------------------------------------------------------------------------


def test_conflicts_and_expired_documents_are_first_and_link_to_their_rows(desk: Client) -> None:
    case = factories.make_case(full_name="Ada Example", birth_date="1990-02-03")
    one, other = assertions.add_check(case), assertions.add_check(case, "document")
    assertions.say(one, "declined", "negative", "62304", facts=Facts(full_name="Ada Example", birth_date="1991-02-03"))
    assertions.say(other, "approved", facts=Facts(full_name="Ada Example", document_expiry="2020-01-31"))
    assertions.say(assertions.add_check(case, "face"), "approved")
    page = case_page(desk, case)
    lines = page.by_id("warnings").all("li")[:3]
    assert [(line.one("div").text, line.all("a")[0]["href"]) for line in lines] == [
        (
            "Providers disagree about the face: Checkout.com identity: no match (62304). "
            "Checkout.com face: face check passed.",
            "#pictures",
        ),
        ("Birth date: Checkout.com identity differs from the declared birth date.", "#fact-birth_date"),
        ("The document expired on 31 Jan 2020 at Checkout.com document.", "#fact-document_expiry"),
    ]
    for line in lines:
        assert page.has(id=line.all("a")[0]["href"].removeprefix("#"))
    row = page_of(desk.get(reverse("queue"))).by_id(f"case-{case.pk}")
    assert "providers disagree about the face" in row.text


def test_an_escalated_question_is_shown_before_conflicts_and_news(check: Check, desk: Client, colleague: User) -> None:
    case_page(desk, check.case)
    earlier()
    assertions.say(check, "declined", "negative", "62301", facts=OTHER)
    case = Case.objects.get(pk=check.case_id)
    decisions.decide(
        case.pk,
        by=colleague,
        request=factories.decision_request(case, DecisionVerdict.ESCALATE, "ESC-01", "Who is it?"),
    )
    heads = [line.one("b").text for line in case_page(desk, case).by_id("warnings").all("li")]
    assert heads[:2] == ["Kwabena Osei asks:", "Name:"]
    assert heads[2].startswith("Changed since your visit at")


# --- the payload ------------------------------------------------------------------------------------------------------


def check_answered_twice(account: ProviderAccount, before: Any, after: Any) -> Check:
    check = factories.add_check(factories.make_case(), account, f"t-{factories._numbers.__next__()}")
    for answer in (before, after):
        tell(check, partial(parse_preventor, answer, Subject(kind=Kind.IDENTITY, reference=check.reference)))
    check.refresh_from_db()
    return check


def payload_page(desk: Client, check: Check, **query: Any) -> Node:
    return page_of(desk.get(reverse("check-payload", args=[check.pk]), query)).by_id(f"payload-{check.pk}")


def test_a_payload_shows_the_count_of_its_changes_and_links_between_them(account: MakeAccount, desk: Client) -> None:
    before = {"flow_status": "IN_PROGRESS", "middle": {"kept": 1}, "strange": ["a", "b"]}
    after = {"flow_status": "REJECTED", "middle": {"kept": 1}, "strange": ["a", "c"]}
    check = check_answered_twice(account("preventor"), before, after)
    body = payload_page(desk, check)
    head = body.one("p", "places")
    assert head.text.startswith("2 lines changed in 2 places since report 1. Outcome changed from in progress to")
    assert head.one("a").text == "First change"
    seen = [head.one("a")["href"].removeprefix("#")]
    for number in (1, 2):
        place = body.by_id(seen[-1])
        assert place.text.startswith(f"Change {number} of 2")
        seen.append(place.one("a")["href"].removeprefix("#"))
    assert seen[2] == seen[0]
    lines = [child for child in body.one("div", "raw").children if isinstance(child, Node)]
    for name in seen[:2]:
        at = next(number for number, line in enumerate(lines) if line.get("id") == name)
        assert lines[at + 1].classes & {"ins", "del"} and not lines[at - 1].classes & {"ins", "del"}


def test_a_first_report_has_no_count_of_changes_and_an_older_one_has(account: MakeAccount, desk: Client) -> None:
    check = check_answered_twice(account("preventor"), {"flow_status": "IN_PROGRESS"}, {"flow_status": "REJECTED"})
    assert not payload_page(desk, check, report=1).has("p", "places")
    tell(
        check,
        partial(parse_preventor, {"flow_status": "ACCEPTED"}, Subject(kind=Kind.IDENTITY, reference=check.reference)),
    )
    older = payload_page(desk, check, report=2).one("p", "places")
    assert older.text == "1 line changed in 1 place since report 1. First change"


def test_two_payloads_open_on_one_page_have_their_own_places(account: MakeAccount, desk: Client) -> None:
    provider = account("preventor")
    pair = [
        check_answered_twice(provider, {"flow_status": "IN_PROGRESS"}, {"flow_status": "REJECTED"}) for _ in range(2)
    ]
    ids = [{node["id"] for node in payload_page(desk, check).walk() if node.get("id")} for check in pair]
    assert ids[0] & ids[1] == set()
