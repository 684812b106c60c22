"""Pictures and files on the case page: copied through the vault, shown re-encoded, recorded before they are served."""

import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from compliance import evidence
from compliance.actions import documents
from compliance.enums import DocumentState, EventType
from compliance.models import Blob, Case, Check, Document, Event, User, ViewRecord
from compliance.pictures import look
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance.views.pages import Node, bytes_of, case_page, page_of, signed_in
from tests.compliance.views.spoken import ask
from tests.services import acting_as_desk_app

pytestmark = pytest.mark.django_db

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
    """A JPEG that says where and with what it was taken."""
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
    documents.want(check, [Evidence(kind=kind, label=label)])
    document = Document.objects.get(check_row=check, label=label)
    documents.store(document.pk, [(Download(label=label, kind=kind, content=content), look(content))])
    document.refresh_from_db()
    return document


@pytest.fixture
def check(account: MakeAccount) -> Check:
    """A check that pictures may belong to."""
    return factories.add_check(factories.make_case(), account("preventor"), f"ticket-{next(_labels)}")


def picture_url(document: Document | UUID, size: str = "view") -> str:
    return reverse("document-picture", args=[getattr(document, "pk", document), size])


def original_url(document: Document | UUID) -> str:
    return reverse("document-original", args=[getattr(document, "pk", document)])


def film_of(page: Node) -> list[Node]:
    return page.by_id("pictures").one("ol", "film").all("li")


# --- a whole ticket ---------------------------------------------------------------------------------------------------


def test_the_pictures_of_a_ticket_are_copied_by_type_and_shown(
    account: MakeAccount, simulator: Simulator, desk: Client
) -> None:
    case = factories.make_case()
    played = simulator.providers["preventor"]
    ticket = factories.add_check(case, account("preventor"), played.reference("accepted-passed", 4))
    ask(ticket)
    waiting = case_page(desk, case)
    assert {item.text for item in film_of(waiting)} == {
        f"{name}: being copied" for name in ("Selfie", "Document", "Document portrait", "Ghost portrait", "Signature")
    }
    assert waiting.by_id("checks").get("hx-trigger")
    evidence.copy_wanted(seconds=60)
    page = case_page(desk, case)
    once = ("Document front", "Document back", "Document portrait", "Ghost portrait", "Signature")
    assert Counter(item.one("a").text for item in film_of(page)) == {"Selfie": 2, **dict.fromkeys(once, 1)}
    left, right = page.by_id("pictures").one("div", "pair").all("figure")
    assert left.one("img")["alt"] == "Selfie of the applicant"
    assert right.one("img")["alt"] == "Document portrait of the applicant"
    selfie = Document.objects.get(pk=left["data-picture"])
    caption = left.one("figcaption").text
    assert selfie.blob and f"SHA-256 {selfie.blob.sha256}" in caption
    assert f"{selfie.blob.width} × {selfie.blob.height}" in caption and caption.startswith("Preventor, ")
    assert left.one("time")["title"].endswith(" UTC")
    for item in film_of(page):
        thumb = Image.open(io.BytesIO(bytes_of(desk.get(item.one("span", "thumb").one("img")["src"]))))
        assert thumb.format == "JPEG" and max(thumb.size) <= 320
    assert Event.objects.filter(case=case, type=EventType.DOCUMENTS_COPIED).count() == 5
    assert "1 picture copied: DOCUMENT_PORTRAIT" in page.by_id("timeline").text


# --- serving ----------------------------------------------------------------------------------------------------------


def test_a_picture_is_served_re_encoded_without_what_it_told_about_place_and_camera(check: Check, desk: Client) -> None:
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


def test_a_png_and_a_turned_picture_are_shown_upright_as_jpeg(check: Check, desk: Client) -> None:
    assert bytes_of(desk.get(picture_url(copied(check, png())))).startswith(b"\xff\xd8\xff")
    turned, out = Image.new("RGB", (90, 60), "olive"), io.BytesIO()
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(out, "JPEG", exif=exif)
    document = copied(check, out.getvalue())
    assert Image.open(io.BytesIO(bytes_of(desk.get(picture_url(document))))).size == (60, 90)


def test_the_original_is_a_download_of_the_very_bytes(check: Check, desk: Client) -> None:
    content = located()
    document = copied(check, content)
    answer = desk.get(original_url(document))
    assert {name: answer[name] for name in R60} == R60
    assert answer["Content-Type"] == "application/octet-stream"
    name = f"KYC-{check.case_id}-selfie-{str(document.pk)[-6:]}.jpg"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert bytes_of(answer) == content


