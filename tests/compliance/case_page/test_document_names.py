"""Each image has one item and a unique name; images that failed are in one warning."""

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from compliance.actions import copy_faults, documents, evidence_copies
from compliance.case_page.document_names import document_names, in_order
from compliance.evidence.decoding import decode
from compliance.models import Check, Document, User
from providers import Detail, Download, Evidence, EvidenceKind, FaultCode
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.evidence.videos import webm_of
from tests.compliance.views.pages import Node, case_page, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

SELFIE, FRONT, BACK = EvidenceKind.SELFIE, EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK


def png(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), colour).save(out, "PNG")
    return out.getvalue()


def kept(check: Check, kind: EvidenceKind, label: str, content: bytes) -> Document:
    """A document of this check that was copied under this label."""
    return keep(check, label, (kind, label, content))[0]


def keep(check: Check, label: str, *pieces: tuple[EvidenceKind, str, bytes]) -> list[Document]:
    """Copy several pieces for one label, each with the provider's name."""
    documents.request(check, [Evidence(kind=pieces[0][0], label=label)])
    first = Document.objects.get(check_row=check, label=label)
    came = [
        (Download(label=name, kind=kind, content=content, source=f"files.example/{name}"), decode(content))
        for kind, name, content in pieces
    ]
    evidence_copies.store(first.pk, came)
    return list(Document.objects.filter(check_row=check, label=label).order_by("position"))


@pytest.fixture
def check(account: Callable[..., ProviderAccount]) -> Check:
    return factories.add_check(factories.make_case(), account("preventor"), "ticket-names")


@pytest.fixture
def attempts(check: Check, account: Callable[..., ProviderAccount]) -> Check:
    """A check at the provider that has files of attempts."""
    return factories.add_check(check.case, account("checkout_com"), "idv_names")


def filmstrip_of(page: Node) -> list[Node]:
    return page.by_id("pictures").one("ol", "filmstrip").all("li")


def named(check: Check) -> dict[str, str]:
    """Label -> name of each document of the case."""
    found = list(in_order(Document.objects.filter(case=check.case_id).select_related("check_row", "blob")))
    called = document_names(found)
    return {f"{document.label} {document.position}".removesuffix(" 0"): called[document.pk] for document in found}


def test_equal_bytes_of_one_kind_are_one_tile_with_all_origins(attempts: Check, desk: Client) -> None:
    keep(attempts, "attempts/a1/assets", (SELFIE, "attempts/a1/face_image", png()))
    kept(attempts, SELFIE, "face", png())
    page = case_page(desk, attempts.case)
    (tile,) = filmstrip_of(page)
    assert tile.one("span", "name").text == "Selfie"
    (figure,) = page.by_id("pictures").one("div", "pair").all("figure")
    assert "files.example" not in figure.one("figcaption").all("p")[0].text
    origins = figure.one("details", "origins")
    assert origins.one("summary").text.startswith("Details received 2 times")
    assert [line.split()[0] for line in origins.texts("li")] == ["Checkout.com:", "Also"]
    assert "attempts/a1/assets" in origins.texts("li")[1]
    assert Document.objects.filter(case=attempts.case_id, blob__isnull=False).count() == 2


def test_equal_bytes_as_front_and_back_are_two_tiles_with_a_note(check: Check, desk: Client) -> None:
    kept(check, FRONT, "documents[0].front", png())
    kept(check, BACK, "documents[0].back", png())
    page = case_page(desk, check.case)
    assert [tile.one("span", "same").text for tile in filmstrip_of(page)] == [
        "same file as Document back",
        "same file as Document front",
    ]
    (figure,) = page.by_id("pictures").one("div", "pair").all("figure")
    assert figure["data-name"] == "Document front"
    assert "Same file as Document back" in figure.one("figcaption").text


