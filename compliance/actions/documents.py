"""Documents of a case: requesting them from providers, and asking for them once more."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import lock
from compliance.enums import DocumentState, EventType, SyncState
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Case, Check, CheckSync, Document, Piece, User
from compliance.sync.schedule import why_not_fetch
from providers import Detail, Evidence, FaultCode, code_of, params_of, provider_class, source_of

MAX_TRIES = 5
FRESH_LINK_WAIT = timedelta(minutes=2)
REPLACED = "This check has been replaced; ask for the pictures of the new one."


def request(check: Check, items: Sequence[Evidence], *, is_news: bool = True) -> int:
    """Note what a report names, so that it gets copied; how many are new. What has been copied stays as it is.

    A fresh link replaces the one of a document that could not be copied. What was given up is tried again for a reason
    only: another link than before, or an answer that has changed (``is_news``).
    """
    known = {document.label: document for document in Document.objects.filter(check_row=check, position=0)}
    new = {}
    for item in items:
        label = item.label[:200]
        document = known.get(label)
        if document is None:
            new[label] = _requested(check, item)
        elif item.url or item.inline:
            _update_link(document, item, is_news=is_news)
    Document.objects.bulk_create(new.values(), ignore_conflicts=True)
    return len(new)


def _requested(check: Check, item: Evidence) -> Document:
    return Document(
        case_id=check.case_id,
        check_row=check,
        data_key_id=check.data_key_id,
        kind=item.kind,
        label=item.label[:200],
        link=item.url,
        inline=item.inline.encode(),
        source=source_of(item.url),
        next_try_at=timezone.now(),
    )


def _update_link(document: Document, item: Evidence, *, is_news: bool) -> None:
    source = source_of(item.url)
    # Whoever leases counts the try without the case's lock: what waits is written in no other field than is meant.
    changed: tuple[str, ...] = ()
    if document.state == DocumentState.REQUESTED:
        # One whose link has died waits for this; one that waits for a store to come back goes on waiting.
        if not (document.link or document.inline):
            document.next_try_at = timezone.now()
            changed = ("next_try_at",)
    elif document.state == DocumentState.FAILED and (is_news or source != document.source):
        _reset(document)
        changed = _RESET_FIELDS
    else:
        return
    document.link, document.inline, document.source = item.url, item.inline.encode(), source
    document.save(update_fields=("link", "inline", "source", *changed))


_RESET_FIELDS = ("state", "tries", "fault_code", "fault_params", "fault_detail", "failing_since", "next_try_at")


def _reset(document: Document) -> None:
    """As if it had never been tried. In memory."""
    document.state, document.tries = DocumentState.REQUESTED, 0
    document.failing_since, document.next_try_at = None, timezone.now()
    note_fault(document, "")


def note_fault(row: Document | Piece, detail: str) -> None:
    """Note why a copy failed: the technical sentence, the code that it carries, and its parameters. In memory."""
    row.fault_code, row.fault_params = code_of(detail) or "", dict(params_of(detail))
    if isinstance(row, Piece):
        row.problem = detail[:300]
    else:
        row.fault_detail = detail[:300]


def noted_fault(row: Document | Piece) -> str:
    """The technical sentence of a row, with its code and parameters where it has a code."""
    detail = row.problem if isinstance(row, Piece) else row.fault_detail
    return Detail(detail, FaultCode(row.fault_code), **row.fault_params) if row.fault_code else detail


class LeaseLost(Exception):
    """The document is another worker's by now, or nobody wants it any more: this one stops and writes nothing."""


def close(row: Document, state: DocumentState) -> None:
    """Nothing more is tried on this row. In memory."""
    row.state, row.next_try_at, row.leased_until = state, None, None
    row.link, row.inline, row.failing_since = "", b"", None
    note_fault(row, "")


def new_row(document: Document, position: int) -> Document:
    """A row for a further picture of the same label."""
    return Document(
        case_id=document.case_id,
        check_row_id=document.check_row_id,
        data_key_id=document.data_key_id,
        kind=document.kind,
        label=document.label,
        position=position,
    )


