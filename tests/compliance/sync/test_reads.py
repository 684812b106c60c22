"""Reads from a due check to the case's queue, over real HTTP and a real database."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from compliance.actions import reports
from compliance.enums import CaseStatus, EventType, Queue, SyncState
from compliance.models import AccountState, CheckReport, CheckSync, Event
from compliance.sync import read_leases, reads
from providers import Assessment, Kind, Outcome, Report, Verdict
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories

MakeAccount = Callable[..., ProviderAccount]
pytestmark = pytest.mark.django_db(transaction=True)

ROAD = [
    ("bank131", "ok", "approved", "positive", Queue.MANUAL_REVIEW),
    ("bank131", "passport-failure", "retry_required", "negative", Queue.RETRY_REQUIRED),
    ("bank131", "unknown-status", "manual_review", "unknown", Queue.MANUAL_REVIEW),
    ("bank131", "pending", "in_progress", "none", ""),
    ("btc_direct", "verified", "approved", "positive", Queue.MANUAL_REVIEW),
    ("btc_direct", "unknown-rejected", "manual_review", "unknown", Queue.MANUAL_REVIEW),
    ("preventor", "rejected-nothing", "declined", "negative", Queue.DECLINED),
    ("preventor", "open-needs-review", "manual_review", "none", Queue.MANUAL_REVIEW),
    ("advance_ai", "failed-liveness-attack", "declined", "negative", Queue.DECLINED),
    ("advance_ai", "incomplete-user-timeout", "incomplete", "none", Queue.INCOMPLETE),
    ("checkout_com", "identity-declined-62301", "declined", "negative", Queue.DECLINED),
    ("checkout_com", "identity-retry-required", "retry_required", "none", Queue.RETRY_REQUIRED),
]


@pytest.mark.parametrize(("provider", "scenario", "outcome", "verdict", "queue"), ROAD)
def test_the_providers_status_places_the_case(
    simulator: Simulator,
    account: MakeAccount,
    provider: str,
    scenario: str,
    outcome: str,
    verdict: str,
    queue: str,
) -> None:
    case = factories.case_from(simulator, account(provider), scenario)
    check = case.checks.get()
    assert (check.outcome, check.provider_verdict, case.outcome, case.queue) == (outcome, verdict, outcome, queue)
    assert check.reasons
    assert CheckReport.objects.filter(check_row=check).count() == 1


@pytest.mark.promise("P3")
def test_the_same_answer_again_writes_no_report_and_no_event(simulator: Simulator, account: MakeAccount) -> None:
    bank = account("bank131")
    case = factories.case_from(simulator, bank, "pending")
    events = Event.objects.count()
    first_read = CheckSync.objects.get().last_read_at
    assert factories.read(bank).read == 1
    assert CheckReport.objects.count() == 1
    assert Event.objects.count() == events
    second_read = CheckSync.objects.get().last_read_at
    assert first_read and second_read and second_read > first_read
    case.refresh_from_db()
    assert case.status == CaseStatus.WAITING


@pytest.mark.promise("G4")
def test_a_read_that_began_earlier_is_refused(simulator: Simulator, account: MakeAccount) -> None:
    bank = account("bank131")
    case = factories.case_from(simulator, bank, "pending")
    check = case.checks.get()
    early = check.sync.fence
    CheckSync.objects.update(fence=early + 2)
    read = reports.Read(
        check_id=check.pk,
        fence=early + 1,
        report=Report(provider="bank131", kind=Kind.DATABASE, reference=check.reference, status="ok"),
        assessment=Assessment(outcome=Outcome.APPROVED, verdict=Verdict.POSITIVE),
        digest="x",
        payload={},
    )
    stored = reports.record_reports([read])
    assert (stored.refused, stored.changed) == (1, 0)
    assert CheckReport.objects.count() == 1


def test_refused_credentials_block_the_account_and_leave_its_checks_scheduled(
    simulator: Simulator, account: MakeAccount
) -> None:
    bank = account("bank131", credentials={"project": "nobody-knows-it"})
    case = factories.make_case()
    check = factories.add_check(case, bank, simulator.providers["bank131"].reference("ok", 1))
    counts = factories.read(bank)
    assert counts.account_faults == 1
    state = AccountState.objects.get(account=bank)
    assert (state.health, state.fault) == ("blocked", "CredentialsRefused")
    check.refresh_from_db()
    assert (check.outcome, check.sync.state, check.report_count) == ("pending", SyncState.SCHEDULED, 0)


def test_an_unknown_reference_blocks_the_check_and_places_its_case(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("bank131"), "request-not-found")
    check = case.checks.get()
    assert (check.outcome, check.sync.state) == ("pending", SyncState.BLOCKED)
    assert (case.status, case.queue) == (CaseStatus.IN_REVIEW, Queue.UNREADABLE)
    assert Event.objects.filter(case=case, type=EventType.CHECK_BLOCKED).count() == 1


def test_a_clean_pass_is_closed_by_the_system(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("checkout_com"), "identity-approved", is_person_declared=True)
    assert case.decision
    assert (case.status, case.decision.verdict, case.decision.by) == (CaseStatus.DECIDED, "approve", None)


def test_a_slice_ends_when_keep_going_is_false(simulator: Simulator, account: MakeAccount) -> None:
    bank = account("bank131")
    factories.case_from(simulator, bank, "pending")
    counts = reads.run_slice([bank.pk], seconds=30, keep_going=lambda: False)
    assert counts.read == 0


@pytest.mark.parametrize("refused", ["material", "indexscan"])
def test_a_lease_is_not_above_its_limit_in_any_plan(refused: str, simulator: Simulator, account: MakeAccount) -> None:
    bank, case = account("bank131"), factories.make_case()
    played = simulator.providers["bank131"]
    with connection.cursor() as cursor, transaction.atomic():
        # The planner takes the table for empty, and runs the inner side of a join once for each row.
        cursor.execute("ANALYZE compliance_checksync")
        for number in range(10):
            factories.add_check(case, bank, played.reference("ok", number))
        for plan in ("hashjoin", "mergejoin", "bitmapscan", "indexonlyscan", refused):
            cursor.execute(f"SET LOCAL enable_{plan} = off")
        assert len(read_leases.lease(bank, limit=1)) == 1
