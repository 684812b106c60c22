"""The viewer's data: the pair side by side, items that open in place, items of replaced checks."""

import io
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from compliance.actions import copy_faults, documents, evidence_copies
from compliance.enums import DocumentState
from compliance.evidence.decoding import decode
from compliance.models import Check, Document, User
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.evidence.videos import webm_of
from tests.compliance.views.pages import Node, case_page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

MakeAccount = Callable[..., ProviderAccount]
_labels = itertools.count(1)
WEBM = webm_of()
ZIP = b"PK\x03\x04" + bytes(40)


def png(colour: str = "teal", size: tuple[int, int] = (60, 90)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def pdf(pages: int) -> bytes:
    drawn = [Image.new("RGB", (120, 170), (number, 90, 90)) for number in range(pages)]
    out = io.BytesIO()
    drawn[0].save(out, "PDF", save_all=True, append_images=drawn[1:])
    return out.getvalue()


def kept(check: Check, kind: EvidenceKind, content: bytes, **given: Any) -> Document:
    """A document of this check that was copied."""
    label = f"PIECE {next(_labels)}"
    documents.request(check, [Evidence(kind=kind, label=label, **given)])
    document = Document.objects.get(check_row=check, label=label)
    evidence_copies.store(document.pk, [(Download(label=label, kind=kind, content=content), decode(content))])
    document.refresh_from_db()
    return document


def added(model: Document, by: User, **given: Any) -> Document:
    """A file that a person added, with the bytes of another."""
    fields = {
        "case_id": model.case_id,
        "data_key_id": model.data_key_id,
        "added_by": by,
        "kind": EvidenceKind.DOCUMENT_FRONT,
        "label": f"Added {next(_labels)}",
        "note": "Sent by post <b>",
        "state": DocumentState.COPIED,
        "blob": model.blob,
        "copied_at": model.copied_at,
    }
    return Document.objects.create(**(fields | given))


def added_anew(check: Check, by: User) -> Document:
    """A new image that a person added."""
    model = kept(check, EvidenceKind.DOCUMENT_FRONT, png("navy"))
    document = added(model, by)
    model.delete()
    return document


@pytest.fixture
def check(account: MakeAccount) -> Check:
    return factories.add_check(factories.make_case(), account("preventor"), f"ticket-{next(_labels)}")


def viewer_of(page: Node) -> Node:
    return page.by_id("pictures").one("div", "viewer")


def pair_of(page: Node) -> list[str]:
    return [figure["data-name"] for figure in viewer_of(page).one("div", "pair").all("figure")]


def filmstrip_of(page: Node) -> list[Node]:
    return viewer_of(page).all("ol", "filmstrip")[0].all("li")


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (("document_back", "document_portrait", "document_front", "selfie"), ["Selfie", "Document portrait"]),
        (("document_back", "document_front", "selfie"), ["Selfie", "Document front"]),
        (("document_back", "document_front"), ["Document front", "Document back"]),
        (("document_signature", "selfie", "selfie"), ["Selfie 1", "Signature"]),
        (("selfie", "selfie"), ["Selfie 1", "Selfie 2"]),
        (("document_ghost_portrait",), ["Ghost portrait"]),
    ],
)
def test_the_pair_is_selfie_and_portrait_or_the_best_substitutes(
    kinds: Sequence[str], expected: list[str], check: Check, desk: Client
) -> None:
    for number, kind in enumerate(kinds):
        kept(check, EvidenceKind(kind), png(size=(60, 90 + number)))
    assert pair_of(case_page(desk, check.case)) == expected


def test_without_images_a_video_or_else_a_report_is_shown_alone(check: Check, desk: Client) -> None:
    kept(check, EvidenceKind.ARCHIVE, ZIP)
    assert not case_page(desk, check.case).by_id("pictures").has("div", "pair")
    kept(check, EvidenceKind.REPORT_PDF, pdf(2))
    assert pair_of(case_page(desk, check.case)) == ["Report, PDF"]
    kept(check, EvidenceKind.VIDEO, WEBM)
    assert pair_of(case_page(desk, check.case)) == ["Video"]


def test_the_strip_follows_the_order_of_review(check: Check, desk: Client) -> None:
    kinds = ("archive", "report_pdf", "video", "document_signature", "document_back", "document_front", "selfie")
    contents = {"archive": ZIP, "report_pdf": pdf(1), "video": WEBM}
    for number, kind in enumerate(kinds):
        kept(check, EvidenceKind(kind), contents.get(kind, png(size=(60, 90 + number))))
    named = [item.one("span", "name").text for item in filmstrip_of(case_page(desk, check.case))]
    once = ["Selfie", "Document front", "Document back", "Signature", "Video", "Report, PDF"]
    assert named == [*once, "Archive, download"]


def test_a_video_is_requested_only_when_it_is_played(check: Check, desk: Client) -> None:
    document = kept(check, EvidenceKind.VIDEO, WEBM)
    page = case_page(desk, check.case)
    video = viewer_of(page).one("div", "pair").one("video")
    assert (video["src"], video["preload"]) == (reverse("document-video", args=[document.pk]), "none")
    assert "controls" in video.attributes and "autoplay" not in video.attributes
    (item,) = filmstrip_of(page)
    assert item.one("a")["href"] == video["src"]
    assert not item.has("img")


