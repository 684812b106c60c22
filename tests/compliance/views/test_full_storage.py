"""Full or broken document storage: stored files stay, refused ones are named, and none is lost."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.actions import documents
from compliance.enums import DocumentState, EventType
from compliance.evidence import decoding, encrypted_storage
from compliance.models import Blob, Case, Document, Event, User
from compliance.sync import copies, copy_leases
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance import assertions
from tests.compliance.actions.test_uploads import A_PDF, picture
from tests.compliance.sync.test_copies import refused_by_the_database
from tests.compliance.views.pages import FRAGMENT, Node, bytes_of, case_page, page_of
from tests.compliance.views.test_documents import copied, pdf, picture_url
from tests.concurrency import at_once

MakeAccount = Callable[..., ProviderAccount]
pytestmark = pytest.mark.django_db(transaction=True)

MEBIBYTE = 1024 * 1024
NOTE = "Sent by e-mail, the first and the third of them in colour."
SENTENCE = "The file could not be stored: the document storage is full or unavailable. Tell your administrator."


@contextmanager
def room_for(count: int) -> Iterator[None]:
    """Limit the file size of this process: a write fails in its middle, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def no_store() -> Iterator[None]:
    """A file instead of the storage folder: no user, not even root, can write there."""
    folder = Path(storages["documents"].path(""))
    folder.write_bytes(b"in the way")
    try:
        yield
    finally:
        folder.unlink()


@pytest.fixture
def case() -> Case:
    """A case in a queue."""
    return assertions.case_with("declined")


def send(desk: Client, case: Case, *contents: bytes) -> Node:
    files = [SimpleUploadedFile(f"{at}.bin", content) for at, content in enumerate(contents, 1)]
    fields = {"kind": "other", "note": NOTE, "file": files}
    return page_of(desk.post(reverse("case-add-document", args=[case.pk]), fields, headers=FRAGMENT), 422)


def stored() -> set[str]:
    """All files and folders of the storage, also empty ones."""
    root = Path(storages["documents"].path(""))
    leaves = [path for path in root.rglob("*") if path.is_file() or not any(path.iterdir())]
    return {str(path.relative_to(root)) for path in leaves}


def named() -> set[str]:
    """All files that rows of stored images name."""
    folders = [blob.path.rpartition("/")[0] for blob in Blob.objects.all()]
    return {f"{folder}/{name}" for folder in folders for name in ("original", "thumb", "view")}


