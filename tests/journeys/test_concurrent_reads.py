"""Actions of people during a read, and answers that cannot be stored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import checks, copy_faults, decisions, documents, evidence_copies
from compliance.enums import DecisionVerdict, DocumentState, Queue, Ruling, SyncState
from compliance.errors import NotAllowed
from compliance.models import AccountState, Case, Check, CheckSync, Document, User
from compliance.queries.history import history_of
from compliance.queries.policies import policy_table
from compliance.routing import rulings
from compliance.sync import breaker, read_leases, reads
from providers import ProviderThrottled, ProviderUnavailable
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories

MakeAccount = Callable[..., ProviderAccount]
pytestmark = pytest.mark.django_db(transaction=True)


def leased(account: ProviderAccount) -> list[read_leases.ReadLease]:
    return read_leases.lease(account, limit=50, ignore_schedule=True)


def store(*answers: reads.Answer) -> reads.Counts:
    counts = reads.Counts()
    reads.store(list(answers), counts)
    return counts


@pytest.mark.promise("G4")
def test_an_answer_for_the_old_reference_is_refused_after_a_correction(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    bank, played = account("bank131"), simulator.providers["bank131"]
    check = factories.add_check(factories.make_case(), bank, played.reference("ok", 1))
    (asked,) = leased(bank)
    answer = reads.fetch(asked)
    checks.correct_check(check.pk, by=analyst, reason="typing", reference=played.reference("passport-failure", 2))
    assert store(answer).refused == 1
    check.refresh_from_db()
    assert (check.report_count, check.sync.state) == (0, SyncState.SCHEDULED)
    factories.read(bank)
    check.refresh_from_db()
    assert check.outcome == "retry_required"


def test_a_refresh_during_a_read_causes_another_read(simulator: Simulator, account: MakeAccount, analyst: User) -> None:
    bank = account("bank131")
    check = factories.add_check(factories.make_case(), bank, simulator.providers["bank131"].reference("pending", 1))
    (asked,) = leased(bank)
    checks.request_read(check.pk, by=analyst)
    store(reads.fetch(asked))
    due = CheckSync.objects.get(pk=check.pk).next_read_at
    assert due and due <= timezone.now()


def test_a_fault_of_a_replaced_check_does_not_wake_it(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    bank, played = account("bank131"), simulator.providers["bank131"]
    old = factories.add_check(factories.make_case(), bank, played.reference("not-readable", 1))
    (asked,) = leased(bank)
    answer = reads.fetch(asked)
    checks.replace_check(old.pk, by=analyst, reason="typing", account=bank, reference=played.reference("ok", 2))
    assert store(answer).check_faults == 0
    assert CheckSync.objects.get(pk=old.pk).state == SyncState.FINAL


def test_an_answer_that_cannot_be_stored_does_not_affect_others(simulator: Simulator, account: MakeAccount) -> None:
    bank, played = account("bank131"), simulator.providers["bank131"]
    made = [factories.add_check(factories.make_case(), bank, played.reference("ok", n)) for n in (1, 2, 3)]
    answers = [reads.fetch(asked) for asked in leased(bank)]
    bad = answers[0]
    assert bad.read
    answers[0] = replace(bad, read=replace(bad.read, report=replace(bad.read.report, status="o\x00k")))
    counts = store(*answers)
    assert (counts.read, counts.check_faults) == (2, 1)
    states = {check.pk: check.sync.state for check in Check.objects.select_related("sync")}
    assert states.pop(bad.leased.check.pk) == SyncState.FAILING
    assert set(states.values()) == {SyncState.FINAL}
    assert len(made) == 3


def test_a_run_until_idle_waits_for_a_slow_rate(simulator: Simulator, account: MakeAccount) -> None:
    bank = account("bank131", rate_per_second=0.7)
    for number in (1, 2, 3):
        factories.add_check(factories.make_case(), bank, simulator.providers["bank131"].reference("ok", number))
    assert factories.read(bank).read == 3


def test_a_call_that_was_not_made_does_not_end_an_account_fault(simulator: Simulator, account: MakeAccount) -> None:
    bank = account("bank131")
    check = factories.add_check(factories.make_case(), bank, simulator.providers["bank131"].reference("ok", 1))
    Check.objects.filter(pk=check.pk).update(reference="no digits")
    (asked,) = leased(bank)
    breaker.record_account_fault(asked, ProviderUnavailable("bank131", "refused"))
    (asked,) = leased(bank)
    answer = reads.fetch(asked)
    assert answer.error and not answer.called
    store(answer)
    assert AccountState.objects.get(account=bank).health == "failing"


def test_the_longer_of_two_retry_after_holds(simulator: Simulator, account: MakeAccount) -> None:
    bank = account("bank131")
    factories.add_check(factories.make_case(), bank, simulator.providers["bank131"].reference("ok", 1))
    (asked,) = leased(bank)
    for seconds in (3000.0, 1.0):
        breaker.record_account_fault(asked, ProviderThrottled("bank131", "slow down", retry_after=seconds))
    throttled_until = AccountState.objects.get(account=bank).throttled_until
    assert throttled_until and throttled_until > timezone.now() + timedelta(minutes=45)


def test_copies_wait_for_retry_after_and_a_retry_requests_a_link(
    simulator: Simulator, account: MakeAccount, analyst: User, stranger: User
) -> None:
    advance = account("advance_ai", evidence_hosts=["127.0.0.1"])
    case = factories.case_from(simulator, advance, "passed")
    breaker.record_retry_after(advance.pk, 600)
    assert evidence_copies.lease_requested(limit=50) == []
    AccountState.objects.update(throttled_until=None)
    document = Document.objects.filter(case=case).first()
    assert document
    copy_faults.postpone(document.pk, detail="gone", final=True)
    CheckSync.objects.update(next_read_at=None)
    with pytest.raises(NotAllowed):
        documents.retry_copy(document.pk, by=stranger)
    assert documents.retry_copy(document.pk, by=analyst).state == DocumentState.REQUESTED
    assert CheckSync.objects.get().next_read_at is not None


@pytest.mark.promise("G10")
def test_a_document_that_kills_its_workers_fails(simulator: Simulator, account: MakeAccount) -> None:
    factories.case_from(simulator, account("preventor"), "rejected-nothing")
    past = timezone.now() - timedelta(minutes=1)
    Document.objects.update(tries=documents.MAX_TRIES + 1, leased_until=past)
    assert evidence_copies.lease_requested(limit=50) == []
    assert copy_faults.fail_lost() == Document.objects.filter(state=DocumentState.FAILED).count() > 0


def test_another_providers_pass_does_not_cancel_a_negative(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    case = factories.case_from(simulator, account("bank131"), "passport-failure")
    decisions.decide(
        case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.REQUEST_RETRY, "RTY-02")
    )
    advance = account("advance_ai")
    factories.add_check(case, advance, simulator.providers["advance_ai"].reference("passed", 3))
    factories.read(advance)
    case = Case.objects.get(pk=case.pk)
    assert (case.outcome, case.queue) == ("approved", Queue.MANUAL_REVIEW)
    found, table = history_of(case.pk), policy_table()
    assert rulings.case_ruling(case, found, DecisionVerdict.APPROVE, table) == Ruling.NEEDS_APPROVAL
    with pytest.raises(NotAllowed):
        decisions.decide(
            case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.APPROVE, "OK-01")
        )


def test_a_passed_retry_with_another_reference_does_not(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    bank = account("bank131")
    case = factories.case_from(simulator, bank, "passport-failure")
    decisions.decide(
        case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.REQUEST_RETRY, "RTY-02")
    )
    factories.add_check(case, bank, simulator.providers["bank131"].reference("ok", 3))
    factories.read(bank)
    ruling = rulings.case_ruling(case, history_of(case.pk), DecisionVerdict.APPROVE, policy_table())
    assert ruling == Ruling.NEEDS_APPROVAL
