"""What pages state, read in a real browser: one state of a case, the cards of five providers, accounts, and errors."""

import itertools
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import LazySettings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from compliance.actions import evidence_copies
from compliance.models import AccountState, Case, Check, Document, User
from providers import EvidenceKind
from providers.models import ProviderAccount
from tests import factories
from tests.browser.visits import Visit, visit
from tests.compliance import assertions
from tests.compliance.views.provider_answers import tell
from tests.journeys.test_every_value import MORE
from tests.journeys.test_one_state import STORIES
from tests.journeys.test_payload_files import FILES, TICKETS
from tests.journeys.test_undecipherable_values import TEXT, damage

ANSWERS = {one.key: one for one in [*FILES, *TICKETS, *MORE]}
MakeAccount = Callable[..., ProviderAccount]
Key = tuple[str, str]
_numbers = itertools.count()


def read(account: ProviderAccount, name: str, **declared: Any) -> Check:
    """The check of a new case, read with this stored answer."""
    file = ANSWERS[account.provider, name]
    reference = f"{file.subject.reference[:-4]}{next(_numbers):04}"
    check = factories.add_check(
        factories.make_case(**declared), account, reference, kind=file.subject.kind, settings=file.subject.settings
    )
    tell(check, partial(file.parse, file.payload, file.subject))
    check.refresh_from_db()
    return check


def card_of(desk: Visit, check: Check) -> Locator:
    """The card of a check on the page of its case, everything on it open but its raw payload, which is not masked."""
    desk.go(f"/case/{check.case_id}/")
    card = desk.page.locator(f"#check-{check.pk}")
    card.evaluate("card => card.querySelectorAll('details:not(:has(> .payload))').forEach(part => part.open = true)")
    return card


def pairs(card: Locator) -> list[tuple[str, str]]:
    """Terms and values of a card as they are shown."""
    texts = [" ".join(text.split()) for text in card.locator("dt, dd").all_inner_texts()]
    return list(zip(texts[::2], texts[1::2], strict=True))


# --- one state (1) ----------------------------------------------------------------------------------------------------


def test_a_case_has_one_state_on_every_page(browser: Browser, live_server: Any, analyst: User, manager: User) -> None:
    stories = [
        (story(analyst, manager), word.replace("Ada Lind", analyst.label), mark) for story, word, mark in STORIES
    ]
    cases = {case.pk: assertions.fresh(case) for case, _, _ in stories}
    words = {case.pk: (word, f"is-{mark}") for case, word, mark in stories}
    desk, office = visit(browser, live_server.url, analyst), visit(browser, live_server.url, manager)
    for pk, (word, mark) in words.items():
        desk.go(f"/case/{pk}/")
        pill = desk.page.locator("#case-head .pill")
        assert desk.page.title().startswith(f"KYC-{pk}: {word} - ")
        assert (pill.inner_text(), mark in classes(pill)) == (word, True)
    for visited, tab, statuses in (
        (desk, "decided", {"decided"}),
        (desk, "open", {"in_review", "awaiting_approval"}),
        (office, "approvals", {"awaiting_approval"}),
    ):
        visited.go(f"/queue/{tab}/")
        for pk in (pk for pk, case in cases.items() if case.status in statuses):
            assert_row(visited.page, cases[pk], *words[pk], is_search=False)
    for pk, case in list(cases.items())[2:5]:  # one of each status
        another = assertions.add_check(factories.make_case())
        Check.objects.filter(pk=another.pk).update(reference=case.reference)
        desk.go(f"/search/?q={case.reference}")
        assert_row(desk.page, case, *words[pk], is_search=True)
    assert desk.complaints == office.complaints == []


def classes(node: Locator) -> list[str]:
    return (node.get_attribute("class") or "").split()


def assert_row(page: Page, case: Case, word: str, mark: str, *, is_search: bool) -> None:
    """The row of a case shows its state, in review the reason for it instead, except in a search."""
    row = page.locator(f"#case-{case.pk}")
    why = row.locator("td.w")
    if is_search or case.status == "decided":
        assert why.inner_text().startswith(word)
    if is_search or case.status != "in_review":
        assert mark in classes(why)
    if case.status != "decided":
        assert "Approved" not in row.inner_text()


# --- answers (2, 3, 5, 7) ---------------------------------------------------------------------------------------------

