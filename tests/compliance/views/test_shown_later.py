"""A picture that could not be decoded in time is tried once more when somebody asks, from the kept original."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse

from compliance import pictures
from compliance.enums import EventType
from compliance.models import Blob, Check, Document, Event, ViewRecord
from tests import factories
from tests.compliance.views.pages import bytes_of, case_page
from tests.compliance.views.test_pictures import MakeAccount, copied, film_of, pdf, picture_url, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def check(account: MakeAccount) -> Check:
    """A check that pictures may belong to."""
    return factories.add_check(factories.make_case(), account("preventor"), "ticket-of-a-busy-hour")


def refused_in_a_busy_hour(check: Check, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Document:
    """A document whose decoder had no time at all."""
    with monkeypatch.context() as busy:
        busy.setattr(pictures, "SECONDS", 0.001)
        return copied(check, content)


def again(desk: Client, document: Document) -> str:
    """What the page says after trying again."""
    assert desk.post(reverse("document-fetch-again", args=[document.pk])).status_code == 303
    return case_page(desk, document.case).by_id("messages").text


@pytest.mark.parametrize(("content", "size"), [(png(), "view"), (pdf(2), "page-2")], ids=["picture", "report"])
def test_what_had_no_time_is_shown_when_it_is_tried_again(
    content: bytes, size: str, check: Check, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = refused_in_a_busy_hour(check, content, monkeypatch)
    (item,) = film_of(case_page(desk, check.case))
    assert "not shown" in item.text and item.one("button")["aria-label"] == "Try again to show Selfie"
    assert desk.get(picture_url(document, size)).status_code == 404
    assert "It can be shown now." in again(desk, document)
    (item,) = film_of(case_page(desk, check.case))
    assert "not shown" not in item.text and not item.all("button")
    assert bytes_of(desk.get(picture_url(document, size))).startswith(b"\xff\xd8\xff")
    assert bytes_of(desk.get(reverse("document-original", args=[document.pk]))) == content
    assert Event.objects.filter(case=check.case, type=EventType.READ_REQUESTED).count() == 1


def test_what_is_no_picture_is_refused_again_and_stays_as_it_is(check: Check, desk: Client) -> None:
    document = copied(check, b"\xff\xd8\xff no picture at all")
    before = Blob.objects.values("refused", "width", "path").get()
    assert "It still cannot be shown: it cannot be decoded" in again(desk, document)
    assert Blob.objects.values("refused", "width", "path").get() == before
    assert not Event.objects.filter(case=check.case, type=EventType.READ_REQUESTED).exists()


def test_an_original_that_is_gone_is_said_plainly(
    check: Check, desk: Client, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    document = refused_in_a_busy_hour(check, png(), monkeypatch)
    assert document.blob
    Path(storages["documents"].path(document.blob.path)).unlink()
    answered = desk.post(reverse("document-fetch-again", args=[document.pk]))
    assert answered.status_code == 404
    assert not ViewRecord.objects.filter(document=document).exists()
