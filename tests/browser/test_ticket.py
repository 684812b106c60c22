"""The ticket in a real browser: search, revealing masked values, and refreshes."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from compliance.models import Case, User
from compliance.sync import copies
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.browser.visits import VIEWS, Visit, barriers, overhang, view_name, visit
from tests.compliance.case_page.test_preventor_ticket import tell_simulator

MakeAccount = Callable[..., ProviderAccount]


@pytest.fixture
def case(live_server: Any, simulator: Simulator, account: MakeAccount) -> Case:
    """A case with a ticket in an unknown schema and a pending check."""
    preventor = account("preventor", evidence_hosts=[simulator.url.split("//", 1)[1]])
    reference = simulator.providers["preventor"].reference("accepted-passed", 71)
    tell_simulator(simulator, reference, "nested-deep")
    case = factories.make_case(document_number="QZ4471893")
    factories.add_check(case, preventor, reference)
    bank = account("bank131")
    factories.add_check(case, bank, simulator.providers["bank131"].reference("pending", 3))
    factories.read(preventor, bank)
    copies.copy_requested(seconds=60)
    return case


@pytest.fixture
def desk(browser: Browser, live_server: Any, case: Case, analyst: User) -> Visit:
    """An analyst at this case."""
    opened = visit(browser, live_server.url, analyst)
    opened.go(f"/case/{case.pk}/")
    return opened


def test_finding_opens_what_matches_counts_it_and_escape_puts_all_back(desk: Visit) -> None:
    page = desk.page
    field, line = page.get_by_role("searchbox", name="Find in the ticket"), page.locator("[data-found]")
    everything = page.locator(".ticket [data-leaf]:visible").count()
    closed = page.locator(".ticket [data-branch]:not([open])").count()
    assert everything > 10
    field.fill("bottom of it")
    expect(line).to_contain_text("1 of ")
    found = page.locator(".ticket [data-leaf]:visible")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("the-bottom-of-it-all")
    field.fill("INFRARED sharpness")
    expect(page.locator(".ticket [data-leaf]:visible")).to_have_text(["sharpness 0.44"])
    field.fill("nothing has these words")
    expect(line).to_contain_text("0 of ")
    field.press("Escape")
    expect(line).to_be_hidden()
    expect(field).to_have_value("")
    assert page.locator(".ticket [data-leaf]:visible").count() == everything
    assert page.locator(".ticket [data-branch]:not([open])").count() == closed
    assert desk.complaints == []


def test_a_row_is_shown_by_keyboard_and_stays_shown_while_the_page_refreshes(desk: Visit, case: Case) -> None:
    page = desk.page
    row = page.locator("#fact-document_number")
    button = row.get_by_role("button", name="Show the document number: declared and from every check")
    assert "QZ4471982" not in page.content()
    button.focus()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("QZ4471982")
    expect(row.locator("mark")).to_have_text("982")
    assert page.evaluate("document.activeElement.textContent").strip() == "Shown and logged"
    expect(page.locator("#access-log")).to_contain_text("revealed the document number", use_inner_text=False)
    with page.expect_response(lambda answer: "/live/" in answer.url):
        pass
    page.wait_for_timeout(300)
    expect(row).to_contain_text("QZ4471982")
    expect(page.locator("#ticket")).not_to_contain_text("71234567")
    page.reload()
    expect(row).not_to_contain_text("QZ4471982")
    assert "QZ4471982" not in page.content()
    assert desk.complaints == []


def test_revealed_values_stay_revealed_when_another_row_is_new(
    desk: Visit, case: Case, simulator: Simulator, account: MakeAccount
) -> None:
    page = desk.page
    page.locator("#fact-document_number button").click()
    expect(page.locator("#fact-document_number")).to_contain_text("QZ4471982")
    late = account("checkout_com")
    reference = simulator.providers["checkout_com"].reference("identity-approved", 71)
    factories.add_check(case, late, reference, kind="identity")
    factories.read(late)
    expect(page.locator("#comparison thead")).to_contain_text("Checkout.com", timeout=15_000)
    # Its number is a new value that has not been revealed; the ticket is unchanged.
    expect(page.locator("#fact-document_number")).not_to_contain_text("QZ4471982")
    assert desk.complaints == []


def test_a_ticket_stays_shown_and_filtered_while_its_pictures_come(desk: Visit) -> None:
    page = desk.page
    page.get_by_role("button", name="Show document number, phone and address in this ticket").click()
    ticket = page.locator(".ticket")
    expect(ticket).to_contain_text("+59171234567")
    field = page.get_by_role("searchbox", name="Find in the ticket")
    field.fill("59171234567")
    expect(ticket.locator("[data-leaf]:visible")).to_have_count(1)
    with page.expect_response(lambda answer: "/live/" in answer.url):
        pass
    page.wait_for_timeout(300)
    expect(ticket).to_contain_text("+59171234567")
    expect(ticket.locator("[data-leaf]:visible")).to_have_count(1)
    assert desk.complaints == []


def test_a_picture_named_in_the_ticket_is_put_into_the_viewer(desk: Visit) -> None:
    page = desk.page
    link = page.locator(".ticket .types a").last
    chosen = link.get_attribute("data-choose")
    link.click()
    expect(page.locator(f'#pictures figure[data-picture="{chosen}"]')).to_have_count(1)
    assert page.url.endswith("/") or "#" in page.url
    assert desk.complaints == []


@pytest.mark.promise("P39")
def test_without_script_everything_is_there_and_can_be_shown(
    browser: Browser, live_server: Any, case: Case, analyst: User
) -> None:
    plain = visit(browser, live_server.url, analyst, java_script_enabled=False)
    plain.go(f"/case/{case.pk}/")
    page = plain.page
    assert not page.get_by_role("searchbox", name="Find in the ticket").is_visible()
    page.locator("#fact-document_number button").click()
    expect(page.locator("#fact-document_number")).to_contain_text("QZ4471982")
    assert page.url.endswith("#fact-document_number")
    page.locator("#access-log summary").click()
    expect(page.locator("#access-log")).to_contain_text("You revealed the document number")
    page.get_by_role("link", name="All views").click()
    expect(page.locator("#views tbody tr").filter(has_text="opened the access log")).to_have_count(1)


@pytest.mark.parametrize("view", VIEWS, ids=view_name)
def test_ticket_and_access_log_are_free_of_barriers(
    view: dict[str, Any], browser: Browser, live_server: Any, case: Case, analyst: User
) -> None:
    opened = visit(browser, live_server.url, analyst, **view)
    opened.go(f"/case/{case.pk}/")
    page = opened.page
    page.locator("#access-log summary").click()
    page.locator("#fact-document_number button").click()
    expect(page.locator("#fact-document_number")).to_contain_text("QZ4471982")
    page.get_by_role("searchbox", name="Find in the ticket").fill("line")
    for part in ("#comparison", "#ticket", "#access-log"):
        assert barriers(page, part) == []
    assert overhang(page) == 0
    opened.go(f"/case/{case.pk}/views/")
    assert barriers(page) == [] and overhang(page) == 0
    assert opened.complaints == []
