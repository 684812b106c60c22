"""Deadlines of requested retries and of proposals."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compliance.actions import checks, claims, decisions, overrides, sweeps
from compliance.enums import DecisionVerdict, Priority, SyncState
from compliance.models import Case, OverrideProposal, User
from compliance.queries.queue import queue_page
from compliance.queries.tabs import NO_FILTERS, TAB_OF
from compliance.routing import placement
from providers import NotFoundAtProvider
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import events, fresh

pytestmark = pytest.mark.django_db


def retried(analyst: User, outcome: str = "retry_required") -> Case:
    case = assertions.case_with(outcome)
    decisions.decide(
        case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.REQUEST_RETRY, "RTY-01")
    )
    return fresh(case)


def test_a_case_returns_after_the_retry_deadline(analyst: User) -> None:
    case = retried(analyst)
    now = timezone.now()
    assert case.retry_until is not None
    assert timedelta(days=6, hours=23) < case.retry_until - now <= timedelta(days=7)
    assert (case.status, case.queue, case.handled_report_seq) == ("waiting", "", case.report_seq)
    assert sweeps.sweep(now=case.retry_until - timedelta(seconds=1)) == 0
    assert fresh(case).status == "waiting"
    assert sweeps.sweep(now=case.retry_until) == 1
    case = fresh(case)
    assert (case.status, case.queue, case.retry_until) == ("in_review", "retry_required", None)
    assert events(case)[-2:] == ["retry_deadline_passed", "queued"]
    assert sweeps.sweep(now=now + timedelta(days=30)) == 0


def test_a_deadline_that_passes_while_the_provider_works_leaves_the_case_waiting(analyst: User) -> None:
    case = retried(analyst)
    assertions.say(case.checks.get(), "in_progress")
    assert sweeps.sweep(now=timezone.now() + timedelta(days=8)) == 1
    case = fresh(case)
    assert (case.status, case.retry_until) == ("waiting", None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("declined", ("in_review", "declined", None)),
        ("incomplete", ("in_review", "incomplete", None)),
        ("approved", ("decided", "", None)),
    ],
)
def test_the_answer_to_a_retry_ends_the_wait(analyst: User, answer: str, expected: tuple[str, str, None]) -> None:
    case = retried(analyst)
    assertions.say(case.checks.get(), answer)
    case = fresh(case)
    assert (case.status, case.queue, case.retry_until) == expected


def test_a_fault_during_the_wait_is_shown_and_then_the_case_waits_again(analyst: User) -> None:
    case = retried(analyst)
    until = case.retry_until
    check = case.checks.get()
    assertions.fail(check, NotFoundAtProvider("checkout_com", "Nobody knows it there."))
    assert (fresh(case).status, fresh(case).queue) == ("in_review", "unreadable")
    checks.request_read(check.pk, by=analyst)
    case = fresh(case)
    assert (case.status, case.queue, case.retry_until) == ("waiting", "", until)
    assert case.checks.get().sync.state == SyncState.SCHEDULED


def test_an_unanswered_proposal_expires_and_the_case_returns_to_its_queue(analyst: User) -> None:
    case = assertions.case_with("declined")
    proposal = overrides.propose(
        case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.APPROVE, "OK-04")
    )
    assert sweeps.sweep(now=proposal.expires_at - timedelta(seconds=1)) == 0
    assert sweeps.sweep(now=proposal.expires_at) == 1
    proposal, case = OverrideProposal.objects.get(), fresh(case)
    assert (proposal.state, proposal.resolved_at, proposal.resolved_by) == ("expired", proposal.expires_at, None)
    assert (case.status, case.queue, case.why_head) == ("in_review", "declined", "Checkout.com declined")
    assert events(case)[-1] == "override_expired"
    assert sweeps.sweep(now=proposal.expires_at) == 0


def test_a_sweep_is_limited_and_continues_the_next_time(analyst: User) -> None:
    made = [retried(analyst) for _ in range(3)]
    late = timezone.now() + timedelta(days=8)
    assert [sweeps.sweep(now=late, limit=2) for _ in range(3)] == [2, 1, 0]
    assert {fresh(case).status for case in made} == {"in_review"}


# --- long overdue cases -----------------------------------------------------------------------------------------------


def waiting_for(outcome: str, slas: float) -> Case:
    """A case that has waited in its queue for so many times its SLA."""
    case = assertions.case_with(outcome)
    assert case.due_at and case.entered_queue_at
    sla = case.due_at - case.entered_queue_at
    entered = timezone.now() - slas * sla
    Case.objects.filter(pk=case.pk).update(entered_queue_at=entered, due_at=entered + sla)
    return fresh(case)


@pytest.mark.parametrize(
    ("outcome", "slas", "before", "after"),
    [
        ("retry_required", 0.5, Priority.NORMAL, Priority.NORMAL),
        ("retry_required", 2.9, Priority.NORMAL, Priority.NORMAL),
        ("retry_required", 3.1, Priority.NORMAL, Priority.RECHECK),
        ("incomplete", 9, Priority.NORMAL, Priority.RECHECK),
    ],
)
def test_a_case_rises_one_level_after_three_times_its_sla(
    outcome: str, slas: float, before: Priority, after: Priority
) -> None:
    case = waiting_for(outcome, slas)
    assert case.priority == before
    for _ in range(2):
        assert sweeps.sweep() == 0
        assert fresh(case).priority == after
    assertions.say(case.checks.get(), outcome)  # another report of the same result keeps the level
    assert fresh(case).priority == after


def test_a_risen_case_comes_after_fraud_and_before_newer_cases(analyst: User) -> None:
    newer = waiting_for("retry_required", 0.1)
    old = waiting_for("retry_required", 3.5)
    fraud = waiting_for("declined", 0.1)
    Case.objects.filter(pk=fraud.pk).update(priority=Priority.SEVERE)
    Case.objects.filter(pk=newer.pk).update(due_at=old.due_at)
    sweeps.sweep()
    page = queue_page(TAB_OF["open"], NO_FILTERS, person_id=analyst.person_id)
    assert [row.record.number for row in page.rows] == [fraud.pk, old.pk, newer.pk]
    assert [row.group.label for row in page.rows if row.group] == [
        "Priority: fraud or deceased",
        "Long overdue",
        "By due time",
    ]
    claimed = [claims.claim_next(by=analyst) for _ in range(3)]
    assert [case.pk for case in claimed if case] == [fraud.pk, old.pk, newer.pk]


def test_only_cases_that_can_rise_are_routed_again() -> None:
    case = waiting_for("retry_required", 4)
    sweeps.sweep()
    with CaptureQueriesContext(connection) as seen:
        sweeps.sweep()
    assert fresh(case).priority == Priority.RECHECK
    assert not [query for query in seen.captured_queries if "FOR UPDATE" in query["sql"]]


def test_the_priority_of_a_queued_case() -> None:
    entered, due = timezone.now() - timedelta(days=3), timezone.now() - timedelta(days=2)
    risen = {
        priority: placement.risen(priority, entered, due, now=timezone.now() + timedelta(seconds=1))
        for priority in Priority
    }
    assert risen == {
        Priority.READY: Priority.NORMAL,
        Priority.NORMAL: Priority.RECHECK,
        Priority.RECHECK: Priority.RECHECK,
        Priority.SEVERE: Priority.SEVERE,
        Priority.ESCALATED: Priority.ESCALATED,
    }
    assert placement.risen(Priority.NORMAL, due, entered, now=timezone.now()) == Priority.NORMAL, (
        "due before it entered"
    )
