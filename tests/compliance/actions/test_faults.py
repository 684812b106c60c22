"""Faults of single checks: failed reads and lost workers."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from compliance.actions import checks, faults
from compliance.enums import SyncState
from compliance.models import CheckSync, Event, UnreadableBody, User
from providers import Detail, NotFoundAtProvider, UnreadableAnswer
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import events, fresh, sync_of

pytestmark = pytest.mark.django_db


def test_a_fault_of_a_check_changes_no_outcome() -> None:
    case = assertions.case_with("declined")
    check = case.checks.get()
    detail = Detail("Nobody knows it there.", admin_action="Correct the reference.")
    assertions.fail(check, NotFoundAtProvider("checkout_com", detail))
    check.refresh_from_db()
    assert check.sync.fault_admin_action == "Correct the reference."
    assert (check.outcome, check.provider_verdict, fresh(case).queue) == ("declined", "negative", "declined")
    assert (check.sync.state, check.sync.fault) == ("blocked", "NotFoundThere")
    event = Event.objects.filter(case=case).order_by("-seq")[0]
    assert (event.type, event.data["final"], event.data["detail"]) == ("check_blocked", True, "Nobody knows it there.")


def test_an_unreadable_answer_blocks_after_a_day_and_is_encrypted() -> None:
    case = factories.make_case()
    check = assertions.add_check(case)
    error = UnreadableAnswer("checkout_com", "It is no JSON.", body=b"<html>")
    assertions.fail(check, error)
    assertions.fail(check, error)
    assert (sync_of(check).state, sync_of(check).failures, fresh(case).status) == ("failing", 2, "waiting")
    assert events(case).count("check_blocked") == 1
    assert UnreadableBody.objects.get().body == b"<html>"
    CheckSync.objects.update(failing_since=timezone.now() - timedelta(hours=24))
    assertions.fail(check, error)
    assert (sync_of(check).state, fresh(case).queue) == ("blocked", "unreadable")
    CheckSync.objects.update(fault_admin_action="Correct the reference.")
    assertions.say(check, "in_progress")
    assert sync_of(check).fault_admin_action == ""
    assert (sync_of(check).state, sync_of(check).fault, fresh(case).status) == ("scheduled", "", "waiting")
    assert "check_readable" in events(case)


@pytest.mark.promise("G4")
def test_a_late_fault_is_refused() -> None:
    check = assertions.case_with("in_progress").checks.get()
    fault = faults.Fault(check_id=check.pk, fence=check.fence - 1, error=NotFoundAtProvider("checkout_com", "x"))
    assert faults.record_faults([fault]) == 0
    assert sync_of(check).state == "scheduled"


@pytest.mark.promise("G10")
def test_a_check_that_lost_three_workers_is_blocked_until_refreshed(analyst: User) -> None:
    case = factories.make_case()
    check = assertions.add_check(case)
    past = timezone.now() - timedelta(seconds=1)
    for attempts, blocked in ((2, False), (3, True)):
        CheckSync.objects.update(state=SyncState.LEASED, leased_until=past, attempts=attempts, fence=F("fence") + 1)
        faults.record_lost_worker(check.pk)
        assert (sync_of(check).state == SyncState.BLOCKED) == blocked
    assert (sync_of(check).fault, fresh(case).queue) == ("worker_lost", "unreadable")
    checks.request_read(check.pk, by=analyst)
    assert (sync_of(check).state, sync_of(check).attempts, fresh(case).status) == ("scheduled", 0, "waiting")
