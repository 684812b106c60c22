"""An escalation from the question to the decision, by two people in two browsers."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from compliance.enums import CaseStatus
from compliance.models import Case, Decision, User
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests.browser.visits import Visit, visit
from tests.factories import case_from

People = Callable[[User], Visit]


@pytest.fixture
def sits_down(browser: Browser, live_server: Any) -> People:
    """``sits_down(analyst)`` opens a browser for this person."""
    return partial(visit, browser, live_server.url)


@pytest.fixture
def declined(live_server: Any, simulator: Simulator, account: Callable[..., ProviderAccount]) -> Case:
    """A case that Checkout.com declined."""
    return case_from(simulator, account("checkout_com"), "identity-declined-62301")


def escalate(desk: Visit, case: Case, question: str) -> None:
    desk.go(f"/case/{case.pk}/")
    desk.page.keyboard.press("e")
    desk.page.keyboard.press("Enter")
    desk.page.fill("#note", question)
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator("#messages")).to_contain_text("escalated")


def reject(desk: Visit) -> None:
    desk.page.keyboard.press("d")
    desk.page.keyboard.type("rej-01")
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_url("**/queue/**")


def open_escalated(office: Visit, case: Case) -> None:
    """Follow the link of the rail, which counts the case."""
    office.go("/")
    link = office.page.locator("#rail a", has_text="Escalated")
    expect(link).to_contain_text("1")
    link.click()
    expect(office.page.locator("#queue-tabs a[aria-current]")).to_have_text(re.compile(r"Escalated\s*1"))
    office.page.click(f"#open-{case.pk}")


def test_a_manager_answers_and_the_asker_decides(
    sits_down: People, declined: Case, analyst: User, manager: User
) -> None:
    desk, office = sits_down(analyst), sits_down(manager)
    escalate(desk, declined, "Which of the two documents counts?")
    desk.go(f"/case/{declined.pk}/")
    expect(desk.page.locator("#decision-why")).to_contain_text("a manager has to answer, or to take it over")
    expect(desk.page.locator("#escalation button")).to_have_text(re.compile("Withdraw escalation"))
    open_escalated(office, declined)
    expect(office.page.locator("#warnings")).to_contain_text("Which of the two documents counts?")
    office.page.fill("#answer", "The passport: it is the newer one.")
    office.page.click(f"text=Answer and return to {analyst.label}")
    expect(office.page.locator("#messages")).to_contain_text("answer sent")
    desk.go("/queue/mine/")
    desk.page.click(f"#open-{declined.pk}")
    expect(desk.page.locator("#warnings")).to_contain_text("Ines Carvalho answered: The passport: it is the newer one.")
    reject(desk)
    declined.refresh_from_db()
    assert declined.status == CaseStatus.DECIDED
    assert Decision.objects.get(case=declined, verdict="reject").by == analyst
    assert desk.complaints == office.complaints == []


def test_a_manager_takes_over_and_decides(sits_down: People, declined: Case, analyst: User, manager: User) -> None:
    desk, office = sits_down(analyst), sits_down(manager)
    escalate(desk, declined, "Is this the same man?")
    open_escalated(office, declined)
    expect(office.page.locator("#decision-why")).to_contain_text("to take it over before deciding")
    office.page.click("text=Take over to decide")
    expect(office.page.locator("#decision header")).to_contain_text("Claimed by you until")
    reject(office)
    assert Decision.objects.get(case=declined, verdict="reject").by == manager
    desk.go(f"/case/{declined.pk}/")
    expect(desk.page.locator("#timeline")).to_contain_text("took over the escalated case")
    assert desk.complaints == office.complaints == []
