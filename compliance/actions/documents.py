"""Pictures and files: wanting them, copying them into the vault once per case, and giving up in plain sight."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import lock
from compliance.enums import DocumentState, EventType, SyncState
from compliance.errors import InvalidInput, NotAllowed
from compliance.evidence.decoding import Picture
from compliance.evidence.encrypted_storage import save, sealing
from compliance.models import Blob, Case, Check, CheckSync, Document, Piece, User
from compliance.sync.schedule import asking_refusal
from providers import Download, Evidence, EvidenceKind, provider_class, source_of

COPY_LEASE = timedelta(minutes=3)
"""How long a lease lasts since it was last renewed, which is before each call, while one waits for its turn, and with
each piece: a call takes half a minute at most, looking and sealing some seconds. So a killed worker's documents are
taken up again within minutes, and a copy that goes on for an hour keeps its own."""
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


# --- leases --------------------------------------------------------------------------------------------------------


class LeaseLost(Exception):
    """The document is another worker's by now, or nobody wants it any more: this one stops and writes nothing."""


_EARLIER = Document.objects.filter(
    check_row=OuterRef("check_row"),
    label=OuterRef("label"),
    state=DocumentState.WANTED,
    position__lt=OuterRef("position"),
)


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
    if not _still_leased(document).update(leased_until=until):
        raise LeaseLost(str(document.pk))
    document.leased_until = until


def give_back(document: Document, *, wait: float) -> bool:
    """End a lease without having asked: nothing was tried. False when the lease has gone to another.

    A wait of less than a second is left to whoever looks again, so that nobody takes the document for not due.
    """
    due = {"next_try_at": timezone.now() + timedelta(seconds=wait)} if wait >= 1 else {}
    return bool(_still_leased(document).update(leased_until=None, tries=F("tries") - 1, **due))


def _still_leased(document: Document) -> QuerySet[Document]:
    """Its row, as long as it is leased as this worker leased it."""
    return Document.objects.filter(pk=document.pk, state=DocumentState.WANTED, leased_until=document.leased_until)


# --- storing what came ---------------------------------------------------------------------------------------------


def store(
    document_id: Any, downloads: Iterable[tuple[Download, Picture | None]], *, held: Document | None = None
) -> int:
    """Keep each piece as it comes, once per case, and when all have come mark the document copied; how many came.

    ``downloads`` pairs the bytes with what looking at them in the limited child said (type by content, size); it is
    asked for one pair after the other, so that memory holds one piece at a time. ``held`` is the document as it was
    leased. What it raises, and the gravest fault among the pieces, is raised when what came before is kept.
    Raises ``LeaseLost``, and then keeps nothing.
    """
    document = held or Document.objects.get(pk=document_id)
    faults = []
    names: Counter[str] = Counter()
    for place, (download, picture) in enumerate(downloads):
        names[download.label] += 1
        again = f" ({names[download.label]})" if names[download.label] > 1 else ""
        _keep(document, place, f"{download.label[:190]}{again}", download, picture)
        if download.fault:
            faults.append(download.fault)
    if faults:
        # While the provider or a store is down, no piece has had its fair tries.
        raise next((fault for fault in faults if fault.scope == "account"), faults[0])
    return _finish(document)


def _keep(document: Document, place: int, name: str, download: Download, picture: Picture | None) -> None:
    """Seal one piece and note it, or note what is wrong with it."""
    with sealing() as files:
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
            problem="" if blob else (download.problem or "It came without any bytes.")[:300],
        )
        until = _note_piece(document, piece, blob, is_here=download.is_here)
    document.leased_until = until


@transaction.atomic
def _note_piece(document: Document, piece: Piece, blob: Blob | None, *, is_here: bool) -> datetime | None:
    """Write it down under the case's lock; until when the lease now lasts."""
    _, row = _locked(document.pk, held=document)
    if row.state != DocumentState.WANTED:
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
        if not named.filter(blob=piece.blob, kind=piece.kind).update(place=piece.place, problem=piece.problem):
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
    case, row = _locked(document.pk, held=document)
    if row.state != DocumentState.WANTED:
        return 0
    problem = pieces_of(row).exclude(problem="").values_list("problem", flat=True).last()
    count, rows = _file(case, row)
    for other in rows.values():
        if other.state == DocumentState.WANTED:  # asked for, and not among what came
            # A piece that came with a problem may be this very one: answers give their pieces in any order.
            _end(other, DocumentState.GIVEN_UP if problem else DocumentState.ABSENT)
            other.fault_detail = problem or ""
            other.save()
            if problem:
                _tell_lost(case, other, kind=other.kind, detail=problem)
    return count


