"""Looking once more at a picture or a PDF that was refused: the machine may have been too busy to decode it in time."""

from uuid import UUID

from django.db import transaction

from compliance import audit
from compliance.actions.cases import lock
from compliance.enums import EventType
from compliance.errors import NotAllowed
from compliance.evidence import encrypted_storage
from compliance.evidence.decoding import decode
from compliance.models import Blob, Document, User


def decode_again(document_id: UUID, *, by: User) -> str:
    """Decode the kept original anew; empty when it can be shown now, else why not, in a few words.

    Raises ``NotAllowed``, ``NotLookedAt`` and ``NotStored`` where the desk itself fails, and ``FileNotFoundError`` or
    ``VaultError`` where the original cannot be read.
    """
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include asking for pictures.")
    document = Document.objects.select_related("blob").get(pk=document_id)
    blob = document.blob
    if blob is None or not blob.refused:
        return ""
    with encrypted_storage.opened(blob) as frames:
        picture = decode(b"".join(frames))
    if picture.refused:
        return picture.refused
    with encrypted_storage.encrypting() as files, transaction.atomic():
        # Two who try at once write the same files one after the other; nobody who holds a case waits for a blob.
        row = Blob.objects.select_for_update(no_key=True).get(pk=blob.pk)
        if row.refused:
            files.renditions(row, picture)
            case = lock(document.case_id)
            row.save(update_fields=encrypted_storage.SHOWN_FIELDS)
            audit.record(EventType.READ_REQUESTED, case=case, by=by, document=str(document.pk), kind=document.kind)
    return ""
