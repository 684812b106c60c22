"""The browser of the other browser tests."""

from playwright.sync_api import Page


def test_the_browser_draws_text(page: Page) -> None:
    """A browser without fonts shows blank pages and reports nothing, so every other test would fail obscurely."""
    page.set_content("<p>Résumé Łódź Ελλάδα Київ</p><b>i</b> <b>mmmm</b>")
    narrow, wide = (page.locator("b").nth(number).bounding_box() for number in (0, 1))
    assert page.inner_text("p") == "Résumé Łódź Ελλάδα Київ"
    assert narrow is not None and wide is not None
    assert 0 < narrow["width"] < wide["width"] / 4


def test_the_browser_runs_scripts_and_takes_pictures(page: Page) -> None:
    page.set_content("<h1 style='background: rgb(200, 0, 0)'>here</h1>")
    assert page.evaluate("() => document.querySelector('h1').offsetHeight > 10")
    assert page.screenshot()[:8] == b"\x89PNG\r\n\x1a\n"
