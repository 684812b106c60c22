"""The queue: number of statements, keyset paging, validated filters, polls."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import combinations, cycle, product
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from compliance.actions import claims, decisions, overrides
from compliance.enums import DecisionVerdict
from compliance.labels import date_label
from compliance.models import Case, Claim, User
from compliance.queries import counts, filter_choices, queue
from compliance.queries.tabs import FILTER_NAMES, TAB_OF, Filters
from compliance.views.lists import filters_of
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.many_cases import (
    PASSPORT,
    PENDING,
    RETRY,
    UNKNOWN,
    cases_with_answers,
    decided,
    due_together,
)
from tests.compliance.views.pages import FRAGMENT, Node, forget_caches, listed, page_of, signed_in

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]


def row_of(page: Node, case: Case) -> Node:
    return page.by_id(f"case-{case.pk}")


def queue_url(tab: str = "open", **query: Any) -> str:
    return reverse("queue", args=[tab]) + (f"?{urlencode(query)}" if query else "")


def shown(desk: Client, tab: str = "open", **query: Any) -> Node:
    forget_caches()
    return page_of(desk.get(queue_url(tab, **query)))


# --- cost -------------------------------------------------------------------------------------------------------------


def statements_of(desk: Client, url: str) -> tuple[list[str], Node]:
    """The statements of a request, and its page."""
    with CaptureQueriesContext(connection) as seen:
        answer = desk.get(url)
    return [query["sql"] for query in seen.captured_queries], page_of(answer)


@pytest.mark.promise("P37")
@pytest.mark.parametrize("rows", [1, 8])
def test_a_page_needs_eight_statements_for_any_number_of_rows(
    rows: int, account: MakeAccount, desk: Client, small_pages: None
) -> None:
    cases_with_answers(account("bank131"), [PASSPORT] * rows)
    desk.post(reverse("preferences"), {"environment": "simulator"})
    for query in ({}, {"provider": "bank131", "age": "week"}, {"assignee": "nobody"}, {"group": "applicant data"}):
        forget_caches()
        url = queue_url(**query)
        cold = [sql for sql in statements_of(desk, url)[0] if not sql.startswith(("SAVEPOINT", "RELEASE"))]
        warm, page = statements_of(desk, url)
        assert len(warm) <= 8, "\n".join(warm)
        assert len([sql for sql in cold if "desk_cache" not in sql]) <= 8, "\n".join(cold)
        assert len(listed(page)) == min(rows, queue.PAGE)


def test_no_list_counts_rows_without_a_limit_and_none_skips_rows(
    account: MakeAccount, desk: Client, analyst: User
) -> None:
    cases_with_answers(account("bank131"), [PASSPORT] * 3)
    cursor = parse_qs(urlsplit(_older_after_two(desk)).query)["after"][0]
    with CaptureQueriesContext(connection) as seen:
        for tab in TAB_OF:
            desk.get(queue_url(tab))
            desk.get(queue_url(tab, after=cursor, provider="bank131", age="day", assignee="me"))
        desk.get(reverse("search"), {"q": "nobody"})
    statements = [query["sql"] for query in seen.captured_queries]
    assert not [sql for sql in statements if "OFFSET" in sql.upper()]
    counting = [sql for sql in statements if "COUNT(" in sql.upper() and "compliance_case" in sql]
    assert counting
    assert all(sql.upper().count("COUNT(") == sql.upper().count("LIMIT 1001") for sql in counting)


def _older_after_two(desk: Client) -> str:
    page = queue.queue_page(TAB_OF["open"], Filters(), person_id=0)
    first = page.rows[0].record
    text = json.dumps([0, first.due_at.isoformat() if first.due_at else "", first.number])
    return queue_url(after=base64.urlsafe_b64encode(text.encode()).decode())


def plan_nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from plan_nodes(child)


def test_the_plan_of_every_count_stops_at_a_limit(desk: Client) -> None:
    forget_caches()
    page = [sql for sql in statements_of(desk, queue_url(provider="bank131", age="week"))[0] if "count(*)" in sql]
    assert len(page) == 3, page
    for sql in page:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
            (found,) = cursor.fetchone()
        plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        nodes = list(plan_nodes(plan))
        aggregates = [node for node in nodes if node["Node Type"] == "Aggregate"]
        assert aggregates
        for aggregate in aggregates:
            below = [node["Node Type"] for child in aggregate["Plans"] for node in plan_nodes(child)]
            assert "Limit" in below, json.dumps(aggregate, indent=1)


def test_a_count_above_the_cap_is_marked(account: MakeAccount, desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "CAP", 3)
    cases_with_answers(account("bank131"), [RETRY] * 5)
    page = shown(desk, "retry-required")
    assert page.by_id("tab-retry-required").one("span", "n").text == "3+"
    assert page.by_id("queue-title").text == "Retry required 3+"


def test_a_page_has_fifty_rows() -> None:
    assert queue.PAGE == 50


def test_counts_are_exact_up_to_a_thousand() -> None:
    assert [counts.count_label(count) for count in (0, 999, 1000, 1001)] == ["0", "999", "1,000", "1,000+"]


# --- keyset -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 5)


def walk(
    desk: Client, url: str, direction: str, between: Callable[[], None] = lambda: None
) -> tuple[list[list[int]], str]:
    """All pages to the end: the numbers on each, and the address of the last."""
    found = []
    while True:
        forget_caches()
        page = page_of(desk.get(url))
        found.append(listed(page))
        links = page.by_id("pager").all("a", rel=direction)
        if not links:
            return found, url
        url = links[0]["href"]
        between()


def test_next_and_previous_visit_every_row_once_despite_equal_due_times(
    account: MakeAccount, desk: Client, small_pages: None
) -> None:
    made = cases_with_answers(account("bank131"), [PASSPORT] * 13)
    for together in (False, True):
        if together:
            due_together(made)
        pages, last = walk(desk, queue_url(), "next")
        assert [len(page) for page in pages] == [5, 5, 3]
        flat = [number for page in pages for number in page]
        assert flat == [case.pk for case in Case.objects.order_by("-priority", "due_at", "id")]
        back, _ = walk(desk, last, "prev")
        assert back == [pages[2], *reversed(pages[:2])]


def test_rows_added_or_removed_while_paging_neither_hide_nor_repeat_others(
    account: MakeAccount, desk: Client, small_pages: None, analyst: User
) -> None:
    bank = account("bank131")
    made = cases_with_answers(bank, [PASSPORT] * 13)
    due_together(made)
    left: list[int] = []

    def disturb() -> None:
        factories_bank = account("bank131")
        cases_with_answers(factories_bank, [PASSPORT, RETRY])
        gone = Case.objects.filter(pk=made[-1 - len(left)].pk).get()
        decided(gone, analyst)
        left.append(gone.pk)

    pages, _ = walk(desk, queue_url(), "next", disturb)
    flat = [number for page in pages for number in page]
    assert len(flat) == len(set(flat))
    assert set(flat) >= {case.pk for case in made} - set(left)


@pytest.mark.parametrize("tab", ["waiting", "decided"])
def test_waiting_and_decided_cases_are_listed_newest_first(
    tab: str, account: MakeAccount, desk: Client, small_pages: None, analyst: User
) -> None:
    if tab == "waiting":
        made = cases_with_answers(account("bank131"), [PENDING] * 8)
    else:
        made = [assertions.case_with("approved") for _ in range(8)]
    pages, last = walk(desk, queue_url(tab), "next")
    assert [number for page in pages for number in page] == [case.pk for case in reversed(made)]
    back, _ = walk(desk, last, "prev")
    assert back == list(reversed(pages))


def test_an_empty_page_after_a_cursor_is_replaced_by_the_first_page(
    account: MakeAccount, desk: Client, small_pages: None, analyst: User
) -> None:
    made = cases_with_answers(account("bank131"), [PASSPORT] * 6)
    second = shown(desk).by_id("pager").one("a", rel="next")["href"]
    decided(made[-1], analyst)
    assert listed(page_of(desk.get(second))) == [case.pk for case in made[:-1]]


def test_rows_are_grouped_by_priority_before_the_due_time(account: MakeAccount, desk: Client, analyst: User) -> None:
    one, two, three = cases_with_answers(account("bank131"), [PASSPORT] * 3)
    Case.objects.filter(pk=two.pk).update(priority=2)
    Case.objects.filter(pk=three.pk).update(priority=1, queue="recheck")
    decisions.decide(
        one.pk, by=analyst, request=factories.decision_request(one, DecisionVerdict.ESCALATE, "ESC-01", "Who is this?")
    )
    page = shown(desk)
    assert listed(page) == [one.pk, two.pk, three.pk]
    assert [row.text for row in page.all("tr", "group")] == [
        "Escalateda colleague asked for a decision",
        "Priority: fraud or deceased",
        "Re-reviewa later report contradicts the decision",
    ]


# --- rows and tabs ----------------------------------------------------------------------------------------------------


def without_hint(cell: Node) -> str:
    """The text of a due cell that is visible without the hover."""
    return " ".join(child.strip() for child in cell.children if isinstance(child, str)).strip()


def test_a_row_shows_applicant_reason_and_age(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT], full_name="Zoë Ångström", country="NG")
    row = row_of(shown(desk, "retry-required"), case)
    assert row.one("td", "p").text == f"Zoë Ångström {case.label} · {case.applicant.external_id}"
    why = row.one("td", "w")
    assert why.one("b").text.startswith("passport_validation_failure ")
    assert why.text.endswith(" - Bank131 error")
    assert row.one("td", "k").text == "Database, Bank131: retry required"
    assert row.one("td", "l").text == "NG"
    due = row.one("td", "d")
    assert without_hint(due) == "in 2 d"
    assert case.due_at and due.one("i").text == f"{date_label(case.due_at)}, open 0 min"


LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Adeyemi-Okonkwo Chukwuemeka Oluwaseun"
LONG_WHY = (
    "62301 document counterfeit, 62403 the applicant may have been filmed under coercion" + ", 61402 poor light" * 16
)
THREE_CHECKS = [["identity", "declined", "checkout_com"], ["liveness", "manual_review", "checkout_com"]] * 2


@pytest.mark.parametrize("tab", ["open", "mine"])
def test_a_row_stays_below_900_bytes(tab: str, account: MakeAccount, desk: Client, analyst: User) -> None:
    usual, longest = cases_with_answers(account("bank131"), [PASSPORT, RETRY], full_name=LONG_NAME, country="NG")
    for case in (usual, longest):
        claims.claim(case.pk, by=analyst)
    if tab == "open":
        Claim.objects.all().delete()
    Case.objects.filter(pk=longest.pk).update(
        checks_summary=THREE_CHECKS, why=LONG_WHY, why_head="Checkout.com declined", facets=["r:62301", "e:simulator"]
    )
    answer = desk.get(queue_url(tab))
    sizes = [len(row) for row in re.findall(rb"<tr id=case-.*?</tr>", answer.content, re.S)]
    assert len(sizes) == 2 and max(sizes) < 900, sizes
    why = row_of(page_of(answer), longest).one("td", "w")
    assert why.text.startswith("62301 document counterfeit, 62403 ") and why.text.endswith("… - Checkout.com declined")


def test_each_tab_lists_and_counts_its_cases(account: MakeAccount, desk: Client, analyst: User) -> None:
    retry, manual, waiting = cases_with_answers(account("bank131"), [PASSPORT, UNKNOWN, PENDING])
    closed = assertions.case_with("approved")
    late = Case.objects.filter(pk=manual.pk)
    late.update(due_at=timezone.now() - timedelta(hours=3))
    claims.claim(retry.pk, by=analyst)
    expected = {
        "declined": [],
        "manual-review": [manual.pk],
        "retry-required": [retry.pk],
        "incomplete": [],
        "recheck": [],
        "unreadable": [],
        "ready": [],
        "mine": [retry.pk],
        "overdue": [manual.pk],
        "open": [manual.pk, retry.pk],
        "waiting": [waiting.pk],
        "decided": [closed.pk],
    }
    page = shown(desk)
    tabs = page.by_id("queue-tabs")
    assert [link["id"].removeprefix("tab-") for link in tabs.all("a")] == list(expected)
    for tab, numbers in expected.items():
        assert listed(shown(desk, tab)) == numbers, tab
        assert tabs.by_id(f"tab-{tab}").one("span", "n").text == str(len(numbers)), tab
    assert without_hint(row_of(page, manual).one("td", "d")) == "3 h overdue"
    assert row_of(shown(desk, "decided"), closed).one("td", "w").text.startswith("Approved by the system, 0 min ago")


def test_a_claimed_case_shows_the_user_and_the_end_of_the_claim(
    account: MakeAccount, desk: Client, analyst: User, colleague: User
) -> None:
    mine, theirs, free = cases_with_answers(account("bank131"), [PASSPORT] * 3)
    claims.claim(mine.pk, by=analyst)
    held = claims.claim(theirs.pk, by=colleague)
    page = shown(desk)
    until = f"{timezone.localtime(held.until):%H:%M}"
    assert row_of(page, mine).one("td", "a").text.startswith("DW You until")
    assert row_of(page, theirs).one("td", "a").text == f"KO Kwabena Osei until {until}"
    button = row_of(page, free).one("td", "a").one("button")
    assert (button["form"], button["formaction"]) == ("claim", reverse("case-claim", args=[free.pk]))
    assert page.by_id("claim")["method"] == "post" and not page.one("table").has("form")
    Claim.objects.filter(pk=theirs.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert row_of(shown(desk), theirs).one("td", "a").has("button")


def test_only_managers_have_the_tab_approvals(account: MakeAccount, desk: Client, analyst: User, manager: User) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT])
    overrides.propose(
        case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.APPROVE, "OK-02", "Seen.")
    )
    refused = page_of(desk.get(queue_url("approvals")), status=403)
    assert "This list is for managers. Your role does not include approving overrides." in refused.one("main").text
    assert not shown(desk).has("a", id="tab-approvals")
    page = shown(signed_in(manager), "approvals")
    assert listed(page) == [case.pk]
    row = row_of(page, case)
    assert row.one("td", "w").text == "Identity confirmed by the documents on file (OK-02) Seen."
    assert (row.one("td", "d").text, row.one("td", "r").text) == ("Approve", "Dana Whitfield")


def test_each_tab_has_one_key_for_everybody(desk: Client, manager: User) -> None:
    keys = {tab.slug: tab.keys for tab in TAB_OF.values()}
    assert len(set(keys.values())) == len(keys)
    assert keys["declined"] == "1" and keys["overdue"] == "0" and keys["decided"] == "g d" and keys["waiting"] == "g i"
    for browser in (desk, signed_in(manager)):
        for link in shown(browser).by_id("queue-tabs").all("a"):
            expected = keys[link["id"].removeprefix("tab-")]
            assert link.get("aria-keyshortcuts") + link.get("data-keys") == expected
            assert link["title"].endswith(f" ({expected})")


def test_an_empty_tab_is_dimmed_and_shows_zero(account: MakeAccount, desk: Client) -> None:
    cases_with_answers(account("bank131"), [RETRY])
    tabs = shown(desk).by_id("queue-tabs")
    for slug, count in (("retry-required", "1"), ("declined", "0")):
        link = tabs.by_id(f"tab-{slug}")
        assert (link.one("span", "n").text, "is-empty" in link.classes) == (count, count == "0")


def test_an_empty_tab_shows_when_the_next_case_is_due(account: MakeAccount, desk: Client) -> None:
    assert "New cases appear automatically" in shown(desk).by_id("queue-nothing").text
    cases_with_answers(account("bank131"), [PASSPORT])
    assert "The next case in any queue is due in 2 d." in shown(desk, "declined").by_id("queue-nothing").text


def test_an_unknown_tab_is_not_found(desk: Client) -> None:
    assert desk.get("/queue/everything/").status_code == 404


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(account: MakeAccount, simulator: Simulator, analyst: User) -> dict[str, Case]:
    """Three cases that differ in every filter."""
    bank, other = account("bank131"), account("bank131")
    (first,) = cases_with_answers(bank, [PASSPORT], country="NG")
    (second,) = cases_with_answers(other, [UNKNOWN], country="DE")
    (third,) = cases_with_answers(bank, [RETRY], country="")
    Case.objects.filter(pk=second.pk).update(opened_at=timezone.now() - timedelta(days=3))
    Case.objects.filter(pk=third.pk).update(opened_at=timezone.now() - timedelta(days=20))
    claims.claim(first.pk, by=analyst)
    return {"first": first, "second": second, "third": third, "bank": bank, "other": other}  # type: ignore[dict-item]


def filter_of(name: str, mixed: dict[str, Any]) -> tuple[str, set[str]]:
    """A value of this filter, and the cases that match it."""
    return {
        "provider": ("bank131", {"first", "second", "third"}),
        "kind": ("database", {"first", "second", "third"}),
        "country": ("DE", {"second"}),
        "group": ("unrecognised", {"second"}),
        "code": ("passport_validation_failure", {"first"}),
        "account": (str(mixed["bank"].pk), {"first", "third"}),
        "age": ("week", {"first", "second"}),
        "assignee": ("nobody", {"second", "third"}),
    }[name]


NAMES = list(FILTER_NAMES)


def test_a_filter_narrows_the_list_and_its_chip_removes_it(mixed: dict[str, Any], desk: Client) -> None:
    for name in NAMES:
        value, passing = filter_of(name, mixed)
        page = shown(desk, **{name: value})
        assert set(listed(page)) == {mixed[who].pk for who in passing}, name
        assert page.by_id("queue-title").one("span", "num").text == str(len(passing)), name
        (chip,) = page.all("span", "chip")
        assert chip.one("b").text, name
        without = page_of(desk.get(chip.one("a")["href"]))
        assert set(listed(without)) == {mixed[who].pk for who in ("first", "second", "third")}, name
        field = page.by_id(f"filter-{name}")
        chosen = field["value"] if field.tag == "input" else field.one("option", selected="")["value"]
        assert chosen == value, name


def offered(page: Node, name: str) -> dict[str, str]:
    """Value of each choice of a filter -> the number of cases beside it."""
    options = page.by_id(f"filter-{name}").all("option")
    return {option["value"]: option["data-sub"].split(" · ")[-1] for option in options if option["value"]}


def test_choices_of_filters_show_the_number_of_their_cases(mixed: dict[str, Any], desk: Client) -> None:
    page, retry = shown(desk), shown(desk, "retry-required", country="FR")
    for name, expected in {
        "provider": {"bank131": "3", "preventor": "0"},
        "kind": {"database": "3", "face": "0"},
        "country": {"NG": "1", "DE": "1"},
        "group": {"unrecognised": "1"},
        "code": {"passport_validation_failure": "1", "inn_validation_failure": "1"},
        "account": {str(mixed["bank"].pk): "2", str(mixed["other"].pk): "1"},
        "age": {"day": "1", "week": "2", "month": "3"},
        "assignee": {"me": "1", "nobody": "2"},
    }.items():
        assert expected.items() <= offered(page, name).items(), name
    assert offered(retry, "country") == {"NG": "1", "FR": "0"}, "choices are of the tab, and the chosen one stays"
    assert [option.text for option in page.by_id("filter-age").all("option")][:2] == ["Any", "under a day, 1"]


def test_counts_of_choices_are_marked_above_the_cap(
    account: MakeAccount, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_choices, "CAP", 3)
    cases_with_answers(account("bank131"), [RETRY] * 5)
    assert offered(shown(desk), "provider")["bank131"] == "4+"


def test_two_filters_combine_and_each_chip_removes_its_own(mixed: dict[str, Any], desk: Client) -> None:
    for one, two in combinations(NAMES, 2):
        (first, passing), (second, also) = filter_of(one, mixed), filter_of(two, mixed)
        page = page_of(desk.get(queue_url(**{one: first, two: second})))
        assert set(listed(page)) == {mixed[who].pk for who in passing & also}, (one, two)
        kept = [parse_qs(urlsplit(chip.one("a")["href"]).query) for chip in page.all("span", "chip")]
        assert sorted(kept, key=str) == sorted([{two: [second]}, {one: [first]}], key=str)


def test_an_empty_result_offers_to_clear_the_filters(mixed: dict[str, Any], desk: Client) -> None:
    page = shown(desk, country="FR")
    nothing = page.by_id("queue-nothing")
    assert nothing.one("h2").text == "No cases match these filters"
    assert set(listed(page_of(desk.get(nothing.one("a")["href"])))) == {
        mixed[who].pk for who in ("first", "second", "third")
    }


def test_pages_and_polls_keep_the_filters(account: MakeAccount, desk: Client, small_pages: None) -> None:
    cases_with_answers(account("bank131"), [PASSPORT] * 7, country="NG")
    cases_with_answers(account("bank131"), [PASSPORT] * 7, country="DE")
    page = shown(desk, country="NG")
    following = page_of(desk.get(page.by_id("pager").one("a", rel="next")["href"]))
    assert len(listed(page)) == 5 and len(listed(following)) == 2
    polled = parse_qs(urlsplit(following.by_id("queue-table")["hx-get"]).query)
    assert polled["country"] == ["NG"] and polled["after"] and polled["version"]


NO_FILTERS = [
    ("provider", "nobody"),
    ("kind", "palm"),
    ("environment", "moon"),
    ("environment", "live"),
    ("age", "decade"),
    ("assignee", "somebody"),
    ("country", "N\x00G"),
    ("_connector", "OR"),
    ("_negated", "True"),
    ("applicant__full_name__startswith", "A"),
    ("facets__contains", "x"),
    ("id__gt", "0"),
    ("password", "x"),
]


def test_unknown_filters_and_invalid_values_are_ignored(mixed: dict[str, Any], desk: Client) -> None:
    for name, value in NO_FILTERS:
        page = page_of(desk.get(queue_url(**{name: value})))
        assert set(listed(page)) == {mixed[who].pk for who in ("first", "second", "third")}, name
        assert not page.has("span", "chip"), name


def cursor_of(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode()


NOW = "2026-01-01T00:00:00+00:00"
HOSTILE_CURSORS = {
    "not base64": "%%%",
    "not ascii": "ä" * 9,
    "padding only": "====",
    "not json": cursor_of("["),
    "a number": cursor_of(7),
    "null": cursor_of(None),
    "an object": cursor_of({"a": 1}),
    "two parts": cursor_of([0, NOW]),
    "four parts": cursor_of([0, NOW, 1, 1]),
    "infinity": cursor_of('[Infinity, "2026-01-01T00:00:00+00:00", 1]'),
    "infinite id": cursor_of('[0, "2026-01-01T00:00:00+00:00", -Infinity]'),
    "nan": cursor_of('[NaN, "2026-01-01T00:00:00+00:00", 1]'),
    "naive time": cursor_of([0, "2026-01-01T00:00:00", 1]),
    "no time": cursor_of([0, "soon", 1]),
    "odd offset": cursor_of([0, "2026-01-01T00:00:00+00:00:30.123456", 1]),
    "first year": cursor_of([0, "0001-01-01T00:00:00+14:00", 1]),
    "last year": cursor_of([0, "9999-12-31T23:59:59-14:00", 1]),
    "huge id": cursor_of([0, NOW, 10**40]),
    "many digits": cursor_of(f'[0, "{NOW}", {"9" * 5000}]'),
    "huge priority": cursor_of([10**30, NOW, 1]),
    "nested": cursor_of("[" * 100_000),
    "nested objects": cursor_of('{"a":' * 50_000),
    "nul": cursor_of(["\x00", NOW, 1]),
    "sql": "'; DROP TABLE compliance_case; --",
    "long": "A" * 100_000,
    "surrogate": cursor_of('[0, "\\ud800", 1]'),
}


@pytest.mark.promise("G31")
def test_no_cursor_breaks_the_page(mixed: dict[str, Any], desk: Client) -> None:
    ways = list(product(("after", "before"), ("open", "decided")))
    for (name, cursor), (parameter, tab) in zip(HOSTILE_CURSORS.items(), cycle(ways), strict=False):
        assert desk.get(queue_url(tab, **{parameter: cursor})).status_code == 200, name
        for shown_in, backwards in product(("open", "decided"), (False, True)):
            page = queue.queue_page(TAB_OF[shown_in], Filters(), person_id=0, cursor=cursor, backwards=backwards)
            assert len(page.rows) <= 3, name


HOSTILE_VALUES = ("\x00", "'" * 300, "\U0001f600" * 50, "-1", "[]", "\\", "%(now)s")
CURSORS = ("after", "before")


@pytest.mark.promise("G31")
@pytest.mark.parametrize("tab", ["open", "mine", "decided"])
def test_no_parameter_breaks_the_page(tab: str, mixed: dict[str, Any], desk: Client) -> None:
    """Each value in all parameters at once; the view reads one of the two cursors."""
    for cursor in CURSORS:
        parameters = (*NAMES, cursor, "version", "page", "q")
        for value in map(quote, HOSTILE_VALUES):
            query = "&".join(f"{parameter}={value}&{parameter}={value}" for parameter in parameters)
            assert desk.get(f"{queue_url(tab)}?{query}").status_code == 200, (cursor, value)
        query = "&".join(f"{parameter}=%ff%fe&{parameter}%00=1" for parameter in parameters)
        assert desk.get(f"{queue_url(tab)}?{query}").status_code == 200, cursor


@pytest.mark.promise("G31")
def test_no_single_parameter_breaks_the_query(mixed: dict[str, Any]) -> None:
    queries = [
        (parameter, f"{parameter}={value}&{parameter}={value}")
        for parameter, value in product((*NAMES, *CURSORS), map(quote, HOSTILE_VALUES))
    ]
    queries += [(parameter, f"{parameter}=%ff%fe&{parameter}%00=1") for parameter in (*NAMES, *CURSORS)]
    for (parameter, query), tab in product(queries, ("open", "mine", "decided")):
        given = QueryDict(query)
        page = queue.queue_page(
            TAB_OF[tab],
            filters_of(given, environment="simulator"),
            person_id=0,
            cursor=given.get(parameter, "") if parameter in CURSORS else "",
            backwards=parameter == "before",
        )
        assert len(page.rows) <= 3, (parameter, query, tab)


# --- fragments --------------------------------------------------------------------------------------------------------


def without_tokens(node: Node) -> Any:
    """A page without the tokens of its forms, which differ in every response."""
    attributes = {
        name: value
        for name, value in node.attributes.items()
        if node.get("name") != "csrfmiddlewaretoken" or name != "value"
    }
    children = [child.strip() if isinstance(child, str) else without_tokens(child) for child in node.children]
    return node.tag, attributes, [child for child in children if child]


def test_the_fragment_is_a_part_of_the_page_with_counts_and_title(account: MakeAccount, desk: Client) -> None:
    cases_with_answers(account("bank131"), [PASSPORT] * 3)
    page, fragment = page_of(desk.get(queue_url())), page_of(desk.get(queue_url(), headers=FRAGMENT))
    assert without_tokens(fragment.by_id("queue-table")) == without_tokens(page.by_id("queue-table"))
    roots = [child for child in fragment.children if isinstance(child, Node)]
    assert [root["id"] for root in roots] == ["queue-table", "queue-tabs", "queue-title"]
    assert [root.get("hx-swap-oob") for root in roots] == ["", "true", "true"]
    assert fragment.by_id("queue-tabs").text == page.by_id("queue-tabs").text


@pytest.mark.parametrize("name", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_boosted_or_restored_request_gets_the_whole_page(name: str, desk: Client) -> None:
    assert page_of(desk.get(queue_url(), headers={**FRAGMENT, name: "true"})).has("html")


def test_the_response_varies_by_the_htmx_headers_and_is_never_cached(desk: Client) -> None:
    for headers in ({}, FRAGMENT):
        answer = desk.get(queue_url(), headers=headers)
        vary = {name.strip() for name in answer["Vary"].split(",")}
        assert vary >= {"HX-Request", "HX-Boosted", "HX-History-Restore-Request", "Cookie"}
        assert "no-store" in answer["Cache-Control"]


def test_a_poll_answers_204_until_something_changes(account: MakeAccount, desk: Client, colleague: User) -> None:
    first, _ = cases_with_answers(account("bank131"), [PASSPORT] * 2)
    poll = page_of(desk.get(queue_url())).by_id("queue-table")["hx-get"]
    for _ in range(2):
        answer = desk.get(poll, headers=FRAGMENT)
        assert (answer.status_code, answer.content) == (204, b"")
    claims.claim(first.pk, by=colleague)
    fresh = page_of(desk.get(poll, headers=FRAGMENT))
    assert "Kwabena Osei" in row_of(fresh, first).text
    assert desk.get(fresh.by_id("queue-table")["hx-get"], headers=FRAGMENT).status_code == 204


def test_a_poll_returns_changed_counts_of_unchanged_rows(account: MakeAccount, desk: Client) -> None:
    cases_with_answers(account("bank131"), [PASSPORT])
    forget_caches()
    poll = page_of(desk.get(queue_url("retry-required"))).by_id("queue-table")["hx-get"]
    cases_with_answers(account("bank131"), [UNKNOWN])
    forget_caches()
    fresh = page_of(desk.get(poll, headers=FRAGMENT))
    assert fresh.by_id("tab-manual-review").one("span", "n").text == "1"
    assert desk.get(fresh.by_id("queue-table")["hx-get"], headers=FRAGMENT).status_code == 204


def test_opening_a_page_by_its_poll_address_shows_the_page(account: MakeAccount, desk: Client) -> None:
    cases_with_answers(account("bank131"), [PASSPORT])
    poll = page_of(desk.get(queue_url())).by_id("queue-table")["hx-get"]
    assert len(listed(page_of(desk.get(poll)))) == 1