def test_only_the_file_that_could_not_be_stored_is_refused_by_name(
    case: Case, desk: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with room_for(MEBIBYTE):
        page = send(desk, case, picture(), A_PDF + bytes(2 * MEBIBYTE), picture(colour="navy"))
    error = page.by_id("upload_file_error")
    assert error.texts("b")[:2] == ["2 files added.", "Not added:"]
    assert error.texts("li") == [f"2.bin: {SENTENCE}"]
    assert page.by_id("upload_note").text == NOTE
    choices = page.by_id("upload_kind").all("option")
    assert [choice["value"] for choice in choices if "selected" in choice.attributes] == ["other"]
    assert len(page.by_id("pictures").one("ol", "filmstrip").all("li")) == Document.objects.count() == 2
    # Neither a partial file nor an empty folder is left.
    assert {path for path in stored() if "/" in path} == named()
    assert [record.getMessage() for record in caplog.records if "stored" in record.getMessage()] == [
        f"a file of case {case.pk} was not stored: EFBIG"
    ]


def test_without_storage_each_file_is_refused_and_input_is_preserved(case: Case, desk: Client) -> None:
    with no_store():
        page = send(desk, case, picture(), picture(colour="navy"))
        assert case_page(desk, case).has("form", id="upload-form")
    error = page.by_id("upload_file_error")
    assert error.texts("b")[0] == "Nothing was added:"
    assert error.texts("li") == [f"1.bin: {SENTENCE}", f"2.bin: {SENTENCE}"]
    assert page.by_id("upload_note").text == NOTE
    assert (Document.objects.count(), Blob.objects.count()) == (0, 0)
    assert not Event.objects.filter(case=case, type="document_added").exists()


def make_due() -> None:
    Document.objects.filter(state=DocumentState.REQUESTED).update(next_try_at=timezone.now())


@pytest.mark.promise("P15")
def test_full_storage_costs_images_of_providers_no_attempt_and_loses_none(
    simulator: Simulator, account: MakeAccount
) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing")
    with no_store():
        for _ in range(documents.MAX_TRIES + 2):
            make_due()
            lease = copy_leases.lease_copy()
            assert lease is not None
            assert copies.copy(lease) == 0
            document = Document.objects.get(pk=lease.document.pk)
            assert (document.state, document.tries, document.fault_detail) == (DocumentState.REQUESTED, 0, SENTENCE)
            assert document.leased_until is None
            assert document.next_try_at is not None
            assert document.next_try_at > timezone.now() + timedelta(seconds=50)
            # Not even after days; then the provider is called four times an hour.
            Document.objects.update(created_at=timezone.now() - timedelta(days=3), next_try_at=timezone.now())
    assert not Event.objects.filter(case=case, type="document_lost").exists()
    make_due()
    copies.copy_requested(seconds=60)
    assert not Document.objects.filter(case=case, state=DocumentState.REQUESTED).exists()
    assert Document.objects.filter(case=case, state=DocumentState.COPIED).count() == 7
    assert set(Document.objects.filter(case=case).values_list("fault_detail", flat=True)) == {""}
    assert stored() == named()


def test_renditions_are_removed_when_their_row_cannot_be_written(
    account: MakeAccount, analyst: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = factories.add_check(factories.make_case(), account("preventor"), "ticket-of-a-busy-hour")
    with monkeypatch.context() as busy:
        busy.setattr(decoding, "SECONDS", 0.001)
        document = copied(check, picture())
    assert document.blob
    with refused_by_the_database("compliance_event", "type <> 'read_requested'"), pytest.raises(IntegrityError):
        documents.decode_again(document.pk, by=analyst)
    assert stored() == {document.blob.path}
    assert Blob.objects.get().refused
    assert documents.decode_again(document.pk, by=analyst) == ""
    assert stored() == named()


def test_two_concurrent_retries_create_one_image(
    account: MakeAccount, analyst: User, manager: User, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = factories.add_check(factories.make_case(), account("preventor"), "ticket-of-a-busy-hour")
    with monkeypatch.context() as busy:
        busy.setattr(decoding, "SECONDS", 0.001)
        document = copied(check, picture())
    tries = [partial(documents.decode_again, document.pk, by=user) for user in (analyst, manager)]
    assert at_once(tries) == ["", ""]
    assert stored() == named()
    assert bytes_of(desk.get(picture_url(document, "view"))).startswith(b"\xff\xd8\xff")
    assert Event.objects.filter(case=check.case, type=EventType.READ_REQUESTED).count() == 1


def test_a_rendition_that_cannot_be_stored_can_be_retried_later(
    account: MakeAccount, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = factories.add_check(factories.make_case(), account("preventor"), "ticket-of-a-busy-hour")
    report = pdf(2)  # its bytes depend on the second of its creation
    with monkeypatch.context() as busy:
        busy.setattr(decoding, "SECONDS", 0.001)
        document = copied(check, report)
    assert document.blob
    again = reverse("document-retry", args=[document.pk])
    with room_for(600):
        assert desk.post(again).status_code == 303
    # The original stays, and no partial rendition blocks the complete one.
    assert stored() == {document.blob.path}
    assert SENTENCE in case_page(desk, check.case).by_id("messages").text
    assert desk.post(again).status_code == 303
    assert "The image can be shown now." in case_page(desk, check.case).by_id("messages").text
    assert bytes_of(desk.get(picture_url(document, "page-2"))).startswith(b"\xff\xd8\xff")
    with encrypted_storage.opened(document.blob) as frames:
        assert b"".join(frames) == report
