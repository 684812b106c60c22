"""Failed copies: when they are retried, and when they are marked failed."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from compliance.actions import documents
from compliance.actions.evidence_copies import assign_rows
from compliance.enums import DocumentState
from compliance.models import Case, Document
from providers import reworded

OUTAGE_ENDS_AFTER = timedelta(hours=24)
"""An outage of a provider, or of its file store, for longer than this marks the document failed."""


@transaction.atomic
def postpone(
    document_id: Any, *, detail: str, final: bool = False, of_piece: bool = False, leased: Document | None = None
) -> None:
    """Retry a document later, with growing backoff, or mark it failed: the fault concerns this document alone.

    ``of_piece``: it is the fault of a stored piece, which gets a row of its own.

    Raises: ``LeaseLost`` when another worker has leased the document since ``leased``. So do the functions below.
    """
    case, document = documents.lock_document(document_id, leased=leased)
    if document.state != DocumentState.REQUESTED:
        return
    if final or document.tries >= documents.MAX_TRIES:
        _mark_failed(case, document, detail, of_piece=of_piece)
    else:
        _wait(document, detail, seconds=15 * 2**document.tries)


@transaction.atomic
def postpone_outage(
    document_id: Any,
    *,
    detail: str,
    retry_after: float | None = None,
    of_piece: bool = False,
    leased: Document | None = None,
) -> None:
    """Retry a document later after an outage of the provider or its file store; no try is counted for a day."""
    case, document = documents.lock_document(document_id, leased=leased)
    if document.state != DocumentState.REQUESTED:
        return
    now = timezone.now()
    document.tries = max(0, document.tries - 1)
    document.failing_since = document.failing_since or now
    lasts = now - document.failing_since
    if lasts >= OUTAGE_ENDS_AFTER:
        _mark_failed(case, document, detail, of_piece=of_piece)
    else:
        _wait(document, detail, seconds=max(retry_after or 0.0, min(max(30.0, lasts.total_seconds() / 4), 3600.0)))


@transaction.atomic
def postpone_local_fault(document_id: Any, *, detail: str, leased: Document | None = None) -> None:
    """Retry a document later after a fault of our own: no try is counted, however long the fault lasts, and the
    interval grows with the document's age."""
    _, document = documents.lock_document(document_id, leased=leased)
    if document.state != DocumentState.REQUESTED:
        return
    document.tries, document.failing_since = max(0, document.tries - 1), None
    waits = (timezone.now() - document.created_at).total_seconds()
    _wait(document, detail, seconds=min(max(60.0, waits / 4), 900.0))


def _wait(document: Document, detail: str, *, seconds: float) -> None:
    documents.note_fault(document, detail)
    document.leased_until = None
    document.next_try_at = timezone.now() + timedelta(seconds=seconds)
    document.save()


def _mark_failed(case: Case, document: Document, detail: str, *, of_piece: bool) -> None:
    """Show the received pieces; mark and record each missing one."""
    count, rows = assign_rows(case, document)
    missing = [row for row in rows.values() if row.state == DocumentState.REQUESTED]
    if not missing and not of_piece:
        missing = [documents.new_row(document, max(rows) + 1)]
    if count and missing:
        detail = _of_others(detail, count)
    for row in missing:
        documents.close(row, DocumentState.FAILED)
        documents.note_fault(row, detail)
        row.save()
        documents.record_lost(case, row, kind=row.kind, detail=detail)


def _of_others(detail: str, came: int) -> str:
    return reworded(detail, f"Only {came} came, the others are missing: {detail}", came=str(came))


def fail_lost(*, now: datetime | None = None) -> int:
    """Mark documents failed whose copies lost too many workers, and return how many."""
    now = now or timezone.now()
    ended = Document.objects.filter(state=DocumentState.REQUESTED, leased_until__lte=now)
    count = 0
    for document in list(ended.filter(tries__gt=documents.MAX_TRIES)[:100]):
        with suppress(documents.LeaseLost):  # its worker is running again
            postpone(document.pk, detail="Copying stopped several times without an error.", final=True, leased=document)
            count += 1
    return count


@transaction.atomic
def request_fresh_link(document_id: Any, *, detail: str, leased: Document | None = None) -> None:
    """Drop an expired link and make the check due, whose next report has a fresh one; fails after some tries."""
    postpone(document_id, detail=detail, leased=leased)
    document = Document.objects.get(pk=document_id)
    if document.state == DocumentState.REQUESTED:
        document.link, document.inline = "", b""
        document.save(update_fields=("link", "inline"))
        documents.read_check_again(document.check_row_id)
