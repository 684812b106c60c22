"""Pictures and files: wanting them, copying them into the vault once per case, and giving up in plain sight."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import lock
from compliance.actions.sealed_files import Sealing, save, sealing
from compliance.enums import DocumentState, EventType, SyncState
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Blob, Case, Check, CheckSync, Document, User
from compliance.pictures import Picture
from providers import Download, Evidence, EvidenceKind, provider_class

COPY_LEASE = timedelta(minutes=6)
"""How long a copy may take: all assets of an attempt come one after the other, each within half a minute."""
MAX_TRIES = 5
MOST_PIECES = 100
"""Of one document: more pictures than that are no answer about a person."""
OUTAGE_ENDS_AFTER = timedelta(hours=24)
"""A provider, or a store of its files, that is down for longer than this has lost the picture."""
FRESH_LINK_WAIT = timedelta(minutes=2)
REPLACED = "This check has been replaced; ask for the pictures of the new one."


# --- wanting -------------------------------------------------------------------------------------------------------


def want(check: Check, items: Sequence[Evidence], *, is_news: bool = True) -> int:
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
            new[label] = _wanted(check, item)
        elif item.url or item.inline:
            _renew(document, item, is_news=is_news)
    Document.objects.bulk_create(new.values(), ignore_conflicts=True)
    return len(new)


def _wanted(check: Check, item: Evidence) -> Document:
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


def _renew(document: Document, item: Evidence, *, is_news: bool) -> None:
    source = source_of(item.url)
    # Whoever leases counts the try without the case's lock: what waits is written in no other field than is meant.
    changed: tuple[str, ...] = ()
    if document.state == DocumentState.WANTED:
        # One whose link has died waits for this; one that waits for a store to come back goes on waiting.
        if not (document.link or document.inline):
            document.next_try_at = timezone.now()
            changed = ("next_try_at",)
    elif document.state == DocumentState.GIVEN_UP and (is_news or source != document.source):
        _want_again(document)
        changed = _WANT_AGAIN_FIELDS
    else:
        return
    document.link, document.inline, document.source = item.url, item.inline.encode(), source
    document.save(update_fields=("link", "inline", "source", *changed))


_WANT_AGAIN_FIELDS = ("state", "tries", "fault_detail", "failing_since", "next_try_at")


def _want_again(document: Document) -> None:
    """As if it had never been tried. In memory."""
    document.state, document.tries, document.fault_detail = DocumentState.WANTED, 0, ""
    document.failing_since, document.next_try_at = None, timezone.now()


def source_of(url: str) -> str:
    """Host and path of a link, without its query: what may be shown."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"[:300] if parts.netloc else ""


# --- leases --------------------------------------------------------------------------------------------------------


@transaction.atomic
def lease_wanted(
    *, limit: int = 8, without: frozenset[UUID] = frozenset(), now: datetime | None = None
) -> list[Document]:
    """Wanted documents for this process to copy; each try counts before it begins.

    ``without`` are accounts that have no turn to give at the moment.
    """
    now = now or timezone.now()
    due = (
        Document.objects.filter(state=DocumentState.WANTED, next_try_at__lte=now)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))
        .filter(check_row__account__paused_at__isnull=True)
        .exclude(check_row__account__state__told_until__gt=now)
        .exclude(check_row__account__in=without)
        # One that was begun more often than it was answered kills whoever copies it.
        .filter(tries__lte=MAX_TRIES)
        .select_related("check_row__account", "case")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("next_try_at")[:limit]
    )
    documents = list(due)
    for document in documents:
        document.leased_until = now + COPY_LEASE
        document.tries += 1
        document.save(update_fields=("leased_until", "tries"))
    return documents


def give_back(document: Document, *, wait: float) -> bool:
    """End a lease without having asked: nothing was tried. False when the lease has gone to another.

    A wait of less than a second is left to whoever looks again, so that nobody takes the document for not due.
    """
    mine = Document.objects.filter(pk=document.pk, state=DocumentState.WANTED, leased_until=document.leased_until)
    due = {"next_try_at": timezone.now() + timedelta(seconds=wait)} if wait >= 1 else {}
    return bool(mine.update(leased_until=None, tries=F("tries") - 1, **due))


# --- storing what came ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """One piece of a document: its blob, or why there is none."""

    kind: str
    source: str
    problem: str
    blob: Blob | None


