"""Everyday work in a real browser, with a real keyboard."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from compliance.actions import claims, decisions
from compliance.enums import CaseStatus, DecisionVerdict
from compliance.models import Case, Decision, User, ViewRecord
from compliance.sync import copies
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests.browser.visits import Visit, visit
from tests.factories import PASSWORD, case_from, decision_request

People = Callable[[User], Visit]


@pytest.fixture
def sits_down(browser: Browser, live_server: Any) -> People:
    """``sits_down(analyst)`` opens a browser for this person."""
    return partial(visit, browser, live_server.url)


@pytest.fixture
def declined(live_server: Any, simulator: Simulator, account: Callable[..., ProviderAccount]) -> Case:
    """A case that Checkout.com declined."""
    return case_from(simulator, account("checkout_com"), "identity-declined-62301")


def press(visited: Visit, *keys: str) -> None:
    for key in keys:
        visited.page.keyboard.press(key)


def test_a_routine_case_takes_few_keys_when_the_suggestion_fits(
    sits_down: People, declined: Case, analyst: User, account: Callable[..., ProviderAccount], simulator: Simulator
) -> None:
    following = case_from(simulator, account("checkout_com", name="Second"), "identity-declined-62302")
    desk = sits_down(analyst)
    desk.go("/queue/declined/")
    press(desk, "n")
    desk.page.wait_for_url(f"**/case/{declined.pk}/")
    expect(desk.page.locator("#decision header")).to_contain_text("Claimed by you until")
    assert desk.page.locator("#reason").input_value() == "", "nothing is chosen before a verdict"
    press(desk, "t")
    assert desk.page.locator("#reason").input_value() == "", "a forged document suggests no retry"
    press(desk, "Escape")
    desk.page.locator("h1").click()
    press(desk, "d")
    expect(desk.page.locator("[data-button-words]")).to_have_text("Reject: Forged document")
    expect(desk.page.locator("#reason")).to_be_focused()
    expect(desk.page.locator("[role=option]").first).to_contain_text("suggested")
    press(desk, "Enter")
    expect(desk.page.locator("#note")).to_be_focused()
    desk.page.keyboard.type("Wrong hologram.")
    press(desk, "Control+Enter")
    desk.page.wait_for_url(f"**/case/{following.pk}/")
    expect(desk.page.locator("#messages")).to_contain_text(f"{declined.label}: rejected.")
    expect(desk.page.locator("#decision header")).to_contain_text("Claimed by you until")
    declined.refresh_from_db()
    assert declined.status == CaseStatus.DECIDED
    assert Decision.objects.get(case=declined).reason_id == "FRD-01"
    press(desk, "d")
    expect(desk.page.locator("[data-button-words]")).to_have_text("Reject: Lost or stolen document")
    desk.page.keyboard.type("rej-01")
    press(desk, "Enter")
    expect(desk.page.locator("[data-button-words]")).to_have_text("Reject: Data do not match")
    press(desk, "Control+Enter")
    desk.page.wait_for_url("**/queue/declined/")
    expect(desk.page.locator("#messages")).to_contain_text("No more cases for you in Declined.")
    assert desk.complaints == []


def test_an_override_goes_from_one_person_to_another_and_never_to_the_proposer(
    sits_down: People, declined: Case, analyst: User, manager: User
) -> None:
    desk = sits_down(analyst)
    desk.go(f"/case/{declined.pk}/")
    press(desk, "a")
    desk.page.keyboard.type("ok-02")
    press(desk, "Enter")
    expect(desk.page.locator("#note")).to_be_focused()
    desk.page.keyboard.type("The issuing office confirmed it.")
    expect(desk.page.locator("[data-hint-for=approve]")).to_be_visible()
    press(desk, "Control+Enter")
    expect(desk.page.locator("#messages")).to_contain_text("override sent for approval")
    desk.go(f"/case/{declined.pk}/")
    expect(desk.page.locator("#override h2")).to_have_text("Your override is pending")
    expect(desk.page.locator("#override button", has_text="Approve override")).to_be_disabled()
    office = sits_down(manager)
    office.go("/queue/approvals/")
    office.page.click(f"#open-{declined.pk}")
    expect(office.page.locator("#override")).to_contain_text("Not opened by you: ")
    office.page.fill("#override-note", "I called the issuing office, too.")
    office.page.click("text=Approve override")
    office.page.wait_for_url("**/queue/approvals/")
    decision = Decision.objects.get(case=declined, verdict="approve")
    assert (decision.by, decision.approved_by_person) == (analyst, manager.person)
    assert desk.complaints == office.complaints == []


def test_a_race_shows_the_winner_and_keeps_the_note_of_the_loser(
    sits_down: People, declined: Case, analyst: User, colleague: User
) -> None:
    first, second = sits_down(analyst), sits_down(colleague)
    for desk, note in ((first, "Mine."), (second, "Two people on one picture, ünderlined.")):
        desk.go(f"/case/{declined.pk}/")
        press(desk, "d")
        desk.page.keyboard.type("rej-01")
        press(desk, "Enter")
        desk.page.fill("#note", note)
    press(first, "Control+Enter")
    first.page.wait_for_url("**/queue/**")
    press(second, "Control+Enter")
    expect(second.page.locator("#lost")).to_contain_text("Dana Whitfield rejected this case")
    expect(second.page.locator("#note")).to_have_value("Two people on one picture, ünderlined.")
    assert second.complaints == [f"409 /case/{declined.pk}/decide/"]


def test_a_note_outlives_the_end_of_the_session(sits_down: People, declined: Case, analyst: User) -> None:
    desk = sits_down(analyst)
    desk.go(f"/case/{declined.pk}/")
    press(desk, "e")
    press(desk, "Enter")
    desk.page.fill("#note", "Which register counts?")
    desk.page.context.clear_cookies(name="sessionid")
    press(desk, "Control+Enter")
    expect(desk.page.locator("#sign-in-again")).to_be_visible()
    desk.page.fill("#again-password", PASSWORD)
    press(desk, "Enter")
    expect(desk.page.locator("#sign-in-again")).to_be_hidden()
    expect(desk.page.locator("#note")).to_have_value("Which register counts?")
    desk.page.focus("#note")
    press(desk, "Control+Enter")
    expect(desk.page.locator("#messages")).to_contain_text("escalated")
    declined.refresh_from_db()
    assert declined.question


def test_a_row_decided_elsewhere_turns_grey_in_place(
    sits_down: People, declined: Case, analyst: User, colleague: User, simulator: Simulator, account: Any
) -> None:
    other = case_from(simulator, account("checkout_com"), "identity-declined-62304")
    desk = sits_down(analyst)
    desk.go("/queue/declined/")
    press(desk, "j", "j")
    assert desk.focused() == f"open-{other.pk}"
    decisions.decide(declined.pk, by=colleague, request=decision_request(declined, DecisionVerdict.REJECT, "REJ-01"))
    newcomer = case_from(simulator, account("checkout_com"), "identity-declined-62305")
    expect(desk.page.locator(f"#case-{declined.pk}.is-gone")).to_be_visible(timeout=20_000)
    expect(desk.page.locator("[data-new-cases]")).to_contain_text("1 new case")
    assert desk.focused() == f"open-{other.pk}"
    assert desk.page.locator(f"#case-{newcomer.pk}").count() == 0
    expect(desk.page.locator("#queue-title")).to_contain_text("2")
    assert desk.complaints == []


def test_a_refresh_requests_no_image_again_and_keeps_typed_text(
    sits_down: People, analyst: User, live_server: Any, simulator: Simulator, account: Any
) -> None:
    case = case_from(simulator, account("preventor"), "declined-two-faces")
    flowing = account("bank131")
    case_from(simulator, flowing, "pending", full_name="Somebody Else")
    copies.copy_requested()
    desk = sits_down(analyst)
    desk.go(f"/case/{case.pk}/")
    desk.page.locator("#pictures").scroll_into_view_if_needed()
    desk.page.wait_for_load_state("networkidle")
    press(desk, "+", "+")
    desk.page.fill("#note", "Half a sent")
    seen = ViewRecord.objects.filter(kind="image").count()
    claims.claim(case.pk, by=analyst)
    desk.page.evaluate(
        "url => htmx.ajax('GET', url, {source: '#checks', target: '#checks', swap: 'outerHTML'})",
        f"/case/{case.pk}/live/",
    )
    expect(desk.page.locator("#timeline")).to_contain_text("claimed the case")
    assert desk.page.locator("[data-zoom]").inner_text() == "150 %"
    assert desk.page.input_value("#note") == "Half a sent"
    assert seen == ViewRecord.objects.filter(kind="image").count() == 2
    assert desk.complaints == []


def test_shortcuts_are_disabled_while_typing_and_can_be_switched_off(
    sits_down: People, declined: Case, analyst: User
) -> None:
    desk = sits_down(analyst)
    desk.go("/")
    press(desk, "/")
    desk.page.keyboard.type("n?1")
    assert desk.page.input_value("#q") == "n?1"
    assert desk.page.locator("dialog[open]").count() == 0
    desk.page.click("#person-menu summary")
    desk.page.click("#single-keys-button")
    expect(desk.page.locator("body")).to_have_attribute("data-single-keys", "off")
    press(desk, "Escape", "?")
    assert desk.page.locator("dialog[open]").count() == 0
    desk.go("/")
    expect(desk.page.locator("body")).to_have_attribute("data-single-keys", "off")
    analyst.refresh_from_db()
    assert analyst.single_keys is False


def test_the_theme_follows_the_person_and_nothing_stays_in_the_browser(
    sits_down: People, declined: Case, analyst: User
) -> None:
    desk = sits_down(analyst)
    desk.go(f"/case/{declined.pk}/")
    page = desk.page
    assert page.get_attribute("html", "data-bs-theme") is None
    for theme in ("light", "dark"):
        page.click("#theme-button")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    page.reload()
    assert page.get_attribute("html", "data-bs-theme") == "dark"
    page.click("#person-menu summary")
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in/**")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert desk.complaints == []


@pytest.mark.promise("P39")
def test_all_work_can_be_done_without_scripts(
    browser: Browser, live_server: Any, declined: Case, analyst: User
) -> None:
    desk = visit(browser, live_server.url, analyst, java_script_enabled=False)
    desk.page.goto(f"{desk.url}/queue/declined/")
    desk.page.click("text=Claim next")
    desk.page.check("input[value=reject]", force=True)
    desk.page.select_option("select[name=reason]", "REJ-01")
    desk.page.click("[data-send-button]")
    desk.page.wait_for_selector("#queue-table")
    declined.refresh_from_db()
    assert declined.status == CaseStatus.DECIDED


def test_a_refused_new_case_focuses_its_first_field_and_leaves_the_focus_alone_after(
    sits_down: People, analyst: User
) -> None:
    desk = sits_down(analyst)
    desk.go("/case/new/")
    desk.page.locator("#id_full_name").fill("Ada Example")
    press(desk, "Control+Enter")
    expect(desk.page.locator("#id_applicant_external_id")).to_be_focused()
    desk.page.locator("#q").focus()
    with desk.page.expect_response("**/search/suggestions/"):
        desk.page.keyboard.type("ada")
    expect(desk.page.locator("#q-suggestions [role=status]")).to_have_text("0 suggestions")
    expect(desk.page.locator("#q")).to_be_focused()


def test_the_filter_of_the_timeline_is_remembered(sits_down: People, declined: Case, analyst: User) -> None:
    desk = sits_down(analyst)
    desk.go(f"/case/{declined.pk}/")
    button = desk.page.locator("[data-trail=person]")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    desk.page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert desk.complaints == []
