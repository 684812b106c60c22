"""The decision panel: available verdicts, reasons why others are not, and a rejected form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from compliance.case_page.unopened import Unopened
from compliance.enums import CaseStatus, DecisionVerdict, ProposalState, Queue, Ruling
from compliance.labels import provider_label
from compliance.models import Case, Check, Claim, Decision, OverrideProposal, ReasonCode, User
from compliance.queries.evidence_changes import evidence_changes
from compliance.queries.policies import policy_table
from compliance.routing import outcomes, permissions, rulings
from compliance.routing.evidence_digest import EvidenceRow, evidence_digest
from providers import Verdict

KEYS: dict[str, str] = {"approve": "a", "reject": "d", "request_retry": "t", "escalate": "e"}
VERDICTS = tuple(DecisionVerdict(verdict) for verdict in KEYS)
RECHECK_VERDICTS = (
    DecisionVerdict.CONFIRM,
    *(verdict for verdict in VERDICTS if verdict != DecisionVerdict.REQUEST_RETRY),
)
_HINTS: dict[DecisionVerdict, str] = {
    DecisionVerdict.APPROVE: "Closes the case",
    DecisionVerdict.REJECT: "Closes the case",
    DecisionVerdict.REQUEST_RETRY: "Case waits for a new attempt",
    DecisionVerdict.ESCALATE: "To a manager, with your question",
    DecisionVerdict.CONFIRM: "Keeps the decision",
}


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
class SubmittedForm:
    """A form that was rejected; its values stay in the fields."""

    verdict: str = ""
    reason: str = ""
    note: str = field(default="", repr=False)
    error: str = ""
    error_field: str = ""
    changes: tuple[str, ...] = ()
    winner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    verdicts: tuple[VerdictChoice, ...]
    reasons: tuple[ReasonCode, ...]
    seen: str
    seen_decision: str
    is_claimed_by_me: bool
    can_claim: bool
    claim_refusal: str
    form: SubmittedForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The open proposal, and the actions that this reader may take."""

    proposal: OverrideProposal
    is_mine: bool
    refusal: str
    evidence_unchanged: bool
    changes: tuple[str, ...]
    unopened: tuple[Unopened, ...]


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
        form=submitted,
    )


def _choices(
    case: Case, checks: Sequence[Check], claim: Claim | None, *, reader: User, now: datetime
) -> tuple[VerdictChoice, ...]:
    table = policy_table()
    found = []
    for verdict in RECHECK_VERDICTS if case.queue == Queue.RECHECK else VERDICTS:
        refusal = permissions.why_not_rule(reader, case, verdict, checks=checks, claim=claim, table=table, now=now)
        approval = rulings.case_ruling(case, checks, verdict, table) == Ruling.NEEDS_APPROVAL
        if approval and case.status == CaseStatus.WAITING and refusal is None:
            refusal = "The case waits for its checks: an override can be proposed once it is in a queue."
        found.append(
            VerdictChoice(
                value=verdict.value,
                label=verdict.label,
                key=KEYS.get(verdict, ""),
                hint="Needs a second approver" if approval else _hint(verdict, checks),
                refusal=refusal or "",
                needs_approval=approval,
            )
        )
    return tuple(found)


def _hint(verdict: DecisionVerdict, checks: Sequence[Check]) -> str:
    worst = outcomes.worst_check(checks)
    if verdict == DecisionVerdict.REJECT and worst and worst.provider_verdict == Verdict.NEGATIVE:
        return f"Agrees with {provider_label(worst.provider)}"
    return _HINTS[verdict]


def override_of(
    case: Case,
    rows: Sequence[EvidenceRow],
    *,
    reader: User,
    now: datetime,
    unopened_of: Callable[[OverrideProposal], tuple[Unopened, ...]],
) -> Override | None:
    """The open proposal, how this person may answer it, and what was not opened."""
    if case.status != CaseStatus.AWAITING_APPROVAL:
        return None
    open_proposals = OverrideProposal.objects.filter(case=case, state=ProposalState.OPEN)
    proposal = open_proposals.select_related("proposed_by", "reason", "data_key").first()
    if proposal is None:
        return None
    return Override(
        proposal=proposal,
        is_mine=proposal.proposed_person_id == reader.person_id,
        refusal=permissions.why_not_answer(reader, proposal, now=now) or "",
        evidence_unchanged=evidence_digest(rows) == proposal.digest,
        changes=evidence_changes(case.pk, proposal.evidence, rows),
        unopened=unopened_of(proposal),
    )
