"""Changes since the last visit, in a real browser: links from the warning to new lines and differing rows."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from compliance.actions import claims
from compliance.models import Case, CaseVisit, Check, User
from providers import Facts, Kind, Subject
from providers.models import ProviderAccount
from providers.preventor.parse import parse as parse_preventor
from tests import factories
from tests.browser.visits import VIEWS, Visit, barriers, overhang, view_name, visit
from tests.compliance import assertions
from tests.compliance.views.provider_answers import tell

WIDTHS = ((1440, 900), (390, 844))


def settle_visits(minutes: float = 60) -> None:
    """Date every visit back by so many minutes."""
    for seen in CaseVisit.objects.all():
        seen.seen_at -= timedelta(minutes=minutes)
        seen.save()


@pytest.fixture
def changed(live_server: Any, analyst: User, colleague: User) -> Case:
    """A case that the analyst saw an hour ago; since then it was declined for another person, and taken."""
    case = factories.make_case(full_name="Ada Example", birth_date="1990-02-03")
    check = assertions.add_check(case)
    assertions.say(
        check, "manual_review", "none", "61301", facts=Facts(full_name="Ada Example", birth_date="1990-02-03")
    )
    case.refresh_from_db()
    CaseVisit.objects.create(
        case=case, person=analyst.person, seen_seq=case.event_seq, seen_at=case.opened_at - timedelta(hours=1)
    )
    assertions.say(check, "declined", "negative", "62301", facts=Facts(full_name="Eve Other", birth_date="1990-02-03"))
    claims.claim(case.pk, by=colleague)
    return case


@pytest.fixture
def payload(live_server: Any, account: Any) -> Check:
    """A check of two reports with a long payload that changed in three places."""
    provider: ProviderAccount = account("preventor")
    check = factories.add_check(factories.make_case(), provider, "ticket-of-many-lines")
    rows = [{"name": f"line {number}", "seen": 0} for number in range(900)]
    for answer in (
        {"flow_status": "IN_PROGRESS", "extra": rows},
        {
            "flow_status": "REJECTED",
            "extra": [row | ({"seen": 1} if n in (7, 880) else {}) for n, row in enumerate(rows)],
        },
    ):
        tell(check, partial(parse_preventor, answer, Subject(kind=Kind.IDENTITY, reference=check.reference)))
    return check


def is_in_sight(page: Page, selector: str) -> bool:
    """Whether the element is visible below the sticky headers."""
    return bool(
        page.eval_on_selector(
            selector,
            "el => { const r = el.getBoundingClientRect();"
            " const at = document.elementFromPoint(r.left + 20, r.top + r.height / 2);"
            " return r.height > 0 && at !== null && (el.contains(at) || at.contains(el)); }",
        )
    )


def opened(browser: Browser, url: str, user: User, size: tuple[int, int], scheme: str = "light", **more: Any) -> Visit:
    return visit(browser, url, user, viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, **more)


@pytest.mark.parametrize("view", VIEWS, ids=view_name)
def test_changes_are_listed_at_the_top_and_link_to_lines_marked_new(
    view: dict[str, Any], browser: Browser, live_server: Any, changed: Case, analyst: User
) -> None:
    desk = visit(browser, live_server.url, analyst, **view)
    desk.go(f"/case/{changed.pk}/")
    news = desk.page.locator("#warnings li", has_text="Changed since your visit")
    expect(news).to_contain_text("Checkout.com identity is now declined (changed: full name); Kwabena Osei claimed")
    assert barriers(desk.page, "#warnings") == barriers(desk.page, "#timeline") == []
    assert overhang(desk.page) <= 0
    news.locator("a").click()
    marks = desk.page.locator("#trail li.is-new .tag.is-new")
    assert marks.count() == 3
    expect(marks.first).to_be_in_viewport()
    assert {text.strip() for text in marks.all_inner_texts()} == {"New"}
    assert marks.first.locator("svg").count() == 1
    assert desk.complaints == []


@pytest.mark.parametrize("size", WIDTHS)
def test_a_conflict_leads_to_its_row_by_keyboard_alone(
    size: tuple[int, int], browser: Browser, live_server: Any, changed: Case, analyst: User
) -> None:
    desk = opened(browser, live_server.url, analyst, size)
    desk.go(f"/case/{changed.pk}/")
    link = desk.page.locator("#warnings li", has_text="differs from the declared").locator("a").first
    link.focus()
    desk.page.keyboard.press("Enter")
    assert desk.page.url.endswith("#fact-full_name")
    assert is_in_sight(desk.page, "#fact-full_name th")


def test_changes_stay_on_reload_and_poll_and_go_with_the_next_visit(
    browser: Browser, live_server: Any, changed: Case, analyst: User
) -> None:
    desk = opened(browser, live_server.url, analyst, WIDTHS[0])
    news = desk.page.locator("#warnings li", has_text="Changed since your visit")
    for _ in range(2):
        desk.go(f"/case/{changed.pk}/")
        expect(news).to_have_count(1)
    desk.page.evaluate(
        "url => htmx.ajax('GET', url, {source: '#checks', target: '#checks', swap: 'outerHTML'})",
        f"/case/{changed.pk}/live/",
    )
    desk.page.wait_for_load_state("networkidle")
    expect(news).to_have_count(1)
    assert desk.page.locator("#trail li.is-new").count() == 3
    settle_visits()
    desk.go(f"/case/{changed.pk}/")
    expect(news).to_have_count(0)
    assert desk.page.locator("#trail li.is-new").count() == 0
    assert desk.complaints == []


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("size", WIDTHS)
def test_links_lead_from_change_to_change_with_and_without_script(
    script: bool, size: tuple[int, int], browser: Browser, live_server: Any, payload: Check, analyst: User
) -> None:
    desk = opened(browser, live_server.url, analyst, size, java_script_enabled=script)
    desk.go(f"/check/{payload.pk}/payload/")
    page = desk.page
    expect(page.locator(".places")).to_contain_text("3 lines changed in 3 places since report 1")
    page.locator(".places a").click()
    for number in (1, 2, 3):
        place = page.locator(f"#change-{payload.pk}-{number}")
        expect(place).to_be_in_viewport()
        expect(place).to_contain_text(f"Change {number} of 3")
        place.locator("a").focus()
        page.keyboard.press("Enter")
    expect(page.locator(f"#change-{payload.pk}-1")).to_be_in_viewport()
    if script:
        assert overhang(page) <= 0
        assert barriers(page, ".payload") == []
    assert desk.complaints == []


def test_in_the_card_of_the_check_the_payload_opens_with_its_changes(
    browser: Browser, live_server: Any, payload: Check, analyst: User
) -> None:
    desk = opened(browser, live_server.url, analyst, WIDTHS[0])
    desk.go(f"/case/{payload.case_id}/")
    card = desk.page.locator(f"#check-{payload.pk}")
    expect(card.locator(".difference")).to_contain_text("Since report 1: Outcome changed from in progress to")
    card.locator("summary", has_text="Raw payload").click()
    expect(card.locator(".places")).to_contain_text("3 lines changed in 3 places")
    card.locator(".places a").click()
    first = f"#change-{payload.pk}-1"
    expect(desk.page.locator(first)).to_be_in_viewport()
    assert is_in_sight(desk.page, first)
    assert desk.complaints == []
