"""Uploads by the form of the case page: several at once, in memory, each accepted or refused separately."""

import os
import resource
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from compliance.actions import decisions, overrides, uploads
from compliance.enums import DecisionVerdict
from compliance.evidence import upload_handler
from compliance.evidence.upload_handler import MEBIBYTE, BufferedUploadHandler
from compliance.models import Blob, Case, Document, User
from providers import MAX_FILE_BYTES, EvidenceKind
from tests.compliance import assertions
from tests.compliance.actions.test_uploads import A_PDF, picture
from tests.compliance.evidence.videos import webm_of
from tests.compliance.views.pages import FRAGMENT, Node, bytes_of, case_page, page_of, signed_in
from tests.factories import decision_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

NAME = "Zebediah Quillfeather, passport.png"
NOTE = "Sent by e-mail <b>on request</b>."


@pytest.fixture
def case() -> Case:
    """A case in a queue."""
    return assertions.case_with("declined")


def file(content: bytes = b"", name: str = NAME, called: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or picture(), called)


def send(browser: Client, case: Case, *files: SimpleUploadedFile, **other: Any) -> Any:
    """Send the form as the script does; ``plain=True`` as a browser without it."""
    headers = {} if other.pop("plain", False) else FRAGMENT
    fields = {"kind": "selfie", "note": NOTE, "file": list(files)} | other
    return browser.post(reverse("case-add-document", args=[case.pk]), fields, headers=headers)


def refusals(page: Node) -> list[str]:
    return page.by_id("upload_file_error").texts("li")


def filmstrip_of(page: Node) -> list[Node]:
    return page.by_id("pictures").one("ol", "filmstrip").all("li")


# --- adding -----------------------------------------------------------------------------------------------------------


def test_an_added_image_is_shown_with_its_user_and_note(case: Case, desk: Client, colleague: User) -> None:
    before = case_page(desk, case)
    assert not before.by_id("upload").has("ul", "added")
    answer = send(desk, case, file())
    page = page_of(answer)
    document = Document.objects.get()
    assert page.by_id("upload").get("hx-swap-oob") == ""
    (line,) = page.by_id("upload").one("ul", "added").all("li")
    assert line.text.startswith("Selfie added 1 You,")
    assert line.one("p", "quote").text == NOTE
    # Dependent parts are in the response: images, timeline, and a decision panel with the new evidence.
    assert [item["data-item"] for item in filmstrip_of(page)] == [str(document.pk)]
    assert "added a file: Selfie" in page.by_id("timeline").text
    assert page.by_id("panel").one("input", name="seen")["value"] != before.one("input", name="seen")["value"]
    assert "1 file added." in page.by_id("messages").text
    theirs = case_page(signed_in(colleague), case).by_id("upload")
    assert "Dana Whitfield" in theirs.one("ul", "added").text
    assert not theirs.has("form", id=f"remove-{document.pk}")


@pytest.mark.promise("P39")
def test_the_form_redirects_to_the_case_without_the_script(case: Case, desk: Client) -> None:
    answer = send(desk, case, file(), plain=True)
    assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[case.pk]) + "#pictures")
    whole = page_of(send(desk, case, file(), plain=True), 422)
    assert whole.has("main", id="content")
    assert refusals(whole) == [f"{NAME}: It is on this case already, as selfie added by Dana Whitfield."]
    assert "open" in whole.by_id("upload").all("details")[0].attributes
    assert "open" not in case_page(desk, case).by_id("upload").all("details")[0].attributes


def test_valid_files_are_added_and_each_invalid_one_is_named_with_its_reason(case: Case, desk: Client) -> None:
    answer = send(
        desk,
        case,
        file(b"<svg onload=alert(1)>", "a.png"),
        file(picture(colour="red"), "b.exe", "application/x-msdownload"),
        file(A_PDF, "c.jpg", "image/jpeg"),
        file(picture(colour="blue"), "d.html", "text/html"),
    )
    page = page_of(answer, 422)
    assert refusals(page) == [
        "a.png: It is not a JPEG, PNG, WebP, AVIF, PDF, MP4 or WebM file.",
        "c.jpg: It is a PDF, which does not fit the kind “selfie”.",
    ]
    assert page.by_id("upload_file_error").texts("b")[:2] == ["2 files added.", "Not added:"]
    form = page.by_id("upload-form")
    assert [option["value"] for option in form.one("select").all("option") if "selected" in option.attributes] == [
        "selfie"
    ]
    assert form.one("textarea").text == NOTE
    assert len(filmstrip_of(page)) == Document.objects.count() == 2
    assert page.by_id("panel").has("input", name="seen")


