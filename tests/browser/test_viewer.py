"""The viewer of a case by keyboard, mouse and touch, in a real Chromium."""

import io
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, CDPSession, FloatRect, Locator, Page, expect

from compliance.actions import documents, evidence_copies
from compliance.evidence.decoding import decode
from compliance.models import Case, Check, Document, User, ViewRecord
from compliance.sync import copies
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests.browser.visits import VIEWS, Visit, barriers, overhang, view_name, visit
from tests.factories import add_check, case_from, make_case

Opens = Callable[..., Visit]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MIDDLE_OF_PICTURE = """figure => {
  const stage = figure.querySelector('.stage').getBoundingClientRect();
  const { a, b, e, f } = new DOMMatrix(getComputedStyle(figure.querySelector('[data-shown]')).transform);
  return { zoom: Math.hypot(a, b), turn: Math.round(Math.atan2(b, a) * 180 / Math.PI), x: e, y: f };
}"""
DRAWN_BOX = """figure => {
  const image = figure.querySelector('[data-shown]');
  const frame = figure.querySelector('.stage').getBoundingClientRect();
  const { a, b } = new DOMMatrix(getComputedStyle(image).transform);
  const isTurned = Math.abs(b) > Math.abs(a), scale = Math.hypot(a, b);
  const fit = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight) * scale;
  const [wide, high] = [image.naturalWidth * fit, image.naturalHeight * fit];
  const [width, height] = isTurned ? [high, wide] : [wide, high];
  return { width, height, frameWidth: frame.width, frameHeight: frame.height };
}"""
_labels = itertools.count(1)


def picture(size: tuple[int, int], colour: str, word: str = "") -> bytes:
    """A plain image with a word on it."""
    out = io.BytesIO()
    plain = Image.new("RGB", size, colour)
    ImageDraw.Draw(plain).text((20, 20), word, fill="white", font_size=48)
    plain.save(out, "PNG")
    return out.getvalue()


def report(pages: int) -> bytes:
    """A PDF of so many pages."""
    drawn = [
        Image.open(io.BytesIO(picture((620, 877), "steelblue", f"Page {number}"))) for number in range(1, pages + 1)
    ]
    out = io.BytesIO()
    drawn[0].save(out, "PDF", save_all=True, append_images=drawn[1:])
    return out.getvalue()


def request_document(check: Check, kind: EvidenceKind) -> Document:
    """A document that is still to be copied."""
    label = f"PIECE {next(_labels)}"
    documents.request(check, [Evidence(kind=kind, label=label)])
    return Document.objects.get(check_row=check, label=label)


def arrives(document: Document, content: bytes) -> Document:
    """The document is copied."""
    download = Download(label=document.label, kind=EvidenceKind(document.kind), content=content)
    evidence_copies.store(document.pk, [(download, decode(content))])
    document.refresh_from_db()
    return document


def kept(check: Check, kind: EvidenceKind, content: bytes) -> Document:
    """A document with these bytes."""
    return arrives(request_document(check, kind), content)


@pytest.fixture
def check(live_server: Any, account: Callable[..., ProviderAccount]) -> Check:
    """A check that was never read, for images of these tests."""
    return add_check(make_case(), account("preventor"), f"ticket-{next(_labels)}")


@pytest.fixture
def small(check: Check) -> Case:
    """A portrait selfie, a landscape document, and a report of three pages."""
    kept(check, EvidenceKind.SELFIE, picture((600, 900), "darkgreen", "Selfie"))
    kept(check, EvidenceKind.DOCUMENT_FRONT, picture((1200, 700), "navy", "Front"))
    kept(check, EvidenceKind.REPORT_PDF, report(3))
    return check.case


@pytest.fixture
def played(live_server: Any, simulator: Simulator, account: Callable[..., ProviderAccount]) -> Case:
    """A case with images, videos and a report, as from Checkout.com."""
    # One person for all tests: their images and videos are drawn and decoded once.
    case = case_from(simulator, account("checkout_com"), "identity-declined-62301", number=7)
    copies.copy_requested(seconds=60)
    return case


@pytest.fixture
def opens(browser: Browser, live_server: Any, analyst: User) -> Opens:
    """``opens(case)`` is the page of the case for an analyst, with loaded images."""

    def open_case(case: Case, **context: Any) -> Visit:
        desk = visit(browser, live_server.url, analyst, **context)
        desk.go(f"/case/{case.pk}/")
        if context.get("java_script_enabled", True):
            desk.page.locator("#pictures").scroll_into_view_if_needed()
            wait_until_still(desk.page)
        return desk

    return open_case


