"""The pictures and files that people added to a case, and who may take each back."""

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
    """As it is called on the case; the name of the file itself was dropped."""
    picture: UUID
    """What its link brings to the viewer: itself, or the equal picture that stands for it."""
    url: str
    """What its link opens; empty where nothing of it can be shown."""
    by: str
    at: datetime
    note: str = field(repr=False)
    can_take_back: bool
    taken_back_by: str
    taken_back_at: datetime | None
    taken_back_note: str = field(repr=False)


def added_files(documents: Iterable[Document], pictures: Pictures, *, reader: User) -> tuple[AddedFile, ...]:
    """What people added, in order; ``documents`` come with ``added_by``, ``withdrawn_by`` and ``data_key``."""
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
        can_take_back=document.state == DocumentState.COPIED
        and not permissions.why_not_remove_document(reader, document),
        taken_back_by=_name(document.withdrawn_by, reader),
        taken_back_at=document.withdrawn_at,
        taken_back_note=document.withdrawn_note or "",
    )


def _name(user: User | None, reader: User) -> str:
    if user is None:
        return ""
    return "You" if user.pk == reader.pk else user.label
