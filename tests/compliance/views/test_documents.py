"""Images and files on the case page: encrypted, shown re-encoded, recorded before they are served."""

import io
import itertools
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from compliance.actions import copy_faults, documents, evidence_copies
from compliance.enums import AccessKind, DocumentState, EventType
from compliance.evidence.decoding import decode
from compliance.evidence.fault_labels import refusal_label
from compliance.models import Blob, Case, Check, Document, Event, User, ViewRecord
from compliance.sync import copies
from compliance.views import documents as document_views
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance.evidence.videos import box, mp4_with_place, webm_of
from tests.compliance.views.pages import Node, bytes_of, case_page, page_of, signed_in
from tests.compliance.views.provider_answers import ask
from tests.services import acting_as_desk_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

MakeAccount = Callable[..., ProviderAccount]
R60 = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_labels = itertools.count(1)


def png(size: tuple[int, int] = (60, 90), colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def located(size: tuple[int, int] = (60, 90)) -> bytes:
    """A JPEG with location and camera in its metadata."""
    picture = Image.new("RGB", size, "navy")
    exif = picture.getexif()
    exif[0x010F] = "CANARY-CAMERA"
    exif.get_ifd(0x8825).update({1: "N", 2: (6.0, 27.0, 14.0), 3: "E", 4: (3.0, 23.0, 40.0)})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"CANARY-COMMENT")
    return out.getvalue()


def copied(check: Check, content: bytes, kind: EvidenceKind = EvidenceKind.SELFIE, label: str = "") -> Document:
    """A document of this check that was copied through the vault."""
    label = label or f"PICTURE {next(_labels)}"
    documents.request(check, [Evidence(kind=kind, label=label)])
    document = Document.objects.get(check_row=check, label=label)
    evidence_copies.store(document.pk, [(Download(label=label, kind=kind, content=content), decode(content))])
    document.refresh_from_db()
    return document


@pytest.fixture
def check(account: MakeAccount) -> Check:
    """A check for the documents."""
    return factories.add_check(factories.make_case(), account("preventor"), f"ticket-{next(_labels)}")


def picture_url(document: Document | UUID, size: str = "view") -> str:
    return reverse("document-image", args=[getattr(document, "pk", document), size])


def original_url(document: Document | UUID) -> str:
    return reverse("document-original", args=[getattr(document, "pk", document)])


def video_url(document: Document | UUID) -> str:
    return reverse("document-video", args=[getattr(document, "pk", document)])


def pdf(pages: int = 3) -> bytes:
    sheets = [Image.new("RGB", (60, 90), (place * 40, 90, 90)) for place in range(pages)]
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return out.getvalue()


def webm(size: int = 200_000) -> bytes:
    """A WebM without metadata; long enough for four frames of the storage."""
    return webm_of(random.Random(size).randbytes(size))


def filmstrip_of(page: Node) -> list[Node]:
    return page.by_id("pictures").one("ol", "filmstrip").all("li")


# --- a whole ticket ---------------------------------------------------------------------------------------------------


def test_the_images_of_a_ticket_are_copied_by_type_and_shown(
    account: MakeAccount, simulator: Simulator, desk: Client
) -> None:
    case = factories.make_case()
    played = simulator.providers["preventor"]
    ticket = factories.add_check(case, account("preventor"), played.reference("accepted-passed", 4))
    ask(ticket)
    waiting = case_page(desk, case)
    assert {item.text for item in filmstrip_of(waiting)} == {
        f"{name}: being saved" for name in ("Selfie", "Document", "Document portrait", "Ghost portrait", "Signature")
    }
    assert waiting.by_id("checks").get("hx-trigger")
    copies.copy_requested(seconds=60)
    page = case_page(desk, case)
    once = ("Document front", "Document back", "Document portrait", "Ghost portrait", "Signature")
    assert {item.one("a").text for item in filmstrip_of(page)} == {"Selfie 1", "Selfie 2", *once}
    left, right = page.by_id("pictures").one("div", "pair").all("figure")
    assert left.one("img")["alt"] == "Selfie 1 of the applicant"
    assert right.one("img")["alt"] == "Document portrait of the applicant"
    selfie = Document.objects.get(pk=left["data-picture"])
    caption = left.one("figcaption").text
    assert selfie.blob and f"SHA-256 {selfie.blob.sha256}" in caption
    assert f"{selfie.blob.width} × {selfie.blob.height}" in caption and caption.startswith("Preventor · ")
    assert left.one("time")["title"].endswith(" UTC")
    for item in filmstrip_of(page):
        thumb = Image.open(io.BytesIO(bytes_of(desk.get(item.one("span", "thumb").one("img")["src"]))))
        assert thumb.format == "JPEG" and max(thumb.size) <= 320
    assert Event.objects.filter(case=case, type=EventType.DOCUMENTS_COPIED).count() == 5
    assert "Document portrait saved" in page.by_id("timeline").text