def wait_until_still(page: Page) -> None:
    """Wait until every image on a stage is loaded."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('.pair [data-shown]')]"
        ".every(one => one.hidden || (one.complete && one.naturalWidth))"
    )


def left(page: Page) -> Locator:
    return page.locator(".pair figure").nth(0)


def right(page: Page) -> Locator:
    return page.locator(".pair figure").nth(1)


def lies(figure: Locator) -> dict[str, float]:
    """The position of the image: zoom, rotation in degrees, centre in pixels from the centre of the stage."""
    return dict(figure.evaluate(MIDDLE_OF_PICTURE))


def shown(page: Page) -> list[str | None]:
    """The labels on the stages."""
    return [figure.get_attribute("data-name") for figure in page.locator(".pair figure").all()]


def chosen(page: Page) -> list[str | None]:
    """The ids of the documents on the stages."""
    return [figure.get_attribute("data-picture") for figure in page.locator(".pair figure").all()]


def box(place: Locator) -> FloatRect:
    found = place.bounding_box()
    assert found is not None
    return found


def middle(place: Locator) -> tuple[float, float]:
    found = box(place)
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def press(desk: Visit, *keys: str) -> None:
    for key in keys:
        desk.page.keyboard.press(key)


def pictures_seen() -> int:
    return ViewRecord.objects.filter(kind="image").count()


# --- layout -----------------------------------------------------------------------------------------------------------


def test_selfie_and_portrait_stand_side_by_side_and_large(opens: Opens, check: Check) -> None:
    kept(check, EvidenceKind.DOCUMENT_FRONT, picture((1200, 700), "navy"))
    kept(check, EvidenceKind.DOCUMENT_PORTRAIT, picture((300, 400), "maroon"))
    kept(check, EvidenceKind.SELFIE, picture((600, 900), "darkgreen"))
    for width in (1440, 1920):
        desk = opens(check.case, viewport={"width": width, "height": 900})
        assert shown(desk.page) == ["Selfie", "Document portrait"]
        drawn = [figure.evaluate(DRAWN_BOX) for figure in (left(desk.page), right(desk.page))]
        assert all(picture["width"] >= 200 and picture["height"] >= 200 for picture in drawn), "beside the facts"
        stages = [box(desk.page.locator(".pair .stage").nth(place)) for place in (0, 1)]
        assert stages[0]["y"] == stages[1]["y"]
        name = box(left(desk.page).locator(".figure-head b"))
        assert name["y"] + name["height"] <= stages[0]["y"]
        assert desk.complaints == []


def test_on_a_phone_they_stand_under_one_another_across_the_screen(opens: Opens, small: Case) -> None:
    desk = opens(small, **PHONE)
    above, below = (box(desk.page.locator(".pair .stage").nth(place)) for place in (0, 1))
    assert above["width"] == below["width"] >= 340
    assert below["y"] > above["y"] + above["height"] - 1
    assert overhang(desk.page) == 0
    assert desk.page.locator(".sides button").all_inner_texts() == ["on top", "below"]


def test_a_case_without_and_with_one_picture(opens: Opens, check: Check) -> None:
    desk = opens(check.case)
    expect(desk.page.locator("#pictures")).to_contain_text("No images or files from providers.")
    assert desk.page.locator("[data-viewer], .viewer-bar").count() == 0
    kept(check, EvidenceKind.SELFIE, picture((600, 900), "darkgreen"))
    desk = opens(check.case)
    assert shown(desk.page) == ["Selfie"]
    expect(desk.page.locator("[data-view=overlay]")).to_be_disabled()
    press(desk, "]", "+")
    assert shown(desk.page) == ["Selfie"]
    assert lies(left(desk.page))["zoom"] == pytest.approx(1.25)
    assert desk.complaints == []


# --- keyboard ---------------------------------------------------------------------------------------------------------


def test_zoom_movement_and_turning_by_keyboard_alone(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    at = page.evaluate("scrollY")
    press(desk, "+", "+", "+")
    expect(page.locator("[data-zoom]")).to_have_text("200 %")
    assert [lies(figure)["zoom"] for figure in (left(page), right(page))] == pytest.approx([2, 2])
    expect(page.locator(".pair .stage").nth(1)).to_be_focused()
    press(desk, "ArrowRight", "ArrowDown", "Shift+ArrowDown")
    for figure in (left(page), right(page)):
        assert (lies(figure)["x"], lies(figure)["y"]) == (-48, -54)
    assert page.evaluate("scrollY") == at
    press(desk, "l", "-")
    expect(page.locator("[data-view=together]")).to_have_attribute("aria-pressed", "false")
    assert [lies(figure)["zoom"] for figure in (left(page), right(page))] == pytest.approx([2, 1.5])
    press(desk, "s", "+")
    expect(page.locator("[data-zoom]")).to_have_text("300 %")
    press(desk, "l", "0")
    for figure in (left(page), right(page)):
        assert (lies(figure)["x"], lies(figure)["y"], lies(figure)["zoom"]) == (0, 0, pytest.approx(1))
    assert desk.complaints == []


def test_a_turned_picture_is_whole_again_and_only_the_marked_one_turns(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    for turn in (90, 180, -90, 0):
        press(desk, "r")
        assert (lies(left(page))["turn"], lies(right(page))["turn"]) == (0, turn)
        drawn = right(page).evaluate(DRAWN_BOX)
        assert drawn["width"] <= drawn["frameWidth"] + 1 and drawn["height"] <= drawn["frameHeight"] + 1
        assert max(drawn["width"] / drawn["frameWidth"], drawn["height"] / drawn["frameHeight"]) > 0.99
        assert (drawn["height"] > drawn["width"]) == (turn in (90, -90))


def test_the_centre_of_a_zoomed_image_stays_when_it_is_rotated(opens: Opens, small: Case) -> None:
    desk = opens(small)
    press(desk, "+", "+", "+", "+")
    desk.page.locator(".pair .stage").nth(1).focus()
    press(desk, "ArrowRight", "r")
    turned = lies(right(desk.page))
    assert turned["turn"] == 90
    assert turned["x"] == pytest.approx(0, abs=0.01) and turned["y"] < 0


def test_light_is_changed_by_keyboard_and_belongs_to_one_picture(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    press(desk, "b")
    expect(page.locator("#viewer-light [data-light=brightness]")).to_be_focused()
    expect(page.locator("[data-light-of]")).to_have_text("Document front")
    press(desk, "ArrowRight", "ArrowRight", "Tab", "ArrowLeft")
    light = "figure => getComputedStyle(figure.querySelector('[data-shown]')).filter"
    assert right(page).evaluate(light) == "brightness(1.1) contrast(0.95)"
    assert left(page).evaluate(light) == "none"
    assert page.locator("[data-light-says]").all_inner_texts() == ["110 %", "95 %"]
    press(desk, "s")
    assert page.locator("[data-light-says]").all_inner_texts() == ["100 %", "100 %"]
    press(desk, "s")
    page.locator("[data-view=unlit]").press("Enter")
    assert right(page).evaluate(light) == "none"
    press(desk, "b")
    expect(page.locator("#viewer-light")).to_be_hidden()
    expect(page.locator("[data-view=light]")).to_be_focused()


def test_two_overlaid_images_can_both_be_moved(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    press(desk, "o")
    expect(page.locator("[data-mix]")).to_be_focused()
    assert box(page.locator(".pair .stage").nth(0)) == box(page.locator(".pair .stage").nth(1))
    card, stage = box(page.locator("#pictures")), box(page.locator(".pair .stage").nth(0))
    assert stage["width"] <= card["width"] and stage["width"] / stage["height"] == pytest.approx(4 / 3, abs=0.02)
    clear = "figure => Number(getComputedStyle(figure.querySelector('[data-shown]')).opacity)"
    assert (left(page).evaluate(clear), right(page).evaluate(clear)) == (1, 0.5)
    press(desk, "ArrowLeft", "ArrowLeft")
    assert right(page).evaluate(clear) == pytest.approx(0.4)
    expect(page.locator("[data-mix-says]")).to_have_text("40 %")
    press(desk, "+", "r")
    assert [lies(figure)["turn"] for figure in (left(page), right(page))] == [0, 90]
    press(desk, "0", "l")
    x, y = middle(page.locator(".pair .stage").nth(0))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 10, steps=3)
    page.mouse.up()
    assert (lies(left(page))["x"], lies(right(page))["x"], lies(right(page))["y"]) == (0, 30, 10)
    press(desk, "o")
    expect(page.locator("#viewer-mix")).to_be_hidden()
    assert lies(right(page))["x"] == 0
    assert desk.complaints == []


def test_leafing_and_choosing_a_side_by_keyboard(opens: Opens, played: Case) -> None:
    desk = opens(played)
    page = desk.page
    first = chosen(page)
    press(desk, "]")
    assert chosen(page)[0] == first[0] and chosen(page)[1] not in first
    press(desk, "[")
    assert chosen(page) == first
    press(desk, "s", "]")
    assert chosen(page)[1] == first[1] and chosen(page)[0] not in first
    page.locator("[data-side='1']").press("Enter")
    back = page.locator(".filmstrip a", has_text="Document back").first
    back.focus()
    press(desk, "Enter")
    expect(right(page)).to_have_attribute("data-name", "Document back")
    expect(back).to_have_attribute("aria-current", "true")


def test_paging_on_a_stage_keeps_the_focus_on_it(opens: Opens, played: Case) -> None:
    desk = opens(played)
    page = desk.page
    page.locator(".pair .stage").nth(0).focus()
    press(desk, "]")
    expect(page.locator(".pair .stage").nth(0)).to_be_focused()
    wait_until_still(page)
    press(desk, "+", "ArrowLeft")
    assert lies(left(page))["x"] == 48


def test_a_picture_of_the_other_side_changes_places_and_is_not_asked_for_again(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    press(desk, "+")
    seen = pictures_seen()
    page.locator(".filmstrip a", has_text="Selfie").click()
    assert shown(page) == ["Document front", "Selfie"]
    expect(right(page)).to_have_class(re.compile(r"\bis-marked\b"))
    assert lies(right(page))["zoom"] == pytest.approx(1.25)
    page.wait_for_timeout(200)
    assert pictures_seen() == seen == 2


def test_the_whole_viewer_fills_the_screen_with_its_tools_and_escape_leaves(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    press(desk, "+")
    small_box = box(page.locator(".pair .stage").nth(0))
    press(desk, "f")
    expect(page.locator(".viewer.is-full")).to_be_visible()
    assert page.evaluate("document.fullscreenElement?.matches('[data-viewer]')")
    assert box(page.locator(".pair .stage").nth(0))["width"] > small_box["width"] * 1.5
    for part in (".viewer-bar", ".filmstrip", ".pair figcaption >> nth=0"):
        found = box(page.locator(part).first)
        assert found["y"] >= 0 and found["y"] + found["height"] <= 900
    expect(page.locator("[data-zoom]")).to_have_text("125 %")
    press(desk, "b", "ArrowRight", "]")
    expect(page.locator("[data-view=full]")).to_have_attribute("aria-pressed", "true")
    press(desk, "f")
    expect(page.locator(".viewer.is-full")).to_have_count(0)
    page.evaluate("Element.prototype.requestFullscreen = undefined")
    press(desk, "f")
    expect(page.locator(".viewer.is-full")).to_be_visible()
    assert box(page.locator(".viewer")) == {"x": 0, "y": 0, "width": 1440, "height": 900}
    press(desk, "Escape")
    expect(page.locator(".viewer.is-full")).to_have_count(0)
    assert desk.complaints == []


def test_the_tools_are_one_stop_for_tab_and_arrows_walk_along_them(opens: Opens, small: Case) -> None:
    desk = opens(small)
    tools = desk.page.locator(".viewer-bar button")
    tools.nth(0).focus()
    press(desk, "ArrowRight", "ArrowRight")
    expect(desk.page.locator("[data-view=whole]")).to_be_focused()
    press(desk, "End")
    expect(desk.page.locator("[data-view=full]")).to_be_focused()
    press(desk, "ArrowRight")
    expect(tools.nth(0)).to_be_focused()
    press(desk, "Tab")
    expect(desk.page.locator(".pair .stage").nth(0)).to_be_focused()
    assert desk.page.locator(".viewer-bar [tabindex='0']").count() == 1


def test_a_full_screen_on_a_phone_belongs_to_the_pictures_and_is_swiped(opens: Opens, small: Case) -> None:
    desk = opens(small, **PHONE)
    page = desk.page
    before = left(page).evaluate(DRAWN_BOX)
    page.locator("[data-view=full]").tap()
    expect(page.locator(".viewer.is-full")).to_be_visible()
    page.wait_for_function("() => document.querySelector('.pair .stage').clientHeight > 700")
    assert [box(figure)["width"] for figure in (left(page), right(page))] == [390, 390]
    assert left(page).evaluate(DRAWN_BOX)["width"] >= before["width"]
    page.locator("[data-side='0']").evaluate("side => side.click()")
    expect(left(page)).to_be_in_viewport(ratio=0.9)
    page.locator(".pair").evaluate("pair => pair.scrollTo({ left: 390, behavior: 'instant' })")
    expect(right(page)).to_have_class(re.compile(r"\bis-marked\b"))
    page.locator("[data-view=light]").tap()
    page.locator("[data-view=overlay]").tap()
    assert box(page.locator(".pair .stage").nth(0))["height"] > 700
    light, mix = box(page.locator("#viewer-light")), box(page.locator("#viewer-mix"))
    assert light["y"] + light["height"] <= mix["y"] + 1 and mix["y"] + mix["height"] <= 845
    assert overhang(page) == 0
    press(desk, "Escape")
    expect(page.locator(".viewer.is-full")).to_have_count(0)
    assert desk.complaints == []


def test_viewer_shortcuts_are_disabled_in_text_and_when_switched_off(opens: Opens, small: Case, analyst: User) -> None:
    desk = opens(small)
    desk.page.focus("#note")
    desk.page.keyboard.type("r+o[")
    assert desk.page.input_value("#note") == "r+o["
    assert (lies(right(desk.page))["turn"], lies(right(desk.page))["zoom"]) == (0, pytest.approx(1))
    analyst.single_keys = False
    analyst.save()
    quiet = opens(small)
    press(quiet, "r", "+", "o", "b", "f")
    assert (lies(right(quiet.page))["turn"], lies(right(quiet.page))["zoom"]) == (0, pytest.approx(1))
    expect(quiet.page.locator("#viewer-light, #viewer-mix, .is-full").first).to_be_hidden()


def test_every_shortcut_of_the_viewer_is_shown_with_its_tool_and_in_the_list(opens: Opens, small: Case) -> None:
    desk = opens(small)
    keys = [
        tool.get_attribute("aria-keyshortcuts") for tool in desk.page.locator("#pictures [aria-keyshortcuts]").all()
    ]
    named = {str(key).split()[0] for key in keys}
    assert named == {"-", "+", "0", "r", "b", "l", "o", "m", "[", "]", "f", "i", "s"}
    beside = {key.inner_text() for key in desk.page.locator("#pictures kbd").all()}
    press(desk, "?")
    listed = {key.inner_text() for key in desk.page.locator("#keys kbd").all()}
    assert named <= beside and named <= listed


def test_in_full_screen_the_rest_is_inert_facts_open_and_a_verdict_key_leaves(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    press(desk, "f")
    expect(page.locator(".viewer.is-full")).to_be_visible()
    reachable = """() => [...document.querySelectorAll('a[href], button, input, textarea, summary')]
        .filter(one => !one.closest('[inert], [data-viewer], dialog, #messages')).map(one => one.outerHTML)"""
    assert page.evaluate(reachable) == []
    press(desk, "i")
    expect(page.locator(".is-full #comparison .matrix")).to_be_visible()
    facts, stage = box(page.locator("#comparison")), box(page.locator(".pair .stage").first)
    assert facts["x"] + facts["width"] <= stage["x"] + 1
    assert barriers(page, "#pictures") == []
    press(desk, "]", "i")
    expect(page.locator(".evidence > #comparison")).to_have_count(1)
    press(desk, "i", "f")
    expect(page.locator(".evidence > #comparison")).to_be_visible()
    assert page.locator("[inert]").count() == 0
    press(desk, "f")
    expect(page.locator(".is-full #comparison")).to_be_visible()
    press(desk, "d")
    expect(page.locator(".viewer.is-full")).to_have_count(0)
    expect(page.locator("#decision input[value=reject]")).to_be_checked()
    expect(page.locator("#decision input[value=reject]")).to_be_in_viewport()
    assert page.locator("[inert]").count() == 0
    assert desk.complaints == []


SIMILARITY = """index => {
  const stage = document.querySelectorAll('.pair .stage')[index], frame = stage.getBoundingClientRect();
  const image = stage.querySelector('[data-shown]');
  const fit = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
  const { a, b, e, f } = new DOMMatrix(getComputedStyle(image).transform);
  return [a * fit, b * fit, frame.x + frame.width / 2 + e, frame.y + frame.height / 2 + f];
}"""
EYES = [(0, -80 - 120j), (0, 70 - 90j), (1, 200 + 40j), (1, 330 - 10j)]
"""Image, and pixel of an eye counted from its centre."""


def similarity(page: Page, index: int) -> tuple[complex, complex]:
    """Factor and shift from the pixels of an image to those of the screen."""
    a, b, x, y = page.evaluate(SIMILARITY, index)
    return complex(a, b), complex(x, y)


def click_eye(page: Page, eye: tuple[int, complex]) -> tuple[int, complex]:
    """Click the eye; returns the image and its pixel under the mouse."""
    factor, shift = similarity(page, eye[0])
    place = factor * eye[1] + shift
    at = complex(round(place.real), round(place.imag))
    page.wait_for_timeout(50)
    page.mouse.click(at.real, at.imag)
    return eye[0], (at - shift) / factor


def apart(page: Page, eyes: list[tuple[int, complex]]) -> list[float]:
    """By how many pixels of the screen each eye of the second image is away from that of the first."""
    views = [similarity(page, index) for index in (0, 1)]
    places = [views[index][0] * pixel + views[index][1] for index, pixel in eyes]
    return [abs(places[0] - places[2]), abs(places[1] - places[3])]


def test_two_clicks_on_each_face_align_the_overlay(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    press(desk, "+", "o", "m")
    says = page.locator("[data-align-says]")
    expect(page.locator(".pair.is-over")).to_have_count(0)
    expect(says).to_have_text("Selfie: click the left eye (1 of 4). Escape cancels.")
    assert barriers(page, "#pictures") == []
    click_eye(page, EYES[2])
    expect(says).to_contain_text("That is the other image.")
    eyes = [click_eye(page, eye) for eye in EYES]
    expect(page.locator(".pair.is-over")).to_be_visible()
    expect(says).to_contain_text("Document front: arrow keys move")
    assert max(apart(page, eyes)) < 2
    press(desk, "-", "Escape", "+", "+", "f")
    expect(page.locator(".viewer.is-full")).to_be_visible()
    page.wait_for_function("() => document.querySelector('.pair .stage').clientWidth > 1000")
    assert max(apart(page, eyes)) > 2, "minus has made the second image smaller"
    press(desk, "m", "=", "Escape")
    expect(page.locator(".pair.is-over")).to_be_visible()
    assert max(apart(page, eyes)) < 2, "in full screen and zoomed"
    press(desk, "m", "ArrowRight", "Shift+ArrowDown")
    assert apart(page, eyes) == pytest.approx([17**0.5] * 2, abs=0.5)
    press(desk, "Escape")
    page.locator("[data-align=reset]").click()
    expect(page.locator("[data-align=reset]")).to_be_hidden()
    assert max(apart(page, eyes)) > 20
    press(desk, "m", "Escape")
    expect(page.locator(".pair.is-over")).to_be_visible()
    expect(page.locator("#viewer-align")).to_be_hidden()
    assert desk.complaints == []


def test_the_tools_beside_the_facts_are_one_line(opens: Opens, small: Case) -> None:
    desk = opens(small)
    tops = {round(box(tool)["y"]) for tool in desk.page.locator(".viewer-bar > button:visible").all()}
    assert len(tops) == 1


# --- mouse ------------------------------------------------------------------------------------------------------------


def test_the_wheel_scrolls_the_page_unless_it_is_meant_for_the_picture(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    x, y = middle(page.locator(".pair .stage").nth(0))
    page.mouse.move(x, y)
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, 120)
    page.wait_for_function("before => scrollY > before", arg=before)
    assert lies(left(page))["zoom"] == pytest.approx(1)
    at = page.evaluate("scrollY")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function("() => document.querySelector('[data-zoom]').textContent !== '100 %'")
    zoomed = lies(left(page))["zoom"]
    assert zoomed > 1.1
    page.locator(".pair .stage").nth(0).evaluate("stage => stage.focus({ preventScroll: true })")
    page.mouse.wheel(0, -100)
    page.wait_for_function("text => document.querySelector('[data-zoom]').textContent !== text", arg=f"{zoomed:.0%}")
    assert lies(left(page))["zoom"] > zoomed
    assert page.evaluate("scrollY") == at
    press(desk, "0")
    page.mouse.wheel(0, 100)
    page.wait_for_function("at => scrollY > at", arg=at)


def test_a_double_click_zooms_to_the_point_and_back_and_a_drag_moves(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    x, y = middle(page.locator(".pair .stage").nth(0))
    page.mouse.dblclick(x + 60, y + 40)
    assert lies(left(page)) == {"zoom": pytest.approx(3), "turn": 0, "x": -120, "y": -80}
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y - 20, steps=4)
    page.mouse.up()
    for figure in (left(page), right(page)):
        assert (lies(figure)["x"], lies(figure)["y"]) == (-70, -100)
    page.wait_for_timeout(500)
    page.mouse.dblclick(x, y)
    assert lies(left(page))["zoom"] == pytest.approx(1)


# --- fingers ----------------------------------------------------------------------------------------------------------


class Fingers:
    """Touch input, by the protocol of the browser."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def move(self, *tracks: tuple[tuple[float, float], tuple[float, float]], steps: int = 8) -> None:
        """Move each finger from its first point to its second."""
        self.send("touchStart", *(begin for begin, _ in tracks))
        for step in range(1, steps + 1):
            part = step / steps
            self.send("touchMove", *((x + (u - x) * part, y + (v - y) * part) for (x, y), (u, v) in tracks))
        self.send("touchEnd")

    def tap(self, x: float, y: float) -> None:
        self.send("touchStart", (x, y))
        self.send("touchEnd")


