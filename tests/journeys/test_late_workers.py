"""Slow workers that lost their lease: their results and failures do not change the work of the next one."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from compliance.actions import copy_faults, documents, evidence_copies
from compliance.enums import DocumentState, EventType
from compliance.evidence.decoding import DecodedFile, decode
from compliance.models import Document, Event
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.file_store import jpeg
from tests.concurrency import at_once

MakeAccount = Callable[..., ProviderAccount]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def requested(account: MakeAccount) -> Document:
    """An image whose copying has not begun."""
    check = factories.add_check(factories.make_case(), account("preventor"), "ticket-of-a-slow-worker")
    documents.request(check, [Evidence(kind=EvidenceKind.SELFIE, label="SELF_PORTRAITS")])
    return Document.objects.get(check_row=check)


def leased_twice(requested: Document) -> tuple[Document, Document]:
    """The document as leased by the slow worker, and as leased by the next one."""
    (slow,) = evidence_copies.lease_requested(limit=1)
    (next_one,) = evidence_copies.lease_requested(
        limit=1, now=timezone.now() + evidence_copies.COPY_LEASE + timedelta(seconds=1)
    )
    assert slow.pk == next_one.pk == requested.pk
    return slow, next_one


LATE: dict[str, Callable[[Document], Any]] = {
    "gives up": lambda held: copy_faults.postpone(held.pk, detail="late", final=True, leased=held),
    "fails": lambda held: copy_faults.postpone(held.pk, detail="late", leased=held),
    "meets an outage": lambda held: copy_faults.postpone_outage(held.pk, detail="late", retry_after=3600, leased=held),
    "finds no room": lambda held: copy_faults.postpone_local_fault(held.pk, detail="late", leased=held),
    "has a dead link": lambda held: copy_faults.request_fresh_link(held.pk, detail="late", leased=held),
    "renews": evidence_copies.renew_lease,
}


@pytest.mark.promise("P8")
@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_a_late_worker_changes_nothing_while_the_next_one_copies(
    late: Callable[[Document], Any], requested: Document
) -> None:
    slow, next_one = leased_twice(requested)
    content = jpeg()
    under_way, is_over = threading.Event(), threading.Event()

    def pieces() -> Iterator[tuple[Download, DecodedFile]]:
        under_way.set()
        assert is_over.wait(timeout=30)
        yield Download(label="picture", kind=EvidenceKind.SELFIE, content=content), decode(content)

    def comes_late() -> Any:
        assert under_way.wait(timeout=30)
        try:
            return late(slow)
        finally:
            is_over.set()

    came, refusal = at_once(
        [lambda: evidence_copies.store(next_one.pk, pieces(), leased=next_one), comes_late],
        refusals=documents.LeaseLost,
    )
    assert (came, type(refusal)) == (1, documents.LeaseLost)
    row = Document.objects.get(pk=requested.pk)
    assert (row.state, row.fault_detail, row.leased_until) == (DocumentState.COPIED, "", None)
    assert row.blob and row.blob.size == len(content)
    assert not Event.objects.filter(case=requested.case_id, type=EventType.DOCUMENT_LOST).exists()


def test_too_many_tries_do_not_fail_a_document_of_a_living_worker(
    requested: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = timezone.now() - timedelta(seconds=1)
    Document.objects.filter(pk=requested.pk).update(tries=documents.MAX_TRIES + 1, leased_until=long_ago)
    held = Document.objects.get(pk=requested.pk)
    postpone = copy_faults.postpone

    def after_a_renewal(*args: Any, **given: Any) -> None:
        evidence_copies.renew_lease(held)  # between the look at the rows and the lock
        postpone(*args, **given)

    with monkeypatch.context() as slow:
        slow.setattr(copy_faults, "postpone", after_a_renewal)
        assert copy_faults.fail_lost() == 0
    assert Document.objects.get(pk=requested.pk).state == DocumentState.REQUESTED
    Document.objects.filter(pk=requested.pk).update(leased_until=long_ago)
    assert copy_faults.fail_lost() == 1
    assert Document.objects.get(pk=requested.pk).state == DocumentState.FAILED