# --- serving ----------------------------------------------------------------------------------------------------------


def test_an_image_is_served_re_encoded_without_place_and_camera(check: Check, desk: Client) -> None:
    original = located()
    assert b"CANARY-CAMERA" in original and b"CANARY-COMMENT" in original
    document = copied(check, original)
    answer = desk.get(picture_url(document))
    assert {name: answer[name] for name in R60} == R60
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == 'inline; filename="selfie-view.jpg"'
    served = bytes_of(answer)
    assert served.startswith(b"\xff\xd8\xff") and served != original
    assert b"CANARY" not in served and b"Exif" not in served
    shown = Image.open(io.BytesIO(served))
    assert shown.size == (60, 90) and not shown.getexif()


def test_a_png_and_a_rotated_image_are_shown_upright_as_jpeg(check: Check, desk: Client) -> None:
    assert bytes_of(desk.get(picture_url(copied(check, png())))).startswith(b"\xff\xd8\xff")
    turned, out = Image.new("RGB", (90, 60), "olive"), io.BytesIO()
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(out, "JPEG", exif=exif)
    document = copied(check, out.getvalue())
    assert Image.open(io.BytesIO(bytes_of(desk.get(picture_url(document))))).size == (60, 90)


def test_the_original_is_a_download_of_the_same_bytes(check: Check, desk: Client) -> None:
    content = located()
    document = copied(check, content)
    answer = desk.get(original_url(document))
    assert {name: answer[name] for name in R60} == R60
    assert answer["Content-Type"] == "application/octet-stream"
    name = f"KYC-{check.case_id}-selfie-{str(document.pk)[-6:]}.jpg"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert bytes_of(answer) == content