def lock_document(document_id: Any, *, leased: Document | None = None) -> tuple[Case, Document]:
    """The document's case, then the document, locked in this order.

    ``held`` is the document as its worker leased it: raises ``LeaseLost`` when it has gone to another since.
    """
    case = lock(Document.objects.values_list("case_id", flat=True).get(pk=document_id))
    document = Document.objects.select_for_update(no_key=True).get(pk=document_id)
    if leased and document.leased_until != leased.leased_until:
        raise LeaseLost(str(document_id))
    return case, document


def record_lost(case: Case, document: Document, *, kind: str, detail: str) -> None:
    audit.record(
        EventType.DOCUMENT_LOST,
        case=case,
        by=None,
        check=str(document.check_row_id),
        kind=kind,
        code=code_of(detail) or "",
        params=dict(params_of(detail)),
        detail=detail[:300],
    )


def read_check_again(check_id: UUID | None) -> None:
    # Due now in whatever state it rests; a blocked or replaced check has nothing fresh to say.
    CheckSync.objects.filter(
        pk=check_id,
        state__in=(SyncState.SCHEDULED, SyncState.FAILING, SyncState.FINAL),
        check_row__superseded_by__isnull=True,
    ).update(next_read_at=timezone.now())


def needs_fresh_link(document: Document) -> bool:
    """Whether only a new answer of the provider brings this document: its link is gone, and it has no type to name."""
    check = document.check_row
    has_way = document.link or document.inline
    return check is not None and not has_way and not provider_class(check.provider).can_ask_for(document.label)


@transaction.atomic
def retry_copy(document_id: UUID, *, by: User) -> Document:
    """Ask for a picture that was given up or that the provider did not have, once more.

    Raises ``InvalidInput`` for one of a check that another has replaced, and ``NotAllowed``, while it stays given up,
    where its account is paused or blocked.
    """
    case, document = lock_document(document_id)
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include asking for pictures.")
    if document.check_row and document.check_row.superseded_by_id:
        raise InvalidInput(REPLACED)
    if document.check_row and (refusal := why_not_fetch(document.check_row.account)):
        raise NotAllowed(refusal)
    if document.state in (DocumentState.FAILED, DocumentState.NOT_AVAILABLE):
        _retry(document)
        audit.record(EventType.READ_REQUESTED, case=case, by=by, document=str(document.pk), kind=document.kind)
    return document


def _retry(document: Document) -> None:
    _reset(document)
    if needs_fresh_link(document):
        document.next_try_at = timezone.now() + FRESH_LINK_WAIT
        read_check_again(document.check_row_id)
    document.save()


@transaction.atomic
def request_types(check_id: UUID, *, by: User) -> int:
    """Ask a provider for all its types of pictures now, whatever its last answer said; how many are on their way.

    What has been copied stays; what was given up or absent is asked for again. Raises ``InvalidInput`` where the
    provider's pictures come with its answers alone.
    """
    case = lock(Check.objects.values_list("case_id", flat=True).get(pk=check_id))
    check = Check.objects.get(pk=check_id)
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include asking for pictures.")
    if check.superseded_by_id:
        raise InvalidInput(REPLACED)
    if refusal := why_not_fetch(check.account):
        raise NotAllowed(refusal)
    types = provider_class(check.provider).evidence_types()
    if not types:
        raise InvalidInput("This provider's pictures come with its answers: read the check again.")
    count = request(check, types)
    labels = [item.label for item in types]
    failed = Document.objects.select_for_update(no_key=True).filter(check_row=check, label__in=labels)
    for document in failed.filter(state__in=(DocumentState.FAILED, DocumentState.NOT_AVAILABLE)):
        _retry(document)
        count += 1
    if count:
        audit.record(EventType.READ_REQUESTED, case=case, by=by, check=str(check.pk), what="pictures")
    return count
