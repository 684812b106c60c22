"""Deadlines of requested retries and of proposals."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import checks, decisions, overrides, sweeps
from compliance.enums import DecisionVerdict, SyncState
from compliance.models import Case, OverrideProposal, User
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
