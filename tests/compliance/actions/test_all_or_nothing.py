"""No entry, no change: when the trail cannot be written, an action changes no table."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, connection
from django.db.models import F
from django.utils import timezone

from compliance.actions import (
    cases,
    checks,
    claims,
    corrections,
    decision_requests,
    decisions,
    escalations,
    faults,
    overrides,
    reports,
    resolutions,
    sweeps,
    uploads,
)
from compliance.enums import DecisionVerdict, SyncState
from compliance.models import Applicant, Case, Check, CheckSync, Document, Event, Finding, OverrideProposal, User
from compliance.queries.corrections import version_of
from compliance.routing.evidence_digest import evidence_digest
from providers import EvidenceKind, Facts, NotFoundAtProvider
from tests import factories
from tests.compliance import assertions
from tests.compliance.tables import everything
from tests.factories import decision_request

pytestmark = pytest.mark.django_db

Verb = Callable[[], object]
Prepare = Callable[[User, User], Verb]
"""Takes an analyst and a manager, prepares the rows, and returns the action."""

APPROVE, REJECT = DecisionVerdict.APPROVE, DecisionVerdict.REJECT


def block_the_trail() -> None:
    """PostgreSQL refuses events from now on."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending constraint checks cannot be altered
        cursor.execute("ALTER TABLE compliance_event ADD CONSTRAINT blocked CHECK (false) NOT VALID")


