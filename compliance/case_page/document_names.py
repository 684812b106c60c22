"""Names of the images and files of a case: short, unique on the case and the same on every page.

Equal bytes of one kind are one image with several origins; equal bytes of two kinds (a front and a back) stay two, so
that a reviewer sees it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, QuerySet

from compliance.enums import DocumentState
from compliance.evidence.decoding import has_view
from compliance.labels import KIND_LABELS, check_kind, provider_label
from compliance.models import Document, Piece
from providers import EvidenceKind, ImageTitle, provider_class, provider_names


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDocument:
    """One image or file with all documents that hold the same bytes as the same kind."""

    name: str
    documents: tuple[Document, ...]
    """The representative first."""

    @property
    def first(self) -> Document:
        """The document whose addresses, source and time are shown."""
        return self.documents[0]


def name_documents(documents: Sequence[Document]) -> tuple[NamedDocument, ...]:
    """Name the documents of a case, in their order; they are loaded with check, blob and adder.

    Files of attempts cost one more statement: only the name of a piece identifies its content.
    """
    assets = _assets(documents)
    groups: dict[Any, list[Document]] = defaultdict(list)
    for document in documents:
        groups[(document.blob_id, document.kind) if _is_copied(document) else document.pk].append(document)
    found = [sorted(group, key=_comes_first) for group in groups.values()]
    names = _unique_names([group[0] for group in found], assets)
    return tuple(NamedDocument(name=name, documents=tuple(group)) for name, group in zip(names, found, strict=True))


def in_order(documents: QuerySet[Document]) -> QuerySet[Document]:
    """The order in which documents of the same kind are numbered: providers before people."""
    return documents.order_by("kind", F("added_by").asc(nulls_first=True), "label", "position", "pk")


def document_names(documents: Sequence[Document]) -> dict[UUID, str]:
    """Document -> its name."""
    return {document.pk: one.name for one in name_documents(documents) for document in one.documents}


def image_title(document: Document, name: str = "") -> ImageTitle:
    """The provider's description of a document; empty for one that a person added."""
    check = document.check_row
    if check is None or check.provider not in provider_names():
        return ImageTitle()
    return provider_class(check.provider).describe_image(document.label, document.kind, name)


def _is_copied(document: Document) -> bool:
    return document.state == DocumentState.COPIED and document.blob_id is not None


def _comes_first(document: Document) -> tuple[bool, bool, bool]:
    """Sort key: current checks before replaced ones, providers before people, a check before its attempts."""
    check = document.check_row
    is_replaced = bool(check and check.superseded_by_id)
    return is_replaced, check is None, bool(image_title(document).attempt)


def _assets(documents: Iterable[Document]) -> dict[Any, str]:
    """Check, label, blob and kind -> the provider's name of the file."""
    checks = {document.check_row_id for document in documents if image_title(document).attempt}
    if not checks:
        return {}
    pieces = Piece.objects.filter(check_row__in=checks, blob__isnull=False)
    rows = pieces.values_list("check_row", "label", "blob", "kind", "name")
    return {tuple(key): name for *key, name in rows}


# --- unique names -----------------------------------------------------------------------------------------------------


class _Name(NamedTuple):
    """A name with its details in brackets, since lists separate names by commas."""

    head: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.head} ({', '.join(self.details)})" if self.details else self.head


def _unique_names(documents: Sequence[Document], assets: dict[Any, str]) -> list[str]:
    """Kind and part; the provider where several have this kind; the attempt; then a number."""
    kinds = [_kind(document) for document in documents]
    sources = defaultdict(set)
    for document, kind in zip(documents, kinds, strict=True):
        if document.check_row:
            sources[kind].add((document.check_row.provider, document.check_row.kind))
    names = []
    for document, kind in zip(documents, kinds, strict=True):
        part = _part(document, assets)
        provider = _provider(document, sources[kind])
        replaced = "replaced check" if document.check_row and document.check_row.superseded_by_id else ""
        head = f"{kind} {part}".strip() if kind else document.label
        names.append(_Name(head, tuple(filter(None, (provider, replaced)))))
    for more in (_attempt, _reference):
        names = _longer(names, documents, more)
    return _numbered(names)


def _kind(document: Document) -> str:
    blob = document.blob
    if document.kind != EvidenceKind.OTHER:
        return KIND_LABELS[document.kind]
    if document.added_by_id:
        return ""  # "Added 2" stays true when the file is removed
    if image_title(document).attempt and not blob:
        return "Files of an attempt"
    return "Image" if blob and has_view(blob.media_type, blob.refused, blob.width) else KIND_LABELS[document.kind]


def _part(document: Document, assets: dict[Any, str]) -> str:
    if document.added_by_id:
        return document.label.lower() if document.label.startswith("Added ") else "added"
    key = (document.check_row_id, document.label, document.blob_id, document.kind)
    return image_title(document, assets.get(key, "")).part


def _provider(document: Document, sources: set[tuple[str, str]]) -> str:
    """The provider, where several sent this kind; with its kind of check, where one sent it twice."""
    check = document.check_row
    if check is None or len(sources) < 2:
        return ""
    label = provider_label(check.provider)
    is_twice = sum(provider == check.provider for provider, _ in sources) > 1
    return f"{label} {check_kind(check.kind)}" if is_twice else label


def _longer(names: Sequence[_Name], documents: Sequence[Document], more: Callable[[Document], str]) -> list[_Name]:
    """Names that occur several times with one more detail, where that detail differs."""
    found: dict[_Name, set[str]] = defaultdict(set)
    details = [more(document) for document in documents]
    for name, detail in zip(names, details, strict=True):
        found[name].add(detail)
    return [
        name._replace(details=(*name.details, detail)) if detail and len(found[name]) > 1 else name
        for name, detail in zip(names, details, strict=True)
    ]


def _attempt(document: Document) -> str:
    found = image_title(document).attempt
    if not found or not document.check_row:
        return ""
    ids = [str(attempt.get("id", "")) for attempt in document.check_row.attempts]
    return f"attempt {ids.index(found) + 1}" if found in ids else "another attempt"


def _reference(document: Document) -> str:
    return document.check_row.reference[-6:] if document.check_row else ""


def _numbered(names: Sequence[_Name]) -> list[str]:
    """Names that occur several times with a number: "Selfie 1", "Selfie 2 (PDF)"."""
    counts, given = Counter(names), Counter[_Name]()
    found = []
    for name in names:
        given[name] += 1
        found.append(str(name._replace(head=f"{name.head} {given[name]}") if counts[name] > 1 else name))
    return found