def test_bytes_lie_sealed_in_the_storage_and_not_as_they_came(check: Check, settings: Any) -> None:
    content = located()
    copied(check, content)
    folder = settings.STORAGES["documents"]["OPTIONS"]["location"]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    for path in files:
        stored = path.read_bytes()
        assert b"CANARY" not in stored and b"\xff\xd8\xff" not in stored[:64]


@pytest.mark.parametrize(
    ("what", "url"),
    [("picture", picture_url), ("thumb", lambda one: picture_url(one, "thumb")), ("original", original_url)],
)
def test_every_look_is_recorded_with_person_picture_and_session(
    what: str, url: Callable[[Document], str], check: Check, desk: Client, analyst: User
) -> None:
    document = copied(check, png())
    for looks in (1, 2):
        desk.get(url(document))
        records = ViewRecord.objects.filter(what=what, case_id=check.case_id, document=document, user=analyst)
        assert records.count() == looks
    assert all(record.session and record.person_id == analyst.person_id for record in records)


@pytest.mark.parametrize("name", ["case", "payload", "picture", "thumb", "original"])
def test_nothing_is_shown_that_cannot_be_recorded(
    name: str, account: MakeAccount, simulator: Simulator, analyst: User
) -> None:
    case = factories.make_case(full_name="Canary Person")
    ticket = factories.add_check(
        case, account("preventor"), simulator.providers["preventor"].reference("declined-low-score", 4)
    )
    ask(ticket)
    document = copied(ticket, located())
    url = {
        "case": reverse("case", args=[case.pk]),
        "payload": reverse("check-payload", args=[ticket.pk]),
        "picture": picture_url(document),
        "thumb": picture_url(document, "thumb"),
        "original": original_url(document),
    }[name]
    browser = signed_in(analyst, raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("REVOKE INSERT ON compliance_viewrecord FROM desk_app")
    with acting_as_desk_app():
        answer = browser.get(url)
    assert answer.status_code == 500
    assert not answer.streaming
    assert b"Canary" not in answer.content and b"\xff\xd8" not in answer.content
    assert page_of(answer, status=500).one("h1").text == "The desk stumbled"


def test_who_may_not_review_sees_no_picture(check: Check, admin: User, stranger: User) -> None:
    document = copied(check, png())
    for user in (admin, stranger):
        for url in (picture_url(document), picture_url(document, "thumb"), original_url(document)):
            answer = signed_in(user).get(url)
            assert answer.status_code == 403
            assert not answer.streaming
    assert not ViewRecord.objects.exists()


def test_a_link_is_worth_nothing_after_signing_out(check: Check, desk: Client) -> None:
    document = copied(check, png())
    assert desk.get(picture_url(document)).status_code == 200
    desk.post(reverse("sign-out"))
    answer = desk.get(picture_url(document))
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("sign-in"))


def test_an_unknown_picture_size_or_way_of_asking_is_refused(check: Check, desk: Client) -> None:
    document = copied(check, png())
    assert desk.get(picture_url(uuid4())).status_code == 404
    assert desk.get(original_url(uuid4())).status_code == 404
    assert desk.get(picture_url(document, "original")).status_code == 404
    assert desk.get(picture_url(document, "huge")).status_code == 404
    assert desk.head(picture_url(document)).status_code == 405
    assert desk.post(picture_url(document)).status_code == 405
    whole = desk.get(picture_url(document), headers={"Range": "bytes=0-10"})
    assert whole.status_code == 200 and len(bytes_of(whole)) > 11


def test_a_file_that_has_gone_or_was_swapped_is_not_served(check: Check, desk: Client, settings: Any) -> None:
    one, other = copied(check, png(colour="red")), copied(check, png(colour="blue"))
    folder = settings.STORAGES["documents"]["OPTIONS"]["location"]
    assert one.blob and other.blob
    paths = [(folder / blob.path).parent / "view" for blob in (one.blob, other.blob)]
    paths[0].write_bytes(paths[1].read_bytes())
    swapped = desk.get(picture_url(one))
    assert (swapped.status_code, swapped["Content-Type"]) == (404, "text/html; charset=utf-8")
    paths[1].unlink()
    assert desk.get(picture_url(other)).status_code == 404


