"""Copies of many pieces: pieces are stored on arrival, missing ones are requested alone, one worker at a time."""

import html
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as desk_settings
from django.core.files.storage import storages
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.actions import accounts, cases, copy_faults, documents, evidence_copies
from compliance.enums import DocumentState, EventType
from compliance.evidence.decoding import DecodedFile, decode
from compliance.evidence.encrypted_storage import EncryptedFiles
from compliance.models import AccountState, Blob, Case, Document, Event, Piece, User
from compliance.routing.evidence_digest import evidence_digest
from compliance.sync import copies as evidence
from compliance.sync import copy_leases
from providers import Download, EvidenceKind, FaultCode, ProviderUnavailable
from providers.models import ProviderAccount
from providers.simulator.checkout_com import CheckoutComSimulator
from providers.simulator.messages import SimRequest, SimResponse
from providers.simulator.preventor import PreventorSimulator
from providers.simulator.server import Simulator
from providers.simulator.world import World
from tests import factories
from tests.compliance.file_store import jpeg
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ASSETS = ("face_image.jpg", "face_video.webm", "document_front_image.jpg", "document_back_image.jpg")
KINDS = ["selfie", "video", "document_front", "document_back", "video"]
Broken = dict[str, int]


@pytest.fixture
def broken(own: Simulator, monkeypatch: pytest.MonkeyPatch) -> Broken:
    """File -> the status that Checkout.com's file store returns for it from now on."""
    statuses: Broken = {}
    whole = CheckoutComSimulator._file

    def answer(self: CheckoutComSimulator, request: SimRequest, parts: list[str], world: World) -> SimResponse:
        if status := statuses.get(parts[-1]):
            return SimResponse(status=status)
        return whole(self, request, parts, world)

    monkeypatch.setattr(CheckoutComSimulator, "_file", answer)
    return statuses


def attempt_of(own: Simulator, scenario: str = "identity-declined") -> Document:
    """Pending documents: all assets of an attempt, five for an identity, and no others."""
    case = factories.case_from(own, factories.make_account(own, "checkout_com"), scenario)
    requested = Document.objects.get(case=case, label__startswith="attempts/")
    Document.objects.filter(case=case).exclude(pk=requested.pk).delete()
    return requested


def asked(own: Simulator, since: int = 0) -> Counter[str]:
    """Number of requests for each file."""
    return Counter(line.path.rpartition("/")[2] for line in own.world.log(since) if line.path.endswith(("jpg", "webm")))


def make_due() -> None:
    Document.objects.filter(state=DocumentState.REQUESTED).update(next_try_at=timezone.now())


def rows_of(case: Case) -> list[tuple[int, str, str]]:
    rows = Document.objects.filter(case=case).order_by("position")
    return [(row.position, row.kind, row.state) for row in rows]


def stored_originals() -> set[str]:
    root = Path(storages["documents"].path(""))
    return {str(path.relative_to(root)) for path in root.rglob("original")}


# --- storage on arrival -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [503, 403])
def test_a_failed_piece_is_retried_alone(own: Simulator, broken: Broken, status: int) -> None:
    requested = attempt_of(own)
    digest = evidence_digest(cases.evidence_of(requested.case))
    broken["face_video.webm"] = status
    since = len(own.world.log())
    assert evidence.copy_requested(seconds=20) == 0
    assert asked(own, since) == Counter([*ASSETS, "document_front_video.webm"])
    assert Piece.objects.filter(blob__isnull=False).count() == 4
    # No event is written and no decision is affected before the copy ends.
    requested.refresh_from_db()
    assert (requested.state, f"({status}" in requested.fault_detail or f"HTTP {status}" in requested.fault_detail) == (
        DocumentState.REQUESTED,
        True,
    )
    assert not Event.objects.filter(type=EventType.DOCUMENTS_COPIED).exists()
    assert evidence_digest(cases.evidence_of(requested.case)) == digest
    # The store works again: only the missing piece is requested, and its row is filled.
    broken.clear()
    make_due()
    since = len(own.world.log())
    assert evidence.copy_requested(seconds=20) == 5
    assert asked(own, since) == Counter(["face_video.webm"])
    assert rows_of(requested.case) == [(place, kind, "copied") for place, kind in enumerate(KINDS)]
    shown = Event.objects.get(type=EventType.DOCUMENTS_COPIED)
    assert shown.data["kinds"] == KINDS
    assert not Event.objects.filter(type=EventType.DOCUMENT_LOST).exists()
    assert not Piece.objects.filter(blob=None).exists()