def test_stored_bytes_are_encrypted(check: Check, settings: Any) -> None:
    content = located()
    copied(check, content)
    folder = settings.STORAGES["documents"]["OPTIONS"]["location"]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    for path in files:
        stored = path.read_bytes()
        assert b"CANARY" not in stored and b"\xff\xd8\xff" not in stored[:64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address of a document, and the record of its view."""

    kind: AccessKind
    content: Callable[[], bytes]
    url: Callable[[Document | UUID], str]
    page: int | None = None


ADDRESSES = {
    "picture": Address(kind=AccessKind.IMAGE, content=located, url=picture_url),
    "thumb": Address(kind=AccessKind.THUMBNAIL, content=located, url=lambda one: picture_url(one, "thumb")),
    "page": Address(kind=AccessKind.PAGE, page=2, content=pdf, url=lambda one: picture_url(one, "page-2")),
    "page thumb": Address(kind=AccessKind.THUMBNAIL, content=pdf, url=lambda one: picture_url(one, "thumb")),
    "original": Address(kind=AccessKind.ORIGINAL, content=located, url=original_url),
    "video": Address(kind=AccessKind.VIDEO, content=webm, url=video_url),
}
every_address = pytest.mark.parametrize("name", ADDRESSES)


@every_address
def test_every_response_has_the_restrictive_headers_of_images(name: str, check: Check, desk: Client) -> None:
    document = copied(check, ADDRESSES[name].content(), label='x";\r\nSet-Cookie: a=b é')
    answer = desk.get(ADDRESSES[name].url(document))
    assert bytes_of(answer)
    assert {header: answer[header] for header in R60} == R60
    types = {"original": "application/octet-stream", "video": "video/webm"}
    assert answer["Content-Type"] == types.get(name, "image/jpeg")
    assert re.fullmatch(r'(inline|attachment); filename="[A-Za-z0-9._-]+"', answer["Content-Disposition"])
    assert answer["Content-Disposition"].startswith("attachment") == (name == "original")
    assert int(answer["Content-Length"]) == len(bytes_of(desk.get(ADDRESSES[name].url(document))))


@every_address
def test_every_view_is_recorded_with_person_document_time_and_session(
    name: str, check: Check, desk: Client, analyst: User
) -> None:
    document = copied(check, ADDRESSES[name].content())
    before = timezone.now()
    for count in (1, 2):
        desk.get(ADDRESSES[name].url(document))
        records = ViewRecord.objects.filter(case_id=check.case_id, document=document, user=analyst)
        way = ADDRESSES[name]
        assert [(record.kind, record.document_page) for record in records] == [(way.kind, way.page)] * count
    for record in records:
        assert record.session and record.person_id == analyst.person_id and before <= record.at <= timezone.now()
        assert record.page == {"original": "document-original", "video": "document-video"}.get(name, "document-image")


@pytest.mark.promise("G19")
@pytest.mark.parametrize("name", [*ADDRESSES, "video part", "case", "payload"])
def test_a_view_that_cannot_be_recorded_is_not_served(
    name: str, account: MakeAccount, simulator: Simulator, analyst: User
) -> None:
    case = factories.make_case(full_name="Canary Person")
    ticket = factories.add_check(
        case, account("preventor"), simulator.providers["preventor"].reference("declined-low-score", 4)
    )
    ask(ticket)
    urls = {"case": reverse("case", args=[case.pk]), "payload": reverse("check-payload", args=[ticket.pk])}
    given: dict[str, str] = {}
    if name not in urls:
        address = ADDRESSES[name.removesuffix(" part")]
        urls[name] = address.url(copied(ticket, address.content()))
        given = {"Range": "bytes=70000-80000"} if name.endswith(" part") else {}
    browser = signed_in(analyst, raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("REVOKE INSERT ON compliance_viewrecord FROM desk_app")
    with acting_as_desk_app():
        answer = browser.get(urls[name], headers=given)
    assert answer.status_code == 500
    assert not answer.streaming
    assert b"Canary" not in answer.content and b"\xff\xd8" not in answer.content and b"webm" not in answer.content
    assert page_of(answer, status=500).one("h1").text == "Something went wrong"


# --- permissions ------------------------------------------------------------------------------------------------------


@every_address
def test_users_without_the_right_to_review_see_nothing_and_leave_no_record(
    name: str, check: Check, admin: User, stranger: User
) -> None:
    document = copied(check, ADDRESSES[name].content())
    for user in (admin, stranger):
        answer = signed_in(user).get(ADDRESSES[name].url(document))
        assert answer.status_code == 403
        assert not answer.streaming
    assert not ViewRecord.objects.exists()


@pytest.mark.promise("P18")
@every_address
def test_an_address_does_not_work_outside_its_session(name: str, check: Check, analyst: User, colleague: User) -> None:
    """Each request checks the session, so an address is never valid longer than the session."""
    document = copied(check, ADDRESSES[name].content())
    url = ADDRESSES[name].url(document)

    def is_shown(browser: Client) -> bool:
        answer = browser.get(url)
        assert answer.status_code == 200 or (answer.status_code == 302 and not answer.streaming)
        return answer.status_code == 200

    desk = signed_in(analyst)
    assert is_shown(desk)
    assert not is_shown(Client())
    desk.post(reverse("sign-out"))
    assert not is_shown(desk)
    ended = signed_in(analyst)
    ended.session.flush()
    assert not is_shown(ended)
    held = signed_in(analyst)
    analyst.is_active = False
    analyst.save()
    assert not is_shown(held)
    shown = ViewRecord.objects.count()
    assert is_shown(signed_in(colleague))
    assert ViewRecord.objects.count() == shown + 1
    demoted = signed_in(colleague)
    colleague.groups.clear()
    assert demoted.get(url).status_code == 403


def test_an_unknown_document_size_or_method_is_refused(check: Check, desk: Client) -> None:
    picture, report, video = copied(check, png()), copied(check, pdf()), copied(check, webm())
    for url in (picture_url(uuid4()), original_url(uuid4()), video_url(uuid4())):
        assert desk.get(url).status_code == 404
    for document, sizes in (
        (picture, ("original", "huge", "page-1", "webm")),
        (report, ("view", "page-0", "page-4", "page-01", "page-20", "page--1", "page-", "webm")),
        (video, ("view", "thumb", "webm")),
    ):
        assert {size: desk.get(picture_url(document, size)).status_code for size in sizes} == dict.fromkeys(sizes, 404)
    for document in (picture, report):
        assert desk.get(video_url(document)).status_code == desk.head(video_url(document)).status_code == 404
    assert not ViewRecord.objects.exists()
    for url in (picture_url(picture), picture_url(report, "page-1"), original_url(picture)):
        assert desk.head(url).status_code == desk.post(url).status_code == desk.options(url).status_code == 405
    assert desk.post(video_url(video)).status_code == 405


def test_no_range_of_an_image_avoids_its_record(check: Check, desk: Client) -> None:
    for document, size in ((copied(check, png()), "view"), (copied(check, pdf()), "page-1")):
        whole = bytes_of(desk.get(picture_url(document, size)))
        assert bytes_of(desk.get(picture_url(document, size), headers={"Range": "bytes=0-10"})) == whole
        assert bytes_of(desk.get(picture_url(document, size), headers={"Range": "bytes=5-"})) == whole
        assert bytes_of(desk.get(original_url(document), headers={"Range": "bytes=5-"}))
        assert ViewRecord.objects.filter(document=document).count() == 4


# --- videos -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-", 0, None),
        ("bytes=0-0", 0, 1),
        ("bytes=65530-65545", 65530, 65546),
        ("bytes=65536-131071", 65536, 131072),
        ("bytes=131072-131072", 131072, 131073),
        ("bytes=100000-9999999999", 100000, None),
        ("bytes=-1", -1, None),
        ("bytes=-70000", -70000, None),
        ("bytes=-9999999999", 0, None),
    ],
)
def test_a_range_of_a_video_is_served(asked: str, start: int, stop: int | None, check: Check, desk: Client) -> None:
    content = webm()
    answer = desk.get(video_url(copied(check, content)), headers={"Range": asked})
    part = content[start:stop]
    assert bytes_of(answer, status=206) == part
    first = start % len(content)
    assert answer["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(content)}"
    assert (answer["Content-Length"], answer["Accept-Ranges"]) == (str(len(part)), "bytes")
    assert {header: answer[header] for header in R60} == R60


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "bytes=9-3",
        "bytes=a-b",
        "items=0-1",
        "bytes=",
        "bytes=-",
        "bytes=" + "1" * 30 + "-",
        "bytes=٣-",
    ],
)
def test_several_or_malformed_ranges_get_the_whole_video(asked: str, check: Check, desk: Client) -> None:
    content = webm()
    answer = desk.get(video_url(copied(check, content)), headers={"Range": asked})
    assert bytes_of(answer) == content
    assert "Content-Range" not in answer


def test_if_range_gets_the_whole_video(check: Check, desk: Client) -> None:
    content = webm()
    headers = {"Range": "bytes=5-9", "If-Range": '"some"'}
    assert bytes_of(desk.get(video_url(copied(check, content)), headers=headers)) == content


@pytest.mark.parametrize("asked", ["bytes={size}-", "bytes={size}-{size}", "bytes=999999999-", "bytes=-0"])
def test_a_range_outside_a_video_is_refused_and_shows_nothing(asked: str, check: Check, desk: Client) -> None:
    content = webm()
    answer = desk.get(video_url(copied(check, content)), headers={"Range": asked.format(size=len(content))})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(content)}")
    assert not answer.content and not ViewRecord.objects.exists()


def test_head_returns_only_the_size_and_only_to_permitted_users(check: Check, desk: Client, stranger: User) -> None:
    content = webm()
    document = copied(check, content)
    answer = desk.head(video_url(document), headers={"Range": "bytes=0-5"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer["Content-Length"], answer["Content-Type"]) == (str(len(content)), "video/webm")
    assert {header: answer[header] for header in R60} == R60
    assert signed_in(stranger).head(video_url(document)).status_code == 403
    assert Client().head(video_url(document)).status_code == 302
    assert not ViewRecord.objects.exists()


def test_a_playback_is_recorded_once_and_no_range_is_unrecorded(
    check: Check, desk: Client, analyst: User, colleague: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, other = copied(check, webm()), copied(check, webm(200_001))

    def ask_for(browser: Client, one: Document, asked: str) -> int:
        bytes_of(browser.get(video_url(one), headers={"Range": asked}), status=206)
        return ViewRecord.objects.filter(kind="video").count()

    assert ask_for(desk, document, "bytes=5000-") == 1  # a range without a start
    assert ask_for(desk, document, "bytes=90000-") == ask_for(desk, document, "bytes=-10") == 1
    assert ask_for(desk, document, "bytes=0-") == 2  # played again
    assert ask_for(desk, other, "bytes=5000-") == 3
    assert ask_for(signed_in(analyst), document, "bytes=5000-") == 4  # another sign-in of the same person
    assert ask_for(signed_in(colleague), document, "bytes=5000-") == 5
    monkeypatch.setattr(document_views, "SAME_PLAYBACK", timedelta(0))
    assert ask_for(desk, document, "bytes=5000-") == 6


def test_a_video_is_played_without_its_location(check: Check, desk: Client) -> None:
    content = mp4_with_place()
    document = copied(check, content, kind=EvidenceKind.VIDEO)
    assert b"+06.4541+003.3947" in content
    played = bytes_of(desk.get(video_url(document)))
    assert len(played) == len(content) and b"+06.4541" not in played
    assert document.blob and document.blob.has_cleaned_video and content[:20_000] == played[:20_000]
    start = content.index(b"+06.4541")
    part = desk.get(video_url(document), headers={"Range": f"bytes={start}-{start + 17}"})
    assert bytes_of(part, status=206) == bytes(18)
    assert bytes_of(desk.get(original_url(document))) == content


def test_an_unreadable_video_is_a_download_only(check: Check, desk: Client) -> None:
    content = box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", b"+06.4541+003.3947/")
    document = copied(check, content, kind=EvidenceKind.VIDEO)
    assert document.blob and refusal_label(document.blob.refused) == "it has no video or audio that can be played here"
    assert desk.get(video_url(document)).status_code == desk.head(video_url(document)).status_code == 404
    assert not ViewRecord.objects.filter(kind="video").exists()
    assert bytes_of(desk.get(original_url(document))) == content
    [item] = filmstrip_of(case_page(desk, check.case))
    assert item.one("a")["href"] == original_url(document)
    assert item.one("a").text.startswith("Video: not shown")


# --- the stored file --------------------------------------------------------------------------------------------------


def file_of(document: Document, name: str, folder: Path) -> Path:
    """The encrypted file that an address reads."""
    assert document.blob
    rendition = {"picture": "view", "thumb": "thumb", "page": "page-2", "page thumb": "thumb"}.get(name, "original")
    return (folder / document.blob.path).parent / rendition


def swapped(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


def bent_in_the_middle(path: Path, other: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path, Path], Any]] = {
    "gone": lambda path, other: path.unlink(),
    "swapped": swapped,
    "cut": lambda path, other: path.write_bytes(path.read_bytes()[:-20]),
    "cut to a frame": lambda path, other: path.write_bytes(path.read_bytes()[: 49 + 65_552]),
    "longer": lambda path, other: path.write_bytes(path.read_bytes() + b"\0"),
    "bent": bent_in_the_middle,
    "empty": lambda path, other: path.write_bytes(b""),
    "a picture in the clear": lambda path, other: path.write_bytes(png()),
}


@every_address
def test_a_missing_or_changed_file_returns_no_byte(
    name: str, check: Check, desk: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(settings.STORAGES["documents"]["OPTIONS"]["location"])
    address = ADDRESSES[name]
    document, other = copied(check, grown(address.content())), copied(check, grown(address.content(), 9))
    path = file_of(document, name, folder)
    encrypted = path.read_bytes()
    for how, damage in DAMAGE.items():
        if how == "cut to a frame" and len(encrypted) <= 49 + 65_552:
            continue
        damage(path, file_of(other, name, folder))
        start = len(encrypted) // 2 - 100 if how == "bent" else 70_000
        answer = desk.get(address.url(document), headers={"Range": f"bytes={start}-"})
        assert page_of(answer, status=404).one("h1").text == "Page not found", how
        path.write_bytes(encrypted)
    assert str(document.blob_id) in caplog.text
    assert bytes_of(desk.get(address.url(document)))


def grown(content: bytes, more: int = 0) -> bytes:
    """The same bytes with more at the end: another file with the same rendition."""
    return content + bytes(more)


# --- missing files ----------------------------------------------------------------------------------------------------


def test_missing_images_show_the_reason_and_can_be_requested_again(check: Check, desk: Client, analyst: User) -> None:
    documents.request(check, [Evidence(kind=EvidenceKind.DOCUMENT_SIGNATURE, label="SIGNATURE")])
    documents.request(
        check, [Evidence(kind=EvidenceKind.SELFIE, label="SELFIE", url="https://files.example/a?sig=canary")]
    )
    absent, lost = (Document.objects.get(label=label) for label in ("SIGNATURE", "SELFIE"))
    evidence_copies.store(absent.pk, [])
    copy_faults.postpone(lost.pk, detail="The link has run out.", final=True)
    page = case_page(desk, check.case)
    found = {item.one("div", "lost").text for item in filmstrip_of(page)}
    assert found == {"Signature: not available from the provider Retry"}
    assert page.by_id("pictures-lost-list").texts("li") == ["Selfie The link has run out. Retry"]
    assert "Selfie could not be saved: The link has run out. Reasons" in page.by_id("warnings").texts("li")
    assert "0, 1 not saved" in page.by_id("pictures").one("header").text
    assert "canary" not in page.text
    for document in (absent, lost):
        assert desk.get(picture_url(document)).status_code == desk.get(original_url(document)).status_code == 404
        answer = desk.post(reverse("document-retry", args=[document.pk]))
        assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[check.case_id]) + "#pictures")
        document.refresh_from_db()
        assert document.state == DocumentState.REQUESTED
    assert Event.objects.filter(case=check.case, type=EventType.READ_REQUESTED, actor=analyst).count() == 2
    assert "Image requested again." in case_page(desk, check.case).by_id("messages").text
    assert desk.post(reverse("document-retry", args=[uuid4()])).status_code == 404


def test_an_image_that_cannot_be_decoded_is_stored_and_marked(check: Check, desk: Client) -> None:
    broken = png()[:60]
    document = copied(check, broken)
    page = case_page(desk, check.case)
    assert not page.by_id("pictures").has("figure")
    (item,) = filmstrip_of(page)
    assert item.one("a")["href"] == original_url(document)
    assert item.text.startswith("Selfie: not shown It was saved, but it cannot be decoded")
    assert any(line.startswith("Selfie cannot be shown: It was saved") for line in page.by_id("warnings").texts("li"))
    assert desk.get(picture_url(document)).status_code == 404
    assert bytes_of(desk.get(original_url(document))) == broken


HOSTILE = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "html behind a jpeg's first bytes": b"\xff\xd8\xff<script>alert(1)</script>",
    "empty": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_image_is_never_shown_as_one(name: str, check: Check, desk: Client) -> None:
    document = copied(check, HOSTILE[name])
    assert desk.get(picture_url(document)).status_code == 404
    answer = desk.get(original_url(document))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert not case_page(desk, check.case).by_id("pictures").has("figure")


def more_of(document: Document, number: int) -> Iterator[Document]:
    """More documents of the check, each with its own blob of the same stored bytes."""
    assert document.blob
    for place in range(number):
        blob = Blob(digest_index=f"another {place}".encode(), sha256=f"{place:064x}")
        for name in ("case_id", "data_key_id", "path", "size", "media_type", "width", "height"):
            setattr(blob, name, getattr(document.blob, name))
        blob.save()
        yield Document(
            case_id=document.case_id,
            check_row_id=document.check_row_id,
            data_key_id=document.data_key_id,
            kind=document.kind,
            label=f"again {place}",
            state=DocumentState.COPIED,
            blob=blob,
            copied_at=document.copied_at,
        )


def test_forty_images_cost_no_more_statements_than_one(check: Check, desk: Client) -> None:
    document = copied(check, png())
    counts = []
    for number in (1, 40):
        case_page(desk, check.case)
        with CaptureQueriesContext(connection) as seen:
            page = case_page(desk, check.case)
        assert len(filmstrip_of(page)) == number
        counts.append(len(seen))
        if number == 1:
            Document.objects.bulk_create(more_of(document, 39))
    assert counts[0] == counts[1]
    assert len(page.by_id("pictures").one("div", "pair").all("figure")) == 2


def test_the_same_bytes_are_stored_once_per_case(check: Check, account: MakeAccount) -> None:
    content = png()
    one, two = copied(check, content), copied(check, content)
    other: Case = factories.make_case()
    third = copied(factories.add_check(other, account("preventor"), "ticket-elsewhere"), content)
    assert one.blob_id == two.blob_id != third.blob_id
    assert Blob.objects.count() == 2
