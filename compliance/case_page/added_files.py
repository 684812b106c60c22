"""Files that people added to a case, and which of them the reader may remove."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from compliance.case_page.pictures import DocumentItem, Pictures
from compliance.enums import DocumentState
from compliance.models import Document, User
from compliance.routing import permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedFile:
    """One file that a person added."""

    id: UUID
    name: str
    """Its name on the case; the name of the uploaded file is not stored."""
    picture: UUID
    """The document that its link opens in the viewer: itself or the one with equal bytes."""
    url: str
    """Address of what its link opens; empty where nothing can be shown."""
    by: str
    at: datetime
    note: str = field(repr=False)
    can_remove: bool
    removed_by: str
    removed_at: datetime | None
    removed_note: str = field(repr=False)


def added_files(documents: Iterable[Document], pictures: Pictures, *, reader: User) -> tuple[AddedFile, ...]:
    """The added files by time; ``documents`` come with ``added_by``, ``withdrawn_by`` and ``data_key``."""
    added = sorted((document for document in documents if document.added_by), key=lambda document: document.created_at)
    items = pictures.of_document
    return tuple(_added(document, items[document.pk], reader) for document in added)


def _added(document: Document, item: DocumentItem, reader: User) -> AddedFile:
    return AddedFile(
        id=document.pk,
        name=item.name,
        picture=item.id,
        url=item.picture_url if item.form else "",
        by=_name(document.added_by, reader),
        at=document.created_at,
        note=document.note or "",
        can_remove=document.state == DocumentState.COPIED and not permissions.why_not_remove_document(reader, document),
        removed_by=_name(document.withdrawn_by, reader),
        removed_at=document.withdrawn_at,
        removed_note=document.withdrawn_note or "",
    )


def _name(user: User | None, reader: User) -> str:
    if user is None:
        return ""
    return "You" if user.pk == reader.pk else user.label
