"""Copying requested documents into the vault, once per case: leases, and the pieces as they come."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from compliance import audit
from compliance.actions.documents import (
    MAX_TRIES,
    LeaseLost,
    close,
    lock_document,
    new_row,
    note_fault,
    noted_fault,
    record_lost,
)
from compliance.enums import DocumentState, EventType
from compliance.evidence.decoding import DecodedFile
from compliance.evidence.encrypted_storage import encrypting, save
from compliance.models import Blob, Case, Document, Piece
from providers import Download, Evidence, EvidenceKind

COPY_LEASE = timedelta(minutes=3)
"""How long a lease lasts since it was last renewed, which is before each call, while one waits for its turn, and with
each piece: a call takes half a minute at most, looking and sealing some seconds. So a killed worker's documents are
taken up again within minutes, and a copy that goes on for an hour keeps its own."""
MOST_PIECES = 100
"""Of one document: more pictures than that are no answer about a person."""
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
    """Wanted documents for this process to copy; each try counts before it begins.

    ``without`` are accounts that have no turn to give at the moment.
    """
    now = now or timezone.now()
    due = (
        Document.objects.filter(state=DocumentState.REQUESTED, next_try_at__lte=now)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))
        .filter(check_row__account__paused_at__isnull=True)
        .exclude(check_row__account__state__throttled_until__gt=now)
        .exclude(check_row__account__in=without)
        # One that was begun more often than it was answered kills whoever copies it.
        .filter(tries__lte=MAX_TRIES)
        # Rows of one label are brought by one request.
        .exclude(Exists(_EARLIER))
        .select_related("check_row__account", "case")
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .order_by("next_try_at")[:limit]
    )
    documents = list(due)
    for document in documents:
        document.leased_until = now + COPY_LEASE
        document.tries += 1
        document.save(update_fields=("leased_until", "tries"))
    return documents


def renew_lease(document: Document) -> None:
    """Hold a leased document for longer, while its copy waits or works. Raises ``LeaseLost``."""
    until = timezone.now() + COPY_LEASE
    if not _leased_row(document).update(leased_until=until):
        raise LeaseLost(str(document.pk))
    document.leased_until = until


def release_lease(document: Document, *, wait: float) -> bool:
    """End a lease without having asked: nothing was tried. False when the lease has gone to another.

    A wait of less than a second is left to whoever looks again, so that nobody takes the document for not due.
    """
    due = {"next_try_at": timezone.now() + timedelta(seconds=wait)} if wait >= 1 else {}
    return bool(_leased_row(document).update(leased_until=None, tries=F("tries") - 1, **due))


def _leased_row(document: Document) -> QuerySet[Document]:
    """Its row, as long as it is leased as this worker leased it."""
    return Document.objects.filter(pk=document.pk, state=DocumentState.REQUESTED, leased_until=document.leased_until)


def store(
    document_id: Any, downloads: Iterable[tuple[Download, DecodedFile | None]], *, leased: Document | None = None
) -> int:
    """Keep each piece as it comes, once per case, and when all have come mark the document copied; how many came.

    ``downloads`` pairs the bytes with what looking at them in the limited child said (type by content, size); it is
    asked for one pair after the other, so that memory holds one piece at a time. ``held`` is the document as it was
    leased. What it raises, and the gravest fault among the pieces, is raised when what came before is kept.
    Raises ``LeaseLost``, and then keeps nothing.
    """
    document = leased or Document.objects.get(pk=document_id)
    faults = []
    names: Counter[str] = Counter()
    for place, (download, picture) in enumerate(downloads):
        names[download.label] += 1
        again = f" ({names[download.label]})" if names[download.label] > 1 else ""
        _store_piece(document, place, f"{download.label[:190]}{again}", download, picture)
        if download.fault:
            faults.append(download.fault)
    if faults:
        # While the provider or a store is down, no piece has had its fair tries.
        raise next((fault for fault in faults if fault.scope == "account"), faults[0])
    return _finish(document)


def _store_piece(document: Document, place: int, name: str, download: Download, picture: DecodedFile | None) -> None:
    """Seal one piece and note it, or note what is wrong with it."""
    with encrypting() as files:
        blob = None
        if picture and not download.problem:
            blob = files.blob(document.case_id, document.data_key_id, download.content, picture)
        piece = Piece(
            check_row=document.check_row,
            label=document.label,
            name=name,
            place=place,
            kind=download.kind,
            source=download.source[:300],
        )
        note_fault(piece, "" if blob else download.problem or "It came without any bytes.")
        until = _note_piece(document, piece, blob, is_here=download.is_here)
    document.leased_until = until


@transaction.atomic
def _note_piece(document: Document, piece: Piece, blob: Blob | None, *, is_here: bool) -> datetime | None:
    """Write it down under the case's lock; until when the lease now lasts."""
    _, row = lock_document(document.pk, leased=document)
    if row.state != DocumentState.REQUESTED:
        raise LeaseLost(str(row.pk))
    named = pieces_of(row).filter(name=piece.name)
    if is_here or blob:
        named.filter(blob__isnull=True).delete()  # what was wrong with it is so no more
    if is_here:
        named.update(place=piece.place)
    else:
        piece.blob = save(blob) if blob else None
        had = named.filter(blob__isnull=False)
        if piece.blob and not had.exists():
            # It moves: neither the tries before nor the day of patience say anything about what is still missing.
            row.tries, row.failing_since = min(row.tries, 1), None
        noted = {name: getattr(piece, name) for name in ("place", "problem", "fault_code", "fault_params")}
        if not named.filter(blob=piece.blob, kind=piece.kind).update(**noted):
            piece.save(force_insert=True)
    if row.leased_until:
        row.leased_until = timezone.now() + COPY_LEASE
    row.save(update_fields=("tries", "failing_since", "leased_until"))
    return row.leased_until