def test_selfies_and_videos_of_several_providers_get_unique_names(
    check: Check, attempts: Check, account: Callable[..., ProviderAccount]
) -> None:
    faces = factories.add_check(check.case, account("advance_ai"), "signature-names")
    keep(check, "SELF_PORTRAITS", (SELFIE, "one", png("red")), (SELFIE, "two", png("blue")))
    kept(faces, SELFIE, "data.faceDetail.faceImage", png("green"))
    kept(faces, SELFIE, "data.faceDetail.faceImageFar", png("gold"))
    keep(
        attempts,
        "attempts/a1/assets",
        (EvidenceKind.VIDEO, "attempts/a1/face_video", webm_of(b"face")),
        (EvidenceKind.VIDEO, "attempts/a1/document_front_video", webm_of(b"front")),
    )
    found = named(check)
    assert found == {
        "SELF_PORTRAITS": "Selfie 1 (Preventor)",
        "SELF_PORTRAITS 1": "Selfie 2 (Preventor)",
        "data.faceDetail.faceImage": "Selfie (ADVANCE.AI)",
        "data.faceDetail.faceImageFar": "Selfie far (ADVANCE.AI)",
        "attempts/a1/assets": "Video of the face",
        "attempts/a1/assets 1": "Video of the document front",
    }


def test_files_of_one_kind_are_named_by_their_attempt(attempts: Check) -> None:
    Check.objects.filter(pk=attempts.pk).update(attempts=[{"id": "a1"}, {"id": "a2"}])
    for number, colour in ((1, "red"), (2, "blue")):
        keep(attempts, f"attempts/a{number}/assets", (SELFIE, f"attempts/a{number}/face_image", png(colour)))
    assert named(attempts) == {
        "attempts/a1/assets": "Selfie (attempt 1)",
        "attempts/a2/assets": "Selfie (attempt 2)",
    }


def test_an_added_image_is_marked_on_its_tile_and_linked_from_its_row(
    check: Check, desk: Client, analyst: User
) -> None:
    kept(check, SELFIE, "face", png("red"))
    url = reverse("case-add-document", args=[check.case_id])
    for kind, colour in (("selfie", "blue"), ("other", "gold")):
        upload = io.BytesIO(png(colour))
        upload.name = "mine.png"
        answer = desk.post(
            url, {"kind": kind, "note": "By post.", "file": upload}, headers={"HX-Request": "true"}, follow=False
        )
    page = page_of(answer)
    other = Document.objects.get(kind="other")
    added = page.by_id("upload").one("ul", "added")
    assert added["data-added"] == str(other.pk)
    assert [link["data-choose"] for link in added.all("a")][1] == str(other.pk)
    tiles = {tile.one("span", "name").text: tile for tile in filmstrip_of(page)}
    assert list(tiles) == ["Selfie", "Selfie added 1", "Added 2"]
    assert tiles["Selfie added 1"].one("span", "by").text == f"by {analyst.label}"
    # A file added as "something else" is not automatically a second side.
    pair = [figure["data-name"] for figure in page.by_id("pictures").one("div", "pair").all("figure")]
    assert pair == ["Selfie", "Selfie added 1"]
    back = desk.post(
        reverse("document-withdraw", args=[other.pk]), {"reason": "Wrong case."}, headers={"HX-Request": "true"}
    )
    fold = page_of(back).by_id("upload-fold")
    assert "open" in fold.attributes
    assert next(row.text for row in fold.all("div", "min-w-0") if "autofocus" in row.attributes).startswith("Added 2")


def test_many_failed_images_are_one_warning_with_a_list_of_reasons(check: Check, desk: Client) -> None:
    for number in range(7):
        documents.request(check, [Evidence(kind=SELFIE, label=f"PART {number}", url="https://files.example/a")])
        lost = Document.objects.get(label=f"PART {number}")
        copy_faults.postpone(
            lost.pk,
            detail=Detail("HTTP 403: the link has expired; the next read returns a fresh one.", FaultCode.LINK_EXPIRED),
            final=True,
        )
    page = case_page(desk, check.case)
    (warning,) = [line for line in page.by_id("warnings").texts("li") if "saved" in line]
    assert warning.startswith("7 images could not be saved: Selfie 1, Selfie 2, Selfie 3 and 4 others.")
    rows = page.by_id("pictures-lost-list").all("li")
    assert [row.one("b").text for row in rows] == [f"Selfie {number}" for number in range(1, 8)]
    assert rows[0].all("span")[0].text == "The link has expired."
    assert "HTTP 403" in rows[0].one("details").text
    assert rows[0].one("button")["aria-label"] == "Retry: Selfie 1"
