"""Images that a report names are copied into the vault, or have a fault with a reason."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection, connections
from django.utils import timezone

from compliance.actions import documents, evidence_copies
from compliance.enums import DocumentState, EventType
from compliance.errors import InvalidInput, NotAllowed
from compliance.evidence import encrypted_storage
from compliance.evidence.decoding import DecodedFile, decode, media_type
from compliance.models import Blob, CheckSync, Document, Event, Piece, User
from compliance.sync import copies, copy_leases, provider_clients
from providers import Download, Evidence, EvidenceKind, Kind, Subject, source_of
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance.file_store import jpeg

MakeAccount = Callable[..., ProviderAccount]
pytestmark = pytest.mark.django_db(transaction=True)


def read_all(blob: Blob, size: str = "") -> bytes:
    with encrypted_storage.opened(blob, size=size) as frames:
        return b"".join(frames)


NAMES = ("original", "thumb", "view")
TYPES = {"SELF_PORTRAITS", "DOCUMENT", "DOCUMENT_PORTRAIT", "DOCUMENT_SIGNATURE", "DOCUMENT_GHOST_PORTRAIT"}


def stored_files() -> list[str]:
    storage = storages["documents"]
    assert isinstance(storage, FileSystemStorage)
    root = Path(storage.location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def image_calls(simulator: Simulator) -> int:
    return sum(line.path.endswith("/images") for line in simulator.world.log())


def make_due() -> None:
    Document.objects.filter(state=DocumentState.REQUESTED).update(next_try_at=timezone.now(), leased_until=None)


def test_images_of_a_ticket_are_copied_by_type_and_encrypted(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing")
    copies.copy_requested(seconds=60)
    copied = Document.objects.filter(case=case, state=DocumentState.COPIED)
    assert {document.kind for document in copied} >= {"selfie", "document_front", "document_portrait"}
    for document in copied:
        assert document.blob is not None
        original = read_all(document.blob)
        assert media_type(original) == document.blob.media_type
        assert media_type(read_all(document.blob, "view")) == "image/jpeg"
        with storages["documents"].open(document.blob.path) as file:
            assert media_type(file.read(64)) == "application/octet-stream"
    assert Event.objects.filter(case=case, type=EventType.DOCUMENTS_COPIED).exists()


def test_copying_twice_stores_each_file_once(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing")
    copies.copy_requested(seconds=60)
    before = (Document.objects.count(), Blob.objects.count())
    again = Document.objects.filter(case=case, position=0)
    again.update(state=DocumentState.REQUESTED, blob=None, copied_at=None)
    make_due()
    copies.copy_requested(seconds=60)
    assert Blob.objects.count() == before[1]
    assert Document.objects.filter(state=DocumentState.COPIED).count() == before[0]


def test_an_expired_link_is_renewed_by_the_next_read(simulator: Simulator, account: MakeAccount) -> None:
    advance = account("advance_ai", evidence_hosts=["127.0.0.1"])
    case = factories.case_from(simulator, advance, "passed-links-expired")
    requested = Document.objects.filter(case=case, state=DocumentState.REQUESTED)
    assert requested.exists()
    CheckSync.objects.update(next_read_at=None)
    copies.copy_requested(seconds=60)
    sync = CheckSync.objects.get()
    assert sync.next_read_at is not None and sync.next_read_at <= timezone.now()
    assert {document.fault_detail != "" for document in requested} == {True}
    for _ in range(documents.MAX_TRIES):
        make_due()
        copies.copy_requested(seconds=60)
    assert not requested.all().exists()
    lost = Document.objects.filter(case=case, state=DocumentState.FAILED)
    assert lost.exists() and all(document.fault_detail for document in lost)
    assert Event.objects.filter(case=case, type=EventType.DOCUMENT_LOST).count() == lost.count()


def test_a_failed_piece_has_a_row_with_its_fault_next_to_the_copied_one(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    preventor = account("preventor")
    case = factories.case_from(simulator, preventor, "pictures-too-big")
    copies.copy_requested(seconds=60)
    front, back = Document.objects.filter(case=case, label="DOCUMENT").order_by("position")
    assert (front.state, front.kind, front.fault_detail) == (DocumentState.COPIED, "document_front", "")
    assert (back.state, back.kind, back.position, back.blob) == (DocumentState.FAILED, "document_back", 1, None)
    assert back.fault_detail == "The image is larger than 12 MiB."
    lost = Event.objects.get(case=case, type=EventType.DOCUMENT_LOST)
    assert (lost.data["kind"], lost.data["detail"]) == ("document_back", back.fault_detail)
    # After a new request the type is complete: its failed row is filled, and no file is stored twice.
    calls = image_calls(simulator)
    reference, played = case.checks.get().reference, simulator.providers["preventor"]
    simulator.world.set_scenario("preventor", reference, played.scenarios["pictures-base64"])
    documents.retry_copy(back.pk, by=analyst)
    copies.copy_requested(seconds=60)
    assert image_calls(simulator) == calls + 1
    again = Document.objects.filter(case=case, label="DOCUMENT").order_by("position")
    assert [(row.pk, row.kind, row.state) for row in again] == [
        (front.pk, "document_front", DocumentState.COPIED),
        (back.pk, "document_back", DocumentState.COPIED),
    ]
    assert again[0].blob_id == front.blob_id
    assert again[1].fault_detail == ""


def test_a_type_without_any_file_fails_at_once_and_the_others_are_copied(
    simulator: Simulator, account: MakeAccount
) -> None:
    case = factories.case_from(simulator, account("preventor"), "pictures-spoiled")
    copies.copy_requested(seconds=60)
    selfies = Document.objects.filter(case=case, label="SELF_PORTRAITS").order_by("position")
    assert [(row.state, row.fault_detail) for row in selfies] == [
        (DocumentState.FAILED, "The image is not base64."),
        (DocumentState.FAILED, "The bytes are of no known type of image or file."),
    ]
    assert Document.objects.filter(case=case, state=DocumentState.COPIED).count() == 5


def test_a_later_report_does_not_overwrite_copied_files(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    case = factories.case_from(simulator, account("preventor"), "pictures-too-big")
    copies.copy_requested(seconds=60)
    front, back = Document.objects.filter(case=case, label="DOCUMENT").order_by("position")
    reference, played = case.checks.get().reference, simulator.providers["preventor"]
    # Another person's images in the same ticket: the stored one stays, and the new ones are added.
    other = simulator.providers["preventor"].reference("pictures-base64", 4321)
    documents.retry_copy(back.pk, by=analyst)
    client = provider_clients.client(back.check_row.account if back.check_row else account("preventor"))
    found = client.fetch_evidence(evidence_copies.evidence_item(back), Subject(kind=Kind.IDENTITY, reference=other))
    evidence_copies.store(back.pk, [(download, decode(download.content)) for download in found])
    rows = Document.objects.filter(case=case, label="DOCUMENT").order_by("position")
    assert [row.state for row in rows] == [DocumentState.COPIED] * 3
    assert rows[0].blob_id == front.blob_id
    assert len({row.blob_id for row in rows}) == 3
    assert reference and played


TOO_LARGE = "The image is larger than 12 MiB."


def came(label: str, size: tuple[int, int]) -> tuple[Download, DecodedFile | None]:
    content = jpeg(size)
    return Download(label=label, kind=EvidenceKind.DOCUMENT_FRONT, content=content), decode(content)


def too_large(label: str) -> tuple[Download, DecodedFile | None]:
    return Download(label=label, kind=EvidenceKind.DOCUMENT_BACK, content=b"", problem=TOO_LARGE), None


def two_sides(account: MakeAccount, analyst: User) -> tuple[Document, Document]:
    """A copied front, and a back that was too large and is requested again."""
    check = factories.add_check(factories.make_case(), account("preventor"), "ticket-of-two-sides")
    documents.request(check, [Evidence(kind=EvidenceKind.DOCUMENT, label="DOCUMENT")])
    requested = Document.objects.get(check_row=check)
    evidence_copies.store(requested.pk, [came("picture 1", (60, 90)), too_large("picture 2")])
    front, back = Document.objects.filter(check_row=check).order_by("position")
    assert (front.state, back.state, back.fault_detail) == (DocumentState.COPIED, DocumentState.FAILED, TOO_LARGE)
    documents.retry_copy(back.pk, by=analyst)
    return front, back


@pytest.mark.parametrize("keeps_names", [True, False], ids=["named by what it is", "named by its place"])
def test_a_side_that_is_too_large_stays_failed_in_another_order(
    keeps_names: bool, account: MakeAccount, analyst: User
) -> None:
    front, back = two_sides(account, analyst)
    first, second = ("picture 2", "picture 1") if keeps_names else ("picture 1", "picture 2")
    assert evidence_copies.store(back.pk, [too_large(first), came(second, (60, 90))]) == 0
    rows = Document.objects.filter(check_row=front.check_row).order_by("position")
    assert [(row.pk, row.state, row.fault_detail) for row in rows] == [
        (front.pk, DocumentState.COPIED, ""),
        (back.pk, DocumentState.FAILED, TOO_LARGE),
    ]
    assert Event.objects.filter(case=front.case_id, type=EventType.DOCUMENT_LOST).count() == 2


def test_a_side_missing_in_the_next_answer_is_not_available(account: MakeAccount, analyst: User) -> None:
    front, back = two_sides(account, analyst)
    evidence_copies.store(back.pk, [came("picture 1", (60, 90))])
    back.refresh_from_db()
    assert (back.state, back.fault_detail) == (DocumentState.NOT_AVAILABLE, "")
    documents.retry_copy(back.pk, by=analyst)
    assert evidence_copies.store(back.pk, [came("picture 1", (70, 90)), came("picture 2", (60, 90))]) == 1
    rows = Document.objects.filter(check_row=front.check_row).order_by("position")
    assert [(row.pk, row.state) for row in rows] == [
        (front.pk, DocumentState.COPIED),
        (back.pk, DocumentState.COPIED),
    ]
    assert not Piece.objects.filter(blob=None).exists()


@pytest.mark.parametrize("scenario", ["in-progress-retry"])
def test_images_are_requested_when_a_ticket_times_out(
    simulator: Simulator, account: MakeAccount, scenario: str
) -> None:
    preventor = account("preventor")
    case = factories.case_from(simulator, preventor, scenario)
    check = case.checks.get()
    assert check.lapse and not Document.objects.filter(case=case).exists()
    half_an_hour_ago = (timezone.now() - timedelta(minutes=31)).isoformat()
    check.lapse = {**check.lapse, "since": half_an_hour_ago}
    check.save(update_fields=("lapse",))
    factories.read(preventor)
    check.refresh_from_db()
    assert check.outcome == check.lapse["outcome"] == "retry_required"
    assert set(Document.objects.filter(case=case).values_list("label", flat=True)) == TYPES
    copies.copy_requested(seconds=60)
    assert Document.objects.filter(case=case, state=DocumentState.COPIED).count() == 7
    factories.read(preventor)
    assert Document.objects.filter(case=case).count() == 7


def test_an_analyst_may_request_all_images_of_a_ticket(
    simulator: Simulator, account: MakeAccount, analyst: User, stranger: User
) -> None:
    case = factories.case_from(simulator, account("preventor"), "in-progress-processing")
    check = case.checks.get()
    with pytest.raises(NotAllowed):
        documents.request_types(check.pk, by=stranger)
    assert documents.request_types(check.pk, by=analyst) == 5
    copies.copy_requested(seconds=60)
    assert Document.objects.filter(case=case, state=DocumentState.COPIED).count() == 7
    assert documents.request_types(check.pk, by=analyst) == 0
    event = Event.objects.get(case=case, type=EventType.READ_REQUESTED)
    assert (event.actor, event.data["check"]) == (analyst, str(check.pk))
    bank = factories.case_from(simulator, account("bank131"), "ok").checks.get()
    with pytest.raises(InvalidInput, match="sends images with its reports"):
        documents.request_types(bank.pk, by=analyst)


def test_images_of_a_replaced_check_cannot_be_requested(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    check = factories.case_from(simulator, account("preventor"), "rejected-nothing").checks.get()
    document = Document.objects.filter(check_row=check).first()
    assert document
    Document.objects.filter(pk=document.pk).update(state=DocumentState.NOT_AVAILABLE, next_try_at=None)
    newer = factories.add_check(check.case, check.account, "newer-ticket", kind=Kind.IDENTITY)
    type(check).objects.filter(pk=check.pk).update(superseded_by=newer)
    with pytest.raises(InvalidInput, match=r"^This check was replaced\."):
        documents.retry_copy(document.pk, by=analyst)
    with pytest.raises(InvalidInput, match=r"^This check was replaced\."):
        documents.request_types(check.pk, by=analyst)
    document.refresh_from_db()
    assert document.state == DocumentState.NOT_AVAILABLE


@contextmanager
def refused_by_the_database(table: str, condition: str) -> Iterator[None]:
    """PostgreSQL refuses rows of this table that do not meet the condition."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT blocked CHECK ({condition}) NOT VALID")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT blocked")