def test_two_fingers_zoom_about_the_point_between_them_and_move_at_once(opens: Opens, small: Case) -> None:
    desk = opens(small, **PHONE)
    page = desk.page
    stage = page.locator(".pair .stage").nth(0)
    stage.evaluate("stage => stage.scrollIntoView({ block: 'center', behavior: 'instant' })")
    x, y = middle(stage)
    fingers = Fingers(page)
    fingers.move(((x - 20, y), (x - 60, y)), ((x + 20, y), (x + 60, y)))
    for figure in (left(page), right(page)):
        assert lies(figure)["zoom"] == pytest.approx(3, rel=0.05)
        assert lies(figure)["x"] == pytest.approx(0, abs=3)
    at = page.evaluate("scrollY")
    fingers.move(((x - 40, y), (x - 10, y + 30)), ((x + 40, y), (x + 70, y + 30)))
    assert lies(left(page))["zoom"] == pytest.approx(3, rel=0.05)
    assert lies(left(page))["x"] == pytest.approx(30, abs=3) and lies(left(page))["y"] == pytest.approx(30, abs=3)
    assert page.evaluate("scrollY") == at
    assert page.evaluate("visualViewport.scale") == 1
    assert desk.complaints == []


def test_one_finger_scrolls_the_page_over_a_whole_picture_and_moves_a_zoomed_one(opens: Opens, small: Case) -> None:
    desk = opens(small, **PHONE)
    page = desk.page
    stage = page.locator(".pair .stage").nth(0)
    stage.evaluate("stage => stage.scrollIntoView({ block: 'center', behavior: 'instant' })")
    x, y = middle(stage)
    at = page.evaluate("scrollY")
    fingers = Fingers(page)
    fingers.move(((x, y), (x, y - 90)))
    page.wait_for_function("at => scrollY > at", arg=at)
    stage.evaluate("stage => stage.scrollIntoView({ block: 'center', behavior: 'instant' })")
    page.wait_for_timeout(600)
    x, y = middle(stage)
    fingers.tap(x, y)
    fingers.tap(x, y)
    expect(page.locator("[data-zoom]")).to_have_text("300 %")
    at = page.evaluate("scrollY")
    fingers.move(((x, y), (x + 40, y - 50)))
    assert (lies(left(page))["x"], lies(left(page))["y"]) == (pytest.approx(40, abs=2), pytest.approx(-50, abs=2))
    assert page.evaluate("scrollY") == at
    page.wait_for_timeout(500)
    fingers.tap(x, y)
    fingers.tap(x, y)
    expect(page.locator("[data-zoom]")).to_have_text("100 %")