# --- what is not there ------------------------------------------------------------------------------------------------


def test_what_the_provider_has_not_or_could_not_be_copied_says_so_and_can_be_asked_for_again(
    check: Check, desk: Client, analyst: User
) -> None:
    documents.want(check, [Evidence(kind=EvidenceKind.DOCUMENT_SIGNATURE, label="SIGNATURE")])
    documents.want(
        check, [Evidence(kind=EvidenceKind.SELFIE, label="SELFIE", url="https://files.example/a?sig=canary")]
    )
    absent, lost = (Document.objects.get(label=label) for label in ("SIGNATURE", "SELFIE"))
    documents.store(absent.pk, [])
    documents.postpone(lost.pk, detail="The link has run out.", final=True)
    page = case_page(desk, check.case)
    told = {item.one("div", "lost").text for item in film_of(page)}
    assert told == {"Selfie: not copied The link has run out.Try again", "Signature: the provider has noneTry again"}
    assert "Selfie was not copied: The link has run out." in page.by_id("warnings").texts("li")
    assert "2, 2 not copied" in page.by_id("pictures").one("header").text
    assert "canary" not in page.text
    for document in (absent, lost):
        assert desk.get(picture_url(document)).status_code == desk.get(original_url(document)).status_code == 404
        answer = desk.post(reverse("document-fetch-again", args=[document.pk]))
        assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[check.case_id]))
        document.refresh_from_db()
        assert document.state == DocumentState.WANTED
    assert Event.objects.filter(case=check.case, type=EventType.READ_REQUESTED, actor=analyst).count() == 2
    assert "The picture is asked for again." in case_page(desk, check.case).by_id("messages").text
    assert desk.post(reverse("document-fetch-again", args=[uuid4()])).status_code == 404


def test_a_picture_that_cannot_be_decoded_is_kept_and_said_to_be_so(check: Check, desk: Client) -> None:
    broken = png()[:60]
    document = copied(check, broken)
    page = case_page(desk, check.case)
    assert not page.by_id("pictures").has("figure")
    (item,) = film_of(page)
    assert item.one("a")["href"] == original_url(document)
    assert item.text.startswith("Selfie: not shown It was copied, but it cannot be decoded")
    assert any(line.startswith("Selfie cannot be shown: It was copied") for line in page.by_id("warnings").texts("li"))
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
def test_what_is_no_picture_is_never_shown_as_one(name: str, check: Check, desk: Client) -> None:
    document = copied(check, HOSTILE[name])
    assert desk.get(picture_url(document)).status_code == 404
    answer = desk.get(original_url(document))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert not case_page(desk, check.case).by_id("pictures").has("figure")


def test_a_label_of_the_provider_never_reaches_a_header(check: Check, desk: Client) -> None:
    document = copied(check, png(), label='x";\r\nSet-Cookie: a=b é')
    for url in (picture_url(document), original_url(document)):
        answer = desk.get(url)
        assert answer["Content-Disposition"].isascii() and "Cookie" not in answer["Content-Disposition"]


def same_blob(document: Document, number: int) -> Iterator[Document]:
    """More documents of the check that show the same bytes."""
    for place in range(number):
        yield Document(
            case_id=document.case_id,
            check_row_id=document.check_row_id,
            data_key_id=document.data_key_id,
            kind=document.kind,
            label=f"again {place}",
            state=DocumentState.COPIED,
            blob=document.blob,
            copied_at=document.copied_at,
        )


def test_forty_pictures_cost_no_more_statements_than_one(check: Check, desk: Client) -> None:
    document = copied(check, png())
    counts = []
    for number in (1, 40):
        case_page(desk, check.case)
        with CaptureQueriesContext(connection) as seen:
            page = case_page(desk, check.case)
        assert len(film_of(page)) == number
        counts.append(len(seen))
        if number == 1:
            Document.objects.bulk_create(same_blob(document, 39))
    assert counts[0] == counts[1]
    assert len(page.by_id("pictures").one("div", "pair").all("figure")) == 2


def test_the_same_bytes_are_stored_once_for_a_case_and_anew_for_another(check: Check, account: MakeAccount) -> None:
    content = png()
    one, two = copied(check, content), copied(check, content)
    other: Case = factories.make_case()
    third = copied(factories.add_check(other, account("preventor"), "ticket-elsewhere"), content)
    assert one.blob_id == two.blob_id != third.blob_id
    assert Blob.objects.count() == 2
