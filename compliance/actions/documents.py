"""Documents of a case: requesting them from providers, retrying failed copies, decoding again."""

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
from compliance.evidence import encrypted_storage
from compliance.evidence.decoding import decode
from compliance.models import Blob, Case, Check, CheckSync, Document, Piece, User
from compliance.sync.schedule import why_not_fetch
from providers import Detail, Evidence, FaultCode, code_of, params_of, provider_class, source_of
from providers.vault import Undecipherable

MAX_TRIES = 5
FRESH_LINK_WAIT = timedelta(minutes=2)
REPLACED = "This check was replaced. Request the images of the new check."
NO_REQUESTS = "Your role does not include requesting images."


def request(check: Check, items: Sequence[Evidence], *, is_news: bool = True) -> int:
    """Add a row for each file that a report names and return how many are new. Copied documents do not change.

    A fresh link replaces the one of a document that is not copied yet. A failed copy is retried only for another link
    than before, or when the answer has changed (``is_news``).
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
    # Leasing counts tries without the case's lock, so only the changed fields are written.
    changed: tuple[str, ...] = ()
    if document.state == DocumentState.REQUESTED:
        # Without a link or inline bytes the document is due at once; otherwise its backoff stays.
        if not (link_of(document) or document.inline):
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
    """Reset a document to its state before the first try. In memory."""
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
    return Detail(detail, FaultCode(row.fault_code) if row.fault_code else None, **row.fault_params)


class LeaseLost(Exception):
    """Another worker has leased the document, or the request has ended."""


def close(row: Document, state: DocumentState) -> None:
    """End the request with this state. In memory."""
    row.state, row.next_try_at, row.leased_until = state, None, None
    row.link, row.inline, row.failing_since = "", b"", None
    note_fault(row, "")


def new_row(document: Document, position: int) -> Document:
    """An unsaved row for a further file of the same label."""
    return Document(
        case_id=document.case_id,
        check_row_id=document.check_row_id,
        data_key_id=document.data_key_id,
        kind=document.kind,
        label=document.label,
        position=position,
    )


def lock_document(document_id: Any, *, leased: Document | None = None) -> tuple[Case, Document]:
    """The document's case and the document, locked in this order.

    ``leased`` is the document as its worker leased it. Raises ``LeaseLost`` when another worker has the lease.
    """
    case = lock(Document.objects.values_list("case_id", flat=True).get(pk=document_id))
    document = Document.objects.select_for_update(no_key=True).get(pk=document_id)
    if leased and document.leased_until != leased.leased_until:
        raise LeaseLost(str(document_id))
    return case, document


def record_lost(case: Case, document: Document, *, kind: str, detail: str) -> None:
    """Record in the trail that a file was not copied."""
    audit.record(
        EventType.DOCUMENT_LOST,
        case=case,
        by=None,
        check=str(document.check_row_id),
        kind=kind,
        code=code_of(detail) or "",
        params={name: value for name, value in params_of(detail).items() if name != "admin_action"},
        detail=detail[:300],
    )


def read_check_again(check_id: UUID | None) -> None:
    """Make the check due now, unless it is blocked or replaced, since such checks are not read."""
    CheckSync.objects.filter(
        pk=check_id,
        state__in=(SyncState.SCHEDULED, SyncState.FAILING, SyncState.FINAL),
        check_row__superseded_by__isnull=True,
    ).update(next_read_at=timezone.now())


def link_of(document: Document) -> str:
    """The link to copy from; empty where there is none, or it cannot be decrypted."""
    return "" if isinstance(document.link, Undecipherable) else document.link


def needs_fresh_link(document: Document) -> bool:
    """Whether the document needs a new report: it has no link, and its label is not a type to request."""
    check = document.check_row
    has_way = link_of(document) or document.inline
    return check is not None and not has_way and not provider_class(check.provider).can_ask_for(document.label)


@transaction.atomic
def retry_copy(document_id: UUID, *, by: User) -> Document:
    """Request a document again that failed or that the provider did not have.

    Raises ``InvalidInput`` when its check was replaced, and ``NotAllowed`` when its account is paused or blocked.
    """
    case, document = lock_document(document_id)
    _allow_request(document.check_row, by=by)
    if document.state in (DocumentState.FAILED, DocumentState.NOT_AVAILABLE):
        _retry(document)
        audit.record(EventType.READ_REQUESTED, case=case, by=by, document=str(document.pk), kind=document.kind)
    return document


def _allow_request(check: Check | None, *, by: User) -> None:
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed(NO_REQUESTS)
    if check is None:
        return
    if check.superseded_by_id:
        raise InvalidInput(REPLACED)
    if refusal := why_not_fetch(check.account):
        raise NotAllowed(refusal)


def _retry(document: Document) -> None:
    _reset(document)
    if needs_fresh_link(document):
        document.next_try_at = timezone.now() + FRESH_LINK_WAIT
        read_check_again(document.check_row_id)
    document.save()


@transaction.atomic
def request_types(check_id: UUID, *, by: User) -> int:
    """Request all image types of a provider now and return how many are pending.

    Copied documents do not change; failed and unavailable ones are requested again. Raises ``InvalidInput`` where
    the provider sends images only with its reports, and as ``retry_copy``.
    """
    case = lock(Check.objects.values_list("case_id", flat=True).get(pk=check_id))
    check = Check.objects.select_related("account").get(pk=check_id)
    _allow_request(check, by=by)
    types = provider_class(check.provider).evidence_types(check.account.settings)
    if not types:
        raise InvalidInput("This provider sends images with its reports: refresh the check.")
    count = request(check, types)
    labels = [item.label for item in types]
    failed = Document.objects.select_for_update(no_key=True).filter(check_row=check, label__in=labels)
    for document in failed.filter(state__in=(DocumentState.FAILED, DocumentState.NOT_AVAILABLE)):
        _retry(document)
        count += 1
    if count:
        audit.record(EventType.READ_REQUESTED, case=case, by=by, check=str(check.pk), what="pictures")
    return count


def decode_again(document_id: UUID, *, by: User) -> str:
    """Decode a stored original again and return why it still cannot be shown, as ``Blob.refused``; empty when it can.

    A busy machine may have refused it before. Raises ``NotAllowed``; ``DecoderBusy`` and ``StorageError`` for faults
    of our own; ``FileNotFoundError`` or ``VaultError`` where the original cannot be read.
    """
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed(NO_REQUESTS)
    document = Document.objects.select_related("blob").get(pk=document_id)
    blob = document.blob
    if blob is None or not blob.refused:
        return ""
    with encrypted_storage.opened(blob) as frames:
        image = decode(b"".join(frames))
    if image.refused:
        return image.refused
    with encrypted_storage.encrypting() as files, transaction.atomic():
        # The blob before the case: concurrent calls write its files in turn, and no lock of a case waits for a blob.
        row = Blob.objects.select_for_update(no_key=True).get(pk=blob.pk)
        if row.refused:
            files.renditions(row, image)
            case = lock(document.case_id)
            row.save(update_fields=encrypted_storage.SHOWN_FIELDS)
            audit.record(EventType.READ_REQUESTED, case=case, by=by, document=str(document.pk), kind=document.kind)
    return ""