def store(document_id: Any, downloads: Iterable[tuple[Download, Picture | None]]) -> int:
    """Seal the pieces into the document storage, once per case, and mark the document copied; how many came.

    ``downloads`` pairs the bytes with what looking at them in the limited child said (type by content, size); it is
    asked for one pair after the other, so that memory holds one piece at a time. A piece with a problem has no picture:
    it gets a row of its own that says so, beside those that came.
    """
    document = Document.objects.get(pk=document_id)
    with sealing() as files:
        pieces = [_sealed(document, files, *pair) for pair in downloads]
        return _file(document_id, pieces)


def _sealed(document: Document, files: Sealing, download: Download, picture: Picture | None) -> _Piece:
    blob = None
    if picture and not download.problem:
        blob = files.blob(document.case_id, document.data_key_id, download.content, picture)
    problem = download.problem or ("" if blob else "It came without any bytes.")
    return _Piece(kind=download.kind, source=download.source[:300], problem=problem[:300], blob=blob)


@transaction.atomic
def _file(document_id: Any, pieces: Sequence[_Piece]) -> int:
    case, document = _locked(document_id)
    if document.state != DocumentState.WANTED:
        return 0
    of_label = Document.objects.select_for_update().filter(check_row_id=document.check_row_id, label=document.label)
    rows = {row.position: row for row in of_label}
    came = [piece for place, piece in enumerate(pieces) if _place(document, rows, place, piece)]
    for row in rows.values():
        if row.state == DocumentState.WANTED:  # asked for, and not among what came
            _end(row, DocumentState.ABSENT)
            row.save()
    copied = [piece for piece in came if piece.blob]
    if copied:
        kinds = [piece.kind for piece in copied]
        check = str(document.check_row_id)
        audit.record(EventType.DOCUMENTS_COPIED, case=case, by=None, check=check, kinds=kinds, label=document.label)
    for piece in came:
        if not piece.blob:
            _tell_lost(case, document, kind=piece.kind, detail=piece.problem)
    return len(copied)


def _place(document: Document, rows: dict[int, Document], place: int, piece: _Piece) -> bool:
    """Give a piece its row: that of its place, or the next one that holds nothing. False when it is there already,
    as what it is: a front that comes as a back once more is two rows, for that is worth seeing.

    Copied rows stay as they are: what was pinned once is not written over by a later answer.
    """
    blob = save(piece.blob) if piece.blob else None
    if blob and any((row.blob_id, row.kind) == (blob.pk, piece.kind) for row in rows.values()):
        return False
    while blob and place in rows and rows[place].blob_id:
        place += 1
    row = rows.setdefault(place, _sibling(document, place))
    if row.blob_id:
        return False
    link_source = document.source if row.position == document.position else ""
    _end(row, DocumentState.COPIED if blob else DocumentState.GIVEN_UP)
    row.kind, row.source = piece.kind, piece.source or link_source
    row.blob, row.copied_at = blob, timezone.now() if blob else None
    row.fault_detail = piece.problem
    row.save()
    return True


def _end(row: Document, state: DocumentState) -> None:
    """Nothing more is tried on this row. In memory."""
    row.state, row.next_try_at, row.leased_until = state, None, None
    row.link, row.inline, row.fault_detail, row.failing_since = "", b"", "", None


def _sibling(document: Document, position: int) -> Document:
    """A row for a further picture of the same label."""
    return Document(
        case_id=document.case_id,
        check_row_id=document.check_row_id,
        data_key_id=document.data_key_id,
        kind=document.kind,
        label=document.label,
        position=position,
    )


def _locked(document_id: Any) -> tuple[Case, Document]:
    """The document's case, then the document, locked in this order."""
    case = lock(Document.objects.values_list("case_id", flat=True).get(pk=document_id))
    return case, Document.objects.select_for_update().get(pk=document_id)


def _tell_lost(case: Case, document: Document, *, kind: str, detail: str) -> None:
    audit.record(
        EventType.DOCUMENT_LOST,
        case=case,
        by=None,
        check=str(document.check_row_id),
        kind=kind,
        detail=detail[:300],
    )


# --- what could not be copied --------------------------------------------------------------------------------------


