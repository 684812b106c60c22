"""A provider changes its result over real HTTP: the case reopens, and only people close it."""

from collections.abc import Callable

import pytest

from compliance.actions import cases, checks, decisions, overrides
from compliance.enums import CaseStatus, DecisionVerdict, Queue
from compliance.models import Case, CheckReport, OverrideProposal, User
from compliance.routing.evidence_digest import evidence_digest
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance.test_audit import verified
from tests.factories import decision_request

pytestmark = pytest.mark.django_db(transaction=True)
MakeAccount = Callable[..., ProviderAccount]


def now_says(simulator: Simulator, case: Case, scenario: str, *, asked_by: User) -> Case:
    """Switch the simulator to another scenario, request a fresh read, and run it."""
    check = case.checks.get(superseded_by__isnull=True)
    played = simulator.providers[check.provider]
    simulator.world.set_scenario(check.provider, check.reference, played.scenarios[scenario])
    checks.request_read(check.pk, by=asked_by)
    assert factories.read(check.account).changed == 1
    return Case.objects.select_related("decision").get(pk=case.pk)


@pytest.mark.promise("G15")
def test_a_revoked_pass_is_reviewed_again_by_two_people(
    simulator: Simulator, account: MakeAccount, analyst: User, manager: User
) -> None:
    case = factories.case_from(simulator, account("bank131"), "ok")
    closed = decisions.decide(case.pk, by=analyst, request=decision_request(case, DecisionVerdict.APPROVE, "OK-02"))
    case = now_says(simulator, case, "passport-failure", asked_by=analyst)
    assert (case.status, case.queue, case.decision) == (CaseStatus.IN_REVIEW, Queue.RECHECK, closed)
    assert case.why_head == "Bank131 error after the approval"
    assert case.why.startswith("passport_validation_failure ")
    proposal = decisions.decide_or_propose(
        case.pk, by=analyst, request=decision_request(case, DecisionVerdict.CONFIRM, "OK-04")
    )
    assert isinstance(proposal, OverrideProposal)
    overrides.approve(proposal.pk, by=manager, seen=evidence_digest(cases.evidence_of(case)), note="Agreed.")
    case = now_says(simulator, case, "ok", asked_by=analyst)
    assert (case.status, CheckReport.objects.count()) == (CaseStatus.DECIDED, 3)
    case = now_says(simulator, case, "unknown-status", asked_by=analyst)
    assert (case.status, case.queue) == (CaseStatus.IN_REVIEW, Queue.RECHECK)
    assert case.why_head == "Bank131 unknown status “rejected” after the approval"
    verified(case)


def test_an_override_cannot_be_approved_after_new_evidence(
    simulator: Simulator, account: MakeAccount, analyst: User, manager: User
) -> None:
    case = factories.case_from(simulator, account("bank131"), "passport-failure")
    proposal = decisions.decide_or_propose(
        case.pk, by=analyst, request=decision_request(case, DecisionVerdict.APPROVE, "OK-04")
    )
    assert isinstance(proposal, OverrideProposal)
    case = now_says(simulator, case, "inn-failure", asked_by=analyst)
    assert case.status == CaseStatus.AWAITING_APPROVAL
    with pytest.raises(Exception, match="The evidence has changed since the proposal was made") as stopped:
        overrides.approve(proposal.pk, by=manager, seen=proposal.digest, note="Agreed.")
    (change,) = stopped.value.changes  # type: ignore[attr-defined]
    assert "passport_validation_failure" in change
    assert "inn_validation_failure" in change


def test_a_retry_at_the_provider_ends_the_wait(simulator: Simulator, account: MakeAccount, analyst: User) -> None:
    case = factories.case_from(simulator, account("bank131"), "passport-failure")
    decisions.decide(case.pk, by=analyst, request=decision_request(case, DecisionVerdict.REQUEST_RETRY, "RTY-02"))
    case = now_says(simulator, case, "pending", asked_by=analyst)
    assert (case.status, case.retry_until is None) == (CaseStatus.WAITING, False)
    case = now_says(simulator, case, "ok", asked_by=analyst)
    # It states no name, so a person approves.
    assert (case.status, case.queue, case.retry_until) == (CaseStatus.IN_REVIEW, Queue.MANUAL_REVIEW, None)
