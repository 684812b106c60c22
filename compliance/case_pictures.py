"""The pictures and files of a case as its page shows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from compliance import policies
from compliance.enums import DocumentState
from compliance.models import Document
from compliance.pictures import PICTURE_TYPES, VIDEO_TYPES
from compliance.words import KIND_LABELS
from providers import EvidenceKind

ORDER = (
    EvidenceKind.SELFIE,
    EvidenceKind.DOCUMENT_PORTRAIT,
    EvidenceKind.DOCUMENT_FRONT,
    EvidenceKind.DOCUMENT,
    EvidenceKind.DOCUMENT_BACK,
    EvidenceKind.DOCUMENT_GHOST_PORTRAIT,
    EvidenceKind.DOCUMENT_SIGNATURE,
    EvidenceKind.OTHER,
    EvidenceKind.VIDEO,
    EvidenceKind.REPORT_PDF,
    EvidenceKind.ARCHIVE,
)
"""What is looked at first stands first; so do the two that stand side by side without anybody choosing."""
PICTURE, VIDEO, PAGES = "picture", "video", "pages"
DOCUMENT_WITH = ("blob__data_key", "data_key", "check_row", "added_by__person", "withdrawn_by__person")
"""What a page needs joined to its documents, so that forty cost no more statements than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureItem:
    """One document of the case."""

    id: UUID
    kind: str
    kind_label: str
    label: str
    state: str
    source: str
    """Who gave it: the provider and what it calls the picture, or the person who added it."""
    origin: str
    """Host and path of the link it was copied by; empty where there was none."""
    note: str = field(repr=False)
    """Why a person added it, or why it was taken back."""
    copied_at: datetime | None
    sha256: str
    size: str
    media_type: str
    form: str
    """How it opens in place: ``picture``, ``video``, ``pages`` (of a PDF); empty for what is only downloaded."""
    pages: int
    fault: str
    withdrawn_by: str
    picture_url: str = ""
    """What its link opens: the picture, the first page, the video."""
    thumb_url: str = ""
    original_url: str = ""
    fetch_again_url: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture that may be shown."""
        return self.form == PICTURE

    @property
    def page_urls(self) -> tuple[str, ...]:
        """The drawn pages of a PDF, in their order."""
        numbers = range(1, self.pages + 1) if self.form == PAGES else ()
        return tuple(reverse("document-picture", args=[self.id, f"page-{number}"]) for number in numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """All documents, what is missing in words, and the two that stand side by side."""

    items: tuple[PictureItem, ...] = ()
    replaced: tuple[PictureItem, ...] = ()
    """Of checks that others have replaced: still evidence, told apart."""
    missing: tuple[str, ...] = ()
    pair: tuple[PictureItem, ...] = ()

    @property
    def in_place(self) -> tuple[PictureItem, ...]:
        """Everything that opens in the viewer."""
        return tuple(item for item in (*self.items, *self.replaced) if item.form)

    @property
    def still_here(self) -> int:
        """How many there are, without those that were taken back."""
        return sum(item.state != DocumentState.WITHDRAWN for item in self.items)


def pictures_of(documents: Sequence[Document]) -> Pictures:
    """Every document of the case; selfie and portrait side by side where both are there.

    ``documents`` come with ``DOCUMENT_WITH`` joined.
    """
    current: list[PictureItem] = []
    replaced: list[PictureItem] = []
    for document in sorted(documents, key=lambda document: ORDER.index(EvidenceKind(document.kind))):
        superseded = bool(document.check_row and document.check_row.superseded_by_id)
        (replaced if superseded else current).append(_item(document, can_ask=not superseded))
    missing = tuple(
        f"{item.kind_label}: {'the provider has none' if item.state == DocumentState.ABSENT else item.fault}"
        for item in current
        if item.state in (DocumentState.ABSENT, DocumentState.GIVEN_UP)
    )
    return Pictures(items=tuple(current), replaced=tuple(replaced), missing=missing, pair=_pair(current))


def without_secrets(pictures: Pictures, hide: Callable[[str], str]) -> Pictures:
    """The same pictures, their places in an answer told without values that are masked: a key of it may be one."""

    def hidden(items: tuple[PictureItem, ...]) -> tuple[PictureItem, ...]:
        return tuple(
            replace(item, label=hide(item.label), source=hide(item.source), origin=hide(item.origin)) for item in items
        )

    return replace(
        pictures, items=hidden(pictures.items), replaced=hidden(pictures.replaced), pair=hidden(pictures.pair)
    )


def _pair(items: Sequence[PictureItem]) -> tuple[PictureItem, ...]:
    """The two to begin with; a video or a report stands there only where no picture does."""
    shown = [item for item in items if item.form == PICTURE]
    if not shown:
        return tuple(item for form in (VIDEO, PAGES) for item in items if item.form == form)[:1]
    others = [item for item in shown[1:] if item.kind != shown[0].kind] or shown[1:]
    return (shown[0], *others[:1])


def _item(document: Document, *, can_ask: bool) -> PictureItem:
    blob = document.blob
    form = _form(document)
    fault = f"It was copied, but {blob.refused}." if blob and blob.refused and not form else document.fault_detail
    again = can_ask and document.state in (DocumentState.ABSENT, DocumentState.GIVEN_UP)
    again = again or bool(blob and blob.refused and not form)
    return PictureItem(
        id=document.pk,
        kind=document.kind,
        kind_label="Picture" if document.kind == EvidenceKind.OTHER and form == PICTURE else KIND_LABELS[document.kind],
        label=document.label,
        state=document.state,
        source=_source(document),
        origin=_origin(document),
        note=(document.withdrawn_note if document.withdrawn_by else document.note) or "",
        copied_at=document.copied_at,
        sha256=blob.sha256 if blob else "",
        size=_size(document),
        media_type=blob.media_type if blob else "",
        form=form,
        pages=blob.pages if blob else 0,
        fault=fault,
        withdrawn_by=document.withdrawn_by.label if document.withdrawn_by else "",
        picture_url=_address(document, form),
        thumb_url=reverse("document-picture", args=[document.pk, "thumb"]) if form in (PICTURE, PAGES) else "",
        original_url=reverse("document-original", args=[document.pk]) if blob else "",
        fetch_again_url=reverse("document-fetch-again", args=[document.pk]) if again else "",
    )


def _form(document: Document) -> str:
    blob = document.blob
    if blob is None:
        return ""
    if blob.media_type in VIDEO_TYPES:
        return "" if blob.refused else VIDEO
    if blob.pages:
        return PAGES
    return PICTURE if blob.media_type in PICTURE_TYPES and not blob.refused else ""


def _address(document: Document, form: str) -> str:
    if form == VIDEO:
        return reverse("document-video", args=[document.pk])
    sizes = {PICTURE: "view", PAGES: "page-1"}
    return reverse("document-picture", args=[document.pk, sizes[form]]) if form in sizes else ""


def _source(document: Document) -> str:
    if document.check_row:
        return f"{policies.provider_label(document.check_row.provider)}, {document.label}"
    return f"Added by {document.added_by.label}" if document.added_by else ""


def _origin(document: Document) -> str:
    # A provider that is asked by type gives a sentence instead of an address; it says what the source says.
    is_address = document.state == DocumentState.COPIED and " " not in document.source
    return document.source if is_address else ""


def _size(document: Document) -> str:
    blob = document.blob
    if blob is None:
        return ""
    if blob.width:
        return f"{blob.width} × {blob.height}"
    if blob.pages < blob.pages_in_file:
        return f"the first {blob.pages} of {blob.pages_in_file:,} pages"
    if blob.pages:
        return f"{blob.pages} page{'s' if blob.pages > 1 else ''}"
    return f"{max(1, round(blob.size / 1024)):,} KB"