def open_the_trail() -> None:
    """PostgreSQL accepts events again."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE compliance_event DROP CONSTRAINT blocked")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _open(analyst: User, manager: User) -> Verb:
    data = Applicant(external_id="new", full_name="Ada Example", birth_date="1990-02-03")
    return lambda: cases.open_case(data, environment="live", by=analyst)


def _take_next(analyst: User, manager: User) -> Verb:
    assertions.case_with("declined")
    return lambda: claims.claim_next(by=analyst)


def _claim(analyst: User, manager: User) -> Verb:
    case = assertions.case_with("declined")
    return lambda: claims.claim(case.pk, by=analyst)


def _release(analyst: User, manager: User) -> Verb:
    case = assertions.case_with("declined")
    claims.claim(case.pk, by=analyst)
    return lambda: claims.release(case.pk, by=analyst)


def _sweep_retry(analyst: User, manager: User) -> Verb:
    case = assertions.case_with("retry_required")
    decisions.decide(case.pk, by=analyst, request=decision_request(case, DecisionVerdict.REQUEST_RETRY, "RTY-01"))
    return lambda: sweeps.sweep(now=timezone.now() + timedelta(days=8))


def _sweep_proposal(analyst: User, manager: User) -> Verb:
    _proposal(analyst)
    return lambda: sweeps.sweep(now=timezone.now() + timedelta(days=4))


def _add_check(analyst: User, manager: User) -> Verb:
    case, account = factories.make_case(), assertions.make_account()
    name = assertions.reference()
    return lambda: checks.add_check(case.pk, by=analyst, account=account, kind="identity", reference=name)


def _add_check_after_retry(analyst: User, manager: User) -> Verb:
    case = assertions.case_with("retry_required")
    decisions.decide(case.pk, by=analyst, request=decision_request(case, DecisionVerdict.REQUEST_RETRY, "RTY-01"))
    account, name = case.checks.get().account, assertions.reference()
    return lambda: checks.add_check(case.pk, by=analyst, account=account, kind="identity", reference=name)


def _replace_check(analyst: User, manager: User) -> Verb:
    old, name = assertions.case_with("declined").checks.get(), assertions.reference()
    return lambda: checks.replace_check(old.pk, by=analyst, reason="x", account=old.account, reference=name)


def _correct_check(analyst: User, manager: User) -> Verb:
    check, name = assertions.add_check(factories.make_case()), assertions.reference()
    return lambda: checks.correct_check(check.pk, by=analyst, reason="x", reference=name)


def _correct_data(analyst: User, manager: User) -> Verb:
    case = assertions.case_with("declined")
    values, token = {"full_name": "Ada Different"}, version_of(case.applicant)
    return lambda: corrections.correct_data(case.pk, by=analyst, reason="x", values=values, seen=token)


def _request_read(analyst: User, manager: User) -> Verb:
    check = assertions.case_with("in_progress").checks.get()
    return lambda: checks.request_read(check.pk, by=analyst)


def _answer(check: Check, outcome: str) -> Verb:
    CheckSync.objects.update(fence=F("fence") + 1)  # as a lease does
    read = assertions.read_of(check, outcome)
    return lambda: reports.record_reports([read])


def _record_report(analyst: User, manager: User) -> Verb:
    return _answer(assertions.add_check(factories.make_case()), "declined")


def _system_closes(analyst: User, manager: User) -> Verb:
    return _answer(assertions.add_check(factories.make_case()), "approved")


def _recheck(analyst: User, manager: User) -> Verb:
    return _answer(assertions.case_with("approved").checks.get(), "declined")


def _record_fault(analyst: User, manager: User) -> Verb:
    check = assertions.add_check(factories.make_case())
    error = NotFoundAtProvider("checkout_com", "Nobody knows it there.")
    return lambda: faults.record_faults([faults.Fault(check_id=check.pk, fence=0, error=error)])


def _lost_worker(analyst: User, manager: User) -> Verb:
    check = assertions.add_check(factories.make_case())
    past = timezone.now() - timedelta(seconds=1)
    CheckSync.objects.update(state=SyncState.LEASED, leased_until=past, attempts=3)
    return lambda: faults.record_lost_worker(check.pk)


def _ruling(outcome: str, verdict: DecisionVerdict, reason: str) -> Prepare:
    def prepare(analyst: User, manager: User) -> Verb:
        case = assertions.case_with(outcome)
        claims.claim(case.pk, by=analyst)
        request = decision_request(case, verdict, reason)
        return lambda: decisions.decide_or_propose(case.pk, by=analyst, request=request)

    return prepare


def _escalated(by: User) -> Case:
    case = assertions.case_with("declined")
    decisions.decide(case.pk, by=by, request=decision_request(case, DecisionVerdict.ESCALATE, "ESC-01"))
    return case


def _take_over(analyst: User, manager: User) -> Verb:
    case = _escalated(analyst)
    return lambda: claims.claim(case.pk, by=manager)


def _answer_escalation(analyst: User, manager: User) -> Verb:
    case = _escalated(analyst)
    return lambda: escalations.answer(case.pk, by=manager, note="Ask for a second document.")


def _withdraw_escalation(analyst: User, manager: User) -> Verb:
    case = _escalated(analyst)
    return lambda: escalations.withdraw(case.pk, by=analyst)


def _decide_taken_over(analyst: User, manager: User) -> Verb:
    case = _escalated(analyst)
    claims.claim(case.pk, by=manager)
    request = decision_request(assertions.fresh(case), REJECT, "REJ-01")
    return lambda: decisions.decide(case.pk, by=manager, request=request)


def _confirm(analyst: User, manager: User) -> Verb:
    case = assertions.case_with("approved")
    assertions.say(case.checks.get(), "manual_review")
    request = decision_request(case, DecisionVerdict.CONFIRM, "OK-01")
    return lambda: decisions.decide(case.pk, by=analyst, request=request)


def _proposal(analyst: User) -> OverrideProposal:
    case = assertions.case_with("declined")
    return overrides.propose(case.pk, by=analyst, request=decision_request(case, APPROVE, "OK-04"))


def _withdraw(analyst: User, manager: User) -> Verb:
    proposal = _proposal(analyst)
    return lambda: overrides.withdraw(proposal.pk, by=analyst)


def _refuse(analyst: User, manager: User) -> Verb:
    proposal = _proposal(analyst)
    return lambda: overrides.deny(proposal.pk, by=manager, note="No.")


def _approve(analyst: User, manager: User) -> Verb:
    proposal = _proposal(analyst)
    seen = evidence_digest(cases.evidence_of(proposal.case))
    return lambda: overrides.approve(proposal.pk, by=manager, seen=seen, note="Agreed.")


def _void(analyst: User, manager: User) -> Verb:
    case = assertions.case_with("declined")
    return lambda: decisions.void(case.pk, by=analyst, reason="MIS-01", note="Twice.")


def _add_file(analyst: User, manager: User) -> Verb:
    case = assertions.case_with("declined")
    kind = EvidenceKind.REPORT_PDF
    return lambda: uploads.add(case.pk, by=analyst, kind=kind, note="By e-mail.", content=b"%PDF-1.4 of no pages")


def _withdraw_file(analyst: User, manager: User) -> Verb:
    _add_file(analyst, manager)()
    document = Document.objects.get()
    return lambda: uploads.withdraw(document.pk, by=manager, reason="Another person's.")


def _duplicate() -> Finding:
    """The open duplicate of two applicants who share a document number."""
    for _ in range(2):
        facts = Facts(full_name="Ada Example", document_number="AB123456")
        assertions.say(assertions.add_check(factories.make_case()), "manual_review", facts=facts)
    return Finding.objects.filter(kind="duplicate", state="open").latest("case_id")


def _resolve(analyst: User, manager: User) -> Verb:
    finding = _duplicate()
    return lambda: resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")


def _agree(analyst: User, manager: User) -> Verb:
    finding = _duplicate()
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    return lambda: resolutions.agree(finding.pk, by=manager, note="Seen both passports.")


VERBS: dict[str, Prepare] = {
    "cases.open_case": _open,
    "claims.claim_next": _take_next,
    "claims.claim": _claim,
    "claims.claim, taking over": _take_over,
    "claims.release": _release,
    "sweeps.sweep, a retry's deadline": _sweep_retry,
    "sweeps.sweep, a proposal's expiry": _sweep_proposal,
    "checks.add_check": _add_check,
    "checks.add_check, after a retry": _add_check_after_retry,
    "checks.replace_check": _replace_check,
    "checks.correct_check": _correct_check,
    "corrections.correct_data": _correct_data,
    "checks.request_read": _request_read,
    "reports.record_reports": _record_report,
    "reports.record_reports, closing": _system_closes,
    "reports.record_reports, contradicting": _recheck,
    "faults.record_faults": _record_fault,
    "faults.record_lost_worker": _lost_worker,
    "decisions.decide, approve": _ruling("manual_review", APPROVE, "OK-01"),
    "decisions.decide, reject": _ruling("declined", REJECT, "REJ-01"),
    "decisions.decide, retry": _ruling("retry_required", DecisionVerdict.REQUEST_RETRY, "RTY-01"),
    "decisions.decide, escalate": _ruling("declined", DecisionVerdict.ESCALATE, "ESC-01"),
    "decisions.decide, confirm": _confirm,
    "decisions.decide, taken over": _decide_taken_over,
    "escalations.answer": _answer_escalation,
    "escalations.withdraw": _withdraw_escalation,
    "overrides.propose": _ruling("declined", APPROVE, "OK-04"),
    "overrides.withdraw": _withdraw,
    "overrides.deny": _refuse,
    "overrides.approve": _approve,
    "decisions.void": _void,
    "resolutions.resolve": _resolve,
    "resolutions.agree": _agree,
    "uploads.add": _add_file,
    "uploads.withdraw": _withdraw_file,
}
WRITE_NOTHING_THEMSELVES = {
    "cases.complete",
    "claims.claim_first",
    "cases.set_search_words",
    "cases.set_indexes",
    "corrections.correct",
    "cases.normalised_name",
    "cases.document_index",
    "cases.retry_deadline",
    "cases.wait_for_retry",
    "overrides.propose_locked",
    "cases.lock",
    "cases.lock_in_order",
    "claims.hold",
    "cases.move",
    "cases.checks_of",
    "cases.route_cases",
    "cases.newest_decision",
    "cases.conclude",
    "cases.leave_queue",
    "cases.answer_question",
    "cases.route_and_save",
    "cases.save_case",
    "cases.evidence_of",
    "checks.event_data",
    "checks.sync_of_new",
    "reports.facts_given",
    "reports.lock_batch",
    "reports.save_batch",
    "decisions.decide_or_propose",
    "decision_requests.check_length",
    "decision_requests.claim_of",
    "decision_requests.current_user",
    "decision_requests.lock_unchanged",
    "decision_requests.lost_to",
    "decision_requests.require_override_grounds",
    "decision_requests.resulting_verdict",
    "decision_requests.valid_reason",
    "uploads.content_problem",
}
"""Reads, and functions that the actions above call or are called by."""


@pytest.mark.promise("G18")
@pytest.mark.parametrize("name", VERBS)
def test_an_action_changes_rows_together_with_its_event_or_not_at_all(name: str, analyst: User, manager: User) -> None:
    verb = VERBS[name](analyst, manager)
    before, files, written = everything(), stored_files(), Event.objects.count()
    block_the_trail()
    # No transaction around it: that of the action has to roll back.
    if name.startswith("sweeps.sweep"):
        assert verb() == 0  # a failing case does not stop the others
    else:
        with pytest.raises(IntegrityError, match="blocked"):
            verb()
    assert everything() == before
    assert stored_files() == files
    open_the_trail()
    verb()
    assert Event.objects.count() > written
    assert everything() != before


def stored_files() -> set[Path]:
    return {path for path in Path(storages["documents"].path("")).rglob("*") if path.is_file()}


ACTIONS = (
    cases,
    checks,
    claims,
    corrections,
    decision_requests,
    decisions,
    escalations,
    faults,
    overrides,
    reports,
    resolutions,
    sweeps,
    uploads,
)


def _public(module: ModuleType) -> set[str]:
    prefix = module.__name__.rsplit(".", 1)[1]
    return {
        f"{prefix}.{name}"
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


@pytest.mark.promise("G18")
def test_no_action_is_left_out() -> None:
    tested = {name.partition(",")[0] for name in VERBS}
    assert set().union(*map(_public, ACTIONS)) == tested | WRITE_NOTHING_THEMSELVES