def pieces_of(document: Document) -> QuerySet[Piece]:
    """What copies of this label have brought, and what they could not bring, in the provider's order."""
    return Piece.objects.filter(check_row_id=document.check_row_id, label=document.label).order_by("place", "pk")


def pieces_here(document: Document) -> frozenset[tuple[str, str]]:
    """Name and source of each piece that need not be asked for again."""
    return frozenset(pieces_of(document).filter(blob__isnull=False).values_list("name", "source"))


@transaction.atomic
def _finish(document: Document) -> int:
    """Everything has been asked for: the rows say what there is, what is missing, and that there is nothing."""
    case, row = lock_document(document.pk, leased=document)
    if row.state != DocumentState.REQUESTED:
        return 0
    failed = pieces_of(row).exclude(problem="").last()
    problem = noted_fault(failed) if failed else ""
    count, rows = assign_rows(case, row)
    for other in rows.values():
        if other.state == DocumentState.REQUESTED:  # asked for, and not among what came
            # A piece that came with a problem may be this very one: answers give their pieces in any order.
            close(other, DocumentState.FAILED if problem else DocumentState.NOT_AVAILABLE)
            note_fault(other, problem)
            other.save()
            if problem:
                record_lost(case, other, kind=other.kind, detail=problem)
    return count


def assign_rows(case: Case, document: Document) -> tuple[int, dict[int, Document]]:
    """Give the pieces rows of their own and tell of them in one event; how many files are new, and all rows."""
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
        kinds = [piece.kind for piece in copied]
        check = str(document.check_row_id)
        audit.record(EventType.DOCUMENTS_COPIED, case=case, by=None, check=check, kinds=kinds, label=document.label)
    for piece in came:
        if not piece.blob:
            record_lost(case, document, kind=piece.kind, detail=noted_fault(piece))
    return len(copied), rows


def _assign_row(document: Document, rows: dict[int, Document], place: int, piece: Piece) -> bool:
    """Give a piece its row: that of its place, or the next one that holds nothing. False when it is there already,
    as what it is: a front that comes as a back once more is two rows, for that is worth seeing.

    Copied rows stay as they are: what was pinned once is not written over by a later answer.
    """
    blob = piece.blob
    if blob and any((row.blob_id, row.kind) == (blob.pk, piece.kind) for row in rows.values()):
        return False
    while place in rows and rows[place].blob_id:
        place += 1
    row = rows.setdefault(place, new_row(document, place))
    link_source = document.source if row.position == document.position else ""
    close(row, DocumentState.COPIED if blob else DocumentState.FAILED)
    row.kind, row.source = piece.kind, piece.source or link_source
    row.blob, row.copied_at = blob, timezone.now() if blob else None
    note_fault(row, noted_fault(piece))
    row.save()
    return True


def evidence_item(document: Document) -> Evidence:
    """The document as the provider's client takes it."""
    return Evidence(
        kind=EvidenceKind(document.kind),
        label=document.label,
        url=document.link,
        inline=bytes(document.inline).decode(),
        here=pieces_here(document),
    )