def test_a_picture_is_chosen_for_either_side_by_finger(opens: Opens, played: Case) -> None:
    desk = opens(played, **PHONE)
    page = desk.page
    page.locator("[data-side='0']").tap()
    back = page.locator(".filmstrip a", has_text="Document back").first
    back.scroll_into_view_if_needed()
    back.tap()
    expect(left(page)).to_have_attribute("data-name", "Document back")
    page.locator("[data-view=overlay]").tap()
    expect(page.locator(".pair.is-over")).to_be_visible()
    assert overhang(page) == 0
    assert desk.complaints == []


# --- videos and reports -----------------------------------------------------------------------------------------------


def test_a_video_plays_in_place_and_is_recorded_when_it_is_played(opens: Opens, played: Case) -> None:
    desk = opens(played)
    page = desk.page
    page.locator(".filmstrip a", has_text="Video").first.click()
    video = page.locator(".pair video")
    expect(video).to_be_visible()
    page.wait_for_timeout(300)
    assert not ViewRecord.objects.filter(kind="video").exists()
    assert video.evaluate("video => video.controls") is False
    page.locator("[data-play]").press("Enter")
    expect(video).to_be_focused()
    assert video.evaluate("video => video.controls") is True
    page.wait_for_function("() => document.querySelector('.pair video').currentTime > 0.2")
    assert video.evaluate("video => [video.videoWidth > 0, video.error]") == [True, None]
    record = ViewRecord.objects.filter(kind="video").latest("at")
    assert str(record.document_id) == page.locator(".pair figure[data-form=video]").get_attribute("data-picture")
    press(desk, "+", "r")
    assert desk.complaints == []


