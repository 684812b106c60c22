"""Files that people add to a case, and withdraw.

They are handled like files of providers: decoded in the limited child, encrypted, stored once per case, recorded.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions import duplicates
from compliance.actions.cases import lock
from compliance.actions.decision_requests import current_user
from compliance.actions.races import lost_race
from compliance.enums import DocumentState, EventType
from compliance.errors import DecoderBusy, InvalidInput, NotAllowed
from compliance.evidence.decoding import (
    AVIF,
    BUSY,
    IMAGE_TYPES,
    VIDEO_TYPES,
    DecodedFile,
    decode,
    media_type,
)
from compliance.evidence.encrypted_storage import encrypting, save
from compliance.evidence.fault_labels import refusal_label
from compliance.labels import file_label, provider_label
from compliance.models import Blob, Case, Document, User
from compliance.routing import permissions
from providers import MAX_FILE_BYTES, MAX_IMAGE_BYTES, EvidenceKind

LONGEST_NOTE = 1000
PDF_TYPES = frozenset({"application/pdf"})
TAKEN = IMAGE_TYPES | PDF_TYPES | VIDEO_TYPES
FITTING: dict[EvidenceKind, frozenset[str]] = {
    EvidenceKind.SELFIE: IMAGE_TYPES,
    EvidenceKind.DOCUMENT_FRONT: IMAGE_TYPES,
    EvidenceKind.DOCUMENT_BACK: IMAGE_TYPES,
    EvidenceKind.DOCUMENT: IMAGE_TYPES | PDF_TYPES,
    EvidenceKind.DOCUMENT_PORTRAIT: IMAGE_TYPES,
    EvidenceKind.VIDEO: VIDEO_TYPES,
    EvidenceKind.REPORT_PDF: PDF_TYPES,
    EvidenceKind.OTHER: TAKEN,
}
"""The kinds that people may add, and the accepted types of each."""
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"})


def add(case_id: int, *, by: User, kind: EvidenceKind, note: str, content: bytes, has_time: bool = True) -> Document:
    """Add one file to the case; ``note`` is the reason. The type is read from the content, never from the browser.

    ``has_time`` is False when the request has used up its time for decoding: then the file is refused as when the
    decoder is busy, unless it has a problem that needs no decoding.

    Raises: ``NotAllowed``; ``InvalidInput`` with a sentence about this file (its type, its size, that it cannot be
    decoded, or where on the case it is already); ``DecoderBusy`` and ``StorageError`` for faults of our own.
    """
    if refusal := permissions.why_not_add_document(by):
        raise NotAllowed(refusal)
    note = _note(note, field="note")
    if refusal := content_problem(kind, content):
        raise InvalidInput(refusal, field="file")
    # Decoding takes seconds and may fail: before anything is locked.
    image = _decoded(content, has_time=has_time)
    if image.refused and image.media_type in IMAGE_TYPES:
        raise InvalidInput(f"It is no picture that can be shown: {refusal_label(image.refused)}.", field="file")
    key = Case.objects.values_list("applicant__data_key_id", flat=True).get(pk=case_id)
    with encrypting() as files:
        document = _add(case_id, by=by, kind=kind, note=note, blob=files.blob(case_id, key, content, image))
    duplicates.search(case_id)
    return document


def _decoded(content: bytes, *, has_time: bool) -> DecodedFile:
    try:
        if not has_time:
            raise DecoderBusy(BUSY)
        return decode(content)
    except DecoderBusy as fault:
        raise DecoderBusy(f"{fault} Add it again in a moment.") from fault


def content_problem(kind: EvidenceKind, content: bytes) -> str | None:
    """Why these bytes cannot be added as this kind, as a sentence about the file, or None."""
    if not content:
        return "It is empty."
    found = media_type(content)
    if found != AVIF and content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return "It is a HEIC picture; save it as JPEG first."
    if found not in TAKEN or (found == "video/webm" and b"webm" not in content[:64]):
        return "It is not a JPEG, PNG, WebP, AVIF, PDF, MP4 or WebM file."
    largest = MAX_IMAGE_BYTES if found in IMAGE_TYPES else MAX_FILE_BYTES
    if len(content) > largest:
        what = "A picture" if found in IMAGE_TYPES else "A PDF or a video"
        return f"It is too large. {what} may have {largest // 1024 // 1024} MB."
    if found not in FITTING[kind]:
        called = "a picture" if found in IMAGE_TYPES else "a video" if found in VIDEO_TYPES else "a PDF"
        return f"It is {called}, which does not fit the kind “{file_label(kind)}”."
    return None


@transaction.atomic
def _add(case_id: int, *, by: User, kind: EvidenceKind, note: str, blob: Blob) -> Document:
    case = lock(case_id)
    by = current_user(by)
    if refusal := permissions.why_not_add_document(by):
        raise NotAllowed(refusal)
    blob = save(blob)
    if there := _already_there(case, blob):
        raise InvalidInput(f"It is on this case already, as {there}.", field="file")
    document = Document(
        case=case,
        data_key_id=blob.data_key_id,
        added_by=by,
        note=note,
        kind=kind,
        # The file's own name is personal data and not stored. A number is never reused, so that the evidence of a
        # case changes when one file is withdrawn and another added.
        label=f"Added {Document.objects.filter(case=case, check_row=None).count() + 1}",
        state=DocumentState.COPIED,
        blob=blob,
        copied_at=timezone.now(),
    )
    document.save(force_insert=True)
    duplicates.mark_due(case)
    data = {"document": str(document.pk), "kind": str(kind), "blob": str(blob.pk)}
    audit.record(EventType.DOCUMENT_ADDED, case=case, by=by, **data)
    return document


def _already_there(case: Case, blob: Blob) -> str:
    """The label of the document of this case with the same bytes; empty when there is none, or it was withdrawn."""
    there = Document.objects.filter(case=case, blob=blob).select_related("check_row", "added_by__person").first()
    if there is None:
        return ""
    whose = f"added by {there.added_by.label}" if there.added_by else ""
    if there.check_row:
        whose = f"from {provider_label(there.check_row.provider)}"
    return f"{file_label(there.kind)} {whose}"


def withdraw(document_id: UUID, *, by: User, reason: str) -> Document:
    """Withdraw a file that was added to the wrong case. Its encrypted bytes stay in storage; no page shows them.

    Raises: ``NotAllowed``; ``StaleCase`` naming the first person; ``InvalidInput`` for the reason.
    """
    document = _withdraw(document_id, by=by, reason=reason)
    duplicates.search(document.case_id)
    return document


@transaction.atomic
def _withdraw(document_id: UUID, *, by: User, reason: str) -> Document:
    case = lock(Document.objects.values_list("case_id", flat=True).get(pk=document_id))
    by = current_user(by)
    document = (
        Document.objects.select_for_update(of=("self",), no_key=True)
        .select_related("added_by__person", "withdrawn_by__person", "data_key")
        .get(pk=document_id)
    )
    if refusal := permissions.why_not_remove_document(by, document):
        raise NotAllowed(refusal)
    if document.withdrawn_by:
        other = f"{document.withdrawn_by.label} has removed this file already."
        raise lost_race(document.withdrawn_by, document.withdrawn_at, by=by, own="removed this file", other=other)
    document.withdrawn_note = _note(reason, field="reason")
    document.withdrawn_by, document.withdrawn_at = by, timezone.now()
    blob = str(document.blob_id)
    document.state, document.blob, document.copied_at = DocumentState.WITHDRAWN, None, None
    document.save(update_fields=("state", "blob", "copied_at", "withdrawn_by", "withdrawn_at", "withdrawn_note"))
    duplicates.mark_due(case)
    audit.record(
        EventType.DOCUMENT_WITHDRAWN, case=case, by=by, document=str(document.pk), kind=document.kind, blob=blob
    )
    return document


def _note(text: str, *, field: str) -> str:
    text = text.strip()
    if not text:
        raise InvalidInput("Enter a note. It is stored encrypted and shown with the file.", field=field)
    if len(text) > LONGEST_NOTE:
        raise InvalidInput(f"At most {LONGEST_NOTE:,} characters.", field=field)
    if "\x00" in text:
        raise InvalidInput("It holds a character that cannot be stored.", field=field)
    return text
