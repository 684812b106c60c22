"""All uploads of a web process share one memory budget, which is released in every case."""

import http.client
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.urls import reverse

from compliance.actions import uploads
from compliance.evidence import upload_handler
from compliance.evidence.upload_handler import BufferedFile, UploadBudget
from compliance.models import Case, Document, User
from tests.compliance import assertions
from tests.compliance.actions.test_uploads import A_PDF, picture
from tests.compliance.views.pages import FRAGMENT, case_page, page_of, signed_in
from tests.compliance.views.test_uploads import NOTE, file, refusals, send
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db

KIBIBYTE = 1024
NO_ROOM = "Too many uploads at the moment. Add it again in a minute."
BOUNDARY = "frontier"


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[UploadBudget]:
    """A small budget; after the test all of it is released."""
    small = UploadBudget(2000 * KIBIBYTE)
    monkeypatch.setattr(upload_handler, "BUDGET", small)
    yield small
    soon(lambda: small.reserved == 0)


@pytest.fixture
def case() -> Case:
    """A case in a queue."""
    return assertions.case_with("declined")


def soon(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(0.01)


def has_more(room: UploadBudget, count: int) -> bool:
    return room.reserved > count


# --- one budget -------------------------------------------------------------------------------------------------------


@pytest.mark.promise("P13")
def test_the_budget_is_never_exceeded_and_released_bytes_can_be_reserved_again() -> None:
    own, most_seen = UploadBudget(1000), [0]

    def takes(count: int) -> int:
        given = 0
        for _ in range(400):
            if own.reserve(count):
                given += 1
                most_seen[0] = max(most_seen[0], own.reserved)
                own.release(count)
        return given

    given = at_once([partial(takes, count) for count in (300, 301, 302, 303, 999, 1000, 1001)])
    assert given[-1] == 0
    assert all(given[:-1])
    assert most_seen[0] <= 1000
    assert own.reserved == 0
    assert own.reserve(1000)
    assert not own.reserve(1)


def test_a_closed_or_collected_file_releases_the_budget(room: UploadBudget) -> None:
    kept, forgotten = BufferedFile(), BufferedFile()
    assert kept.append(b"12345")
    assert forgotten.append(b"123")
    assert room.reserved == 8
    kept.close()
    kept.close()
    assert room.reserved == 3
    del forgotten
    assert room.reserved == 0


def test_a_file_beyond_the_budget_is_named_and_typed_text_stays(case: Case, desk: Client, room: UploadBudget) -> None:
    large = A_PDF + bytes(300 * KIBIBYTE)
    assert room.reserve(1900 * KIBIBYTE)  # by others
    page = page_of(send(desk, case, file(large, "large.pdf"), file(A_PDF, "small.pdf"), kind="report_pdf"), 422)
    assert refusals(page) == [f"large.pdf: {NO_ROOM}"]
    assert page.by_id("upload_file_error").texts("b")[:2] == ["1 file added.", "Not added:"]
    assert page.by_id("upload_note").text == NOTE
    assert [
        choice["value"] for choice in page.by_id("upload_kind").all("option") if "selected" in choice.attributes
    ] == ["report_pdf"]
    assert case_page(desk, case).has("form", id="upload-form")
    assert desk.get(reverse("queue")).status_code == 200
    plain = page_of(send(desk, case, file(large, "large.pdf"), kind="report_pdf", plain=True), 422)
    assert refusals(plain) == [f"large.pdf: {NO_ROOM}"]
    room.release(1900 * KIBIBYTE)
    assert send(desk, case, file(large, "large.pdf"), kind="report_pdf").status_code == 200
    assert (Document.objects.count(), room.reserved) == (2, 0)


def test_each_file_of_a_request_is_released_before_the_next_is_decoded(
    case: Case, desk: Client, room: UploadBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [A_PDF + bytes(size) for size in (1000, 2000, 3000)]
    held: list[int] = []
    add = uploads.add

    def adds(*args: Any, **kwargs: Any) -> Document:
        held.append(room.reserved)
        return add(*args, **kwargs)

    monkeypatch.setattr(uploads, "add", adds)
    send(desk, case, *(file(content, f"{at}.pdf") for at, content in enumerate(contents)), kind="report_pdf")
    assert held == [sum(map(len, contents[at:])) for at in range(3)]


# --- release ----------------------------------------------------------------------------------------------------------


def part(name: str, content: bytes, *, filename: str = "", more: str = "") -> bytes:
    named = f'; filename="{filename}"' if filename else ""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{more}\r\n'.encode()
        + content
        + b"\r\n"
    )


GOOD = part("kind", b"other") + part("note", b"why") + part("file", A_PDF + bytes(400 * KIBIBYTE), filename="a.pdf")
END = f"--{BOUNDARY}--\r\n".encode()
BROKEN = {
    "a file that is no base64": GOOD
    + part("file", b"=AAA", filename="b.pdf", more="Content-Transfer-Encoding: base64\r\n")
    + END,
    "too many files": GOOD + part("file", b"x", filename="b.pdf") * 60 + END,
    "a field without measure": GOOD + part("note", bytes(1100 * KIBIBYTE)) + END,
    "too many fields": GOOD + part("x", b"") * 1100 + END,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_body_that_breaks_after_a_valid_file_releases_the_budget(
    body: bytes, case: Case, desk: Client, room: UploadBudget
) -> None:
    url = reverse("case-add-document", args=[case.pk])
    answer = desk.post(url, data=body, content_type=f"multipart/form-data; boundary={BOUNDARY}")
    assert answer.status_code in (400, 413)
    assert room.reserved == 0


def test_a_refused_token_and_a_missing_role_release_the_budget(
    case: Case, analyst: User, stranger: User, room: UploadBudget
) -> None:
    strict = signed_in(analyst, enforce_csrf_checks=True)
    assert send(strict, case, file()).status_code == 403
    assert send(signed_in(stranger), case, file()).status_code == 403
    assert Document.objects.count() == 0
    assert room.reserved == 0


def test_a_fault_in_the_middle_releases_the_budget(
    case: Case, desk: Client, room: UploadBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    def fails(*args: Any, **kwargs: Any) -> None:
        held.append(room.reserved)
        raise MemoryError

    monkeypatch.setattr(uploads, "decode", fails)
    desk.raise_request_exception = False
    assert send(desk, case, file(), file(picture(colour="navy"))).status_code == 500
    assert held[0] > 0
    assert room.reserved == 0


def test_an_invalid_form_releases_the_budget(case: Case, desk: Client, room: UploadBudget) -> None:
    assert send(desk, case, file(), note=" ").status_code == 422
    assert room.reserved == 0


# --- over real connections --------------------------------------------------------------------------------------------


class Sending:
    """A form whose file is being sent, over a connection of its own."""

    def __init__(self, live_server: Any, case: Case, by: User, *, size: int) -> None:
        address = urlsplit(live_server.url)
        client = signed_in(by)
        request = RequestFactory().get("/")
        token = get_token(request)
        fields = part("csrfmiddlewaretoken", token.encode()) + part("kind", b"other") + part("note", b"By e-mail.")
        whole = fields + part("file", A_PDF + bytes(size), filename="a.pdf") + END
        self.sent, self.left = whole[: len(whole) - 100], whole[len(whole) - 100 :]
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        self.connection.putrequest("POST", reverse("case-add-document", args=[case.pk]))
        cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": request.META["CSRF_COOKIE"]}
        for name, value in {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(len(whole)),
            "Cookie": "; ".join(f"{cookie}={value}" for cookie, value in cookies.items()),
            **FRAGMENT,
        }.items():
            self.connection.putheader(name, value)
        self.connection.endheaders()
        self.connection.send(self.sent)

    def ends(self) -> tuple[int, str]:
        """Send the remaining bytes; status and page."""
        self.connection.send(self.left)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def breaks(self, *, politely: bool) -> None:
        """End early: close or reset the connection."""
        sock = self.connection.sock
        assert isinstance(sock, socket.socket)
        if not politely:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@pytest.mark.promise("P13")
@pytest.mark.django_db(transaction=True)
def test_a_disconnect_in_a_file_releases_the_budget_and_stores_nothing(
    live_server: Any, room: UploadBudget, analyst: User
) -> None:
    case = assertions.case_with("declined")
    for politely in (True, False):
        sending = Sending(live_server, case, analyst, size=800 * KIBIBYTE)
        soon(lambda: room.reserved > 700 * KIBIBYTE)
        sending.breaks(politely=politely)
        soon(lambda: room.reserved == 0)
    assert Document.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_uploads_at_once_those_within_the_budget_are_stored(
    live_server: Any, room: UploadBudget, analyst: User
) -> None:
    case = assertions.case_with("declined")
    with ExitStack() as open_connections:
        on_their_way: list[Sending] = []
        for number in range(1, 5):
            size = (800 + number) * KIBIBYTE  # different files; the budget is enough for two
            on_their_way.append(Sending(live_server, case, analyst, size=size))
            open_connections.enter_context(closing(on_their_way[-1]))
            if number <= 2:
                soon(partial(has_more, room, number * 700 * KIBIBYTE))
        assert Client().get(f"{live_server.url}{reverse('sign-in')}").status_code == 200
        assert room.reserved <= room.limit
        answers = [sending.ends() for sending in reversed(on_their_way)]
    statuses = [status for status, _ in answers]
    assert statuses == [422, 422, 200, 200]
    assert [NO_ROOM in page for _, page in answers] == [True, True, False, False]
    assert Document.objects.count() == 2
    assert room.reserved == 0
