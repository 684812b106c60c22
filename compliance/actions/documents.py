"""Pictures and files: wanting them, copying them into the vault once per case, and giving up in plain sight."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import lock
from compliance.enums import DocumentState, EventType, SyncState
from compliance.errors import NotAllowed
from compliance.models import Blob, Check, CheckSync, Document, User
from compliance.pictures import Picture
from providers import Download, Evidence, EvidenceKind
from providers.vault import blind_index, new_id, open_frames, open_range, seal_frames

COPY_LEASE = timedelta(minutes=3)
MAX_TRIES = 5


def want(check: Check, items: Sequence[Evidence]) -> int:
    """Note what a report names, so that it gets copied; how many are new. What has been copied stays as it is.

    A fresh link replaces the one of a document that could not be copied.
    """
    known = {document.label: document for document in Document.objects.filter(check_row=check, position=0)}
    new = []
    for item in items:
        document = known.get(item.label)
        if document is None:
            new.append(_wanted(check, item))
        elif document.state in (DocumentState.WANTED, DocumentState.GIVEN_UP) and (item.url or item.inline):
            _renew(document, item)
    Document.objects.bulk_create(new, ignore_conflicts=True)
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


def _renew(document: Document, item: Evidence) -> None:
    document.link, document.inline = item.url, item.inline.encode()
    document.source = source_of(item.url)
    if document.state == DocumentState.GIVEN_UP:
        document.state, document.tries, document.fault_detail = DocumentState.WANTED, 0, ""
    document.next_try_at = timezone.now()
    document.save(update_fields=("link", "inline", "source", "state", "tries", "fault_detail", "next_try_at"))


def source_of(url: str) -> str:
    """Host and path of a link, without its query: what may be shown."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"[:300] if parts.netloc else ""


@transaction.atomic
def lease_wanted(*, limit: int = 8, now: datetime | None = None) -> list[Document]:
    """Wanted documents for this process to copy; each try counts before it begins."""
    now = now or timezone.now()
    due = (
        Document.objects.filter(state=DocumentState.WANTED, next_try_at__lte=now)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))
        .filter(check_row__account__paused_at__isnull=True)
        .exclude(check_row__account__state__told_until__gt=now)
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


@transaction.atomic
def store(document_id: Any, downloads: Iterable[tuple[Download, Picture]]) -> int:
    """Seal the bytes into the document storage, once per case, and mark the document copied; how many pictures came.

    ``downloads`` pairs the bytes with what looking at them in the limited child said (type by content, size).
    """
    document = Document.objects.select_related("case", "check_row").get(pk=document_id)
    case = lock(document.case_id)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document_id)
    if document.state != DocumentState.WANTED:
        return 0
    found = list(downloads)
    now = timezone.now()
    document.leased_until, document.link, document.inline, document.fault_detail = None, "", b"", ""
    if not found:
        document.state, document.next_try_at = DocumentState.ABSENT, None
        document.save()
        return 0
    for position, (download, picture) in enumerate(found):
        row = document if position == 0 else _sibling(document, position)
        row.blob = keep(row, download.content, picture)
        row.kind = download.kind
        row.source = download.source[:300] or document.source
        row.state, row.copied_at, row.next_try_at = DocumentState.COPIED, now, None
        row.save()
    audit.record(
        EventType.DOCUMENTS_COPIED,
        case=case,
        by=None,
        check=str(document.check_row_id),
        kinds=[download.kind for download, _ in found],
        label=document.label,
    )
    return len(found)


def _sibling(document: Document, position: int) -> Document:
    """The row of a further picture of the same label: the one that is there, or a new one."""
    known = Document.objects.filter(check_row_id=document.check_row_id, label=document.label, position=position).first()
    return known or Document(
        case_id=document.case_id,
        check_row_id=document.check_row_id,
        data_key_id=document.data_key_id,
        kind=document.kind,
        label=document.label,
        position=position,
    )


def same_bytes(case_id: int, content: bytes) -> Blob | None:
    """The blob of this case that holds the same bytes."""
    index = blind_index("blob", hashlib.sha256(content).hexdigest())
    return Blob.objects.filter(case_id=case_id, digest_index=index).first()


def keep(document: Document, content: bytes, picture: Picture) -> Blob:
    """Seal the bytes into the document storage, unless the case has them already. The caller has locked the case."""
    if found := same_bytes(document.case_id, content):
        return found
    digest = hashlib.sha256(content).hexdigest()
    blob = Blob(
        id=new_id(),
        case_id=document.case_id,
        data_key_id=document.data_key_id,
        size=len(content),
        sha256=digest,
        digest_index=blind_index("blob", digest),
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        pages=picture.pages,
        pages_in_file=picture.pages_in_file,
    )
    folder = f"{blob.pk.hex[-2:]}/{blob.pk.hex}"
    blob.path = _seal_into(f"{folder}/original", content, blob, blob.pk)
    for size, rendition in picture.renditions.items():
        _seal_into(f"{folder}/{size}", rendition, blob, rendition_id(blob, size))
    blob.refused = picture.refused[:120]
    blob.save(force_insert=True)
    return blob