def test_a_report_opens_in_place_page_by_page_each_recorded_when_shown(opens: Opens, small: Case) -> None:
    desk = opens(small)
    page = desk.page
    page.locator(".filmstrip a", has_text="Report, PDF").click()
    wait_until_still(page)
    pages = ViewRecord.objects.filter(kind="page")
    assert list(pages.values_list("document_page", flat=True)) == [1]
    expect(page.locator("[data-page]")).to_have_text("1 of 3")
    expect(page.locator("[data-leaf='-1']")).to_have_attribute("aria-disabled", "true")
    page.locator(".pair .stage").nth(1).focus()
    with page.expect_response("**/image/page-2/"):
        press(desk, "PageDown")
    wait_until_still(page)
    with page.expect_response("**/image/page-3/"):
        page.locator("[data-leaf='1']").click()
    wait_until_still(page)
    expect(page.locator("[data-page]")).to_have_text("3 of 3")
    expect(right(page).locator("img")).to_have_attribute("alt", "Report, PDF, page 3 of 3")
    assert list(pages.order_by("document_page").values_list("document_page", flat=True)) == [1, 2, 3]
    press(desk, "+")
    assert lies(right(page))["zoom"] == pytest.approx(1.25)
    assert desk.complaints == []


# --- faults, and images that arrive later -----------------------------------------------------------------------------


