"""Files that people added to a case, and which of them the reader may remove."""

from collections.abc import Iterable
from typing import NamedTuple

from compliance.case_page.images import DocumentItem, Images
from compliance.enums import DocumentState
from compliance.models import Document, User
from compliance.routing import permissions


class AddedFile(NamedTuple):
    """One file that a person added."""

    document: Document
    item: DocumentItem
    """Its item, or the one with equal bytes, which its link opens."""
    can_remove: bool


def added_files(documents: Iterable[Document], images: Images, *, reader: User) -> tuple[AddedFile, ...]:
    """The added files by time; ``documents`` are loaded with ``added_by``, ``withdrawn_by`` and ``data_key``."""
    added = sorted((document for document in documents if document.added_by), key=lambda document: document.created_at)
    items = images.of_document
    return tuple(AddedFile(document, items[document.pk], _can_remove(document, reader)) for document in added)


def _can_remove(document: Document, reader: User) -> bool:
    return document.state == DocumentState.COPIED and not permissions.why_not_remove_document(reader, document)
