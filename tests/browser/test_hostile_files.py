"""Hostile files in a real browser: every URL of each opened alone, and all of them on the page of a case.
Nothing of them runs: no mark, no dialog, no request to the address that their scripts ask for."""

import http.server
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page

from compliance.actions import documents, evidence_copies
from compliance.evidence.decoding import CLEANED_VIDEO, decode
from compliance.models import Case, Check, Document, User, ViewRecord
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from providers.simulator.checkout_com.files import video
from providers.simulator.people import person
from tests import factories
from tests.browser.visits import Visit, visit
from tests.compliance.evidence.videos import PLACE, Strand, box, description, element, fragments, mp4, pictures_in
from tests.decoded_files import decoded_once, in_child
from tests.hostile_files import Hostile, hostile_file, names, page, svgs

SOAK = os.environ.get("SOAK") == "1"
A_PART = 30
"""Files of one case: a page that shows more says nothing more."""


@dataclass(slots=True)
class Listener:
    """A server that scripts of hostile files call, and that serves the files with the type that they claim."""

    url: str
    asked: list[str] = field(default_factory=list)
    served: dict[str, tuple[str, bytes]] = field(default_factory=dict)


@pytest.fixture(scope="module", autouse=True)
def decoder() -> Iterator[None]:
    """Hostile files are decoded in limited children only."""
    with decoded_once(in_child):
        yield


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Listens on a free port."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, content = found.served.get(self.path, ("text/plain", b""))
            if self.path not in found.served and self.path != "/favicon.ico":
                found.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        found = Listener(url=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@dataclass
class Watch:
    """Events of a page that an image never causes."""

    dialogs: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def over(self, watched: Page) -> None:
        """Start to watch this page."""
        watched.on("dialog", self._dialog)
        watched.on("console", self._console)

    def decode(self, watched: Page) -> None:
        """Whether something has left its mark in any frame."""
        for frame in watched.frames:
            if frame.evaluate("window.__ran"):
                self.ran.append(frame.url)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        # What the policy refused, or what a script said; that a file is missing is said by its status.
        if not message.text.startswith("Failed to load resource"):
            self.words.append(message.text)


def parts() -> list[list[tuple[str, int]]]:
    every = names(every=SOAK)
    return [every[place : place + A_PART] for place in range(0, len(every), A_PART)]


@pytest.fixture
def check(live_server: Any, account: Callable[..., ProviderAccount]) -> Check:
    """A check that files may belong to."""
    return factories.add_check(factories.make_case(), account("preventor"), "ticket-hostile")


@pytest.fixture
def desk(browser: Browser, live_server: Any, analyst: User) -> Visit:
    """An analyst who opens every file."""
    return visit(browser, live_server.url, analyst, accept_downloads=True)


def stored(check: Check, file: Hostile) -> Document:
    documents.request(check, [Evidence(kind=file.kind, label=str(file))])
    document = Document.objects.get(check_row=check, label=str(file))
    found = decode(file.content)
    evidence_copies.store(document.pk, [(Download(label=str(file), kind=file.kind, content=file.content), found)])
    document.refresh_from_db()
    return document


def addresses(document: Document) -> list[str]:
    pages = document.blob.pages if document.blob else 0
    sizes = ["thumb", "view", *(f"page-{number}" for number in range(1, pages + 1))]
    urls = [reverse("document-image", args=[document.pk, size]) for size in sizes]
    return [*urls, *(reverse(name, args=[document.pk]) for name in ("document-video", "document-original"))]


def opened(desk: Visit, path: str) -> str:
    """Open a URL alone; returns its type, or "download"."""
    try:
        answer = desk.page.goto(desk.url + path)
    except Error as error:
        if "Download is starting" not in error.message and "net::ERR_ABORTED" not in error.message:
            raise
        return "download"
    assert answer is not None
    return answer.headers["content-type"] if answer.status == 200 else str(answer.status)


def test_the_watch_sees_a_file_that_runs(browser: Browser, listener: Listener) -> None:
    """The watch reports a file that is served with the type that it claims."""
    canary = f"{listener.url}/ran"
    listener.served["/page"] = ("text/html", page(canary).encode())
    listener.served["/drawing"] = ("image/svg+xml", next(iter(svgs(canary))))
    for path in listener.served:
        watch, listener.asked[:] = Watch(), []
        context = browser.new_context()
        opened_page = context.new_page()
        watch.over(opened_page)
        opened_page.goto(listener.url + path)
        opened_page.wait_for_timeout(300)
        watch.decode(opened_page)
        assert watch.dialogs and watch.ran and "/ran" in listener.asked
        context.close()


@pytest.mark.promise("G23", "G24")
@pytest.mark.parametrize("part", range(len(parts())))
def test_nothing_of_a_hostile_file_runs_opened_by_itself_or_on_its_case(
    part: int, check: Check, desk: Visit, listener: Listener
) -> None:
    files = [hostile_file(family, number, f"{listener.url}/ran") for family, number in parts()[part]]
    held = [stored(check, file) for file in files]
    watch = Watch()
    watch.over(desk.page)
    desk.page.context.on("page", watch.over)
    kinds: dict[str, set[str]] = {}
    for document in held:
        for path in addresses(document):
            kinds.setdefault(path.split("/")[3], set()).add(opened(desk, path))
            watch.decode(desk.page)
    watch.words.clear()  # the policy reports players and images that are opened alone
    assert kinds["image"] <= {"image/jpeg", "404"}
    assert kinds["video"] <= {"video/mp4", "video/webm", "404"}
    assert kinds["original"] == {"download"}
    look_through(desk, check.case)
    watch.decode(desk.page)
    desk.page.wait_for_timeout(300)
    assert (watch.dialogs, watch.ran, listener.asked) == ([], [], [])
    assert [words for words in watch.words if "ran" in words or listener.url in words] == []
    assert len(desk.page.context.pages) == 1


def look_through(desk: Visit, case: Case) -> None:
    """Open the case, and each of its images in the viewer, as an analyst does."""
    desk.go(f"/case/{case.pk}/")
    choices = desk.page.locator("#pictures a[data-choose]")
    assert choices.count() >= 1
    for place in range(choices.count()):
        choices.nth(place).click()
    desk.page.wait_for_load_state("networkidle")
    assert desk.page.url == f"{desk.url}/case/{case.pk}/"


def located_video(layout: str) -> bytes:
    """A playable video with a location, in one of the known layouts."""
    real = video("face_video", person(7))
    if layout == "webm":
        segment = real.index(b"\x18S\x80g")
        tags = element(0x1254C367, b"LOCATION" + PLACE)
        return real[:segment] + element(0x18538067, tags + real[segment + 12 :] + tags)
    more = box(b"vpcC", b"\1\0\0\0", b"\0\x0a\x80\2\2\2\0\0") + box(b"GPS ", PLACE)
    formats = description(b"vide", b"vp08", more=more)
    pictures = pictures_in(real)
    strands = Strand(b"vide", b"vp08", pictures), Strand(b"meta", b"gpmd", [PLACE] * len(pictures))
    if layout == "fragments":
        return fragments(strands, "moof", gap=PLACE, formats=formats)
    turns = (0, 1, PLACE) * len(pictures)
    return mp4(strands, turns, front=layout == "mp4", long=layout != "mp4", formats=formats, more=box(b"udta", PLACE))


@pytest.mark.parametrize("layout", ["webm", "mp4", "mp4-turned", "fragments"])
def test_a_video_plays_without_its_location(layout: str, check: Check, desk: Visit) -> None:
    content = located_video(layout)
    assert PLACE in content
    document = stored(check, Hostile(family="video", number=1, content=content, fate="shown", kind=EvidenceKind.VIDEO))
    assert document.blob and document.blob.has_cleaned_video
    assert PLACE not in decode(content).renditions[CLEANED_VIDEO]
    desk.go(f"/case/{check.case_id}/")
    played = desk.page.evaluate(PLAYS, reverse("document-video", args=[document.pk]))
    assert played == [360, 480, True]
    assert desk.complaints == []
    assert ViewRecord.objects.filter(document=document, kind="video").count() == 1


PLAYS = """async (address) => {
  const video = document.createElement("video");
  video.muted = true;
  video.src = address;
  document.body.append(video);
  await video.play();
  await new Promise((done) => { video.ontimeupdate = () => video.currentTime > 0.3 && done(); });
  return [video.videoWidth, video.videoHeight, video.error === null];
}"""