def named_files() -> set[str]:
    return {f"{blob.path.rpartition('/')[0]}/{name}" for blob in Blob.objects.all() for name in NAMES}


def test_files_of_a_piece_without_a_row_are_removed(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing")
    documents_before = set(Document.objects.values_list("pk", "state"))
    with refused_by_the_database("compliance_piece", "false"):
        lease = copy_leases.lease_copy()
        assert lease is not None
        assert copies.copy(lease) == 0
    assert stored_files() == []
    assert (Blob.objects.count(), set(Document.objects.values_list("pk", "state"))) == (0, documents_before)
    assert "IntegrityError" in Document.objects.get(pk=lease.document.pk).fault_detail
    make_due()
    copies.copy_requested(seconds=60)
    assert Document.objects.filter(case=case, state=DocumentState.COPIED).count() == 7
    assert set(stored_files()) == named_files()


def test_a_copy_that_fails_at_its_last_step_changes_no_row(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing")
    documents_before = set(Document.objects.values_list("pk", "state"))
    with refused_by_the_database("compliance_event", "type <> 'documents_copied'"):
        lease = copy_leases.lease_copy()
        assert lease is not None
        assert copies.copy(lease) == 0
    kept = set(Blob.objects.values_list("pk", flat=True))
    assert kept == set(Piece.objects.values_list("blob", flat=True))
    assert set(stored_files()) == named_files()
    assert set(Document.objects.values_list("pk", "state")) == documents_before
    make_due()
    copies.copy_requested(seconds=60)
    copied = Document.objects.filter(case=case, state=DocumentState.COPIED)
    assert copied.count() == 7
    assert kept <= set(copied.values_list("blob", flat=True))
    assert set(stored_files()) == named_files()


def test_two_copies_of_the_same_bytes_store_one_file(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("bank131"), "ok")
    check = case.checks.get()
    documents.request(check, [Evidence(kind=EvidenceKind.SELFIE, label=f"s{number}") for number in range(6)])
    keys = list(Document.objects.filter(case=case).values_list("pk", flat=True))
    content = jpeg()
    decoded = decode(content)
    gate = threading.Barrier(len(keys))

    def run(key: Any) -> int:
        def pairs() -> Iterator[tuple[Download, DecodedFile]]:
            gate.wait(timeout=30)
            yield Download(label="s", kind=EvidenceKind.SELFIE, content=content), decoded

        try:
            return evidence_copies.store(key, pairs())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(keys)) as pool:
        assert list(pool.map(run, keys)) == [1] * len(keys)
    blob = Blob.objects.get(case=case)
    assert {name.rpartition("/")[0] for name in stored_files()} == {blob.path.rpartition("/")[0]}
    assert read_all(blob) == content


def test_a_report_during_a_copy_does_not_reset_its_tries(
    simulator: Simulator, account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = factories.case_from(simulator, account("preventor"), "rejected-nothing").checks.get()
    Document.objects.filter(check_row=check).delete()
    linked = Evidence(kind=EvidenceKind.SELFIE, label="selfie", url="https://files.example/selfie.jpg")
    documents.request(check, [linked])
    leased: list[Document] = []

    def leased_meanwhile(url: str) -> str:
        # Between the read of the row and the write: there another worker leases it.
        leased.extend(evidence_copies.lease_requested(limit=1))
        return source_of(url)

    monkeypatch.setattr("compliance.actions.documents.source_of", leased_meanwhile)
    documents.request(check, [linked])
    (document,) = leased
    assert Document.objects.get(pk=document.pk).tries == 1
    assert evidence_copies.release_lease(document, wait=0)


def test_a_document_is_leased_by_one_worker_at_a_time(simulator: Simulator, account: MakeAccount) -> None:
    factories.case_from(simulator, account("preventor"), "rejected-nothing")
    first = {document.pk for document in evidence_copies.lease_requested(limit=100)}
    assert first
    assert evidence_copies.lease_requested(limit=100) == []
    later = timezone.now() + evidence_copies.COPY_LEASE + timedelta(seconds=1)
    assert {document.pk for document in evidence_copies.lease_requested(limit=100, now=later)} == first
