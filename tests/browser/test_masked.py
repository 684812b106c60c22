"""Masked values in a real browser: during refreshes, after a reload, after going back, and in a second window."""

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from compliance.models import Case, User, ViewRecord
from providers import Kind, Subject
from providers.preventor.parse import parse as parse_preventor
from tests import factories
from tests.browser.visits import Visit, visit
from tests.compliance.views.provider_answers import tell

NUMBER, PHONE, STREET = "QZ4471982", "+591 71234567", "Calle Sucre 1482"
REMARK = f"{NUMBER} at {STREET}"


@pytest.fixture
def case(live_server: Any, account: Any) -> Case:
    """A ticket that repeats its number and its address in a remark; and a pending check, so that the page polls."""
    case = factories.make_case(full_name="Mireia Quintanilla")
    check = factories.add_check(case, account("preventor"), "one")
    answer = {
        "flow_status": "REJECTED",
        "personal_information": {"address": STREET, "phone": PHONE},
        "document_information": {"document_number": NUMBER},
        "odd": {"remark": REMARK},
    }
    tell(check, partial(parse_preventor, answer, Subject(kind=Kind.IDENTITY, reference="one")))
    factories.add_check(case, account("bank131"), "4711")
    return case


@pytest.fixture
def desk(browser: Browser, live_server: Any, case: Case, analyst: User) -> Visit:
    opened = visit(browser, live_server.url, analyst)
    opened.go(f"/case/{case.pk}/")
    return opened


def ask(page: Page, fact: str) -> None:
    page.locator(f"#fact-{fact} button").click()
    expect(page.locator(f"#fact-{fact}")).to_contain_text("Shown and logged")


def refreshed(page: Page) -> None:
    with page.expect_response(lambda answer: "/live/" in answer.url):
        pass
    page.wait_for_timeout(200)


def is_masked(page: Page) -> bool:
    return not any(value in page.content() for value in (NUMBER, "71234567", STREET))


def test_revealed_facts_stay_revealed_while_the_page_refreshes(desk: Visit) -> None:
    page = desk.page
    assert is_masked(page)
    ask(page, "document_number")
    remark = page.locator('[title="odd.remark"]')
    expect(page.locator(".ticket")).to_contain_text(NUMBER)
    expect(remark).not_to_contain_text(NUMBER)
    assert STREET not in page.content()
    ask(page, "address")
    expect(remark).to_contain_text(REMARK)
    refreshed(page)
    expect(remark).to_contain_text(REMARK)
    expect(page.locator("#fact-document_number")).to_contain_text(NUMBER)
    assert "71234567" not in page.content()
    page.get_by_role("button", name="Show phone in this ticket").click()
    expect(page.locator(".ticket")).to_contain_text(PHONE)
    expect(page.locator("#fact-phone")).not_to_contain_text("71234567")
    assert desk.complaints == []


def test_a_reload_a_way_back_and_a_second_window_are_masked(desk: Visit, case: Case) -> None:
    page = desk.page
    ask(page, "document_number")
    other = page.context.new_page()
    other.goto(page.url)
    assert is_masked(other)
    page.reload()
    assert is_masked(page)
    ask(page, "phone")
    seen = ViewRecord.objects.filter(case=case, kind="case").count()
    page.goto(page.url.split("/case/")[0])
    page.go_back()
    page.wait_for_load_state("networkidle")
    assert is_masked(page)
    assert ViewRecord.objects.filter(case=case, kind="case").count() == seen + 1
    refreshed(other)
    assert is_masked(other)
    assert ViewRecord.objects.filter(case=case, kind="fact").count() == 2
    assert desk.complaints == []
