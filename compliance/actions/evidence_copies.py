"""Copying requested documents into the vault, once per case: leases, and storage of the pieces on arrival."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from compliance import audit
from compliance.actions import documents, duplicates
from compliance.enums import DocumentState, EventType
from compliance.evidence.decoding import DecodedFile
from compliance.evidence.encrypted_storage import encrypting, save
from compliance.models import Blob, Case, Document, Piece
from providers import Download, Evidence, EvidenceKind

COPY_LEASE = timedelta(minutes=3)
"""How long a lease lasts. It is renewed before each call, while waiting for a rate slot, and with each piece. A call
takes half a minute at most, decoding and encrypting some seconds: the documents of a killed worker are leased again
within minutes, and a copy that takes an hour does not lose its lease."""
MOST_PIECES = 100
"""Of one document; an answer with more files cannot be about one person."""
_EARLIER = Document.objects.filter(
    check_row=OuterRef("check_row"),
    label=OuterRef("label"),
    state=DocumentState.REQUESTED,
    position__lt=OuterRef("position"),
)


@transaction.atomic
def lease_requested(
    *, limit: int = 8, without: frozenset[UUID] = frozenset(), now: datetime | None = None
) -> list[Document]:
    """Lease pending documents for this process; each try is counted before it begins.

    ``without`` are accounts that have no rate slot at the moment.
    """
    now = now or timezone.now()
    due = (
        Document.objects.filter(state=DocumentState.REQUESTED, next_try_at__lte=now)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))
        .filter(check_row__account__paused_at__isnull=True)
        .exclude(check_row__account__state__throttled_until__gt=now)
        .exclude(check_row__account__in=without)
        # Workers with a copy that never ends are killed.
        .filter(tries__lte=documents.MAX_TRIES)
        # One request returns the files of all rows of a label.
        .exclude(Exists(_EARLIER))
        .select_related("check_row__account", "case")
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .order_by("next_try_at")[:limit]
    )
    leased = list(due)
    for document in leased:
        document.leased_until = now + COPY_LEASE
        document.tries += 1
        document.save(update_fields=("leased_until", "tries"))
    return leased


def renew_lease(document: Document) -> None:
    """Extend the lease of a document. Raises ``LeaseLost``."""
    until = timezone.now() + COPY_LEASE
    if not _leased_row(document).update(leased_until=until):
        raise documents.LeaseLost(str(document.pk))
    document.leased_until = until


def release_lease(document: Document, *, wait: float) -> bool:
    """End a lease without a call and without counting a try. False when another worker has it.

    A wait of less than a second does not change the due time, so that the document still counts as due.
    """
    due = {"next_try_at": timezone.now() + timedelta(seconds=wait)} if wait >= 1 else {}
    return bool(_leased_row(document).update(leased_until=None, tries=F("tries") - 1, **due))


def _leased_row(document: Document) -> QuerySet[Document]:
    """The row, as long as this worker has its lease."""
    return Document.objects.filter(pk=document.pk, state=DocumentState.REQUESTED, leased_until=document.leased_until)


def store(
    document_id: Any, downloads: Iterable[tuple[Download, DecodedFile | None]], *, leased: Document | None = None
) -> int:
    """Store each piece on arrival, once per case, then mark the document copied; return the number of pieces.

    ``downloads`` pairs the bytes with the result of decoding; one pair is consumed at a time, so that memory holds
    one piece. ``leased`` is the document as it was leased. An error of ``downloads``, or the most severe fault among
    the pieces, is raised after the pieces before it are stored.

    Raises: ``LeaseLost``, and then stores nothing.
    """
    document = leased or Document.objects.get(pk=document_id)
    faults = []
    names: Counter[str] = Counter()
    for place, (download, image) in enumerate(downloads):
        names[download.label] += 1
        again = f" ({names[download.label]})" if names[download.label] > 1 else ""
        _store_piece(document, place, f"{download.label[:190]}{again}", download, image)
        if download.fault:
            faults.append(download.fault)
    if faults:
        # A fault of the account comes first: it counts no try, because the pieces are not the cause.
        worst = next((fault for fault in faults if fault.scope == "account"), faults[0])
        worst.of_piece = True
        raise worst
    count = _finish(document)
    duplicates.search(document.case_id)
    return count


def _store_piece(document: Document, place: int, name: str, download: Download, image: DecodedFile | None) -> None:
    """Encrypt one piece and write its row, or write why there is none."""
    with encrypting() as files:
        blob = None
        if image and not download.problem:
            blob = files.blob(document.case_id, document.data_key_id, download.content, image)
        piece = Piece(
            check_row=document.check_row,
            label=document.label,
            name=name,
            place=place,
            kind=download.kind,
            source=download.source[:300],
        )
        documents.note_fault(piece, "" if blob else download.problem or "It came without any bytes.")
        until = _note_piece(document, piece, blob, is_here=download.is_here)
    document.leased_until = until


@transaction.atomic
def _note_piece(document: Document, piece: Piece, blob: Blob | None, *, is_here: bool) -> datetime | None:
    """Write the row of a piece under the case's lock and return when the lease ends."""
    _, row = documents.lock_document(document.pk, leased=document)
    if row.state != DocumentState.REQUESTED:
        raise documents.LeaseLost(str(row.pk))
    named = pieces_of(row).filter(name=piece.name)
    if is_here or blob:
        named.filter(blob__isnull=True).delete()  # clears an earlier fault
    if is_here:
        named.update(place=piece.place)
    else:
        piece.blob = save(blob) if blob else None
        had = named.filter(blob__isnull=False)
        if piece.blob and not had.exists():
            # Progress: earlier tries and outages do not concern the pieces that are still missing.
            row.tries, row.failing_since = min(row.tries, 1), None
        noted = {name: getattr(piece, name) for name in ("place", "problem", "fault_code", "fault_params")}
        if not named.filter(blob=piece.blob, kind=piece.kind).update(**noted):
            piece.save(force_insert=True)
    if row.leased_until:
        row.leased_until = timezone.now() + COPY_LEASE
    row.save(update_fields=("tries", "failing_since", "leased_until"))
    return row.leased_until