CARDS: dict[Key, list[tuple[str, str]]] = {
    ("advance_ai", "pass-argentina"): [
        ("Liveness", "99 of 100; below 50 may be an attack"),
        ("Similarity", "82 of 100; below 70 may be another person, the account's own limit may differ"),
        ("Register", "Argentine identity number, 7 or 8 digits."),
        ("Tax number", "•••••225"),
        ("Register check of face", "pass"),
    ],
    ("bank131", "ok+"): [("The bank's remark", "valid"), ("Recipient", "R-12345")],
    ("btc_direct", "liveness-open"): [("Identification step", "liveness"), ("Type of step", "document")],
    ("btc_direct", "liveness-pending+"): [("Applicant level", "basic"), ("Steps 1", "selfie")],
    ("checkout_com", "aml_declined"): [
        ("Monitored", "no"),
        ("Search configuration", "7b1d0a52-3c64-4e0f-8a17-9d2f55e0c0aa"),
    ],
    ("checkout_com", "three-documents"): [
        ("Name at birth", "Wrona"),
        ("Place of birth", "Radom"),
        ("Issued at", "Mayor of Radom"),
        ("Personal number", "•••••345"),
        ("Second document, type", "Residence Permit"),
        ("Second document, number", "•••••68"),
        ("Second document, name", "Lipska Zofia"),
        ("Third document, number", "•••••21"),
        ("Declared phone", "+48•••••00"),
        ("Documents 2, permit type detailed", "Blue card"),
    ],
    ("preventor", "ticket-flat-rejected-needs-review"): [
        ("Confidence", "61.5 scale not documented"),
        ("Age", "36"),
        ("Customer key", "CUST-000123"),
        ("Full name, local script", "NADIA QUISPE ROMERO"),
    ],
}
"""Provider and answer -> lines of its card, private values masked."""
UNKNOWN: tuple[Key, ...] = (("btc_direct", "liveness-unknown-word"), ("checkout_com", "identity_unknown_status"))
BORDER = "node => getComputedStyle(node).borderInlineStartColor"


def test_cards_of_every_provider_show_their_answers(
    browser: Browser, live_server: Any, account: MakeAccount, analyst: User
) -> None:
    accounts = {provider: account(provider) for provider in dict.fromkeys(provider for provider, _ in CARDS)}
    assert len(accounts) == 5
    checks = {key: read(accounts[key[0]], key[1]) for key in (*CARDS, *UNKNOWN)}
    damaged = read(accounts["checkout_com"], "aml_declined", birth_date="1990-02-28")
    damage(damaged.case.applicant, "birth_date")
    ticket = checks["preventor", "ticket-flat-rejected-needs-review"]
    evidence_copies.store(Document.objects.get(check_row=ticket, kind=EvidenceKind.DOCUMENT_SIGNATURE).pk, [])
    desk = visit(browser, live_server.url, analyst)
    for key, lines in CARDS.items():
        card = card_of(desk, checks[key])
        shown = pairs(card)
        assert [line for line in lines if line not in shown] == [], key
        assert len(set(shown)) == len(shown), key
        if key == ("checkout_com", "three-documents"):
            _reveals(desk.page, card)
        if key[0] == "preventor":
            _has_images(desk.page)
    known = card_of(desk, checks["bank131", "ok+"]).locator(".reason").first.evaluate(BORDER)
    for key in UNKNOWN:
        reason = card_of(desk, checks[key]).locator(".reason").first
        expect(reason).to_contain_text("Unknown code")
        assert classes(reason) == ["reason"]
        assert reason.evaluate(BORDER) not in (known, "")
    reasons = card_of(desk, checks["checkout_com", "three-documents"]).locator(".reason .code").all_inner_texts()
    assert reasons == ["approved", "10000"]
    assert ("Monitored", "no") in pairs(card_of(desk, damaged))
    expect(desk.page.locator("#fact-birth_date td").first).to_have_text(TEXT)
    expect(desk.page.locator("#fact-full_name td").first).to_have_text("Ada Example")
    assert desk.complaints == []
    _refuses_an_address_document(desk, checks["checkout_com", "aml_declined"])


def _reveals(page: Page, card: Locator) -> None:
    """*Show* shows the personal number in its place and leaves the others masked."""
    assert "84071912345" not in page.content()
    card.get_by_role("button", name="Show personal number").click()
    expect(card).to_contain_text("84071912345")
    assert ("Declared phone", "+48•••••00") in pairs(card)


def _has_images(page: Page) -> None:
    """An image that the document does not have is not available: no warning, no line of the timeline."""
    expect(page.locator("#pictures .lost", has_text="Signature")).to_contain_text("not available from the provider")
    expect(page.locator("#ticket .types li", has_text="Signature")).to_contain_text("Not available from the provider")
    assert "ignature" not in " ".join(page.locator("#warnings, #timeline").all_inner_texts())


