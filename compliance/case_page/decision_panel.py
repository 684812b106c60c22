"""The decision panel: available verdicts, reasons why others are not, and the form that was submitted in vain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from compliance.enums import CaseStatus, DecisionVerdict, ProposalState, Queue, Ruling
from compliance.labels import provider_label
from compliance.models import Case, Check, Claim, Decision, OverrideProposal, ReasonCode, User
from compliance.queries.evidence_changes import evidence_changes
from compliance.queries.policies import policy_table
from compliance.routing import outcomes, permissions, rulings
from compliance.routing.evidence_digest import EvidenceRow, evidence_digest
from providers import Verdict

KEYS: dict[str, str] = {"approve": "a", "reject": "d", "request_retry": "t", "escalate": "e"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChoice:
    """One verdict with its effect, or the reason why it is disabled."""

    value: str
    label: str
    key: str
    hint: str
    refusal: str
    needs_approval: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The decision panel; ``chosen``, ``reason`` and ``note`` hold a rejected form."""

    verdicts: tuple[VerdictChoice, ...]
    reasons: tuple[ReasonCode, ...]
    seen: str
    seen_decision: str
    is_claimed_by_me: bool
    can_claim: bool
    claim_refusal: str
    chosen: str = ""
    reason: str = ""
    note: str = field(default="", repr=False)
    error: str = ""
    error_field: str = ""
    changes: tuple[str, ...] = ()
    winner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The open proposal, and what this reader may do about it."""

    proposal: Mapping[str, Any]
    is_mine: bool
    refusal: str
    evidence_unchanged: bool
    changes: tuple[str, ...]
    providers_say: str
    seen: str
    error: str = ""
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedForm:
    """A form that was rejected; its values stay in the fields."""

    verdict: str = ""
    reason: str = ""
    note: str = field(default="", repr=False)
    error: str = ""
    error_field: str = ""
    changes: tuple[str, ...] = ()
    winner: str = ""


def panel_of(
    case: Case,
    checks: Sequence[Check],
    claim: Claim | None,
    rows: Sequence[EvidenceRow],
    *,
    reader: User,
    submitted: SubmittedForm,
    now: datetime,
) -> Panel:
    """The verdicts that this person may choose, with the reason where one is disabled."""
    newest = Decision.objects.filter(case=case).order_by("-decided_at", "-pk").values_list("pk", flat=True).first()
    is_mine = bool(claim and claim.person_id == reader.person_id)
    refusal = permissions.why_not_review(reader, case, claim, now=now)
    return Panel(
        verdicts=_choices(case, checks, claim, reader=reader, now=now),
        reasons=tuple(ReasonCode.objects.filter(active=True)),
        seen=evidence_digest(rows),
        seen_decision=str(newest or ""),
        is_claimed_by_me=is_mine,
        can_claim=refusal is None and not is_mine and case.status == CaseStatus.IN_REVIEW,
        claim_refusal=refusal or "",
        chosen=submitted.verdict,
        reason=submitted.reason,
        note=submitted.note,
        error=submitted.error,
        error_field=submitted.error_field,
        changes=submitted.changes,
        winner=submitted.winner,
    )


def _choices(
    case: Case, checks: Sequence[Check], claim: Claim | None, *, reader: User, now: datetime
) -> tuple[VerdictChoice, ...]:
    table = policy_table()
    verdicts = [
        DecisionVerdict.APPROVE,
        DecisionVerdict.REJECT,
        DecisionVerdict.REQUEST_RETRY,
        DecisionVerdict.ESCALATE,
    ]
    if case.queue == Queue.RECHECK:
        verdicts = [DecisionVerdict.CONFIRM, DecisionVerdict.APPROVE, DecisionVerdict.REJECT, DecisionVerdict.ESCALATE]
    found = []
    for verdict in verdicts:
        refusal = permissions.why_not_rule(reader, case, verdict, checks=checks, claim=claim, table=table, now=now)
        approval = rulings.case_ruling(case, checks, verdict, table) == Ruling.NEEDS_APPROVAL
        if approval and case.status == CaseStatus.WAITING and refusal is None:
            refusal = "The case waits for its checks: an override can be proposed once it is in a queue."
        found.append(
            VerdictChoice(
                value=verdict.value,
                label=verdict.label,
                key=KEYS.get(verdict, ""),
                hint=_hint(verdict, case, checks, approval=approval),
                refusal=refusal or "",
                needs_approval=approval,
            )
        )
    return tuple(found)


def _hint(verdict: DecisionVerdict, case: Case, checks: Sequence[Check], *, approval: bool) -> str:
    if approval:
        return "Needs a second approver"
    worst = outcomes.worst_check([check for check in checks if check.superseded_by_id is None])
    provider = provider_label(worst.provider) if worst else "nobody"
    if verdict == DecisionVerdict.REJECT:
        return f"Agrees with {provider}" if worst and worst.provider_verdict == Verdict.NEGATIVE else "Closes the case"
    return {
        DecisionVerdict.APPROVE: "Closes the case",
        DecisionVerdict.REQUEST_RETRY: "Case waits for a new attempt",
        DecisionVerdict.ESCALATE: "To a manager, with your question",
        DecisionVerdict.CONFIRM: "Keeps the decision",
    }.get(verdict, "")


def override_of(
    case: Case, rows: Sequence[EvidenceRow], *, reader: User, submitted: SubmittedForm, now: datetime
) -> Override | None:
    """The open proposal, and how this person may answer it."""
    if case.status != CaseStatus.AWAITING_APPROVAL:
        return None
    proposal = (
        OverrideProposal.objects.filter(case=case, state=ProposalState.OPEN)
        .select_related("proposed_by", "reason", "data_key")
        .first()
    )
    if proposal is None:
        return None
    digest = evidence_digest(rows)
    changes = evidence_changes(case.pk, proposal.evidence, rows)
    return Override(
        proposal={
            "id": proposal.pk,
            "verdict": proposal.verdict,
            "verdict_label": DecisionVerdict(proposal.verdict).label,
            "reason": str(proposal.reason),
            "note": proposal.note,
            "proposer": proposal.proposed_by.label,
            "proposed_at": proposal.proposed_at,
            "expires": proposal.expires_at,
        },
        is_mine=proposal.proposed_person_id == reader.person_id,
        refusal=permissions.why_not_answer(reader, proposal, now=now) or "",
        evidence_unchanged=digest == proposal.digest,
        changes=changes,
        providers_say=case.outcome,
        seen=digest,
        error=submitted.error,
        note=submitted.note,
    )


def decision_of(decision: Decision | None) -> Mapping[str, Any] | None:
    """The current decision, labelled."""
    if decision is None:
        return None
    approver = decision.approved_by_person
    return {
        "verdict": decision.verdict,
        "verdict_label": {"approve": "Approved", "reject": "Rejected", "void": "Closed"}.get(
            decision.verdict, decision.verdict
        ),
        "by": decision.by.label if decision.by else "",
        "at": decision.decided_at,
        "reason": str(decision.reason) if decision.reason else "",
        "note": decision.note,
        "approved_by": approver.name if approver else "",
    }
