"""The payload page and the copy buttons in a real Chromium."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from compliance.models import Check, User
from providers import Kind, Subject
from providers.models import ProviderAccount
from providers.preventor.parse import parse as parse_preventor
from tests.browser.visits import VIEWS, barriers, overhang, view_name, visit
from tests.compliance.views.provider_answers import tell
from tests.factories import add_check, make_case


@pytest.fixture
def check(live_server: Any, account: Callable[..., ProviderAccount]) -> Check:
    """A check with a payload of some 700 lines, of which one holds the document number of the applicant."""
    found = add_check(make_case(), account("preventor"), "ticket-payload")
    rows = [{"name": f"row {number}", "seen": [number, number + 1]} for number in range(100)]
    payload = {"flow_status": "REJECTED", "further": {"passport_number": "X99182734"}, "rows": rows}
    tell(found, partial(parse_preventor, payload, Subject(kind=Kind.IDENTITY, reference=found.reference)))
    return found


@pytest.mark.parametrize("view", VIEWS, ids=view_name)
def test_a_payload_is_folded_searched_copied_and_revealed(
    browser: Browser, live_server: Any, analyst: User, check: Check, view: dict[str, Any]
) -> None:
    desk = visit(browser, live_server.url, analyst, **view)
    page = desk.page
    desk.go(f"/check/{check.pk}/payload/")
    raw = page.locator(".raw")
    row = raw.locator("span", has_text='"name": "row 7"')
    expect(row).to_be_visible()
    assert barriers(page) == []
    assert overhang(page) == 0
    height = raw.bounding_box()
    assert height is not None and height["height"] >= 300
    raw.locator("span", has_text='"rows": [').locator(".twist").press("Enter")
    expect(raw.locator("span:not([hidden])")).to_have_count(8)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(raw.locator("span:not([hidden])")).to_have_count(7)
    assert barriers(page, ".payload") == []
    page.fill("input[name=find]", "row 77")
    page.keyboard.press("Enter")
    expect(page.locator(".raw .is-here")).to_contain_text("row 77")
    expect(page.locator(".raw .is-here")).to_be_in_viewport()
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    copied = "document.addEventListener('copy', () => { window.copied = document.activeElement.value; })"
    page.evaluate(copied)
    page.click("[data-copy-lines]")
    expect(page.locator("#messages")).to_contain_text("Copied.")
    text = str(page.evaluate("window.copied"))
    assert text.startswith('{\n  "flow_status": "REJECTED"') and text.endswith("\n}")
    assert '"name": "row 99"' in text and "X99182734" not in text
    page.click("text=Show masked values")
    expect(raw).to_contain_text("X99182734")
    page.click("text=Mask values")
    expect(raw).not_to_contain_text("X99182734")
    with page.expect_download() as download:
        page.click("text=Download")
    assert download.value.suggested_filename == f"KYC-{check.case_id}-preventor-identity-report-1.json"
    assert desk.complaints == []