@pytest.mark.parametrize("wrong", [{"note": " "}, {"kind": "archive"}, {"kind": ""}, {"note": "x" * 1001}])
def test_an_invalid_form_preserves_the_input_and_says_that_no_file_was_uploaded(
    wrong: dict[str, str], case: Case, desk: Client
) -> None:
    page = page_of(send(desk, case, file(), **wrong), 422)
    (name,) = wrong
    field = page.by_id(f"upload_{name}")
    assert field["aria-invalid"] == "true"
    assert f"upload_{name}_error" in field["aria-describedby"].split()
    assert page.by_id(f"upload_{name}_error").text
    assert "Choose the files again" in page.by_id("upload_file_error").text
    assert Document.objects.count() == 0
    other = {"note": "kind", "kind": "note"}[name]
    typed = page.by_id("upload_note").text if other == "note" else page.by_id("upload_kind").text
    assert typed


def test_no_file_and_too_many_files_are_errors(case: Case, desk: Client) -> None:
    assert page_of(send(desk, case), 422).by_id("upload_file_error").text == "Choose at least one file."
    colours = [picture(colour=f"rgb({number}, 0, 0)") for number in range(12)]
    page = page_of(send(desk, case, *(file(content, f"{at}.png") for at, content in enumerate(colours))), 422)
    assert refusals(page) == [f"{at}.png: At most 10 files per upload." for at in (10, 11)]
    assert Document.objects.count() == 10
    assert desk.post(reverse("case-add-document", args=[case.pk + 9]), {"file": file()}).status_code == 404


def test_a_message_explains_the_effect_of_an_added_file_on_the_case(case: Case, desk: Client, analyst: User) -> None:
    overrides.propose(case.pk, by=analyst, request=decision_request(case, DecisionVerdict.APPROVE, "OK-04"))
    assert "A proposal is pending." in case_page(desk, case).by_id("upload").text
    page = page_of(send(desk, case, file()))
    assert "it has to be proposed again" in page.by_id("messages").text
    assert "Selfie “Added 1” is new" in page.by_id("override").text
    done = assertions.case_with("declined")
    decisions.decide(done.pk, by=analyst, request=decision_request(done, DecisionVerdict.REJECT, "REJ-01"))
    assert "The case is decided." in case_page(desk, done).by_id("upload").text
    assert "The decision does not change." in page_of(send(desk, done, file())).by_id("messages").text


def test_file_names_are_stored_nowhere(case: Case, desk: Client, capfd: Any, caplog: Any, colleague: User) -> None:
    send(desk, case, file(), file(b"<svg/>", "second Quillfeather.svg"))
    for model in apps.get_models():
        for row in model._base_manager.values_list():
            assert "Quillfeather" not in repr(row), model
    assert "Quillfeather" not in case_page(signed_in(colleague), case).text
    printed = capfd.readouterr()
    assert "Quillfeather" not in printed.out + printed.err + caplog.text


# --- removing ---------------------------------------------------------------------------------------------------------


def test_a_file_is_removed_with_a_reason_and_cannot_be_opened(case: Case, desk: Client, analyst: User) -> None:
    send(desk, case, file())
    document = Document.objects.get()
    shown = [reverse("document-image", args=[document.pk, size]) for size in ("thumb", "view")]
    shown.append(reverse("document-original", args=[document.pk]))
    assert {desk.get(url).status_code for url in shown} == {200}
    url = reverse("document-withdraw", args=[document.pk])
    page = page_of(desk.post(url, {"reason": ""}, headers=FRAGMENT), 422)
    assert (
        page.by_id(f"remove-{document.pk}-error").text
        == "Enter a note. It is stored encrypted and shown with the file."
    )
    page = page_of(desk.post(url, {"reason": "It shows <i>somebody</i> else."}, headers=FRAGMENT))
    (line,) = page.by_id("upload").one("ul", "added").all("li")
    assert "Removed by you" in line.text
    assert "It shows <i>somebody</i> else." in line.text
    assert {desk.get(address).status_code for address in shown} == {404}
    assert not page.by_id("pictures").has("img")
    assert "removed an added file: Selfie" in page.by_id("timeline").text
    page = page_of(desk.post(url, {"reason": "again"}, headers=FRAGMENT), 409)
    assert "You removed this file at " in page.by_id("upload").text
    assert Blob.objects.count() == 1


def test_a_file_of_another_user_cannot_be_removed(case: Case, analyst: User, colleague: User, manager: User) -> None:
    document = uploads.add(case.pk, by=analyst, kind=EvidenceKind.SELFIE, note="n", content=picture())
    url = reverse("document-withdraw", args=[document.pk])
    browser = signed_in(colleague)
    assert browser.post(url, {"reason": "x"}).status_code == 403
    assert "or a manager, may remove it" in page_of(browser.post(url, {"reason": "x"}, headers=FRAGMENT), 409).text
    assert case_page(signed_in(manager), case).has("form", id=f"remove-{document.pk}")
    document.refresh_from_db()
    assert document.state == "copied"


