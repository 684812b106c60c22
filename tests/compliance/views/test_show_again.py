"""An image that could not be decoded in time is decoded again on request, from the stored original."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse

from compliance.enums import EventType
from compliance.evidence import decoding
from compliance.models import Blob, Check, Document, Event, ViewRecord
from tests import factories
from tests.compliance.views.pages import bytes_of, case_page
from tests.compliance.views.test_documents import MakeAccount, copied, filmstrip_of, pdf, picture_url, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def check(account: MakeAccount) -> Check:
    """A check for the documents."""
    return factories.add_check(factories.make_case(), account("preventor"), "ticket-of-a-busy-hour")


def refused_in_a_busy_hour(check: Check, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Document:
    """A document whose decoding timed out."""
    with monkeypatch.context() as busy:
        busy.setattr(decoding, "SECONDS", 0.001)
        return copied(check, content)


def again(desk: Client, document: Document) -> str:
    """The page after a retry."""
    assert desk.post(reverse("document-retry", args=[document.pk])).status_code == 303
    return case_page(desk, document.case).by_id("messages").text


@pytest.mark.parametrize(("content", "size"), [(png(), "view"), (pdf(2), "page-2")], ids=["picture", "report"])
def test_an_image_that_timed_out_is_shown_after_a_retry(
    content: bytes, size: str, check: Check, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = refused_in_a_busy_hour(check, content, monkeypatch)
    (item,) = filmstrip_of(case_page(desk, check.case))
    assert "not shown" in item.text and item.one("button")["aria-label"] == "Retry: show Selfie"
    assert desk.get(picture_url(document, size)).status_code == 404
    assert "The image can be shown now." in again(desk, document)
    (item,) = filmstrip_of(case_page(desk, check.case))
    assert "not shown" not in item.text and not item.all("button")
    assert bytes_of(desk.get(picture_url(document, size))).startswith(b"\xff\xd8\xff")
    assert bytes_of(desk.get(reverse("document-original", args=[document.pk]))) == content
    assert Event.objects.filter(case=check.case, type=EventType.READ_REQUESTED).count() == 1


@pytest.mark.promise("P10")
@pytest.mark.parametrize(("content", "size"), [(png(), "view"), (pdf(2), "page-2")], ids=["picture", "report"])
def test_a_partial_file_of_a_killed_try_is_replaced(
    content: bytes, size: str, check: Check, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copied(check, content)
    document = refused_in_a_busy_hour(
        factories.add_check(factories.make_case("cust-2"), check.account, "ticket-2"), content, monkeypatch
    )
    assert whole.blob and document.blob
    storage = storages["documents"]
    folder = Path(storage.path(document.blob.path)).parent
    for file in Path(storage.path(whole.blob.path)).parent.iterdir():
        if file.name != "original":
            (folder / file.name).write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert "The image can be shown now." in again(desk, document)
    assert bytes_of(desk.get(picture_url(document, size))).startswith(b"\xff\xd8\xff")
    assert bytes_of(desk.get(picture_url(document, "thumb"))).startswith(b"\xff\xd8\xff")
    assert {file.name for file in folder.iterdir()} == {
        file.name for file in Path(storage.path(whole.blob.path)).parent.iterdir()
    }


def test_a_name_collision_fails_the_retry_and_leaves_nothing(
    check: Check, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = refused_in_a_busy_hour(check, png(), monkeypatch)
    assert document.blob
    folder = Path(storages["documents"].path(document.blob.path)).parent
    (folder / "view").mkdir()
    (folder / "view" / "something").write_bytes(b"that cannot be deleted like a file")
    assert "could not be stored" in again(desk, document)
    assert {file.name for file in folder.iterdir()} == {"original", "view"}
    assert Blob.objects.get().refused


def test_a_file_that_is_no_image_is_refused_again(check: Check, desk: Client) -> None:
    document = copied(check, b"\xff\xd8\xff no picture at all")
    before = Blob.objects.values("refused", "width", "path").get()
    assert "It still cannot be shown: it cannot be decoded" in again(desk, document)
    assert Blob.objects.values("refused", "width", "path").get() == before
    assert not Event.objects.filter(case=check.case, type=EventType.READ_REQUESTED).exists()


def test_a_missing_original_is_named(
    check: Check, desk: Client, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    document = refused_in_a_busy_hour(check, png(), monkeypatch)
    assert document.blob
    Path(storages["documents"].path(document.blob.path)).unlink()
    answered = desk.post(reverse("document-retry", args=[document.pk]))
    assert answered.status_code == 404
    assert not ViewRecord.objects.filter(document=document).exists()
