"""Copies share the rate of reads, and their faults never mark the account."""

import os
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from compliance.actions import accounts, documents
from compliance.enums import AccountHealth, DocumentState
from compliance.models import AccountState, Case, Check, Document, Event
from compliance.sync import breaker, copies, copy_leases, rate_slots, read_leases, reads
from providers import Evidence, EvidenceKind
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.concurrency import at_once

SOAK = os.environ.get("SOAK") == "1"
HANGS_AFTER_SECONDS = 120
pytestmark = pytest.mark.django_db(transaction=True)

SELFIES = Evidence(kind=EvidenceKind.SELFIE, label="SELF_PORTRAITS")


def preventor(own: Simulator, **pace: Any) -> ProviderAccount:
    """An account without sign-in calls, so that every call is a read or a copy."""
    token = own.providers["preventor"].other_credentials["fixed-token"]
    return factories.make_account(own, "preventor", credentials=dict(token), **pace)


def hurry(account: ProviderAccount, *, rate: float = 500.0, concurrency: int = 8) -> None:
    """Change the rate, as an admin does."""
    ProviderAccount.objects.filter(pk=account.pk).update(rate_per_second=rate, concurrency=concurrency)
    AccountState.objects.filter(account=account).update(next_start_at=None)
    account.refresh_from_db()


def times_since(own: Simulator, since: int) -> list[float]:
    return sorted(datetime.fromisoformat(line.at).timestamp() for line in own.world.log(since))


def busiest(times: list[float], seconds: float) -> int:
    """The most calls in any window of so many seconds."""
    return max(sum(start <= at < start + seconds for at in times) for start in times)


def read_all(account: ProviderAccount) -> None:
    """Read until every check has been read, however slow the machine."""
    reads.run_slice([account.pk], seconds=HANGS_AFTER_SECONDS, keep_going=Check.objects.filter(report_count=0).exists)


def due_checks(own: Simulator, account: ProviderAccount, count: int) -> list[Check]:
    case = factories.make_case()
    played = own.providers["preventor"]
    return [factories.add_check(case, account, played.reference("open-nothing", 50 + n)) for n in range(count)]


@pytest.mark.promise("G13")
def test_copies_and_reads_share_the_accounts_rate(own: Simulator) -> None:
    account = preventor(own)
    # Five types by link: five answers with seven links in them.
    case = factories.case_from(own, account, "pictures-links")
    assert Document.objects.filter(case=case).count() == 5
    # The sixth document is of another ticket.
    other = factories.case_from(own, account, "in-progress-processing").checks.get()
    documents.request(other, [SELFIES])
    due_checks(own, account, 6)
    rate = 5.0
    hurry(account, rate=rate)
    since = len(own.world.log())
    copy = partial(copies.copy_requested, seconds=HANGS_AFTER_SECONDS)
    at_once([partial(read_all, account), copy, copy])
    times = times_since(own, since)
    assert Document.objects.filter(state=DocumentState.COPIED).count() == 9
    assert not Document.objects.filter(state=DocumentState.REQUESTED).exists()
    assert Check.objects.filter(report_count=0).count() == 0
    assert len(times) >= 5 + 7 + 1 + 6
    # Each call has its own slot; a busy machine may delay two of them, but never adds calls.
    for slots in (4, 8, 12):
        assert busiest(times, slots / rate) <= slots + 2
    assert times[-1] - times[0] >= (len(times) - 2) / rate


@pytest.mark.parametrize("concurrency", [1, 2] if SOAK else [2])
def test_copies_and_reads_share_the_accounts_concurrency(own: Simulator, concurrency: int) -> None:
    account = preventor(own)
    case = factories.case_from(own, account, "pictures-data-uri")
    due_checks(own, account, 8)
    hurry(account, concurrency=concurrency)
    own.world.delay = 0.3
    since = len(own.world.log())
    copy = partial(copies.copy_requested, seconds=HANGS_AFTER_SECONDS)
    at_once([partial(read_all, account), copy, copy, copy])
    times = times_since(own, since)
    # Each call takes 0.3 s at least: more calls within that time would overlap.
    assert busiest(times, 0.3) <= concurrency
    assert Document.objects.filter(case=case, state=DocumentState.COPIED).count() == 7
    assert Check.objects.filter(report_count=0).count() == 0


def test_a_copy_without_a_rate_slot_counts_no_try(own: Simulator) -> None:
    account = preventor(own)
    case = factories.case_from(own, account, "pictures-data-uri")
    hurry(account, rate=0.5)
    AccountState.objects.filter(account=account).update(next_start_at=timezone.now() + timedelta(seconds=60))
    since = len(own.world.log())
    assert copies.copy_requested(seconds=1.5) == 0
    assert len(own.world.log()) == since
    assert set(Document.objects.filter(case=case).values_list("state", "tries", "leased_until")) == {
        ("wanted", 0, None)
    }
    AccountState.objects.filter(account=account).update(next_start_at=None)
    Document.objects.update(next_try_at=timezone.now())
    assert copies.copy_requested(seconds=1) >= 1


