"""Pages under the accessibility rules, with console errors and on narrow screens, in both themes."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser

from compliance.actions import decisions, overrides
from compliance.enums import DecisionVerdict
from compliance.models import Case, User
from compliance.sync import copies
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests.browser.visits import VIEWS, Visit, barriers, overhang, view_name, visit
from tests.factories import case_from, decision_request
from tests.sampling import SOAK

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Adeyemi-Okonkwo Chukwuemeka Oluwaseun"


@pytest.fixture
def cases(
    live_server: Any, simulator: Simulator, account: Callable[..., ProviderAccount], analyst: User
) -> dict[str, Case]:
    """One case with a ticket and images, one with a pending override, one with a sync error, one with a long name."""
    preventor, checkout, bank = account("preventor"), account("checkout_com"), account("bank131")
    found = {
        "ticket": case_from(simulator, preventor, "declined-two-faces"),
        "override": case_from(simulator, checkout, "identity-declined-62301", full_name=LONG_NAME),
        "unreadable": case_from(simulator, bank, "request-not-found", full_name="عبد الرحمن بن يوسف"),
        "rejected": case_from(simulator, checkout, "identity-declined-mixed"),
    }
    copies.copy_requested()
    overrides.propose(
        found["override"].pk, by=analyst, request=decision_request(found["override"], DecisionVerdict.APPROVE, "OK-02")
    )
    decisions.decide(
        found["rejected"].pk, by=analyst, request=decision_request(found["rejected"], DecisionVerdict.REJECT, "REJ-01")
    )
    return found


@pytest.fixture
def desks(browser: Browser, live_server: Any, manager: User) -> list[Visit]:
    """A manager, the role with the most controls, on every screen in both themes."""
    return [visit(browser, live_server.url, manager, **view) for view in VIEWS]


@pytest.mark.promise("G24", "P38")
def test_every_page_is_free_of_barriers_of_errors_and_of_sideways_scrolling(
    browser: Browser, live_server: Any, manager: User, cases: dict[str, Case]
) -> None:
    desk = visit(browser, live_server.url, manager)
    paths = ["/", "/queue/decided/", "/queue/recheck/", "/case/new/", f"/case/{cases['ticket'].pk}/close/"]
    paths += [f"/case/{case.pk}/" for case in cases.values()]
    found: list[Any] = []
    for place, path in enumerate(paths):
        for view in VIEWS:
            desk.show(view)
            desk.go(path)
            # The rules take seconds; pages of one template take turns in the views.
            if SOAK or view is VIEWS[place % len(VIEWS)]:
                found += [(path, desk.page.viewport_size, barrier) for barrier in barriers(desk.page)]
            found += [(path, desk.page.viewport_size, "too wide")] * (overhang(desk.page) > 0)
    assert found == []
    assert desk.complaints == []


def test_open_menus_dialogs_and_lists_are_free_of_barriers(desks: list[Visit], cases: dict[str, Case]) -> None:
    for desk in desks:
        page = desk.page
        desk.go("/")
        page.click("#filter-menu summary")
        found = barriers(page, "#filter-menu")
        page.keyboard.press("Escape")
        page.click("#person-menu summary")
        found += barriers(page, "#person-menu")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        found += barriers(page, "#keys")
        desk.go(f"/case/{cases['ticket'].pk}/")
        page.check("input[value=reject]", force=True)
        page.click("#reason")
        found += barriers(page, "#decision")
        assert page.locator("#reason-list li").count() > 3
        assert found == []
        assert desk.complaints == []


@pytest.mark.parametrize("view", VIEWS, ids=view_name)
def test_signing_in_is_free_of_barriers_and_says_what_was_wrong(
    browser: Browser, live_server: Any, analyst: User, view: dict[str, Any]
) -> None:
    visited = visit(browser, live_server.url, **view)
    visited.go("/sign-in/")
    found = barriers(visited.page)
    visited.page.fill("#username", "dana")
    visited.page.fill("#password", "not the password")
    visited.page.click("button[type=submit]")
    visited.page.wait_for_selector("#sign-in-error")
    found += barriers(visited.page)
    assert found == []
    assert overhang(visited.page) == 0
    assert visited.page.input_value("#username") == "dana"
    assert visited.page.input_value("#password") == ""
    assert visited.focused() == "password"
    assert visited.complaints == []


def test_a_missing_page_shows_an_error_and_a_link_back(browser: Browser, live_server: Any, analyst: User) -> None:
    visited = visit(browser, live_server.url, analyst)
    visited.go("/case/999999/")
    assert visited.page.inner_text("h1") == "Page not found"
    assert barriers(visited.page) == []
    assert visited.complaints == ["404 /case/999999/"]
    visited.page.click("text=Back to the queue")
    visited.page.wait_for_selector("#queue-table")