@transaction.atomic
def postpone(document_id: Any, *, detail: str, final: bool = False) -> None:
    """A copy failed for this document's own sake: try again later with growing patience, or give up and say so."""
    case, document = _locked(document_id)
    if document.state != DocumentState.WANTED:
        return
    if final or document.tries >= MAX_TRIES:
        _give_up(case, document, detail)
    else:
        _wait(document, detail, seconds=15 * 2**document.tries)


@transaction.atomic
def postpone_outage(document_id: Any, *, detail: str, retry_after: float | None = None) -> None:
    """The provider, or the store of its files, cannot be asked: no try is lost by that, until a day has gone by."""
    case, document = _locked(document_id)
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
def postpone_own_fault(document_id: Any, *, detail: str) -> None:
    """The desk itself could not keep what came: neither the provider nor the picture is to blame, so no try is lost
    and no patience, however long it lasts. The longer it has waited, the more rarely the provider is asked for it."""
    _, document = _locked(document_id)
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
    _end(document, DocumentState.GIVEN_UP)
    document.fault_detail = detail[:300]
    document.save()
    _tell_lost(case, document, kind=document.kind, detail=detail)


def give_up_lost(*, now: datetime | None = None) -> int:
    """Give up what was begun too often without an end: copying it has taken its worker along; how many."""
    now = now or timezone.now()
    lost = Document.objects.filter(state=DocumentState.WANTED, tries__gt=MAX_TRIES, leased_until__lte=now)
    ids = list(lost.values_list("pk", flat=True)[:100])
    for document_id in ids:
        postpone(document_id, detail="Copying it failed again and again without a word why.", final=True)
    return len(ids)


@transaction.atomic
def renew_link(document_id: Any, *, detail: str) -> None:
    """The link has died: reading the check again brings a fresh one; after some tries the picture is given up."""
    postpone(document_id, detail=detail)
    document = Document.objects.get(pk=document_id)
    if document.state == DocumentState.WANTED:
        document.link, document.inline = "", b""
        document.save(update_fields=("link", "inline"))
        _read_again(document.check_row_id)


def _read_again(check_id: UUID | None) -> None:
    # Due now in whatever state it rests; a blocked or replaced check has nothing fresh to say.
    CheckSync.objects.filter(
        pk=check_id,
        state__in=(SyncState.SCHEDULED, SyncState.FAILING, SyncState.SETTLED),
        check_row__superseded_by__isnull=True,
    ).update(next_read_at=timezone.now())


def needs_fresh_link(document: Document) -> bool:
    """Whether only a new answer of the provider brings this document: its link is gone, and it has no type to name."""
    check = document.check_row
    has_way = document.link or document.inline
    return check is not None and not has_way and not provider_class(check.provider).can_ask_for(document.label)


@transaction.atomic
def fetch_again(document_id: UUID, *, by: User) -> Document:
    """Ask for a picture that was given up or that the provider did not have, once more.

    Raises ``InvalidInput`` for one of a check that another has replaced.
    """
    case, document = _locked(document_id)
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include asking for pictures.")
    if document.check_row and document.check_row.superseded_by_id:
        raise InvalidInput(REPLACED)
    if document.state in (DocumentState.GIVEN_UP, DocumentState.ABSENT):
        _ask_again(document)
        audit.record(EventType.READ_REQUESTED, case=case, by=by, document=str(document.pk), kind=document.kind)
    return document


def _ask_again(document: Document) -> None:
    _want_again(document)
    if needs_fresh_link(document):
        document.next_try_at = timezone.now() + FRESH_LINK_WAIT
        _read_again(document.check_row_id)
    document.save()


@transaction.atomic
def ask_for_types(check_id: UUID, *, by: User) -> int:
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
    types = provider_class(check.provider).evidence_types()
    if not types:
        raise InvalidInput("This provider's pictures come with its answers: read the check again.")
    count = want(check, types)
    labels = [item.label for item in types]
    again = Document.objects.select_for_update().filter(check_row=check, label__in=labels)
    for document in again.filter(state__in=(DocumentState.GIVEN_UP, DocumentState.ABSENT)):
        _ask_again(document)
        count += 1
    if count:
        audit.record(EventType.READ_REQUESTED, case=case, by=by, check=str(check.pk), what="pictures")
    return count


def evidence_item(document: Document) -> Evidence:
    """The document as the provider's client takes it."""
    return Evidence(
        kind=EvidenceKind(document.kind),
        label=document.label,
        url=document.link,
        inline=bytes(document.inline).decode(),
    )
