"""Pictures that a provider names are copied into the vault, or it is said plainly why not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.files.storage import storages
from django.utils import timezone

from compliance import evidence
from compliance.actions import documents
from compliance.enums import DocumentState, EventType
from compliance.models import Blob, CheckSync, Document, Event
from compliance.pictures import media_type
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories

MakeAccount = Callable[..., ProviderAccount]
pytestmark = pytest.mark.django_db(transaction=True)


def read_all(blob: Blob, size: str = "") -> bytes:
    with documents.opened(blob, size=size) as frames:
        return b"".join(frames)


def make_due() -> None:
    Document.objects.filter(state=DocumentState.WANTED).update(next_try_at=timezone.now(), leased_until=None)


def test_the_pictures_of_a_ticket_are_copied_by_type_and_sealed(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing")
    evidence.copy_wanted(seconds=60)
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


def test_copying_twice_stores_nothing_twice(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing")
    evidence.copy_wanted(seconds=60)
    before = (Document.objects.count(), Blob.objects.count())
    again = Document.objects.filter(case=case, position=0)
    again.update(state=DocumentState.WANTED, blob=None, copied_at=None)
    make_due()
    evidence.copy_wanted(seconds=60)
    assert Blob.objects.count() == before[1]
    assert Document.objects.filter(state=DocumentState.COPIED).count() == before[0]


def test_a_link_that_died_is_renewed_by_reading_the_check_again(simulator: Simulator, account: MakeAccount) -> None:
    advance = account("advance_ai", evidence_hosts=["127.0.0.1", "localhost"])
    case = factories.case_from(simulator, advance, "passed-links-expired")
    wanted = Document.objects.filter(case=case, state=DocumentState.WANTED)
    assert wanted.exists()
    CheckSync.objects.update(next_read_at=None)
    evidence.copy_wanted(seconds=60)
    sync = CheckSync.objects.get()
    assert sync.next_read_at is not None and sync.next_read_at <= timezone.now()
    assert {document.fault_detail != "" for document in wanted} == {True}
    for _ in range(documents.MAX_TRIES):
        make_due()
        evidence.copy_wanted(seconds=60)
    assert not wanted.all().exists()
    lost = Document.objects.filter(case=case, state=DocumentState.GIVEN_UP)
    assert lost.exists() and all(document.fault_detail for document in lost)
    assert Event.objects.filter(case=case, type=EventType.DOCUMENT_LOST).count() == lost.count()


def test_a_host_outside_the_list_is_never_asked_and_it_is_said(
    simulator: Simulator, account: MakeAccount, settings: LazySettings
) -> None:
    case = factories.case_from(simulator, account("preventor"), "pictures-foreign-link")
    evidence.copy_wanted(seconds=60)
    said = [document.fault_detail or document.source for document in Document.objects.filter(case=case)]
    assert any("evidence" in sentence.lower() or "host" in sentence.lower() for sentence in said)
    assert case.checks.get().account.state.health == "ok"


def test_a_document_is_leased_by_one_worker_at_a_time(simulator: Simulator, account: MakeAccount) -> None:
    factories.case_from(simulator, account("preventor"), "rejected-nothing")
    first = {document.pk for document in documents.lease_wanted(limit=100)}
    assert first
    assert documents.lease_wanted(limit=100) == []
    later = timezone.now() + documents.COPY_LEASE + timedelta(seconds=1)
    assert {document.pk for document in documents.lease_wanted(limit=100, now=later)} == first