@pytest.fixture
def records_refused(live_server: Any) -> Iterator[Callable[[], None]]:
    """No view of a picture can be recorded until the fixture's value is called."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_views() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF NEW.kind = 'image' THEN RAISE EXCEPTION 'no room'; END IF; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse_views BEFORE INSERT ON compliance_viewrecord "
            "FOR EACH ROW EXECUTE FUNCTION refuse_views()"
        )

    def allow() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION IF EXISTS refuse_views CASCADE")

    yield allow
    allow()


def test_a_view_that_cannot_be_recorded_shows_nothing_says_so_and_can_be_tried_again(
    opens: Opens, small: Case, records_refused: Callable[[], None]
) -> None:
    desk = opens(small)
    page = desk.page
    reason = left(page).locator("[data-not-shown]")
    expect(reason).to_contain_text("This view could not be logged, so nothing is shown.")
    expect(left(page).locator("img")).to_be_hidden()
    assert barriers(page, "#pictures") == []
    records_refused()
    reason.locator("button").click()
    expect(left(page).locator("img")).to_be_visible()
    wait_until_still(page)
    expect(reason).to_be_hidden()
    assert {complaint.split()[0] for complaint in desk.complaints} == {"500"}
    assert pictures_seen() == 1


def test_a_lost_copy_shows_an_error(opens: Opens, small: Case, settings: Any) -> None:
    folder = settings.STORAGES["documents"]["OPTIONS"]["location"]
    front = Document.objects.get(kind=EvidenceKind.DOCUMENT_FRONT)
    assert front.blob is not None
    ((folder / front.blob.path).parent / "view").unlink()
    desk = opens(small)
    expect(right(desk.page).locator("[data-not-shown]")).to_contain_text("its stored copy is missing or damaged")
    assert left(desk.page).locator("img").is_visible()


def test_a_lost_video_shows_an_error_when_it_is_played(opens: Opens, played: Case, settings: Any) -> None:
    folder = settings.STORAGES["documents"]["OPTIONS"]["location"]
    desk = opens(played)
    desk.page.locator(".filmstrip a", has_text="Video").first.click()
    video = Document.objects.get(pk=str(chosen(desk.page)[1]))
    assert video.blob is not None and video.blob.has_cleaned_video
    ((folder / video.blob.path).parent / "film").unlink()
    desk.page.locator("[data-play]").click()
    expect(right(desk.page).locator("[data-not-shown]")).to_contain_text("its stored copy is missing or damaged")
    expect(desk.page.locator("video")).to_be_hidden()


def test_an_image_that_arrives_later_changes_nothing_else(opens: Opens, small: Case, check: Check) -> None:
    late = request_document(check, EvidenceKind.DOCUMENT_SIGNATURE)
    desk = opens(small)
    page = desk.page
    expect(page.locator(".filmstrip .lost")).to_contain_text("Signature: being saved")
    press(desk, "+", "+", "f")
    thumbs = ViewRecord.objects.filter(kind="thumbnail").count()
    seen = pictures_seen()
    page.evaluate("document.querySelector('.pair img').dataset.same = 'yes'")
    arrives(late, picture((400, 200), "olive"))
    page.evaluate(
        "url => htmx.ajax('GET', url, {source: '#checks', target: '#checks', swap: 'outerHTML'})",
        f"/case/{small.pk}/live/",
    )
    expect(page.locator(".filmstrip a", has_text="Signature")).to_be_visible()
    expect(page.locator("[data-zoom]")).to_have_text("150 %")
    assert lies(left(page))["zoom"] == pytest.approx(1.5)
    assert page.locator(".pair img[data-same=yes]").count() == 1
    assert page.evaluate("Boolean(document.fullscreenElement)")
    page.wait_for_function("() => [...document.querySelectorAll('.filmstrip img')].every(one => one.naturalWidth)")
    assert pictures_seen() == seen
    assert ViewRecord.objects.filter(kind="thumbnail").count() == thumbs + 1
    press(desk, "f", "[")
    page.locator(".filmstrip a", has_text="Signature").click()
    expect(right(page)).to_have_attribute("data-name", "Signature")
    assert desk.complaints == []


def test_forty_pictures_are_a_usable_page_and_only_two_are_asked_for(opens: Opens, small: Case, check: Check) -> None:
    content = picture((30, 20), "navy")
    seen = decode(content)
    for place in range(37):
        document = request_document(check, EvidenceKind.DOCUMENT_FRONT)
        download = Download(label=document.label, kind=EvidenceKind.DOCUMENT_FRONT, content=content + bytes([place]))
        evidence_copies.store(document.pk, [(download, seen)])
        Document.objects.filter(pk=document.pk).update(label=f"again {place} " + "x" * 120)
    desk = opens(small)
    page = desk.page
    assert page.locator(".filmstrip a").count() == 40
    assert overhang(page) == 0
    assert pictures_seen() == 2
    for _ in range(12):
        press(desk, "]")
        wait_until_still(page)
    link = page.locator(".filmstrip a.is-marked")
    assert 0 <= box(link)["x"] - box(page.locator(".filmstrip"))["x"] <= box(page.locator(".filmstrip"))["width"]
    assert pictures_seen() == 14
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domComplete") < 5000
    assert desk.complaints == []


def test_a_link_elsewhere_on_the_page_brings_its_picture_to_the_stage(
    opens: Opens, simulator: Simulator, account: Callable[..., ProviderAccount]
) -> None:
    case = case_from(simulator, account("preventor"), "declined-two-faces")
    copies.copy_requested(seconds=60)
    desk = opens(case)
    link = desk.page.locator(".ticket-pictures a[data-choose]").last
    wanted_id = link.get_attribute("data-choose")
    link.click()
    assert chosen(desk.page)[1] == wanted_id
    expect(desk.page.locator(".pair .stage").nth(1)).to_be_focused()
    expect(desk.page.locator(".pair .stage").nth(1)).to_be_in_viewport()
    assert desk.complaints == []


@pytest.mark.promise("P39")
def test_without_script_each_link_of_the_filmstrip_opens_its_image(opens: Opens, small: Case) -> None:
    desk = opens(small, java_script_enabled=False)
    page = desk.page
    assert page.locator(".viewer-bar").is_hidden()
    assert page.locator("noscript").count() == 1
    address = page.locator(".filmstrip a", has_text="Document front").get_attribute("href")
    with page.expect_response(f"**{address}") as answer:
        page.locator(".filmstrip a", has_text="Document front").click()
    assert answer.value.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("view", VIEWS, ids=view_name)
def test_every_state_of_the_viewer_is_free_of_barriers(opens: Opens, played: Case, view: dict[str, Any]) -> None:
    desk = opens(played, **view)
    page = desk.page
    found = barriers(page, "#pictures")
    press(desk, "b", "o")
    found += barriers(page, "#pictures")
    assert overhang(page) == 0
    press(desk, "o", "f")
    found += barriers(page, "#pictures")
    press(desk, "f")
    for name in ("Video", "Report, PDF"):
        page.locator(".filmstrip a", has_text=name).first.click()
        found += barriers(page, "#pictures")
    assert found == []
    assert overhang(page) == 0
    assert desk.complaints == []
