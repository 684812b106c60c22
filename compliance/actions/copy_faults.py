"""Copies that failed: when they are tried again, and when not any more."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from compliance.actions.documents import MAX_TRIES, LeaseLost, end, lock_document, read_check_again, sibling, tell_lost
from compliance.actions.evidence_copies import file_pieces
from compliance.enums import DocumentState
from compliance.models import Case, Document

OUTAGE_ENDS_AFTER = timedelta(hours=24)
"""A provider, or a store of its files, that is down for longer than this has lost the picture."""


@transaction.atomic
def postpone(document_id: Any, *, detail: str, final: bool = False, held: Document | None = None) -> None:
    """A copy failed for this document's own sake: try again later with growing patience, or give up and say so.

    This and its sisters raise ``LeaseLost`` when the document, ``held`` by a worker, has gone to another.
    """
    case, document = lock_document(document_id, held=held)
    if document.state != DocumentState.WANTED:
        return
    if final or document.tries >= MAX_TRIES:
        _give_up(case, document, detail)
    else:
        _wait(document, detail, seconds=15 * 2**document.tries)


@transaction.atomic
def postpone_outage(
    document_id: Any, *, detail: str, retry_after: float | None = None, held: Document | None = None
) -> None:
    """The provider, or the store of its files, cannot be asked: no try is lost by that, until a day has gone by."""
    case, document = lock_document(document_id, held=held)
    if document.state != DocumentState.WANTED:
        return
    now = timezone.now()
    document.tries = max(0, document.tries - 1)
    document.failing_since = document.failing_since or now
    lasts = now - document.failing_since
    if lasts >= OUTAGE_ENDS_AFTER:
        _give_up(case, document, detail)
    else:
        _wait(document, detail, seconds=max(retry_after or 0.0, min(max(30.0, lasts.total_seconds() / 4), 3600.0)))


@transaction.atomic
def postpone_own_fault(document_id: Any, *, detail: str, held: Document | None = None) -> None:
    """The desk itself could not keep what came: neither the provider nor the picture is to blame, so no try is lost
    and no patience, however long it lasts. The longer it has waited, the more rarely the provider is asked for it."""
    _, document = lock_document(document_id, held=held)
    if document.state != DocumentState.WANTED:
        return
    document.tries, document.failing_since = max(0, document.tries - 1), None
    waits = (timezone.now() - document.created_at).total_seconds()
    _wait(document, detail, seconds=min(max(60.0, waits / 4), 900.0))


def _wait(document: Document, detail: str, *, seconds: float) -> None:
    document.fault_detail, document.leased_until = detail[:300], None
    document.next_try_at = timezone.now() + timedelta(seconds=seconds)
    document.save()


def _give_up(case: Case, document: Document, detail: str) -> None:
    """What came is shown; each piece that is known to be missing is told, and that others may be."""
    count, rows = file_pieces(case, document)
    missing = [row for row in rows.values() if row.state == DocumentState.WANTED]
    if not missing and all(row.fault_detail != detail[:300] for row in rows.values()):
        missing = [sibling(document, max(rows) + 1)]
    if count and missing:
        detail = f"Only {count} came, the others are missing: {detail}"
    for row in missing:
        end(row, DocumentState.GIVEN_UP)
        row.fault_detail = detail[:300]
        row.save()
        tell_lost(case, row, kind=row.kind, detail=detail)


def give_up_lost(*, now: datetime | None = None) -> int:
    """Give up what was begun too often without an end: copying it has taken its worker along; how many."""
    now = now or timezone.now()
    lost = Document.objects.filter(state=DocumentState.WANTED, tries__gt=MAX_TRIES, leased_until__lte=now)[:100]
    count = 0
    for document in list(lost):
        with suppress(LeaseLost):  # its worker has come back to life meanwhile
            postpone(
                document.pk, detail="Copying it failed again and again without a word why.", final=True, held=document
            )
            count += 1
    return count


@transaction.atomic
def renew_link(document_id: Any, *, detail: str, held: Document | None = None) -> None:
    """The link has died: reading the check again brings a fresh one; after some tries the picture is given up."""
    postpone(document_id, detail=detail, held=held)
    document = Document.objects.get(pk=document_id)
    if document.state == DocumentState.WANTED:
        document.link, document.inline = "", b""
        document.save(update_fields=("link", "inline"))
        read_check_again(document.check_row_id)
