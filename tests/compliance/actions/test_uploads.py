"""Adding files to a case and withdrawing them: accepted types, effects, permissions."""

import hashlib
import io
from functools import cache

import pytest
from django.db import IntegrityError, transaction
from PIL import Image

from compliance.actions import cases, decisions, overrides, uploads
from compliance.enums import CaseStatus, DecisionVerdict, DocumentState, EventType
from compliance.errors import InvalidInput, NotAllowed, StaleCase, StaleEvidence
from compliance.evidence import encrypted_storage
from compliance.models import Blob, Case, Document, Event, User
from compliance.routing.evidence_digest import evidence_digest
from providers import MAX_FILE_BYTES, MAX_IMAGE_BYTES, EvidenceKind
from tests import factories
from tests.compliance import assertions
from tests.compliance.tables import everything
from tests.factories import decision_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

SELFIE, OTHER, PDF, VIDEO = EvidenceKind.SELFIE, EvidenceKind.OTHER, EvidenceKind.REPORT_PDF, EvidenceKind.VIDEO
NOTE = "Zebediah's cousin sent it."
A_PDF = b"%PDF-1.4\n%nothing to draw"
A_VIDEO = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(64)


@cache
def picture(kind: str = "PNG", colour: str = "teal", size: tuple[int, int] = (60, 90)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def added(case: Case, by: User, content: bytes = b"", kind: EvidenceKind = SELFIE) -> Document:
    return uploads.add(case.pk, by=by, kind=kind, note=NOTE, content=content or picture())


# --- adding -----------------------------------------------------------------------------------------------------------


def test_an_added_image_is_decoded_encrypted_and_recorded_without_its_note(analyst: User) -> None:
    case = assertions.case_with("declined")
    before = Event.objects.filter(case=case).count()
    document = Document.objects.get(pk=added(case, analyst).pk)
    blob = document.blob
    assert blob is not None
    assert (document.state, document.kind, document.label, document.check_row) == ("copied", "selfie", "Added 1", None)
    assert (document.added_by, document.note, document.source) == (analyst, NOTE, "")
    assert (blob.media_type, blob.width, blob.height, blob.refused) == ("image/png", 60, 90, "")
    assert blob.sha256 == hashlib.sha256(picture()).hexdigest()
    with encrypted_storage.opened(blob) as frames:
        assert b"".join(frames) == picture()
    with encrypted_storage.opened(blob, size="view") as frames:
        assert next(frames).startswith(b"\xff\xd8\xff")
    event = Event.objects.filter(case=case).latest("seq")
    assert (event.type, event.actor) == (EventType.DOCUMENT_ADDED, analyst)
    assert event.data == {"document": str(document.pk), "kind": "selfie", "blob": str(document.blob_id)}
    assert Event.objects.filter(case=case).count() == before + 1


@pytest.mark.parametrize(
    ("kind", "content", "media_type"),
    [
        (SELFIE, picture("JPEG"), "image/jpeg"),
        (SELFIE, picture("WEBP"), "image/webp"),
        (PDF, A_PDF, "application/pdf"),
        (VIDEO, A_VIDEO, "video/webm"),
        (VIDEO, b"\x00\x00\x00\x18ftypmp42" + bytes(64), "video/mp4"),
        (OTHER, A_PDF, "application/pdf"),
        (EvidenceKind.DOCUMENT, A_PDF, "application/pdf"),
    ],
)
def test_accepted_types_are_known_by_their_bytes(
    kind: EvidenceKind, content: bytes, media_type: str, analyst: User
) -> None:
    document = added(factories.make_case(), analyst, content, kind)
    assert document.blob is not None
    assert document.blob.media_type == media_type


WRONG = {
    "empty": (OTHER, b"", "It is empty."),
    "svg": (OTHER, b"<svg/>", "It is not a JPEG, PNG, WebP, AVIF, PDF, MP4 or WebM file."),
    "zip": (OTHER, b"PK\x03\x04" + bytes(64), "It is not a JPEG, PNG, WebP, AVIF, PDF, MP4 or WebM file."),
    "mkv": (VIDEO, A_VIDEO.replace(b"webm", b"mkv4"), "It is not a JPEG, PNG, WebP, AVIF, PDF, MP4 or WebM"),
    "heic": (SELFIE, b"\x00\x00\x00\x18ftypheic" + bytes(64), "It is a HEIC picture; save it as JPEG first."),
    "pdf as selfie": (SELFIE, A_PDF, "It is a PDF, which does not fit the kind “selfie”."),
    "video as report": (PDF, A_VIDEO, "It is a video, which does not fit the kind “PDF report”."),
    "picture as video": (VIDEO, picture(), "It is a picture, which does not fit the kind “video”."),
    "cut": (SELFIE, picture("JPEG", size=(900, 900))[:400], "It is no picture that can be shown: "),
    "script": (SELFIE, b"\xff\xd8\xff<script>alert(1)</script>", "It is no picture that can be shown: "),
    "large picture": (SELFIE, picture() + bytes(MAX_IMAGE_BYTES), "It is too large. A picture may have 12 MB."),
    "large pdf": (PDF, A_PDF + bytes(MAX_FILE_BYTES), "It is too large. A PDF or a video may have 32 MB."),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_refused_file_leaves_nothing_and_names_its_type(name: str, analyst: User) -> None:
    case = assertions.case_with("declined")
    before = everything()
    kind, content, sentence = WRONG[name]
    with pytest.raises(InvalidInput) as refused:
        uploads.add(case.pk, by=analyst, kind=kind, note=NOTE, content=content)
    assert str(refused.value).startswith(sentence)
    assert refused.value.field == "file"
    assert everything() == before


@pytest.mark.parametrize("note", ["", "  ", "x" * 1001, "a\x00b"])
def test_a_note_that_can_be_stored_is_required(note: str, analyst: User) -> None:
    case = factories.make_case()
    with pytest.raises(InvalidInput) as refused:
        uploads.add(case.pk, by=analyst, kind=SELFIE, note=note, content=picture())
    assert refused.value.field == "note"
    document = added(case, analyst)
    with pytest.raises(InvalidInput) as refused:
        uploads.withdraw(document.pk, by=analyst, reason=note)
    assert refused.value.field == "reason"


def test_the_same_bytes_are_on_a_case_once(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    first = added(case, analyst)
    with pytest.raises(InvalidInput, match=r"^It is on this case already, as selfie added by Dana Whitfield\.$"):
        added(case, colleague, kind=OTHER)
    assert Document.objects.filter(case=case).count() == Blob.objects.filter(case=case).count() == 1
    uploads.withdraw(first.pk, by=analyst, reason="Wrong kind.")
    again = added(case, colleague, kind=OTHER)
    assert again.label == "Added 2"
    assert Blob.objects.filter(case=case).count() == 1
    assert added(factories.make_case(), analyst).blob_id != again.blob_id


def test_a_providers_image_is_not_added_again(analyst: User) -> None:
    check = assertions.add_check(factories.make_case())
    blob = added(check.case, analyst).blob
    Document.objects.create(
        case=check.case, check_row=check, data_key_id=check.data_key_id, kind="selfie", label="face", state="copied",
        blob=blob, copied_at=check.created_at,
    )  # fmt: skip
    Document.objects.filter(check_row=None).delete()
    with pytest.raises(InvalidInput, match=r"already, as selfie from Checkout\.com\.$"):
        added(check.case, analyst)


def test_adding_needs_the_permission(stranger: User, admin: User, manager: User) -> None:
    case = factories.make_case()
    for by in (stranger, admin):
        with pytest.raises(NotAllowed, match="Your role does not include adding images and files"):
            added(case, by)
    assert added(case, manager).added_by == manager


# --- effects ----------------------------------------------------------------------------------------------------------


def test_a_decision_on_an_older_page_is_stopped_and_names_the_new_file(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    seen = decision_request(case, DecisionVerdict.REJECT, "REJ-01")
    document = added(case, colleague)
    with pytest.raises(StaleEvidence) as stopped:
        decisions.decide(case.pk, by=analyst, request=seen)
    assert stopped.value.changes == ("Selfie “Added 1” is new.",)
    seen = decision_request(case, DecisionVerdict.REJECT, "REJ-01")
    uploads.withdraw(document.pk, by=colleague, reason="Another person's.")
    with pytest.raises(StaleEvidence) as stopped:
        decisions.decide(case.pk, by=analyst, request=seen)
    assert stopped.value.changes == ("Selfie “Added 1” is no longer part of the case.",)
    added(case, colleague, picture(colour="red"))
    with pytest.raises(StaleEvidence) as stopped:
        decisions.decide(case.pk, by=analyst, request=seen)
    assert len(stopped.value.changes) == 2


def test_a_pending_override_must_be_proposed_again(analyst: User, manager: User) -> None:
    case = assertions.case_with("declined")
    proposal = overrides.propose(case.pk, by=analyst, request=decision_request(case, DecisionVerdict.APPROVE, "OK-04"))
    document = added(case, analyst)
    digest = evidence_digest(cases.evidence_of(case))
    assert digest != proposal.digest
    with pytest.raises(StaleEvidence) as stopped:
        overrides.approve(proposal.pk, by=manager, seen=digest, note="Agreed.")
    assert stopped.value.changes == ("Selfie “Added 1” is new.",)
    uploads.withdraw(document.pk, by=analyst, reason="It shows somebody else.")
    assert evidence_digest(cases.evidence_of(case)) == proposal.digest
    assert overrides.approve(proposal.pk, by=manager, seen=proposal.digest, note="Agreed.").verdict == "approve"


def test_a_decided_case_accepts_files_and_stays_decided(analyst: User) -> None:
    case = assertions.case_with("declined")
    decision = decisions.decide(case.pk, by=analyst, request=decision_request(case, DecisionVerdict.REJECT, "REJ-01"))
    document = added(case, analyst)
    uploads.withdraw(document.pk, by=analyst, reason="Not needed.")
    case.refresh_from_db()
    assert (case.status, case.decision, case.queue) == (CaseStatus.DECIDED, decision, "")


# --- withdrawing ------------------------------------------------------------------------------------------------------


def test_a_withdrawn_file_is_unreachable_and_recorded(analyst: User) -> None:
    case = assertions.case_with("declined")
    document = added(case, analyst)
    blob = document.blob
    uploads.withdraw(document.pk, by=analyst, reason="Zebediah is another applicant.")
    document.refresh_from_db()
    assert (document.state, document.blob, document.copied_at) == (DocumentState.WITHDRAWN, None, None)
    assert (document.withdrawn_by, document.withdrawn_note) == (analyst, "Zebediah is another applicant.")
    assert blob is not None
    with encrypted_storage.opened(Blob.objects.get(pk=blob.pk)) as frames:
        assert b"".join(frames) == picture()
    event = Event.objects.filter(case=case).latest("seq")
    assert (event.type, event.actor) == (EventType.DOCUMENT_WITHDRAWN, analyst)
    assert event.data == {"document": str(document.pk), "kind": "selfie", "blob": str(blob.pk)}


def test_its_author_or_a_manager_may_withdraw_a_file(
    analyst: User, colleague: User, manager: User, stranger: User
) -> None:
    case = factories.make_case()
    document = added(case, analyst)
    with pytest.raises(NotAllowed, match="Only the person who added a file, or a manager, may remove it"):
        uploads.withdraw(document.pk, by=colleague, reason="x")
    with pytest.raises(NotAllowed, match="Your role does not include"):
        uploads.withdraw(document.pk, by=stranger, reason="x")
    second_account = factories.make_user("dana2", "Dana Whitfield", "analyst", person=analyst.person)
    uploads.withdraw(document.pk, by=second_account, reason="x")
    with pytest.raises(StaleCase, match="Dana Whitfield has removed this file already") as late:
        uploads.withdraw(document.pk, by=manager, reason="x")
    assert late.value.winner == "Dana Whitfield"
    uploads.withdraw(added(case, analyst, picture(colour="red")).pk, by=manager, reason="x")


def test_a_providers_file_cannot_be_withdrawn(manager: User) -> None:
    check = assertions.add_check(factories.make_case())
    document = Document.objects.create(
        case=check.case, check_row=check, data_key_id=check.data_key_id, kind="selfie", label="face"
    )
    with pytest.raises(NotAllowed, match="This file comes from a provider"):
        uploads.withdraw(document.pk, by=manager, reason="x")


def test_the_database_requires_author_and_time_of_a_withdrawal(analyst: User) -> None:
    document = added(factories.make_case(), analyst)
    for fields in (
        {"state": "withdrawn", "blob": None, "copied_at": None},
        {"withdrawn_by": analyst},
        {"withdrawn_at": document.created_at},
    ):
        with pytest.raises(IntegrityError, match="document_withdrawn_by_somebody"), transaction.atomic():
            Document.objects.filter(pk=document.pk).update(**fields)