def test_a_failed_document_shows_its_pieces_and_can_be_retried(own: Simulator, broken: Broken, analyst: User) -> None:
    requested = attempt_of(own)
    broken["document_back_image.jpg"] = 403
    for _ in range(documents.MAX_TRIES + 1):
        make_due()
        evidence.copy_requested(seconds=20)
    failed_back = [
        (place, kind, "given_up" if kind == "document_back" else "copied") for place, kind in enumerate(KINDS)
    ]
    assert rows_of(requested.case) == failed_back
    assert Event.objects.get(type=EventType.DOCUMENTS_COPIED).data["kinds"] == [*KINDS[:3], KINDS[4]]
    assert Event.objects.get(type=EventType.DOCUMENT_LOST).data["kind"] == "document_back"
    browser = Client()
    browser.force_login(analyst)
    page = browser.get(f"/case/{requested.case_id}/").content.decode()
    lost = Document.objects.get(case=requested.case, state=DocumentState.FAILED)
    assert "could not be saved" in page
    assert lost.fault_detail in html.unescape(page)
    assert reverse("document-retry", args=[lost.pk]) in page
    broken.clear()
    since = len(own.world.log())
    documents.retry_copy(lost.pk, by=analyst)
    assert evidence.copy_requested(seconds=20) == 1
    assert asked(own, since) == Counter(["document_back_image.jpg"])
    assert rows_of(requested.case) == [(place, kind, "copied") for place, kind in enumerate(KINDS)]
    assert Document.objects.get(pk=lost.pk).kind == "document_back"


def test_an_outage_of_a_day_fails_the_missing_pieces(own: Simulator, broken: Broken) -> None:
    requested = attempt_of(own)
    broken |= {"document_back_image.jpg": 503}
    evidence.copy_requested(seconds=20)
    reference = requested.case.checks.get().reference
    played = own.providers["checkout_com"]
    own.world.set_scenario("checkout_com", reference, played.scenarios["fault-http-500"])
    Document.objects.filter(pk=requested.pk).update(failing_since=timezone.now() - copy_faults.OUTAGE_ENDS_AFTER)
    make_due()
    assert evidence.copy_requested(seconds=20) == 0
    found = rows_of(requested.case)
    assert [state for _, _, state in found].count("copied") == 4
    shown = Document.objects.filter(case=requested.case, state=DocumentState.FAILED).values_list(
        "fault_detail", flat=True
    )
    assert any("HTTP 503" in detail for detail in shown)
    assert any(detail.startswith("Only 4 came, the others are missing: HTTP 500") for detail in shown)
    failed = Document.objects.filter(case=requested.case, fault_code=FaultCode.HTTP_ERROR)
    assert {"came": "4"} in failed.values_list("fault_params", flat=True)


def test_a_long_copy_yields_and_continues_later(own: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    requested = attempt_of(own)
    monkeypatch.setattr(evidence, "TRY_SECONDS", 0.0)
    since, tries = len(own.world.log()), 0
    while Document.objects.get(pk=requested.pk).state == DocumentState.REQUESTED:
        tries += 1
        make_due()
        lease = copy_leases.lease_copy()
        assert lease is not None
        came = evidence.copy(lease)
        row = Document.objects.get(pk=requested.pk)
        assert came == (5 if row.state == DocumentState.COPIED else 0)
        assert (row.tries, row.leased_until) == (int(came > 0), None)
        assert Piece.objects.count() == min(tries, 5)
    assert tries == 5
    assert asked(own, since) == Counter([*ASSETS, "document_front_video.webm"])
    assert rows_of(requested.case) == [(place, kind, "copied") for place, kind in enumerate(KINDS)]


WORKER = """
import sys, django
from django.conf import settings
settings.STORAGES["documents"]["OPTIONS"]["location"] = sys.argv[1]
django.setup()
from compliance.sync import copies as evidence
evidence.copy_requested(seconds=60.0)
"""


@pytest.mark.promise("G6")
def test_a_killed_worker_leaves_whole_pieces_only(own: Simulator, broken: Broken, desk_app_url: str) -> None:
    requested = attempt_of(own)
    own.world.delay = 0.4
    folder = storages["documents"].path("")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "compliance.settings",
        "DATABASE_URL": desk_app_url,
        "PROVIDER_EXTRA_HOSTS": own.url.split("//", 1)[1],
    }
    since = len(own.world.log())
    worker = subprocess.Popen([sys.executable, "-c", WORKER, folder], cwd=desk_settings.BASE_DIR, env=environment)
    try:
        deadline = time.monotonic() + 60
        while Piece.objects.count() < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    own.world.delay = 0.0
    came = set(Piece.objects.values_list("blob__path", flat=True))
    assert 2 <= len(came) < 5
    requested.refresh_from_db()
    assert requested.state == DocumentState.REQUESTED
    assert came <= stored_originals()
    # No worker leases it while the lease is valid, for minutes at most.
    assert copy_leases.lease_copy() is None
    assert requested.leased_until is not None
    assert requested.leased_until - timezone.now() <= evidence_copies.COPY_LEASE
    Document.objects.filter(pk=requested.pk).update(leased_until=timezone.now())
    assert evidence.copy_requested(seconds=20) == 5
    # At most the one piece under way was requested twice.
    assert sum(asked(own, since).values()) <= 5 + 1
    assert rows_of(requested.case) == [(place, kind, "copied") for place, kind in enumerate(KINDS)]
    assert Blob.objects.count() == Piece.objects.count() == 5
    assert came <= set(Blob.objects.values_list("path", flat=True)) <= stored_originals()


