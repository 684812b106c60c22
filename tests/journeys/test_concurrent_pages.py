"""Opening a page does not wait for a slow verb on the case; two verbs wait for each other."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from compliance.actions import cases, checks, claims, copy_faults, documents, evidence_copies
from compliance.enums import DocumentState
from compliance.evidence.decoding import decode
from compliance.models import Case, Check, Document, Event, User, ViewRecord
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.file_store import jpeg
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MakeAccount = Callable[..., ProviderAccount]


@pytest.fixture
def check(account: MakeAccount) -> Check:
    """A check with a copied image and one that was not copied."""
    made = factories.add_check(factories.make_case(), account("preventor"), "ticket-1")
    came, lost = (Evidence(kind=EvidenceKind.SELFIE, label=label) for label in ("came", "lost"))
    documents.request(made, [came, lost])
    content = jpeg()
    pieces = [(Download(label="came", kind=came.kind, content=content), decode(content))]
    evidence_copies.store(Document.objects.get(label="came").pk, pieces)
    copy_faults.postpone(Document.objects.get(label="lost").pk, detail="gone", final=True)
    return made


@contextmanager
def under_way(verb: Callable[[], object]) -> Iterator[None]:
    """The verb has done everything but commit, and holds its locks until the end of the block."""
    locked, done = threading.Event(), threading.Event()

    def works() -> None:
        with transaction.atomic():
            verb()
            locked.set()
            assert done.wait(timeout=30)

    ended: list[list[object]] = []
    thread = threading.Thread(target=lambda: ended.append(at_once([works])))
    thread.start()
    try:
        assert locked.wait(timeout=30)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        yield
    finally:
        done.set()
        thread.join()
        connection.close()
    assert ended == [[None]]


def slow_verb(check: Check, name: str, analyst: User) -> Callable[[], object]:
    """Verbs that lock the case, and each kind of row that a record of a view names."""
    came, lost = (Document.objects.get(label=label) for label in ("came", "lost"))
    verbs: dict[str, Callable[[], object]] = {
        "lock": partial(cases.lock, check.case_id),
        "claim": partial(claims.claim, check.case_id, by=analyst),
        "fetch again": partial(documents.retry_copy, lost.pk, by=analyst),
        "nothing to fetch": partial(documents.retry_copy, came.pk, by=analyst),
        "store": partial(evidence_copies.store, lost.pk, []),
        "take next": partial(claims.claim_next, by=analyst),
        "correct": partial(checks.correct_check, check.pk, by=analyst, reason="mistyped", reference="ticket-2"),
    }
    return verbs[name]


@pytest.mark.parametrize("name", ["lock", "claim", "fetch again", "nothing to fetch", "store", "take next", "correct"])
def test_a_page_and_an_image_open_while_the_case_is_locked(
    name: str, check: Check, analyst: User, colleague: User
) -> None:
    Case.objects.filter(pk=check.case_id).update(status="in_review", queue="declined", due_at="2026-01-01T00:00Z")
    Document.objects.filter(label="lost").update(state=DocumentState.FAILED)
    browser = Client()
    browser.force_login(colleague)
    came = Document.objects.get(label="came")
    with under_way(slow_verb(check, name, analyst)):
        assert browser.get(f"/case/{check.case_id}/").status_code == 200
        assert browser.get(reverse("document-image", args=[came.pk, "view"])).status_code == 200
        assert browser.get(reverse("document-original", args=[came.pk])).status_code == 200
    seen = ViewRecord.objects.filter(case_id=check.case_id, user=colleague).order_by("at").values_list("document_id")
    assert list(seen) == [(None,), (came.pk,), (came.pk,)]


def test_two_verbs_still_exclude_each_other(check: Check, analyst: User, colleague: User) -> None:
    lost = Document.objects.get(label="lost")
    before = Event.objects.filter(case_id=check.case_id).count()
    with under_way(partial(cases.lock, check.case_id)):
        for verb in (
            partial(cases.lock, check.case_id),
            partial(claims.claim, check.case_id, by=colleague),
            partial(documents.retry_copy, lost.pk, by=colleague),
            partial(evidence_copies.store, lost.pk, []),
        ):
            with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
                connection.cursor().execute("SET LOCAL lock_timeout = '100ms'")
                verb()
        # Claiming the next case skips the one that is locked.
        Case.objects.exclude(pk=check.case_id).update(status="waiting")
        assert claims.claim_next(by=colleague) is None
    assert Event.objects.filter(case_id=check.case_id).count() == before
