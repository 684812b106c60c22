"""Copies that failed: when they are tried again, and when not any more."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from compliance.actions.documents import (
    MAX_TRIES,
    LeaseLost,
    close,
    lock_document,
    new_row,
    note_fault,
    read_check_again,
    record_lost,
)
from compliance.actions.evidence_copies import assign_rows
from compliance.enums import DocumentState
from compliance.models import Case, Document
from providers import Detail

OUTAGE_ENDS_AFTER = timedelta(hours=24)
"""A provider, or a store of its files, that is down for longer than this has lost the picture."""


@transaction.atomic
def postpone(document_id: Any, *, detail: str, final: bool = False, leased: Document | None = None) -> None:
    """A copy failed for this document's own sake: try again later with growing patience, or give up and say so.

    This and its sisters raise ``LeaseLost`` when the document, ``held`` by a worker, has gone to another.
    """
    case, document = lock_document(document_id, leased=leased)
    if document.state != DocumentState.REQUESTED:
        return
    if final or document.tries >= MAX_TRIES:
        _mark_failed(case, document, detail)
    else:
        _wait(document, detail, seconds=15 * 2**document.tries)


@transaction.atomic
def postpone_outage(
    document_id: Any, *, detail: str, retry_after: float | None = None, leased: Document | None = None
) -> None:
    """The provider, or the store of its files, cannot be asked: no try is lost by that, until a day has gone by."""
    case, document = lock_document(document_id, leased=leased)
    if document.state != DocumentState.REQUESTED:
        return
    now = timezone.now()
    document.tries = max(0, document.tries - 1)
    document.failing_since = document.failing_since or now
    lasts = now - document.failing_since
    if lasts >= OUTAGE_ENDS_AFTER:
        _mark_failed(case, document, detail)
    else:
        _wait(document, detail, seconds=max(retry_after or 0.0, min(max(30.0, lasts.total_seconds() / 4), 3600.0)))


@transaction.atomic
def postpone_local_fault(document_id: Any, *, detail: str, leased: Document | None = None) -> None:
    """The desk itself could not keep what came: neither the provider nor the picture is to blame, so no try is lost
    and no patience, however long it lasts. The longer it has waited, the more rarely the provider is asked for it."""
    _, document = lock_document(document_id, leased=leased)
    if document.state != DocumentState.REQUESTED:
        return
    document.tries, document.failing_since = max(0, document.tries - 1), None
    waits = (timezone.now() - document.created_at).total_seconds()
    _wait(document, detail, seconds=min(max(60.0, waits / 4), 900.0))


def _wait(document: Document, detail: str, *, seconds: float) -> None:
    note_fault(document, detail)
    document.leased_until = None
    document.next_try_at = timezone.now() + timedelta(seconds=seconds)
    document.save()


def _mark_failed(case: Case, document: Document, detail: str) -> None:
    """What came is shown; each piece that is known to be missing is told, and that others may be."""
    count, rows = assign_rows(case, document)
    missing = [row for row in rows.values() if row.state == DocumentState.REQUESTED]
    if not missing and all(row.fault_detail != detail[:300] for row in rows.values()):
        missing = [new_row(document, max(rows) + 1)]
    if count and missing:
        detail = _of_others(detail, count)
    for row in missing:
        close(row, DocumentState.FAILED)
        note_fault(row, detail)
        row.save()
        record_lost(case, row, kind=row.kind, detail=detail)


def _of_others(detail: str, came: int) -> str:
    text = f"Only {came} came, the others are missing: {detail}"
    return Detail(text, detail.code, **detail.params, came=str(came)) if isinstance(detail, Detail) else text


def fail_lost(*, now: datetime | None = None) -> int:
    """Give up what was begun too often without an end: copying it has taken its worker along; how many."""
    now = now or timezone.now()
    lost = Document.objects.filter(state=DocumentState.REQUESTED, tries__gt=MAX_TRIES, leased_until__lte=now)[:100]
    count = 0
    for document in list(lost):
        with suppress(LeaseLost):  # its worker has come back to life meanwhile
            postpone(
                document.pk, detail="Copying it failed again and again without a word why.", final=True, leased=document
            )
            count += 1
    return count


@transaction.atomic
def request_fresh_link(document_id: Any, *, detail: str, leased: Document | None = None) -> None:
    """The link has died: reading the check again brings a fresh one; after some tries the picture is given up."""
    postpone(document_id, detail=detail, leased=leased)
    document = Document.objects.get(pk=document_id)
    if document.state == DocumentState.REQUESTED:
        document.link, document.inline = "", b""
        document.save(update_fields=("link", "inline"))
        read_check_again(document.check_row_id)