# --- leases -----------------------------------------------------------------------------------------------------------


def test_a_copy_renews_its_lease_while_it_waits(own: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    requested = attempt_of(own, "document-declined")
    monkeypatch.setattr(evidence, "RENEW_SECONDS", 0.1)
    ProviderAccount.objects.update(rate_per_second=0.5)
    AccountState.objects.update(next_start_at=None)
    since = len(own.world.log())
    ended = threading.Event()

    def copies() -> int:
        try:
            return evidence.copy_requested(seconds=1)
        finally:
            ended.set()

    def watches() -> set[Any]:
        seen = set()
        while not ended.wait(0.05):
            seen.add(Document.objects.values_list("leased_until", flat=True).get(pk=requested.pk))
        return seen - {None}

    came, until = at_once([copies, watches])
    assert came == 2
    assert asked(own, since) == Counter(ASSETS[2:])
    # Two waits of two seconds: each extends the lease, so neither exceeds it.
    assert len(until) >= 10
    assert max(until) - min(until) > timedelta(seconds=3)


@pytest.mark.promise("P8")
def test_a_worker_without_its_lease_writes_nothing(own: Simulator) -> None:
    requested = attempt_of(own)
    lease = copy_leases.lease_copy()
    assert lease is not None
    later = timezone.now() + evidence_copies.COPY_LEASE + timedelta(seconds=30)

    def pieces() -> Iterator[tuple[Download, DecodedFile]]:
        for number in range(3):
            content = jpeg((60, 60 + number))
            yield Download(label=f"p{number}", kind=EvidenceKind.SELFIE, content=content), decode(content)
            if number == 0:
                assert len(evidence_copies.lease_requested(now=later)) == 1

    with pytest.raises(documents.LeaseLost):
        evidence_copies.store(lease.document.pk, pieces(), leased=lease.document)
    assert Piece.objects.get().name == "p0"
    assert stored_originals() == {Piece.objects.select_related("blob").get().blob.path}  # type: ignore[union-attr]
    theirs = Document.objects.get(pk=requested.pk)
    for verb in (
        copy_faults.postpone,
        copy_faults.postpone_outage,
        copy_faults.postpone_local_fault,
        copy_faults.request_fresh_link,
    ):
        with pytest.raises(documents.LeaseLost):
            verb(requested.pk, detail="late", leased=lease.document)
    with pytest.raises(documents.LeaseLost):
        evidence_copies.renew_lease(lease.document)
    since = len(own.world.log())
    assert evidence.copy(lease) == 0
    assert len(own.world.log()) == since
    after = Document.objects.get(pk=requested.pk)
    assert (after.leased_until, after.tries, after.fault_detail) == (theirs.leased_until, theirs.tries, "")


def test_a_distant_rate_slot_blocks_no_worker(own: Simulator) -> None:
    requested = attempt_of(own)
    ProviderAccount.objects.update(rate_per_second=0.002)
    AccountState.objects.update(next_start_at=None)
    started = time.monotonic()
    assert evidence.copy_requested(seconds=2) == 0
    assert time.monotonic() - started < 60  # its slot is 500 s away
    requested.refresh_from_db()
    assert (requested.state, requested.tries, requested.leased_until) == (DocumentState.REQUESTED, 0, None)
    assert requested.fault_detail.startswith("The account's rate leaves no slot for ")
    assert requested.fault_params == {"admin_action": "Allow more calls per second."}


def test_a_pause_while_a_copy_waits_stops_its_calls(own: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    requested = attempt_of(own)
    account = ProviderAccount.objects.get()
    monkeypatch.setattr(evidence, "RENEW_SECONDS", 0.1)
    ProviderAccount.objects.update(rate_per_second=0.02)
    AccountState.objects.update(next_start_at=None)
    since = len(own.world.log())

    def pause() -> None:
        deadline = time.monotonic() + 20
        while len(own.world.log()) == since and time.monotonic() < deadline:
            time.sleep(0.02)
        accounts.pause(account.pk, by=None)

    started = time.monotonic()
    at_once([lambda: evidence.copy_requested(seconds=1), pause])
    assert time.monotonic() - started < 45  # the next slot is 50 s away
    assert len(own.world.log()) == since + 1
    requested.refresh_from_db()
    assert (requested.state, requested.tries, requested.leased_until) == (DocumentState.REQUESTED, 0, None)


def test_rows_of_one_label_are_requested_once(own: Simulator) -> None:
    requested = attempt_of(own)
    sibling = documents.new_row(requested, 1)
    sibling.next_try_at = timezone.now()
    sibling.save()
    assert [document.pk for document in evidence_copies.lease_requested(limit=5)] == [requested.pk]
    assert evidence_copies.lease_requested(limit=5) == []


# --- while bytes are written ------------------------------------------------------------------------------------------


def test_the_case_is_not_locked_during_download_and_encryption(own: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    requested = attempt_of(own)
    decoded: list[str] = []
    encrypt = EncryptedFiles._encrypt

    def lockable(when: str) -> None:
        def tries() -> None:
            with transaction.atomic():
                assert Case.objects.select_for_update(nowait=True).filter(pk=requested.case_id).exists()

        at_once([tries])
        decoded.append(when)

    def encrypted(self: EncryptedFiles, *arguments: Any) -> str:
        lockable("encrypting")
        return encrypt(self, *arguments)

    def watched(content: bytes) -> DecodedFile:
        lockable("looking")
        return decode(content)

    monkeypatch.setattr(EncryptedFiles, "_encrypt", encrypted)
    monkeypatch.setattr(evidence, "decode", watched)
    assert evidence.copy_requested(seconds=20) == 5
    assert Counter(decoded)["looking"] == 5
    assert Counter(decoded)["encrypting"] > 5


def test_pieces_above_the_limit_are_reported(own: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    requested = attempt_of(own)
    monkeypatch.setattr(evidence_copies, "MOST_PIECES", 3)
    assert evidence.copy_requested(seconds=20) == 3
    last = Document.objects.filter(case=requested.case).order_by("position").last()
    assert last is not None
    assert (last.state, last.fault_detail) == (
        DocumentState.FAILED,
        "More than 3 pieces came; the others were not copied.",
    )


def test_pieces_of_the_same_name_get_numbers(own: Simulator) -> None:
    requested = attempt_of(own)
    fault = ProviderUnavailable("checkout_com", "HTTP 503: down.")
    pairs: list[tuple[Download, DecodedFile | None]] = []
    for number in range(2):
        content = jpeg((60, 70 + number))
        pairs.append((Download(label="same", kind=EvidenceKind.SELFIE, content=content), decode(content)))
        lost = Download(label="lost", kind=EvidenceKind.OTHER, content=b"", problem=fault.detail, fault=fault)
        pairs.append((lost, None))
    store: Callable[[], int] = lambda: evidence_copies.store(requested.pk, pairs)  # noqa: E731
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            store()
    assert sorted(Piece.objects.values_list("name", flat=True)) == ["lost", "lost (2)", "same", "same (2)"]
    copy_faults.postpone(requested.pk, detail=fault.detail, final=True, of_piece=fault.of_piece)
    assert [state for _, _, state in rows_of(requested.case)] == ["copied", "given_up", "copied", "given_up"]


def test_a_hanging_store_ends_the_try_and_is_retried(
    own: Simulator, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = attempt_of(own)
    broken |= dict.fromkeys((*ASSETS, "document_front_video.webm"), 503)
    monkeypatch.setattr(evidence, "TRY_SECONDS", 0.0)
    since = len(own.world.log())
    assert evidence.copy_requested(seconds=20) == 0
    assert sum(asked(own, since).values()) == 1
    requested.refresh_from_db()
    assert (requested.state, requested.tries, requested.leased_until) == (DocumentState.REQUESTED, 0, None)
    assert requested.fault_detail == "The pieces came too slowly to copy them all."
    assert requested.next_try_at is not None
    assert requested.next_try_at > timezone.now() + timedelta(seconds=10)


def test_only_the_missing_image_of_a_type_is_requested_again(own: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    case = factories.case_from(own, factories.make_account(own, "preventor"), "pictures-links")
    Document.objects.filter(case=case).exclude(label="DOCUMENT").delete()
    whole, asked_for = PreventorSimulator._file, list[str]()

    def one_is_away(self: PreventorSimulator, request: SimRequest, world: World) -> SimResponse:
        asked_for.append(request.path)
        return SimResponse(status=503) if len(asked_for) == 1 else whole(self, request, world)

    monkeypatch.setattr(PreventorSimulator, "_file", one_is_away)
    assert evidence.copy_requested(seconds=20) == 0
    assert len(asked_for) == Piece.objects.count() == 2
    make_due()
    assert evidence.copy_requested(seconds=20) == 2
    assert asked_for[2:] == asked_for[:1]
    assert rows_of(case) == [(0, "document_front", "copied"), (1, "document_back", "copied")]