def _seal_into(name: str, content: bytes, blob: Blob, identity: UUID) -> str:
    sealed = b"".join(seal_frames([content], key=blob.data_key_id, document=identity))
    return storages["documents"].save(name, ContentFile(sealed))


def rendition_id(blob: Blob, size: str) -> UUID:
    """What the frames of a rendition are bound to: the blob and the size."""
    return uuid5(blob.pk, size)


@contextmanager
def opened(blob: Blob, *, size: str = "") -> Iterator[Iterator[bytes]]:
    """The original bytes of a blob, or its rendition of that size, frame by frame, each authenticated before it is
    handed out. Raises ``FileNotFoundError`` where there is no such rendition."""
    path = blob.path if not size else f"{blob.path.rpartition('/')[0]}/{size}"
    identity = blob.pk if not size else rendition_id(blob, size)
    with storages["documents"].open(path, "rb") as file:
        yield open_frames(file.chunks(64 * 1024), key=blob.data_key_id, document=identity)


@contextmanager
def opened_range(blob: Blob, start: int, stop: int) -> Iterator[Iterator[bytes]]:
    """The original bytes ``start <= place < stop`` of a blob; only what the span touches, and the file's end, is
    read. Raises as ``opened``."""
    with storages["documents"].open(blob.path, "rb") as file:
        yield open_range(file, start, stop, size=blob.size, key=blob.data_key_id, document=blob.pk)


@transaction.atomic
def postpone(document_id: Any, *, detail: str, final: bool = False, retry_after: float | None = None) -> None:
    """A copy failed: try again later with growing patience, or give up and say so on the case."""
    before = Document.objects.get(pk=document_id)
    case = lock(before.case_id)
    document = Document.objects.select_for_update().get(pk=document_id)
    if document.state != DocumentState.WANTED:
        return
    document.fault_detail, document.leased_until = detail[:300], None
    if final or document.tries >= MAX_TRIES:
        document.state, document.next_try_at = DocumentState.GIVEN_UP, None
        document.link, document.inline = "", b""
        audit.record(
            EventType.DOCUMENT_LOST,
            case=case,
            by=None,
            check=str(document.check_row_id),
            kind=document.kind,
            detail=detail[:300],
        )
    else:
        wait = max(retry_after or 0, 15 * 2**document.tries)
        document.next_try_at = timezone.now() + timedelta(seconds=wait)
    document.save()


def give_up_lost(*, now: datetime | None = None) -> int:
    """Give up what was begun too often without an end: copying it has taken its worker along; how many."""
    now = now or timezone.now()
    lost = Document.objects.filter(state=DocumentState.WANTED, tries__gt=MAX_TRIES, leased_until__lte=now)
    ids = list(lost.values_list("pk", flat=True)[:100])
    for document_id in ids:
        postpone(document_id, detail="Copying it failed again and again without a word why.", final=True)
    return len(ids)


@transaction.atomic
def renew_link(document_id: UUID, *, detail: str) -> None:
    """The link has died: reading the check again brings a fresh one; after some tries the picture is given up."""
    document = Document.objects.select_related("check_row").get(pk=document_id)
    postpone(document_id, detail=detail)
    if document.tries < MAX_TRIES:
        _read_again(document)


def _read_again(document: Document) -> None:
    # Due now in whatever state it rests; a blocked or replaced check has nothing fresh to say.
    CheckSync.objects.filter(
        pk=document.check_row_id,
        state__in=(SyncState.SCHEDULED, SyncState.FAILING, SyncState.SETTLED),
        check_row__superseded_by__isnull=True,
    ).update(next_read_at=timezone.now())


@transaction.atomic
def fetch_again(document_id: UUID, *, by: User) -> Document:
    """Ask for a picture that was given up or that the provider did not have, once more."""
    before = Document.objects.get(pk=document_id)
    case = lock(before.case_id)
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include asking for pictures.")
    document = Document.objects.select_for_update().get(pk=document_id)
    if document.state in (DocumentState.GIVEN_UP, DocumentState.ABSENT):
        document.state, document.tries, document.fault_detail = DocumentState.WANTED, 0, ""
        document.next_try_at = timezone.now()
        if document.source and not (document.link or document.inline):
            # Its link is gone with the last try: the next read of the check brings a fresh one.
            document.next_try_at += timedelta(minutes=2)
            _read_again(document)
        document.save()
        audit.record(EventType.READ_REQUESTED, case=case, by=by, document=str(document.pk), kind=document.kind)
    return document


def evidence_item(document: Document) -> Evidence:
    """The document as the provider's client takes it."""
    return Evidence(
        kind=EvidenceKind(document.kind),
        label=document.label,
        url=document.link,
        inline=bytes(document.inline).decode(),
    )