def pieces_of(document: Document) -> QuerySet[Piece]:
    """The pieces and faults of all copies of this label, in the provider's order."""
    return Piece.objects.filter(check_row_id=document.check_row_id, label=document.label).order_by("place", "pk")


def pieces_here(document: Document) -> frozenset[tuple[str, str]]:
    """Name and source of each stored piece: these are not requested again."""
    return frozenset(pieces_of(document).filter(blob__isnull=False).values_list("name", "source"))


@transaction.atomic
def _finish(document: Document) -> int:
    """Write the rows of a label after its last piece: copied, failed or not available."""
    case, row = documents.lock_document(document.pk, leased=document)
    if row.state != DocumentState.REQUESTED:
        return 0
    failed = pieces_of(row).exclude(problem="").last()
    problem = documents.noted_fault(failed) if failed else ""
    count, rows = assign_rows(case, row)
    for other in rows.values():
        if other.state == DocumentState.REQUESTED:  # requested, and not among the pieces
            # A piece with a problem may be this one: answers list their pieces in any order.
            documents.close(other, DocumentState.FAILED if problem else DocumentState.NOT_AVAILABLE)
            documents.note_fault(other, problem)
            other.save()
            if problem:
                documents.record_lost(case, other, kind=other.kind, detail=problem)
    return count


def assign_rows(case: Case, document: Document) -> tuple[int, dict[int, Document]]:
    """Give each piece a row, record one event, and return the number of new files and all rows of the label."""
    of_label = Document.objects.select_for_update(no_key=True)
    of_label = of_label.filter(check_row_id=document.check_row_id, label=document.label)
    rows = {row.position: document if row.pk == document.pk else row for row in of_label}
    pieces = list(pieces_of(document).select_related("blob"))
    brought = {piece.name for piece in pieces if piece.blob}
    pieces = [piece for piece in pieces if piece.blob or piece.name not in brought]
    came = [piece for place, piece in enumerate(pieces) if _assign_row(document, rows, place, piece)]
    pieces_of(document).filter(blob__isnull=True).delete()
    copied = [piece for piece in came if piece.blob]
    if copied:
        duplicates.mark_due(case)
        data = {
            "check": str(document.check_row_id),
            "kinds": [piece.kind for piece in copied],
            "label": document.label,
            "blobs": [str(piece.blob_id) for piece in copied],
        }
        audit.record(EventType.DOCUMENTS_COPIED, case=case, by=None, **data)
    for piece in came:
        if not piece.blob:
            documents.record_lost(case, document, kind=piece.kind, detail=documents.noted_fault(piece))
    return len(copied), rows


def _assign_row(document: Document, rows: dict[int, Document], place: int, piece: Piece) -> bool:
    """Give a piece the row of its place, or the next one without a file. False when the same bytes exist already
    with the same kind: a front that is also sent as a back gets two rows, because analysts have to see that.

    A copied row never changes with a later answer.
    """
    blob = piece.blob
    if blob and any((row.blob_id, row.kind) == (blob.pk, piece.kind) for row in rows.values()):
        return False
    while place in rows and rows[place].blob_id:
        place += 1
    row = rows.setdefault(place, documents.new_row(document, place))
    link_source = document.source if row.position == document.position else ""
    documents.close(row, DocumentState.COPIED if blob else DocumentState.FAILED)
    row.kind, row.source = piece.kind, piece.source or link_source
    row.blob, row.copied_at = blob, timezone.now() if blob else None
    documents.note_fault(row, documents.noted_fault(piece))
    row.save()
    return True


def evidence_item(document: Document) -> Evidence:
    """The document as an argument of the provider's client."""
    return Evidence(
        kind=EvidenceKind(document.kind),
        label=document.label,
        url=documents.link_of(document),
        inline=bytes(document.inline).decode(),
        here=pieces_here(document),
    )
