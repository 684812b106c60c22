"""The images and files of a case."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.urls import reverse

from compliance.case_page.document_names import NamedDocument, image_title, name_documents
from compliance.case_page.redactor import Redactor
from compliance.enums import DocumentState
from compliance.evidence.decoding import VIDEO_TYPES, has_view
from compliance.evidence.fault_labels import fault_label, refusal_label
from compliance.labels import Advice, advice_for, provider_label, without_old_action
from compliance.models import Document
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
"""Order of review; the pair that opens side by side follows it, too."""
IMAGE, VIDEO, PAGES = "image", "video", "pages"
SLIM, TALL = "slim", "tall"
DOCUMENT_WITH = ("blob__data_key", "data_key", "check_row", "added_by__person", "withdrawn_by__person")
"""Relations to join to documents, so that forty cost no more statements than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One source of the same bytes."""

    document: UUID
    source: str
    """The provider, or the person who added it."""
    place: str
    """The provider's name for it: a path in an answer or a type of image."""
    address: str
    """Host and path of the link that it was copied from; empty without a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentItem:
    """One image or file of the case, with all its origins."""

    document: Document
    """The representative of the documents with these bytes."""
    name: str
    """Short and unique on the case."""
    place: str
    """Path in a ticket, for an image of unknown type."""
    source: str
    added_by: str
    """Empty for a provider's file."""
    origins: tuple[Origin, ...]
    same_as: tuple[str, ...]
    """Names of other items of the case with the same bytes."""
    note: str = field(repr=False)
    """Why a person added it, or why it was removed."""
    size: str
    shape: str
    """``slim``, ``tall`` or empty: the height of its place on the page."""
    form: str
    """How it opens in place: ``image``, ``video``, ``pages`` (of a PDF); empty for downloads."""
    fault: str
    fault_detail: str
    """The exact error, where ``fault`` is a simpler sentence."""
    admin_action: str
    """What an admin has to do about the fault; empty for other readers."""
    url: str
    """Target of its link: the image, the first page or the video."""
    thumb_url: str
    original_url: str
    retry_url: str

    @property
    def page_urls(self) -> tuple[str, ...]:
        """Addresses of the rendered pages of a PDF."""
        pages = self.document.blob.pages if self.document.blob else 0
        return tuple(_image_url(self.document, f"page-{number}") for number in range(1, pages + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """All images and files, and the pair that opens side by side."""

    items: tuple[DocumentItem, ...] = ()
    replaced: tuple[DocumentItem, ...] = ()
    """Of replaced checks: still evidence, listed separately."""
    pair: tuple[DocumentItem, ...] = ()

    @property
    def strip(self) -> tuple[DocumentItem, ...]:
        """Items of the strip: all but those that were not copied, which have a list of their own."""
        return tuple(item for item in self.items if item.document.state != DocumentState.FAILED)

    @property
    def lost(self) -> tuple[DocumentItem, ...]:
        """Items that could not be copied; not available at the provider is no failure."""
        return tuple(item for item in self.items if item.document.state == DocumentState.FAILED)

    @property
    def in_place(self) -> tuple[DocumentItem, ...]:
        """Items that open in the viewer."""
        return tuple(item for item in (*self.items, *self.replaced) if item.form)

    @property
    def count(self) -> int:
        """Number of copied or pending items."""
        return sum(item.document.state in (DocumentState.COPIED, DocumentState.REQUESTED) for item in self.items)

    @property
    def names(self) -> dict[UUID, str]:
        """Document -> the name under which it is shown."""
        return {document: item.name for document, item in self.of_document.items()}

    @property
    def of_document(self) -> dict[UUID, DocumentItem]:
        """Document -> its item, or that with the same bytes."""
        everything = (*self.items, *self.replaced)
        return {origin.document: item for item in everything for origin in item.origins}


def images_of(documents: Sequence[Document], redactor: Redactor, *, is_admin: bool) -> Images:
    """All items of a case; ``documents`` are loaded with ``DOCUMENT_WITH``."""
    current: list[DocumentItem] = []
    replaced: list[DocumentItem] = []
    found = name_documents(documents)
    names_of: dict[UUID, list[str]] = defaultdict(list)
    for one in found:
        if one.first.blob_id:
            names_of[one.first.blob_id].append(one.name)
    for one in sorted(found, key=_order):
        superseded = bool(one.first.check_row and one.first.check_row.superseded_by_id)
        others = names_of[one.first.blob_id] if one.first.blob_id else []
        same_as = tuple(name for name in others if name != one.name)
        item = _item(one, redactor, is_admin=is_admin, can_retry=not superseded, same_as=same_as)
        (replaced if superseded else current).append(item)
    return Images(items=tuple(current), replaced=tuple(replaced), pair=_pair(current))


def _order(one: NamedDocument) -> tuple[int, bool, int]:
    """Sort key: order of review, providers before people, then the order that the provider declares."""
    document = one.first
    return ORDER.index(EvidenceKind(document.kind)), bool(document.added_by_id), image_title(document).order


def _pair(items: Sequence[DocumentItem]) -> tuple[DocumentItem, ...]:
    """The first pair, never the same bytes; a video or a report only if there is no image.

    A file that a person added as "something else" is never in it: it does not help to compare two faces.
    """
    shown = [item for item in items if item.form == IMAGE]
    if not shown:
        return tuple(item for form in (VIDEO, PAGES) for item in items if item.form == form)[:1]
    candidates = [item for item in shown[1:] if not (item.document.kind == EvidenceKind.OTHER and item.added_by)]
    first = shown[0].document
    candidates = [item for item in candidates if item.document.blob_id != first.blob_id]
    others = [item for item in candidates if item.document.kind != first.kind] or candidates
    return (shown[0], *others[:1])


def _fault(document: Document, form: str, *, is_admin: bool) -> tuple[str, Advice]:
    """Why a document is not shown: the technical sentence where it says more, and the one for the reader."""
    if document.blob and document.blob.refused and not form:
        return "", Advice(f"It was saved, but {refusal_label(document.blob.refused)}.")
    detail, action = without_old_action(document.fault_detail, document.fault_params.get("admin_action", ""))
    label = fault_label(document.fault_code, document.fault_params, detail)
    return detail if detail != label else "", advice_for(label, action, is_admin=is_admin)


def _item(
    one: NamedDocument, redactor: Redactor, *, is_admin: bool, can_retry: bool, same_as: tuple[str, ...]
) -> DocumentItem:
    document = one.first
    blob = document.blob
    form = _form(document)
    detail, fault = _fault(document, form, is_admin=is_admin)
    again = can_retry and document.state in (DocumentState.NOT_AVAILABLE, DocumentState.FAILED)
    again = again or bool(blob and blob.refused and not form)
    return DocumentItem(
        document=document,
        name=one.name,
        place=redactor.text(image_title(document).path),
        source=_source(document),
        added_by=next((other.added_by.label for other in one.documents if other.added_by), ""),
        origins=tuple(_origin(other, redactor) for other in one.documents),
        same_as=same_as,
        note=_note(one),
        size=_size(document),
        shape=_shape(document),
        form=form,
        fault=redactor.text(fault.text),
        fault_detail=redactor.text(detail),
        admin_action=redactor.text(fault.admin_action),
        url=_url(document, form),
        thumb_url=_image_url(document, "thumb") if form in (IMAGE, PAGES) else "",
        original_url=reverse("document-original", args=[document.pk]) if blob else "",
        retry_url=reverse("document-retry", args=[document.pk]) if again else "",
    )


def _note(one: NamedDocument) -> str:
    if one.first.withdrawn_by:
        return one.first.withdrawn_note or ""
    return next((document.note for document in one.documents if document.note), "")


def _shape(document: Document) -> str:
    blob = document.blob
    if blob and blob.pages:
        return SLIM
    if not blob or not blob.width or not blob.height or blob.width * 10 > blob.height * 9:
        return ""
    return TALL if blob.width * 10 >= blob.height * 7 else SLIM


def _form(document: Document) -> str:
    blob = document.blob
    if blob is None:
        return ""
    if blob.media_type in VIDEO_TYPES:
        return "" if blob.refused else VIDEO
    if blob.pages:
        return PAGES
    return IMAGE if has_view(blob.media_type, blob.refused, blob.width) else ""


def _url(document: Document, form: str) -> str:
    if form == VIDEO:
        return reverse("document-video", args=[document.pk])
    sizes = {IMAGE: "view", PAGES: "page-1"}
    return _image_url(document, sizes[form]) if form in sizes else ""


def _image_url(document: Document, size: str) -> str:
    return reverse("document-image", args=[document.pk, size])


def _source(document: Document) -> str:
    if document.check_row:
        return provider_label(document.check_row.provider)
    return f"Added by {document.added_by.label}" if document.added_by else ""


def _origin(document: Document, redactor: Redactor) -> Origin:
    # For images requested by type the source is a sentence, not an address.
    is_address = document.state == DocumentState.COPIED and " " not in document.source
    return Origin(
        document=document.pk,
        source=_source(document),
        place=redactor.text(document.label) if document.check_row else "",
        address=redactor.text(document.source) if is_address else "",
    )


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