def test_a_report_opens_page_by_page_and_without_script_by_links(check: Check, desk: Client) -> None:
    document = kept(check, EvidenceKind.REPORT_PDF, pdf(3))
    page = case_page(desk, check.case)
    addresses = [reverse("document-image", args=[document.pk, f"page-{number}"]) for number in (1, 2, 3)]
    figure = viewer_of(page).one("div", "pair").one("figure")
    assert (figure["data-pages"], figure.one("img")["src"]) == ("3", addresses[0])
    assert figure.one("output").text == "1 of 3"
    assert "3 pages" in figure.one("figcaption").text
    (item,) = filmstrip_of(page)
    assert [link["href"] for link in item.one("noscript").all("a")] == addresses


def test_an_archive_and_an_unknown_file_are_downloads(check: Check, desk: Client) -> None:
    for content in (ZIP, b"nobody knows"):
        kept(check, EvidenceKind.ARCHIVE, content)
    for item in filmstrip_of(case_page(desk, check.case)):
        link = item.one("a")
        assert "/original/" in link["href"] and "data-choose" not in link.attributes


def test_host_and_path_of_a_link_are_shown_and_its_query_is_not(check: Check, desk: Client) -> None:
    kept(check, EvidenceKind.SELFIE, png(), url="https://files.example/a/face.jpg?sig=canary")
    page = case_page(desk, check.case)
    assert viewer_of(page).one("div", "pair").one("span", "origin").text == "files.example/a/face.jpg"
    assert "canary" not in page.text


def test_an_added_file_shows_its_user_and_reason(check: Check, desk: Client, colleague: User) -> None:
    model = kept(check, EvidenceKind.SELFIE, png())
    document = added_anew(check, colleague)
    assert model.blob_id != document.blob_id
    figure = viewer_of(case_page(desk, check.case)).one("div", "pair").one("figure", data_picture=str(document.pk))
    caption = figure.one("figcaption")
    assert caption.text.startswith("Added by Kwabena Osei · ")
    assert caption.one("q").text == "Sent by post <b>"
    assert document.blob and document.blob.sha256 in caption.text


def test_a_withdrawn_file_shows_its_user_and_is_no_longer_displayed(
    check: Check, desk: Client, analyst: User, colleague: User
) -> None:
    model = kept(check, EvidenceKind.SELFIE, png())
    gone = added(
        model,
        colleague,
        state=DocumentState.WITHDRAWN,
        blob=None,
        copied_at=None,
        withdrawn_by=analyst,
        withdrawn_at=timezone.now(),
        withdrawn_note="Another person’s card.",
    )
    page = case_page(desk, check.case)
    item = next(item for item in filmstrip_of(page) if item["data-item"] == str(gone.pk))
    assert item.text == f"Document front {gone.label.lower()}: removed by Dana Whitfield"
    assert item.one("div", "lost")["title"] == "Another person’s card."
    assert not item.has("a") and not item.has("img")
    assert pair_of(page) == ["Selfie"]
    assert page.by_id("pictures").one("header").text.startswith("Images 1 · ")


def test_images_of_a_replaced_check_stay_as_evidence_in_a_fold(
    check: Check, desk: Client, account: MakeAccount
) -> None:
    old = kept(check, EvidenceKind.SELFIE, png("red"))
    new = factories.add_check(check.case, account("preventor"), f"ticket-{next(_labels)}")
    kept(new, EvidenceKind.DOCUMENT_FRONT, png("blue"))
    documents.request(check, [Evidence(kind=EvidenceKind.VIDEO, label="LOST")])
    lost = Document.objects.get(label="LOST")
    copy_faults.postpone(lost.pk, detail="The link has run out.", final=True)
    Check.objects.filter(pk=check.pk).update(superseded_by=new)
    page = case_page(desk, check.case)
    assert pair_of(page) == ["Document front"]
    assert len(filmstrip_of(page)) == 1
    fold = page.by_id("pictures-replaced")
    assert fold.one("summary").text == "From replaced checks 2"
    assert "open" not in fold.attributes
    assert fold.one("a")["data-choose"] == str(old.pk)
    assert viewer_of(page).has("template", data_figure=str(old.pk))
    # A replaced check is not read again, so it offers no request and has no warning.
    assert not fold.has("form")
    assert not any("run out" in line for line in page.by_id("warnings").texts("li"))


def test_a_long_label_and_one_from_right_to_left_stay_text(check: Check, desk: Client, colleague: User) -> None:
    colleague.first_name, colleague.last_name = "عبد الرحمن", "بن يوسف <i>"
    colleague.save()
    model = kept(check, EvidenceKind.OTHER, png())
    Document.objects.filter(pk=model.pk).update(label="ticket: " + "very-long/" * 19)
    added_anew(check, colleague)
    page = case_page(desk, check.case)
    figures = viewer_of(page).one("div", "pair").all("figure")
    assert figures[0].one("figcaption").one("bdi").text == "Added by عبد الرحمن بن يوسف <i>"
    assert figures[1].one("p", "figure-head").text.startswith("Image very-long/very-long/")
    (other,) = [item for item in filmstrip_of(page) if "Image" in item.text]
    assert other.one("span", "sub").text.startswith("very-long/")
