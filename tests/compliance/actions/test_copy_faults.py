"""Failed copies: retries, and rows of what is missing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import copy_faults, documents
from compliance.enums import DocumentState
from compliance.models import CheckSync, Document
from providers import Detail, Evidence, EvidenceKind, FaultCode
from tests.compliance import assertions

pytestmark = pytest.mark.django_db


@pytest.fixture
def requested() -> Document:
    check = assertions.case_with("declined").checks.get()
    documents.request(check, [Evidence(kind=EvidenceKind.SELFIE, label="face", url="https://a.example/1")])
    return Document.objects.get()


def test_a_fault_is_retried_with_growing_backoff_until_the_tries_are_used_up(requested: Document) -> None:
    waits = []
    for tries in (1, 2, documents.MAX_TRIES):
        Document.objects.update(tries=tries)
        copy_faults.postpone(requested.pk, detail="HTTP 500.")
        requested.refresh_from_db()
        waits.append(requested.next_try_at and round((requested.next_try_at - timezone.now()).total_seconds()))
    assert waits == [30, 60, None]
    assert (requested.state, requested.link, requested.fault_detail) == (DocumentState.FAILED, "", "HTTP 500.")


def test_an_outage_counts_no_try_and_fails_after_a_day(requested: Document) -> None:
    Document.objects.update(tries=3)
    copy_faults.postpone_outage(requested.pk, detail="HTTP 503.", retry_after=90.0)
    requested.refresh_from_db()
    assert (requested.state, requested.tries) == (DocumentState.REQUESTED, 2)
    assert requested.next_try_at and requested.next_try_at > timezone.now() + timedelta(seconds=80)
    Document.objects.update(failing_since=timezone.now() - copy_faults.OUTAGE_ENDS_AFTER)
    copy_faults.postpone_outage(requested.pk, detail="HTTP 503.")
    requested.refresh_from_db()
    assert requested.state == DocumentState.FAILED


def test_a_fault_of_our_own_never_fails_a_document(requested: Document) -> None:
    Document.objects.update(tries=99, failing_since=timezone.now() - timedelta(days=9))
    copy_faults.postpone_local_fault(requested.pk, detail="No space.")
    requested.refresh_from_db()
    assert (requested.state, requested.tries, requested.failing_since) == (DocumentState.REQUESTED, 98, None)


def test_code_parameters_and_the_action_of_an_admin_are_stored_apart(requested: Document) -> None:
    detail = Detail("No.", FaultCode.LINK_EXPIRED, status="403", admin_action="Allow it.")
    copy_faults.postpone(requested.pk, detail=detail, final=True)
    requested.refresh_from_db()
    assert (requested.fault_code, requested.fault_detail) == ("link_expired", "No.")
    assert requested.fault_params == {"status": "403", "admin_action": "Allow it."}
    event = requested.case.events.latest("seq")
    assert (event.type, event.data["params"]) == ("document_lost", {"status": "403"})


def test_an_expired_link_is_dropped_and_the_check_is_read_again(requested: Document) -> None:
    copy_faults.request_fresh_link(requested.pk, detail="HTTP 403: the link has expired.")
    requested.refresh_from_db()
    assert (requested.state, requested.link) == (DocumentState.REQUESTED, "")
    due = CheckSync.objects.values_list("next_read_at", flat=True).get(pk=requested.check_row_id)
    assert due and due <= timezone.now()
