"""Drafts are preserved and keys have no unintended effect: in a real browser, with changing sessions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from compliance.actions import accounts, claims, decisions, overrides, uploads
from compliance.enums import DecisionVerdict, DocumentState
from compliance.models import Case, Claim, Decision, Document, User
from providers import EvidenceKind
from tests import factories
from tests.browser.visits import Visit, visit
from tests.compliance import assertions
from tests.compliance.views.test_documents import png

NOTE = "Two people on one picture, ünderlined."
LOOK = 30_000
"""Within how many milliseconds a page has looked by itself whether its case has moved on."""


@pytest.fixture
def declined(live_server: Any) -> Case:
    """A case that a provider declined."""
    return assertions.case_with("declined", "negative", "62301", full_name="Ada Example")


@pytest.fixture
def opened(browser: Browser, live_server: Any) -> Callable[..., Visit]:
    """``opened(analyst, case)`` is the page of the case, in a separate browser of this person."""

    def open_case(user: User, case: Case) -> Visit:
        desk = visit(browser, live_server.url, user)
        desk.page.on("dialog", lambda dialog: dialog.accept())
        desk.go(f"/case/{case.pk}/")
        return desk

    return open_case


def type_draft(page: Page) -> None:
    """Enter a verdict, a reason and a note without submitting them."""
    page.keyboard.press("d")
    page.keyboard.type("rej-01")
    page.keyboard.press("Enter")
    page.fill("#note", NOTE)


def expect_draft(page: Page) -> None:
    expect(page.locator("#note")).to_have_value(NOTE)
    expect(page.locator("#reason")).to_have_value("Data do not match")
    expect(page.locator("input[value=reject]")).to_be_checked()
    expect(page.locator("[data-button-words]")).to_have_text("Reject: Data do not match")


def sign_in_elsewhere(page: Page, user: User) -> None:
    """In a second tab of the same browser, sign out and sign in as this person."""
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.evaluate("document.querySelector('#person-menu form[action*=sign-out]').requestSubmit()")
    tab.wait_for_url("**/sign-in/**")
    tab.fill("#username", user.username)
    tab.fill("#password", factories.PASSWORD)
    tab.press("#password", "Enter")
    tab.wait_for_selector("#person-menu")
    tab.close()


def scroll_of(page: Page) -> int:
    return int(page.evaluate("window.scrollY"))


@pytest.mark.promise("P33")
def test_a_draft_survives_claim_reload_and_a_new_sign_in_of_the_same_person(
    opened: Callable[..., Visit], declined: Case, analyst: User, colleague: User
) -> None:
    desk = opened(analyst, declined)
    page = desk.page
    type_draft(page)
    page.click("#claim button")
    expect(page.locator("#decision header")).to_contain_text("Claimed by you until")
    expect_draft(page)
    assert page.url.endswith(f"/case/{declined.pk}/")
    page.reload()
    expect_draft(page)
    expect(page.locator("[data-draft-back]")).to_be_visible()
    sign_in_elsewhere(page, analyst)
    page.click("text=Release")
    expect(page.locator("#claim")).to_contain_text("Claim")
    expect_draft(page)
    # No poll between the colleague's claim and the click, and none that takes the refusal away before it is read.
    page.route("**/live/?version=*", lambda route: route.abort())
    claims.claim(declined.pk, by=colleague)
    page.click("#claim button")
    expect(page.locator("#decision-error")).to_contain_text("Kwabena Osei")
    expect(page.locator("#note")).to_have_value(NOTE)
    page.unroute("**/live/?version=*")
    assert page.url.endswith(f"/case/{declined.pk}/")
    assert not Decision.objects.filter(case=declined).exists()
    claims.release(declined.pk, by=colleague)
    expect(page.locator("#decision [data-send-button]")).to_be_enabled(timeout=LOOK)
    expect_draft(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/queue/**")
    assert Decision.objects.get(case=declined).note == NOTE
    assert page.evaluate("sessionStorage.getItem('desk-drafts')") is None


@pytest.mark.promise("P34")
def test_a_sign_in_of_another_person_stops_the_page_and_hides_the_draft(
    opened: Callable[..., Visit], declined: Case, analyst: User, colleague: User
) -> None:
    desk = opened(analyst, declined)
    page = desk.page
    type_draft(page)
    sign_in_elsewhere(page, colleague)
    page.keyboard.press("Control+Enter")
    dialog = page.locator("#other-user")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("This page was opened by Dana Whitfield, but another user is now signed in")
    assert page.input_value("#note") == ""
    assert NOTE not in page.content()
    assert "Reject:" not in page.locator("#decision").inner_text()
    dialog.locator("a").click()
    expect(page.locator("#person-menu")).to_contain_text("Kwabena Osei")
    expect(page.locator("#note")).to_have_value("")
    assert page.locator("input[name=verdict]:checked").count() == 0
    assert all(complaint.startswith(f"403 /case/{declined.pk}/") for complaint in desk.complaints)
    assert page.evaluate("sessionStorage.getItem('desk-drafts')") is None
    assert not Decision.objects.filter(case=declined).exists()


def test_one_press_takes_one_case_however_it_is_pressed(
    browser: Browser, live_server: Any, declined: Case, analyst: User
) -> None:
    for _ in range(5):
        assertions.case_with("declined", "negative", "62301")
    page = visit(browser, live_server.url, analyst).page
    start = timezone.now()
    for taken, press in enumerate(("twice", "held", "clicked twice"), start=1):
        # The page's clock is stopped during a press, so that a slow machine does not turn it into two presses.
        page.clock.set_fixed_time(start + timedelta(minutes=taken))
        page.goto(f"{live_server.url}/queue/declined/")
        if press == "clicked twice":
            page.dblclick("#claim-next button")
        else:
            page.keyboard.down("n")
            if press == "twice":
                page.keyboard.up("n")
            page.keyboard.down("n")
        page.wait_for_url("**/case/*/")
        page.keyboard.press("n")  # the remaining events of the same press reach the same button on the next page
        expect(page.locator("#decision header")).to_contain_text("Claimed by you until")
        page.keyboard.up("n")
        assert Claim.objects.filter(user=analyst).count() == taken
        page.wait_for_timeout(810)


def test_control_enter_rules_on_the_case_and_goes_to_no_form_that_cannot_be_seen(
    opened: Callable[..., Visit], declined: Case, analyst: User, colleague: User, manager: User
) -> None:
    decisions.decide_or_propose(
        declined.pk, by=analyst, request=factories.decision_request(declined, DecisionVerdict.APPROVE, "OK-02")
    )
    desk = opened(manager, declined)
    page = desk.page
    page.fill("#override-note", "Seen and agreed.")
    page.evaluate("document.activeElement.blur()")
    uploads.add(declined.pk, by=colleague, kind=EvidenceKind.SELFIE, note="From the branch.", content=png())
    expect(page.locator("#override-moved")).to_be_visible(timeout=LOOK)
    expect(page.locator("#override .hint.is-ok")).to_have_count(0)
    expect(page.locator("#override-note")).to_have_value("Seen and agreed.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#panel")).to_be_focused()
    assert not Decision.objects.filter(case=declined).exists()
    overrides.withdraw(declined.proposals.get().pk, by=analyst)
    expect(page.locator("[data-moved-on]")).to_contain_text("This case has changed", timeout=LOOK)
    expect(page.locator("#override-note")).to_have_value("Seen and agreed.")
    decisions.decide_or_propose(
        declined.pk, by=analyst, request=factories.decision_request(declined, DecisionVerdict.APPROVE, "OK-02")
    )
    desk.go(f"/case/{declined.pk}/")
    page.fill("#override-note", "Seen and agreed.")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/queue/open/")
    assert Decision.objects.get(case=declined, verdict="approve").approved_by_person == manager.person
    assert desk.complaints == []


def test_a_case_claimed_by_another_shows_once_why_it_cannot_be_decided(
    opened: Callable[..., Visit], declined: Case, analyst: User, colleague: User
) -> None:
    claims.claim(declined.pk, by=colleague)
    page = opened(analyst, declined).page
    panel = page.locator("#panel")
    assert panel.inner_text().count("Kwabena Osei") == 1
    button = panel.locator("[data-send-button]")
    expect(button).to_be_disabled()
    assert "Kwabena Osei has claimed" in page.locator(f"#{button.get_attribute('aria-describedby')}").inner_text()


def test_requesting_an_image_again_keeps_place_and_draft_and_shows_a_pause(
    opened: Callable[..., Visit], account: Any, analyst: User, admin: User, live_server: Any
) -> None:
    provider = account("preventor")
    case = factories.make_case()
    check = factories.add_check(case, provider, "ticket-with-a-lost-selfie")
    factories.read(provider)
    Document.objects.filter(case=case).delete()
    lost = Document.objects.create(
        case=case, check_row=check, data_key_id=check.data_key_id, kind=EvidenceKind.SELFIE, label="selfie",
        state=DocumentState.FAILED, fault_detail="The link is dead.", next_try_at=None,
    )  # fmt: skip
    accounts.pause(provider.pk, by=admin)
    page = opened(analyst, case).page
    type_draft(page)
    if page.locator("#pictures-lost summary").count():
        page.locator("#pictures-lost summary").first.click()
    ask = page.locator(f"form[action*='{lost.pk}'] button:visible").first
    ask.scroll_into_view_if_needed()
    place = scroll_of(page)
    ask.click()
    expect(page.locator("#messages")).to_contain_text("Priya Raghunathan paused the account")
    expect(page.locator("#warnings")).to_contain_text("The link is dead.")
    expect(page.locator("#checks button", has_text="Refresh now")).to_be_disabled()
    accounts.resume(provider.pk, by=admin)
    ask.click()
    expect(page.locator("#pictures")).to_contain_text("being saved")
    expect_draft(page)
    assert abs(scroll_of(page) - place) < 120
    assert page.url.endswith(f"/case/{case.pk}/")


def test_going_back_by_tab_never_ends_under_the_head_of_the_case(
    opened: Callable[..., Visit], declined: Case, analyst: User
) -> None:
    for number in range(6):
        claims.claim(declined.pk, by=analyst)
        claims.release(declined.pk, by=analyst)
        assertions.say(declined.checks.get(), "declined", "negative", f"6230{number}")
    page = opened(analyst, declined).page
    page.locator("#timeline").scroll_into_view_if_needed()
    page.locator("#timeline summary").last.focus()
    in_sight = """() => { const at = document.activeElement, here = at.getBoundingClientRect();
        const head = document.getElementById("case-head");
        return !at.closest("main") || here.height === 0 || here.top >= head.getBoundingClientRect().bottom - 1; }"""
    walked = 0
    while page.evaluate("() => Boolean(document.activeElement.closest('main'))") and walked < 60:
        page.wait_for_function(in_sight, polling=50)
        page.keyboard.press("Shift+Tab")
        walked += 1
    assert walked > 10


def test_polling_is_cancelled_when_its_fragment_was_replaced(
    opened: Callable[..., Visit], declined: Case, analyst: User
) -> None:
    desk = opened(analyst, declined)
    held: list[Route] = []
    desk.page.route("**/live/?version=*", lambda route: held.append(route))
    decisions.decide_or_propose(
        declined.pk, by=analyst, request=factories.decision_request(declined, DecisionVerdict.APPROVE, "OK-02")
    )
    while not held:
        desk.page.wait_for_timeout(50)
    desk.page.evaluate("htmx.swap('#watch', '<div id=watch></div>', { swapStyle: 'outerHTML' })")
    held[0].continue_()
    desk.page.wait_for_timeout(300)
    assert desk.complaints == []