# --- memory -----------------------------------------------------------------------------------------------------------

_written: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Names of all files that this process opens for writing during ``writes``."""
    # A descriptor was opened by name before, or is a pipe.
    if event == "open" and _listening.is_set() and isinstance(arguments[0], str | bytes | os.PathLike):
        mode, flags = arguments[1], arguments[2]
        if (isinstance(mode, str) and set(mode) & set("wax+")) or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            _written.append(os.fsdecode(arguments[0]))
    elif event.startswith("tempfile.") and _listening.is_set():
        _written.append(event)


_listening = threading.Event()
sys.addaudithook(_watch)


@pytest.fixture
def writes() -> Iterator[list[str]]:
    """The files opened for writing."""
    _written.clear()
    _listening.set()
    yield _written
    _listening.clear()


MARK = b"RECOGNISABLE-" * 5000


@pytest.mark.promise("P12")
def test_thirty_megabytes_are_never_written_to_disk_unencrypted(
    case: Case, desk: Client, writes: list[str], documents_folder: Path
) -> None:
    content = A_PDF + MARK * (30 * MEBIBYTE // len(MARK))
    sent = file(content, "letter.pdf")
    body = {"kind": "report_pdf", "note": NOTE, "file": [sent]}
    writes.clear()
    assert desk.post(reverse("case-add-document", args=[case.pk]), body, headers=FRAGMENT).status_code == 200
    _listening.clear()
    assert Blob.objects.get().size == len(content)
    opened = [Path(name) for name in writes if not name.startswith(("/dev/", "/proc/"))]
    assert opened, "nothing was heard"
    assert [path for path in opened if not path.is_relative_to(documents_folder)] == []
    kept = [path.read_bytes() for path in documents_folder.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"RECOGNISABLE" in ciphertext or b"%PDF" in ciphertext for ciphertext in kept)


def test_files_sent_to_other_pages_are_discarded(case: Case, desk: Client, writes: list[str]) -> None:
    large = file(bytes(4 * MEBIBYTE), "large.png")
    for browser in (desk, Client()):
        for name in ("preferences", "sign-in"):
            writes.clear()
            answer = browser.post(reverse(name), {"theme": "dark", "file": large, "username": "x", "password": "y"})
            assert answer.status_code in (200, 302)
            assert not any("upload" in name or name.startswith("tempfile") for name in writes)
            assert list(answer.wsgi_request.FILES) == []
            large.seek(0)


class Endless:
    """A body whose file never ends, and the number of bytes read."""

    def __init__(self) -> None:
        head = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        self.left = f"--frontier\r\n{head}".encode()
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        size = 65536 if size < 0 else size
        piece, self.left = (self.left + bytes(size))[:size], self.left[size:]
        self.read_bytes += len(piece)
        return piece


def sent_to(body: Any, length: int) -> BufferedUploadHandler:
    request = RequestFactory().post("/", content_type="multipart/form-data; boundary=frontier")
    request.META["CONTENT_LENGTH"] = str(length)
    request.META["wsgi.input"] = request._stream = body
    handler = BufferedUploadHandler(request)
    request.upload_handlers = [handler]
    assert list(request.FILES) == []
    return handler


def test_an_endless_body_is_neither_read_to_its_end_nor_stored() -> None:
    body = Endless()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    handler = sent_to(body, 10**12)
    assert [sentence for _, sentence in handler.refused] == [
        "It is larger than 32 MB.",
        "The upload is too large: this file and the following ones were not read.",
    ]
    assert upload_handler.MAX_READ_BYTES <= body.read_bytes < upload_handler.MAX_READ_BYTES + MEBIBYTE
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 2 * MAX_FILE_BYTES / MEBIBYTE + 16


def test_concurrent_uploads_stay_within_the_budget_of_a_process(
    case: Case, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_handler, "MAX_REQUEST_BYTES", 3000)
    contents = [A_PDF + bytes(1000), A_PDF + bytes(1900), A_PDF + bytes(500)]
    page = page_of(
        send(desk, case, *(file(content, f"{at}.pdf") for at, content in enumerate(contents)), kind="report_pdf"), 422
    )
    assert [line.partition(":")[0] for line in refusals(page)] == ["2.pdf"]
    assert "Add it in a second upload" in refusals(page)[0]
    assert Document.objects.count() == 2


def test_a_video_is_added_and_played(case: Case, desk: Client) -> None:
    video = webm_of()
    page_of(send(desk, case, file(video, "a.mov", "video/quicktime"), kind="video"))
    document = Document.objects.get()
    answer = desk.get(reverse("document-video", args=[document.pk]))
    assert answer["Content-Type"] == "video/webm"
    assert bytes_of(answer) == video