def wanted_under(own: Simulator, fault: str) -> tuple[ProviderAccount, Case]:
    """A ticket that was read, and whose copies have this fault."""
    account = preventor(own)
    check = factories.case_from(own, account, "in-progress-processing").checks.get()
    documents.request(check, [SELFIES])
    own.world.set_scenario("preventor", check.reference, own.providers["preventor"].scenarios[f"fault-{fault}"])
    return account, check.case


@pytest.mark.parametrize(
    ("fault", "state", "tries"),
    [
        ("http-503", DocumentState.REQUESTED, 0),
        ("http-500", DocumentState.REQUESTED, 0),
        ("http-401", DocumentState.REQUESTED, 0),
        ("http-403", DocumentState.REQUESTED, 0),
        ("reset-before-headers", DocumentState.REQUESTED, 0),
        ("redirect-other", DocumentState.REQUESTED, 0),
        ("http-429-seconds", DocumentState.REQUESTED, 0),
        ("html-200", DocumentState.REQUESTED, 1),
        ("truncated-json", DocumentState.REQUESTED, 1),
        ("http-404", DocumentState.NOT_AVAILABLE, 1),
    ],
)
def test_a_fault_of_a_copy_never_marks_the_account(
    own: Simulator, fault: str, state: DocumentState, tries: int
) -> None:
    account, case = wanted_under(own, fault)
    asked_at = timezone.now()
    assert copies.copy_requested(seconds=5) == 0
    document = Document.objects.get(case=case)
    assert (document.state, document.tries, bool(document.fault_detail)) == (state, tries, state != "absent")
    row = AccountState.objects.get(account=account)
    assert (row.health, row.failures, row.fault, row.not_before) == (AccountHealth.OK, 0, "", None)
    assert document.next_try_at is None or document.next_try_at > asked_at + timedelta(seconds=1)


def test_retry_after_holds_for_copies_and_reads(own: Simulator) -> None:
    account, case = wanted_under(own, "http-429-10s")
    copies.copy_requested(seconds=5)
    throttled_until = AccountState.objects.get(account=account).throttled_until
    assert throttled_until is not None
    assert 5 < (throttled_until - timezone.now()).total_seconds() <= 10
    due_checks(own, account, 2)
    Document.objects.update(next_try_at=timezone.now())
    since = len(own.world.log())
    assert copies.copy_requested(seconds=1) == 0
    reads.run_slice([account.pk], seconds=1)
    assert len(own.world.log()) == since
    assert Document.objects.get(case=case).tries == 0


def test_no_copies_from_a_failing_or_paused_account(own: Simulator) -> None:
    account = preventor(own)
    case = factories.case_from(own, account, "pictures-data-uri")
    state = AccountState.objects.get(account=account)
    state.health, state.fault, state.fault_since = AccountHealth.BLOCKED, "CredentialsRefused", timezone.now()
    state.not_before = timezone.now() + timedelta(minutes=5)
    state.save()
    since = len(own.world.log())
    assert copies.copy_requested(seconds=0.5) == 0
    breaker.clear_fault(state)
    state.save()
    accounts.pause(account.pk, by=None)
    Document.objects.update(next_try_at=timezone.now())
    assert copies.copy_requested(seconds=0.5) == 0
    assert len(own.world.log()) == since
    accounts.resume(account.pk, by=None)
    assert copies.copy_requested(seconds=20) == 7
    assert not Document.objects.filter(case=case).exclude(state=DocumentState.COPIED).exists()


def test_a_pause_during_a_copy_stops_its_calls(own: Simulator) -> None:
    account = preventor(own)
    case = factories.case_from(own, account, "pictures-links")
    lease = copy_leases.lease_copy()
    assert lease is not None
    assert lease.slot.granted
    accounts.pause(account.pk, by=None)
    assert rate_slots.take_rate_slot(account).granted is False
    since = len(own.world.log())
    asked_once = copy_leases.CopyLease(document=lease.document, slot=rate_slots.take_rate_slot(account))
    assert copies.copy(asked_once) == 0
    assert len(own.world.log()) == since
    document = Document.objects.get(pk=lease.document.pk)
    assert (document.state, document.tries, document.leased_until) == (DocumentState.REQUESTED, 0, None)
    assert not Event.objects.filter(case=case, type="document_lost").exists()


def test_one_of_several_copies_gets_the_only_slot(own: Simulator) -> None:
    account = preventor(own, concurrency=1)
    factories.case_from(own, account, "pictures-data-uri")
    due_checks(own, account, 1)
    found = [lease for lease in at_once([copy_leases.lease_copy] * 5) if lease]
    assert [lease.slot.granted for lease in found].count(True) == 1
    assert Document.objects.filter(leased_until__isnull=False).count() == 1
    # While it is under way, no check is read.
    assert read_leases.lease(account, limit=5) == []


def test_no_copy_starts_while_a_read_has_the_only_slot(own: Simulator) -> None:
    account = preventor(own, concurrency=1)
    factories.case_from(own, account, "pictures-data-uri")
    due_checks(own, account, 1)
    assert len(read_leases.lease(account, limit=5)) == 1
    lease = copy_leases.lease_copy()
    assert lease is not None
    assert lease.slot.granted is False
    assert not Document.objects.filter(leased_until__isnull=False).exists()
    assert set(Document.objects.values_list("tries", flat=True)) == {0}
