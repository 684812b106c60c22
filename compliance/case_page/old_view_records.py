"""View records of earlier releases: a text such as "payload:0c5e6d7f8a9b-2" instead of columns, old route names."""

from collections.abc import Iterable
from uuid import UUID

from compliance.enums import AccessKind
from compliance.models import ViewRecord

OLD_THUMBNAIL = "thumb"
_END = 12
"""Letters of a check's key at the end of a text."""
_KINDS = {
    "case": AccessKind.CASE,
    "search": AccessKind.SEARCH,
    "fact": AccessKind.FACT,
    "ticket": AccessKind.TICKET,
    "payload": AccessKind.PAYLOAD,
    "views": AccessKind.ACCESS_LOG,
    OLD_THUMBNAIL: AccessKind.THUMBNAIL,
    "picture": AccessKind.IMAGE,
    "page": AccessKind.PAGE,
    "video": AccessKind.VIDEO,
    "original": AccessKind.ORIGINAL,
    "add-check": AccessKind.ADD_CHECK,
    "settings": AccessKind.CORRECT_CHECK,
    "replace": AccessKind.REPLACE_CHECK,
    "close": AccessKind.CLOSE_CASE,
}


OLD_ROUTES = {
    "case-show-fact": "case-reveal-fact",
    "check-ask-pictures": "check-request-images",
    "document-picture": "document-image",
    "document-fetch-again": "document-retry",
    "proposal-refuse": "proposal-deny",
}
"""Stored name of a route -> its current name."""


def with_columns(record: ViewRecord, checks: Iterable[UUID]) -> ViewRecord:
    """The record with its columns filled from the old text, if it has one. ``checks`` are those of its case."""
    text = record.old_text
    if not text:
        return record
    if text.startswith("page-"):
        record.kind, record.document_page = AccessKind.PAGE, int(text.removeprefix("page-"))
        return record
    what, _, which = text.partition(":")
    record.kind = _KINDS.get(what, "")
    if record.kind == AccessKind.FACT:
        record.fact = which
    else:
        end, _, number = which.partition("-")
        record.check_row_id = next((check for check in checks if end and str(check)[-_END:] == end), None)
        record.report_number = int(number) if number.isdigit() else None
    return record
