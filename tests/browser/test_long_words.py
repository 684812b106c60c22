"""Words of any length, in a real browser: no page grows wider than its window, and the next action stays visible."""

import itertools
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from compliance.actions import overrides
from compliance.enums import DecisionVerdict
from compliance.models import Case, User
from providers import Facts
from tests import factories
from tests.browser.visits import barriers, overhang, visit
from tests.compliance import assertions

NAMES = ("W" * 250, "\u05e2\u05d1\u05e8\u05d9\u05ea" * 50, "\U0001f642" * 250)
OPEN = "document.querySelectorAll('main details.fold').forEach((fold) => { fold.open = true; })"
_numbers = itertools.count(10)
WIDTHS = ((1440, 900), (390, 844))


def case_named(name: str, **facts: Any) -> Case:
    """A case that was declined, with words without a blank in every text of a person or a provider."""
    email = f"{'a' * 60}@{'b' * 60}.example"
    case = factories.make_case("E" * 118 + f"{next(_numbers)}", full_name=name, email=email, birth_date="1990-02-03")
    check = assertions.add_check(case)
    assertions.say(check, "declined", "negative", "C" * 190, facts=Facts(full_name=name, **facts))
    case.refresh_from_db()
    return case


@pytest.mark.parametrize("name", NAMES, ids=("letters", "right to left", "emoji"))
def test_a_name_without_a_blank_widens_no_page(name: str, browser: Browser, live_server: Any, analyst: User) -> None:
    case = case_named(name)
    desk = visit(browser, live_server.url, analyst)
    for path in (f"/case/{case.pk}/", f"/case/{case.pk}/views/", "/"):
        desk.go(path)
        desk.page.evaluate(OPEN)
        for width, height in WIDTHS:
            desk.page.set_viewport_size({"width": width, "height": height})
            assert overhang(desk.page) <= 0, (width, path)


@pytest.mark.parametrize("size", WIDTHS)
def test_a_long_note_is_clamped_until_all_of_it_is_asked_for(
    size: tuple[int, int], browser: Browser, live_server: Any, analyst: User, manager: User
) -> None:
    case = case_named("Ada Example")
    note = "A note of twelve hundred letters. " * 36
    overrides.propose(
        case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.APPROVE, "OK-04", note)
    )
    desk = visit(browser, live_server.url, manager, viewport={"width": size[0], "height": size[1]})
    desk.go(f"/case/{case.pk}/#override")
    words, more = desk.page.locator("#override .note p"), desk.page.locator("#override .more summary")
    short = words.bounding_box()
    if size[0] > 1000:
        expect(desk.page.get_by_role("button", name="Approve override")).to_be_in_viewport(ratio=1)
    more.focus()
    desk.page.keyboard.press("Enter")
    expect(more).to_have_text("Show less", use_inner_text=True)
    whole = words.bounding_box()
    assert short is not None and whole is not None and whole["height"] > 2 * short["height"]
    assert barriers(desk.page, "#override") == []


def test_a_phone_shows_fact_declared_and_the_first_check_beside_each_other(
    browser: Browser, live_server: Any, analyst: User
) -> None:
    case = case_named("Ada Example")
    desk = visit(browser, live_server.url, analyst, viewport={"width": 390, "height": 844})
    desk.go(f"/case/{case.pk}/")
    expect(desk.page.locator(".matrix thead th").nth(2)).to_be_in_viewport(ratio=1)
    assertions.say(assertions.add_check(case, "aml"), "approved", facts=Facts(full_name="Ada Example"))
    desk.go(f"/case/{case.pk}/")
    heads = desk.page.locator(".matrix thead th")
    expect(heads.nth(2)).to_be_in_viewport(ratio=0.9)
    shadow = "document.querySelector('#comparison .scroller')"
    read = f"getComputedStyle({shadow}, '::after').opacity"
    assert float(desk.page.evaluate(read)) == 1
    desk.page.evaluate(f"{shadow}.scrollLeft = 10000")
    drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    desk.page.evaluate(drawn)
    assert float(desk.page.evaluate(read)) == 0
    expect(heads.nth(0)).to_be_in_viewport(ratio=1)
    expect(heads.nth(3)).to_be_in_viewport(ratio=0.9)


def test_where_nothing_differs_the_switch_says_so_and_what_a_warning_names_stays(
    browser: Browser, live_server: Any, analyst: User
) -> None:
    same = case_named("Ada Example", birth_date="1990/02/03")
    desk = visit(browser, live_server.url, analyst, viewport={"width": 1440, "height": 900})
    desk.go(f"/case/{same.pk}/")
    rows, nothing = desk.page.locator(".matrix tbody tr:visible"), desk.page.locator("[data-nothing-differs]")
    assert rows.count() == 2 and not nothing.is_visible()
    desk.page.get_by_role("button", name="Differences only").click()
    assert rows.count() == 0 and nothing.is_visible()
    expired = case_named("Eve Example", document_expiry="2020-01-31")
    desk.go(f"/case/{expired.pk}/")
    desk.page.get_by_role("button", name="Differences only").click()
    assert [row.get_attribute("id") for row in rows.all()] == ["fact-document_expiry"]
    assert not nothing.is_visible()
