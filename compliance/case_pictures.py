"""The pictures and files of a case as its page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from compliance import policies
from compliance.enums import DocumentState
from compliance.models import Document
from compliance.pictures import PICTURE_TYPES
from providers import EvidenceKind

KIND_LABELS: dict[str, str] = {
    EvidenceKind.SELFIE: "Selfie",
    EvidenceKind.DOCUMENT_FRONT: "Document front",
    EvidenceKind.DOCUMENT_BACK: "Document back",
    EvidenceKind.DOCUMENT: "Document",
    EvidenceKind.DOCUMENT_PORTRAIT: "Document portrait",
    EvidenceKind.DOCUMENT_GHOST_PORTRAIT: "Ghost portrait",
    EvidenceKind.DOCUMENT_SIGNATURE: "Signature",
    EvidenceKind.VIDEO: "Video",
    EvidenceKind.REPORT_PDF: "Report, PDF",
    EvidenceKind.ARCHIVE: "Archive",
    EvidenceKind.OTHER: "File",
}
PAIR_ORDER = (
    EvidenceKind.SELFIE,
    EvidenceKind.DOCUMENT_PORTRAIT,
    EvidenceKind.DOCUMENT_FRONT,
    EvidenceKind.DOCUMENT,
    EvidenceKind.DOCUMENT_BACK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureItem:
    """One document of the case."""

    id: UUID
    kind: str
    kind_label: str
    label: str
    state: str
    source: str
    copied_at: datetime | None
    sha256: str
    size: str
    media_type: str
    is_picture: bool
    fault: str
    picture_url: str = ""
    thumb_url: str = ""
    original_url: str = ""
    fetch_again_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """All documents, what is missing in words, and the two that stand side by side."""

    items: tuple[PictureItem, ...] = ()
    missing: tuple[str, ...] = ()
    pair: tuple[PictureItem, ...] = ()


def pictures_of(documents: Sequence[Document]) -> Pictures:
    """Every document of the case; selfie and portrait side by side where both are there."""
    items = tuple(
        _item(document) for document in documents if document.check_row and not document.check_row.superseded_by_id
    )
    shown = [item for item in items if item.is_picture]
    ranked = sorted(shown, key=lambda item: PAIR_ORDER.index(item.kind) if item.kind in PAIR_ORDER else len(PAIR_ORDER))
    pair: list[PictureItem] = ranked[:1]
    pair += [item for item in ranked[1:] if item.kind != pair[0].kind][:1] or ranked[1:2]
    missing = tuple(
        f"{item.kind_label}: {'the provider has none' if item.state == DocumentState.ABSENT else item.fault}"
        for item in items
        if item.state in (DocumentState.ABSENT, DocumentState.GIVEN_UP)
    )
    return Pictures(items=items, missing=missing, pair=tuple(pair))


def _item(document: Document) -> PictureItem:
    blob = document.blob
    is_picture = bool(blob and blob.media_type in PICTURE_TYPES and not blob.refused)
    again = document.state in (DocumentState.ABSENT, DocumentState.GIVEN_UP)
    provider = policies.provider_label(document.check_row.provider) if document.check_row else "Upload"
    return PictureItem(
        id=document.pk,
        kind=document.kind,
        kind_label=KIND_LABELS[document.kind],
        label=document.label,
        state=document.state,
        source=f"{provider}, {document.label}",
        copied_at=document.copied_at,
        sha256=blob.sha256 if blob else "",
        size=f"{blob.width} × {blob.height}" if blob and blob.width else "",
        media_type=blob.media_type if blob else "",
        is_picture=is_picture,
        fault=(f"It was copied, but {blob.refused}." if blob and blob.refused else document.fault_detail),
        picture_url=reverse("document-picture", args=[document.pk, "view"]) if is_picture else "",
        thumb_url=reverse("document-picture", args=[document.pk, "thumb"]) if is_picture else "",
        original_url=reverse("document-original", args=[document.pk]) if blob else "",
        fetch_again_url=reverse("document-fetch-again", args=[document.pk]) if again else "",
    )
