"""A busy decoder: uploads fail fast and ask for a retry, and no input or file is lost."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.actions import uploads
from compliance.enums import DocumentState
from compliance.errors import DecoderBusy
from compliance.evidence import decoding
from compliance.evidence.decoding import DecodedFile
from compliance.models import AccountState, Blob, Case, Document
from compliance.sync import copies
from compliance.views import uploads as upload_views
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance import assertions
from tests.compliance.actions.test_uploads import picture
from tests.compliance.views.pages import bytes_of, case_page, page_of
from tests.compliance.views.test_documents import copied, picture_url, png
from tests.compliance.views.test_uploads import NOTE, file, refusals, send

MakeAccount = Callable[..., ProviderAccount]
pytestmark = pytest.mark.django_db(transaction=True)

BUSY = "The decoder is busy with other files. Nothing is wrong with this one."
AGAIN = "Add it again in a moment."
NO_DECODER = "The decoder could not be started. Nothing is wrong with the file."


@contextmanager
def every_place_taken() -> Iterator[None]:
    """All decoder places are taken."""
    taken = 0
    while decoding._AT_ONCE.acquire(blocking=False):
        taken += 1
    try:
        yield
    finally:
        decoding._AT_ONCE.release(taken)


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_WAIT", 0.05)


@pytest.fixture
def case() -> Case:
    """A case in a queue."""
    return assertions.case_with("declined")


def test_a_file_waits_for_the_decoder_for_seconds_only() -> None:
    assert decoding.MAX_WAIT == 5.0
    assert upload_views.DECODING_BUDGET == 25.0
    with every_place_taken(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "MAX_WAIT", 0.3)
        started = time.monotonic()
        with pytest.raises(DecoderBusy, match=BUSY):
            decoding.decode(png())
        assert time.monotonic() - started >= 0.3
    assert decoding.decode(png()).renditions


@pytest.mark.promise("P14")
def test_uploads_are_refused_while_the_decoder_is_busy_and_input_is_preserved(
    case: Case, desk: Client, short_wait: None
) -> None:
    with every_place_taken():
        page = page_of(send(desk, case, file(picture(), "a.png"), file(b"<svg/>", "b.png")), 422)
    assert refusals(page) == [
        f"a.png: {BUSY} {AGAIN}",
        "b.png: It is not a JPEG, PNG, WebP, AVIF, PDF, MP4 or WebM file.",
    ]
    assert page.by_id("upload-form").one("textarea").text == NOTE
    assert not Blob.objects.exists()
    assert send(desk, case, file(picture(), "a.png")).status_code == 200
    assert Document.objects.count() == 1


def test_a_slow_upload_adds_the_first_files_and_names_the_rest(
    case: Case, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(content: bytes) -> DecodedFile:
        time.sleep(0.5)
        return decoding.decode(content)

    monkeypatch.setattr(uploads, "decode", slowly)
    monkeypatch.setattr(upload_views, "DECODING_BUDGET", 0.5)
    sent = [file(picture(colour=colour), f"{colour}.png") for colour in ("red", "blue", "green")]
    page = page_of(send(desk, case, *sent, file(b"<svg/>", "d.png")), 422)
    assert refusals(page) == [
        f"blue.png: {BUSY} {AGAIN}",
        f"green.png: {BUSY} {AGAIN}",
        "d.png: It is not a JPEG, PNG, WebP, AVIF, PDF, MP4 or WebM file.",
    ]
    assert "1 file added." in page.by_id("upload_file_error").texts("b")
    assert Document.objects.count() == 1


def test_a_decoder_that_cannot_be_started_is_no_error_page(
    case: Case, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/nowhere/python")
        page = page_of(send(desk, case, file(picture(), "a.png")), 422)
    assert refusals(page) == [f"a.png: {NO_DECODER} {AGAIN}"]
    # All decoder places are free again.
    for colour in ("red", "blue", "green"):
        assert send(desk, case, file(picture(colour=colour))).status_code == 200


def test_a_retry_while_the_decoder_is_busy_can_be_repeated(
    account: MakeAccount, desk: Client, monkeypatch: pytest.MonkeyPatch, short_wait: None
) -> None:
    check = factories.add_check(factories.make_case(), account("preventor"), "ticket-of-a-busy-hour")
    with monkeypatch.context() as busy:
        busy.setattr(decoding, "SECONDS", 0.001)
        document = copied(check, png())
    again = reverse("document-retry", args=[document.pk])
    before = Blob.objects.values("refused", "width", "path").get()
    with every_place_taken():
        assert desk.post(again).status_code == 303
    assert BUSY in case_page(desk, check.case).by_id("messages").text
    assert Blob.objects.values("refused", "width", "path").get() == before
    assert desk.post(again).status_code == 303
    assert bytes_of(desk.get(picture_url(document, "view"))).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("fault", ["busy", "no decoder"])
def test_an_image_of_a_provider_waits_for_the_decoder_without_losing_an_attempt(
    fault: str, simulator: Simulator, account: MakeAccount, monkeypatch: pytest.MonkeyPatch, short_wait: None
) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing")
    Document.objects.exclude(label="SELF_PORTRAITS").delete()
    with monkeypatch.context() as broken:
        if fault == "no decoder":
            broken.setattr(sys, "executable", "/nowhere/python")
            assert copies.copy_requested(seconds=5) == 0
        else:
            with every_place_taken():
                assert copies.copy_requested(seconds=5) == 0
    waiting: Any = Document.objects.get(case=case)
    assert (waiting.state, waiting.tries, waiting.failing_since) == (DocumentState.REQUESTED, 0, None)
    assert waiting.fault_detail == (BUSY if fault == "busy" else NO_DECODER)
    assert waiting.next_try_at > timezone.now() + timedelta(seconds=30)
    assert AccountState.objects.get().health == "ok"
    Document.objects.update(next_try_at=timezone.now())
    assert copies.copy_requested(seconds=20) >= 1
    assert set(Document.objects.filter(case=case).values_list("state", flat=True)) == {DocumentState.COPIED}