def _file(case: Case, document: Document) -> tuple[int, dict[int, Document]]:
    """Give the pieces rows of their own and tell of them in one event; how many files are new, and all rows."""
    of_label = Document.objects.select_for_update(no_key=True)
    of_label = of_label.filter(check_row_id=document.check_row_id, label=document.label)
    rows = {row.position: document if row.pk == document.pk else row for row in of_label}
    pieces = list(pieces_of(document).select_related("blob"))
    brought = {piece.name for piece in pieces if piece.blob}
    pieces = [piece for piece in pieces if piece.blob or piece.name not in brought]
    came = [piece for place, piece in enumerate(pieces) if _place(document, rows, place, piece)]
    pieces_of(document).filter(blob__isnull=True).delete()
    copied = [piece for piece in came if piece.blob]
    if copied:
        kinds = [piece.kind for piece in copied]
        check = str(document.check_row_id)
        audit.record(EventType.DOCUMENTS_COPIED, case=case, by=None, check=check, kinds=kinds, label=document.label)
    for piece in came:
        if not piece.blob:
            _tell_lost(case, document, kind=piece.kind, detail=piece.problem)
    return len(copied), rows


def _place(document: Document, rows: dict[int, Document], place: int, piece: Piece) -> bool:
    """Give a piece its row: that of its place, or the next one that holds nothing. False when it is there already,
    as what it is: a front that comes as a back once more is two rows, for that is worth seeing.

    Copied rows stay as they are: what was pinned once is not written over by a later answer.
    """
    blob = piece.blob
    if blob and any((row.blob_id, row.kind) == (blob.pk, piece.kind) for row in rows.values()):
        return False
    while place in rows and rows[place].blob_id:
        place += 1
    row = rows.setdefault(place, _sibling(document, place))
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


def _locked(document_id: Any, *, held: Document | None = None) -> tuple[Case, Document]:
    """The document's case, then the document, locked in this order.

    ``held`` is the document as its worker leased it: raises ``LeaseLost`` when it has gone to another since.
    """
    case = lock(Document.objects.values_list("case_id", flat=True).get(pk=document_id))
    document = Document.objects.select_for_update(no_key=True).get(pk=document_id)
    if held and document.leased_until != held.leased_until:
        raise LeaseLost(str(document_id))
    return case, document


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
def postpone(document_id: Any, *, detail: str, final: bool = False, held: Document | None = None) -> None:
    """A copy failed for this document's own sake: try again later with growing patience, or give up and say so.

    This and its sisters raise ``LeaseLost`` when the document, ``held`` by a worker, has gone to another.
    """
    case, document = _locked(document_id, held=held)
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
    case, document = _locked(document_id, held=held)
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
    _, document = _locked(document_id, held=held)
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
    count, rows = _file(case, document)
    missing = [row for row in rows.values() if row.state == DocumentState.WANTED]
    if not missing and all(row.fault_detail != detail[:300] for row in rows.values()):
        missing = [_sibling(document, max(rows) + 1)]
    if count and missing:
        detail = f"Only {count} came, the others are missing: {detail}"
    for row in missing:
        _end(row, DocumentState.GIVEN_UP)
        row.fault_detail = detail[:300]
        row.save()
        _tell_lost(case, row, kind=row.kind, detail=detail)


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

    Raises ``InvalidInput`` for one of a check that another has replaced, and ``NotAllowed``, while it stays given up,
    where its account is paused or blocked.
    """
    case, document = _locked(document_id)
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include asking for pictures.")
    if document.check_row and document.check_row.superseded_by_id:
        raise InvalidInput(REPLACED)
    if document.check_row and (refusal := asking_refusal(document.check_row.account)):
        raise NotAllowed(refusal)
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
    if refusal := asking_refusal(check.account):
        raise NotAllowed(refusal)
    types = provider_class(check.provider).evidence_types()
    if not types:
        raise InvalidInput("This provider's pictures come with its answers: read the check again.")
    count = want(check, types)
    labels = [item.label for item in types]
    again = Document.objects.select_for_update(no_key=True).filter(check_row=check, label__in=labels)
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
        here=pieces_here(document),
    )
