"""The list in a real browser: whole rows, keys of tabs, the peek, filters."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from compliance.models import Case, Claim, User, ViewRecord
from compliance.sync import copies
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests.browser.visits import VIEWS, Visit, barriers, overhang, visit
from tests.factories import case_from

SHIFT = """() => new Promise(resolve => new PerformanceObserver(list => {
  resolve(list.getEntries().filter(entry => !entry.hadRecentInput).reduce((sum, entry) => sum + entry.value, 0));
}).observe({type: 'layout-shift', buffered: true}) || setTimeout(() => resolve(0), 300))"""


@pytest.fixture
def cases(live_server: Any, simulator: Simulator, account: Callable[..., ProviderAccount]) -> list[Case]:
    """A case with faces, and one without images, in the order of the list."""
    found = [
        case_from(simulator, account("preventor"), "declined-two-faces"),
        case_from(simulator, account("checkout_com"), "identity-declined-62304"),
    ]
    copies.copy_requested()
    return found


@pytest.fixture
def desk(browser: Browser, live_server: Any, cases: list[Case], analyst: User) -> Visit:
    """An analyst on the list of declined cases."""
    visited = visit(browser, live_server.url, analyst)
    visited.go("/queue/declined/")
    return visited


def press(visited: Visit, *keys: str) -> None:
    for key in keys:
        visited.page.keyboard.press(key)


def test_a_click_anywhere_in_a_row_opens_its_case(desk: Visit, cases: list[Case]) -> None:
    page, number = desk.page, cases[0].pk
    with page.context.expect_page() as opened:
        page.locator(f"#case-{number} .w").click(modifiers=["Control"])
    assert opened.value.url.endswith(f"/case/{number}/")
    opened.value.close()
    with page.context.expect_page() as opened:
        page.locator(f"#case-{number} .l").click(button="middle")
    assert opened.value.url.endswith(f"/case/{number}/")
    opened.value.close()
    page.locator(f"#case-{number} .w p").click()
    page.wait_for_url(f"**/case/{number}/")
    page.go_back()
    page.locator(f"#case-{number}").hover()
    page.locator(f"#case-{number} button").click()
    page.wait_for_url(f"**/case/{number}/")
    assert Claim.objects.filter(case=number).exists()
    assert desk.complaints == []


def test_tabs_open_by_a_key_or_by_two_in_sequence(desk: Visit) -> None:
    for keys, path in (
        ("g d", "/queue/decided/"),
        ("1", "/queue/declined/"),
        ("g i", "/queue/waiting/"),
        ("0", "/queue/overdue/"),
    ):
        press(desk, *keys.split())
        desk.page.wait_for_url(f"**{path}")
    press(desk, "d")
    assert desk.page.url.endswith("/queue/overdue/"), "the second key alone does nothing"


def test_space_shows_the_selected_case_beside_the_list(desk: Visit, cases: list[Case], analyst: User) -> None:
    page, (second, first) = desk.page, cases  # a face mismatch comes first
    peek = page.locator("#peek")
    press(desk, "j", "Space")
    expect(peek.locator("h2")).to_contain_text(f"KYC-{first.pk}")
    assert desk.focused() == f"open-{first.pk}"
    expect(page.locator("[data-peek-status]")).to_contain_text("Preview:")
    found = barriers(page)
    assert found == []
    press(desk, "j")
    expect(peek.locator("h2")).to_contain_text(f"KYC-{second.pk}")
    expect(peek.locator("img")).to_have_count(2)
    press(desk, "Space")
    expect(peek).to_be_hidden()
    press(desk, "Space")
    expect(peek.locator("h2")).to_contain_text(f"KYC-{second.pk}")
    press(desk, "Escape")
    expect(peek).to_be_hidden()
    assert desk.focused() == f"open-{second.pk}"
    assert ViewRecord.objects.filter(page="case-peek", user=analyst).count() == 3
    assert ViewRecord.objects.filter(case=second, kind="image").count() >= 2
    assert not Claim.objects.exists()
    assert desk.complaints == []


def test_a_refused_peek_shows_the_sentence(desk: Visit) -> None:
    desk.page.eval_on_selector("[id^=open-]", "link => { link.href = '/case/999999/'; }")
    press(desk, "j", "Space")
    expect(desk.page.locator("#peek")).to_contain_text("This page or case does not exist")
    assert desk.complaints == ["404 /case/999999/peek/"]


def test_a_filter_is_found_by_typing_and_applied_by_enter(desk: Visit, cases: list[Case]) -> None:
    page = desk.page
    press(desk, "f")
    expect(page.locator("#filter-provider")).to_be_focused()
    page.focus("#filter-code")
    page.keyboard.type("62304")
    expect(page.locator("#filter-code-list [role=option]")).to_have_count(1)
    assert barriers(page, "#filter-menu") == []
    press(desk, "Enter")
    page.wait_for_url("**code=62304*")
    expect(page.locator(".chip")).to_contain_text("62304")
    assert page.locator("[data-row]").count() == 1
    assert desk.complaints == []


def test_the_list_stands_still_and_fits_every_screen(browser: Browser, desk: Visit) -> None:
    for view in VIEWS:
        desk.show(view)
        desk.go("/queue/declined/")
        assert desk.page.evaluate(SHIFT) <= 0.01
        assert overhang(desk.page) == 0
    assert desk.complaints == []