def _refuses_an_address_document(desk: Visit, check: Check) -> None:
    """The id of an address document verification is refused in words."""
    desk.go(f"/case/{check.case_id}/add-check/")
    desk.page.select_option("select[name=account]", str(check.account_id))
    desk.page.select_option("select[name=kind]", "aml")
    desk.page.fill("input[name=reference]", "adv_01k9r000000000000000000006")
    desk.page.click("form.edit-form button[type=submit]")
    error = desk.page.locator("form.edit-form [role=alert]")
    expect(error).to_contain_text("This is the id of an address document verification. Those are not read.")
    assert [complaint[:4] for complaint in desk.complaints] == ["422 "]


# --- accounts (4) -----------------------------------------------------------------------------------------------------


def test_accounts_state_what_was_read_and_cases_one_short_line(
    browser: Browser, live_server: Any, account: MakeAccount, analyst: User, admin: User, settings: LazySettings
) -> None:
    settings.PROVIDER_EXTRA_HOSTS |= {"127.0.0.1:9"}
    unread = account("bank131", base_url="http://127.0.0.1:9")
    blocked = account("btc_direct")
    case = read(blocked, "liveness-open").case
    AccountState.objects.filter(account=blocked).update(
        health="blocked", fault="CredentialsRefused", fault_detail="The partner is unknown.", fault_since=timezone.now()
    )
    office, desk = visit(browser, live_server.url, admin), visit(browser, live_server.url, analyst)
    office.go(reverse("admin:providers_provideraccount_change", args=[unread.pk]))
    expect(office.page.locator(".field-connection .readonly")).to_have_text("Not read yet")
    office.page.click("text=Test connection")
    expect(office.page.locator(".field-connection .readonly")).to_contain_text("Connection test failed at ")
    office.go(reverse("admin:providers_provideraccount_changelist"))
    rows = {row.split()[0]: row for row in office.page.locator("#result_list tbody tr").all_inner_texts()}
    assert "Connection test failed at " in rows[unread.name]
    assert "Blocked: The partner is unknown." in rows[blocked.name]
    desk.go(f"/case/{case.pk}/")
    lines = desk.page.locator("#checks .hint", has_text="Account problem").all_inner_texts()
    (line,) = (" ".join(line.split()) for line in lines)
    assert re.fullmatch(
        r"Account problem: Blocked since [\d:, A-Za-z]+\. The last outcome still applies\. An admin has to fix this\.",
        line,
    )
    assert "The partner is unknown." not in desk.page.content()
    assert desk.complaints == office.complaints == []


# --- races and errors (6) ---------------------------------------------------------------------------------------------

FRAMED = (
    ("/nowhere/", 404, "This page or case does not exist, or you do not have access to it."),
    ("/queue/approvals/", 403, "This list is for managers. Your role does not include approving overrides."),
    ("/admin/", 403, "This page is for admins: your role does not include the settings."),
)


def test_races_lost_sessions_and_errors_are_explained(browser: Browser, live_server: Any, analyst: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    desk = visit(browser, live_server.url, analyst)
    for path, status, sentence in FRAMED:
        desk.go(path)
        expect(desk.page.locator("[data-error-sentence]")).to_have_text(sentence)
        expect(desk.page.locator("#rail")).to_be_visible()
        expect(desk.page.locator("#topbar form.search")).to_be_visible()
        assert desk.complaints.pop() == f"{status} {path}"
    desk.go(f"/case/{case.pk}/")
    late = desk.page.context.new_page()
    late.goto(desk.page.url)
    for page in (desk.page, late):
        page.keyboard.press("d")
        page.keyboard.type("rej-01")
        page.keyboard.press("Enter")
    desk.page.fill("#note", "Forged.")
    desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_url("**/queue/**")
    late.fill("#note", "Forged, too.")
    late.keyboard.press("Control+Enter")
    expect(late.locator("#lost")).to_contain_text("You decided this case at ")
    expect(late.locator("#note")).to_have_value("Forged, too.")
    assert desk.complaints == []


def test_a_form_sent_without_a_session_leads_to_signing_in(browser: Browser, live_server: Any, analyst: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    plain = visit(browser, live_server.url, analyst, java_script_enabled=False)
    plain.go(f"/case/{case.pk}/")
    plain.page.check("input[value=reject]", force=True)
    plain.page.select_option("select[name=reason]", "REJ-01")
    plain.page.context.clear_cookies(name="sessionid")
    plain.page.click("[data-send-button]")
    sentence = "You are signed out, so nothing was submitted. Sign in to continue."
    expect(plain.page.locator("[data-error-sentence]")).to_have_text(sentence)
    expect(plain.page.locator("input[name=next]")).to_have_value(f"/case/{case.pk}/")
    assert plain.complaints == []
