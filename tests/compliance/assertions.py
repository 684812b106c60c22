"""Assumed answers of a provider, stored by the real actions without a call."""

import hashlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from compliance.actions import cases, decisions, faults, overrides, reports, uploads
from compliance.enums import DecisionVerdict
from compliance.errors import NotAllowed
from compliance.models import AccountState, Case, Check, CheckSync, Decision, Document, Event, OverrideProposal, User
from compliance.routing.evidence_digest import evidence_digest
from providers import Assessment, EvidenceKind, Facts, Kind, Outcome, ProviderError, Reason, Report, Verdict
from providers.models import ProviderAccount
from providers.simulator.checkout_com import CheckoutComSimulator
from tests import factories
from tests.services import acting_as_desk_app

_PLAYED = CheckoutComSimulator()
_numbers = itertools.count(1)
USUAL: dict[str, Verdict] = {Outcome.APPROVED: Verdict.POSITIVE, Outcome.DECLINED: Verdict.NEGATIVE}
"""Outcome -> the usual result of the provider."""
FINAL = frozenset({Outcome.APPROVED, Outcome.DECLINED})


def make_account(**given: Any) -> ProviderAccount:
    """An account that is never called."""
    fields = {
        "name": f"said-{next(_numbers)}",
        "provider": "checkout_com",
        "environment": "simulator",
        "base_url": "http://127.0.0.1:9",
        "credentials": dict(_PLAYED.credentials),
        "rate_per_second": 500.0,
        "concurrency": 8,
        "evidence_hosts": [],
    }
    account = ProviderAccount.objects.create(**(fields | given))
    AccountState.objects.create(account=account)
    return account


def reference(kind: str = "identity") -> str:
    """An unused reference in Checkout.com's format for checks of this kind."""
    return _PLAYED.reference(f"{kind}-approved", next(_numbers) % 10_000)


def add_check(case: Case, kind: str = "identity", account: ProviderAccount | None = None) -> Check:
    """A check that was never read."""
    mine = ProviderAccount.objects.filter(name__startswith="said-", environment=case.environment)
    account = account or mine.first() or make_account(environment=case.environment)
    return factories.add_check(case, account, reference(kind), kind=kind)


def read_of(
    check: Check,
    outcome: str,
    verdict: str = "",
    *codes: str,
    word: str = "",
    group: str = "",
    facts: Facts | None = None,
    **more: Any,
) -> reports.Read:
    """A successful read with the check's newest fencing number, this outcome, result (or the usual one) and codes."""
    verdict = verdict or USUAL.get(outcome, Verdict.NONE)
    word = word or str(outcome)
    report = Report(
        provider=check.provider,
        kind=Kind(check.kind),
        reference=check.reference,
        status=word,
        codes=codes,
        facts=facts or Facts(full_name=check.case.applicant.full_name),
        request_id=f"request-{next(_numbers)}",
    )
    known = verdict != Verdict.UNKNOWN
    reasons = [Reason(code=code, summary=f"Meaning of {code}.", group=group) for code in codes]
    reasons = reasons or [Reason(code=word, summary=f"It said {word}.", group=group, recognised=known)]
    return reports.Read(
        check_id=check.pk,
        fence=CheckSync.objects.values_list("fence", flat=True).get(pk=check.pk),
        report=report,
        assessment=Assessment(
            **({"terminal": outcome in FINAL} | more),
            outcome=Outcome(outcome),
            verdict=Verdict(verdict),
            reasons=tuple(reasons),
        ),
        digest=hashlib.sha256(repr((outcome, verdict, codes, word)).encode()).hexdigest(),
        payload={"status": word, "codes": list(codes)},
    )


def say(check: Check, outcome: str, verdict: str = "", *codes: str, **more: Any) -> reports.Stored:
    """Store this answer of the provider."""
    CheckSync.objects.filter(pk=check.pk).update(fence=F("fence") + 1)
    stored = reports.record_reports([read_of(check, outcome, verdict, *codes, **more)])
    check.refresh_from_db()
    return stored


def fail(check: Check, error: ProviderError) -> None:
    """Store a failed read whose fault concerns this check."""
    CheckSync.objects.filter(pk=check.pk).update(fence=F("fence") + 1)
    fence = CheckSync.objects.values_list("fence", flat=True).get(pk=check.pk)
    faults.record_faults([faults.Fault(check_id=check.pk, fence=fence, error=error)])


def case_with(outcome: str, verdict: str = "", *codes: str, kind: str = "identity", **declared: Any) -> Case:
    """A case with one check that has this answer."""
    case = factories.make_case(**declared)
    say(add_check(case, kind), outcome, verdict, *codes)
    case.refresh_from_db()
    return case


def fresh(case: Case) -> Case:
    return Case.objects.select_related("decision", "applicant").get(pk=case.pk)


def events(case: Case) -> list[str]:
    return list(Event.objects.filter(case=case).order_by("seq").values_list("type", flat=True))


def sync_of(check: Check) -> CheckSync:
    return CheckSync.objects.get(pk=check.pk)


# --- two people -------------------------------------------------------------------------------------------------------

NOT_ALONE = "an override needs an approved proposal"


def needs_two(case: Case, by: User, verdict: DecisionVerdict, reason: str, *, stored: str = "") -> None:
    """This person cannot give the verdict alone: neither by an action nor by SQL as the running role.

    ``stored`` is the verdict of the decision where it is another one, as for confirming.
    """
    request = factories.decision_request(fresh(case), verdict, reason)
    if verdict == DecisionVerdict.VOID:
        assert isinstance(_undone(lambda: decisions.void(case.pk, by=by, reason=reason, note="x")), OverrideProposal)
    else:
        with pytest.raises(NotAllowed, match="needs a second approver"):
            decisions.decide(case.pk, by=by, request=request)
    with pytest.raises(IntegrityError, match=NOT_ALONE), transaction.atomic(), acting_as_desk_app():
        insert_decision(fresh(case), by, stored or verdict, reason)


def _undone(verb: Callable[[], object]) -> object:
    """What the verb returns, without its effect."""
    with transaction.atomic():
        made = verb()
        transaction.set_rollback(True)
    return made


def insert_decision(case: Case, by: User | None, verdict: str, reason: str | None) -> Decision:
    """A decision that no action has checked."""
    return Decision.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        verdict=verdict,
        reason_id=reason,
        by=by,
        by_person=by.person if by else None,
        decided_at=timezone.now(),
        digest="",
        report_seq=case.report_seq,
        retry_until=timezone.now() if verdict == DecisionVerdict.REQUEST_RETRY else None,
    )


def two_people(case: Case, proposer: User, approver: User, verdict: DecisionVerdict, reason: str) -> Decision:
    """The verdict as an override that two people gave."""
    request = factories.decision_request(fresh(case), verdict, reason)
    proposal = overrides.propose(case.pk, by=proposer, request=request)
    return overrides.approve(proposal.pk, by=approver, seen=seen(case), note="Seen.")


def seen(case: Case) -> str:
    """Digest of the evidence as it is now."""
    return evidence_digest(cases.evidence_of(fresh(case)))


def add_file(case: Case, by: User) -> Document:
    """A file that this person adds."""
    return uploads.add(case.pk, by=by, kind=EvidenceKind.OTHER, note="From the applicant.", content=b"%PDF-1.4")
