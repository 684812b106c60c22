"""Adding and removing files of a case, in a real browser, by keyboard; other typed text is preserved."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from compliance.evidence.upload_handler import MEBIBYTE
from compliance.forms import UploadForm
from compliance.models import Case, Document, User
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests.browser.visits import VIEWS, Visit, barriers, overhang, view_name, visit
from tests.factories import case_from

REFUSED = "422 /case/{}/add-document/"


def picture(folder: Path, name: str, colour: str) -> Path:
    out = io.BytesIO()
    Image.new("RGB", (300, 400), colour).save(out, "PNG")
    path = folder / name
    path.write_bytes(out.getvalue())
    return path


@pytest.fixture
def case(
    live_server: Any, simulator: Simulator, account: Callable[..., ProviderAccount], documents_folder: Path
) -> Case:
    """A declined case without images."""
    return case_from(simulator, account("checkout_com"), "aml-declined")


@pytest.fixture
def desk(browser: Browser, live_server: Any, analyst: User) -> Visit:
    """An analyst's browser."""
    return visit(browser, live_server.url, analyst)


def opened(desk: Visit, case: Case) -> Page:
    desk.go(f"/case/{case.pk}/")
    desk.page.focus("#upload > details > summary")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#upload-form")).to_be_visible()
    return desk.page


def test_an_image_added_by_keyboard_shows_in_the_filmstrip_and_a_note_stays(
    desk: Visit, case: Case, tmp_path: Path
) -> None:
    page = opened(desk, case)
    page.fill("#note", "Half a note about the decision.")
    page.focus("#upload_kind")
    page.keyboard.type("Selfie")
    page.keyboard.press("Tab")
    page.keyboard.type("Sent by e-mail.")
    page.set_input_files("#upload_file", picture(tmp_path, "IMG 1.png", "teal"))
    expect(page.locator("[data-chosen]")).to_contain_text("IMG 1.png")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#upload .added li")).to_have_count(1)
    document = Document.objects.get()
    expect(page.locator(f'#pictures .filmstrip [data-item="{document.pk}"]')).to_be_visible()
    expect(page.locator("#messages")).to_contain_text("1 file added.")
    assert page.input_value("#note") == "Half a note about the decision."
    assert page.input_value("#upload_note") == ""
    # The decision panel does not warn about this person's own upload.
    page.focus("#upload > details > summary")
    page.keyboard.press("d")
    page.keyboard.type("rej-01")
    for key in ("Enter", "Control+Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**/queue/**")
    case.refresh_from_db()
    assert case.status == "decided"
    assert desk.complaints == []


def test_a_refused_file_is_explained_in_place_and_typed_text_stays(desk: Visit, case: Case, tmp_path: Path) -> None:
    page = opened(desk, case)
    wrong = tmp_path / "drawing.png"
    wrong.write_text("<svg xmlns='http://www.w3.org/2000/svg' onload='window.__ran = 1'/>")
    page.select_option("#upload_kind", "document_front")
    page.fill("#upload_note", "From the letter.")
    page.set_input_files("#upload_file", [picture(tmp_path, "front.png", "navy"), wrong])
    page.click("#upload-form button[type=submit]")
    error = page.locator("#upload_file_error")
    expect(error).to_contain_text("1 file added.")
    expect(error).to_contain_text("drawing.png: It is not a JPEG, PNG, WebP, AVIF, PDF, MP4 or WebM")
    assert desk.focused() == "upload_file_error"
    assert page.input_value("#upload_kind") == "document_front"
    assert page.input_value("#upload_note") == "From the letter."
    assert page.evaluate("window.__ran") is None
    assert barriers(page, "#upload") == []
    assert desk.complaints == [REFUSED.format(case.pk)]


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(desk: Visit, case: Case, tmp_path: Path) -> None:
    page = opened(desk, case)
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff\xd8\xff" + bytes(12 * 1024 * 1024))
    page.select_option("#upload_kind", "selfie")
    page.fill("#upload_note", "x")
    page.set_input_files("#upload_file", large)
    expect(page.locator("[data-chosen]")).to_contain_text("12.0 MB, larger than 12 MB")
    page.click("#upload-form button[type=submit]")
    assert page.evaluate("document.querySelector('#upload_file').validity.customError") is True
    assert Document.objects.count() == 0
    page.set_input_files("#upload_file", picture(tmp_path, "small.png", "teal"))
    page.click("#upload-form button[type=submit]")
    expect(page.locator("#upload .added li")).to_have_count(1)


def test_limits_on_the_page_are_those_of_its_data_attributes(
    desk: Visit, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = UploadForm.base_fields["file"].widget.attrs
    for name, value in {
        "data-largest-file": 2 * MEBIBYTE,
        "data-most-together": 3 * MEBIBYTE,
        "data-most-files": 2,
    }.items():
        monkeypatch.setitem(limits, name, value)
    page = opened(desk, case)
    said = "document.querySelector('#upload_file').validationMessage"
    for sizes, words in (
        ([1.5, 1.4], ""),
        ([1.5, 1.6], "Together these files are larger than 3 MB. Add them in batches."),
        ([2.5], "Some of these files cannot be added. Choose others."),
        ([0.1, 0.1, 0.1], "At most 2 files at once."),
    ):
        files = [tmp_path / f"{number}-of-{sum(sizes)}.pdf" for number in range(len(sizes))]
        for path, size in zip(files, sizes, strict=True):
            path.write_bytes(bytes(int(size * MEBIBYTE)))
        page.set_input_files("#upload_file", files)
        assert page.evaluate(said) == words
        assert ("larger than 2 MB" in page.inner_text("[data-chosen]")) == (sizes == [2.5])


def test_a_file_is_removed_in_place(desk: Visit, case: Case, tmp_path: Path) -> None:
    page = opened(desk, case)
    page.select_option("#upload_kind", "selfie")
    page.fill("#upload_note", "By e-mail.")
    page.set_input_files("#upload_file", picture(tmp_path, "a.png", "teal"))
    page.click("#upload-form button[type=submit]")
    page.click("#upload .added summary")
    page.fill("#upload .added textarea", "It shows somebody else.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#messages")).to_contain_text("file removed")
    expect(page.locator("#upload .added li")).to_contain_text("Removed by you")
    expect(page.locator("#pictures img")).to_have_count(0)
    assert desk.complaints == []


@pytest.mark.parametrize("view", VIEWS, ids=view_name)
def test_the_open_form_is_free_of_barriers_on_every_screen(
    view: dict[str, Any], browser: Browser, live_server: Any, manager: User, case: Case, tmp_path: Path
) -> None:
    visited = visit(browser, live_server.url, manager, **view)
    page = opened(visited, case)
    page.select_option("#upload_kind", "selfie")
    page.fill("#upload_note", "A_word_that_is_much_too_long_for_any_line_" * 5)
    page.set_input_files("#upload_file", picture(tmp_path, f"{'long-name-' * 12}.png", "teal"))
    assert barriers(page, "#upload") == []
    page.click("#upload-form button[type=submit]")
    page.click("#upload .added summary")
    assert barriers(page) == []
    assert overhang(page) == 0
    assert visited.complaints == []
