"""The pictures and files that people added to a case, and who may take each back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from compliance import policies
from compliance.enums import DocumentState
from compliance.models import Document, User
from compliance.words import KIND_LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedFile:
    """One file that a person added."""

    id: UUID
    kind_label: str
    label: str
    """ "Added 1": the name of the file itself was dropped."""
    by: str
    at: datetime
    note: str = field(repr=False)
    can_take_back: bool
    taken_back_by: str
    taken_back_at: datetime | None
    taken_back_note: str = field(repr=False)


def added_files(documents: Iterable[Document], *, reader: User) -> tuple[AddedFile, ...]:
    """What people added, in order; ``documents`` come with ``added_by``, ``withdrawn_by`` and ``data_key``."""
    added = [document for document in documents if document.added_by]
    return tuple(_added(document, reader) for document in sorted(added, key=lambda document: document.created_at))


def _added(document: Document, reader: User) -> AddedFile:
    return AddedFile(
        id=document.pk,
        kind_label=KIND_LABELS[document.kind],
        label=document.label,
        by=_name(document.added_by, reader),
        at=document.created_at,
        note=document.note or "",
        can_take_back=document.state == DocumentState.COPIED and not policies.take_back_refusal(reader, document),
        taken_back_by=_name(document.withdrawn_by, reader),
        taken_back_at=document.withdrawn_at,
        taken_back_note=document.withdrawn_note or "",
    )


def _name(user: User | None, reader: User) -> str:
    if user is None:
        return ""
    return "You" if user.pk == reader.pk else user.label
