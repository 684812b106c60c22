"""The decision panel: available verdicts, reasons why others are not, and a rejected form."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from compliance.case_page.unopened import Unopened
from compliance.enums import CaseStatus, DecisionVerdict, FindingKind, ProposalState, Queue, Ruling
from compliance.labels import RESULT_LABELS, provider_label
from compliance.models import Case, Check, Claim, Decision, Finding, OverrideProposal, ReasonCode, User
from compliance.queries import people
from compliance.queries.evidence_changes import evidence_changes
from compliance.queries.history import editors_of
from compliance.queries.policies import policy_table
from compliance.routing import outcomes, permissions, rulings, suggestions
from compliance.routing.evidence_digest import EvidenceRow, evidence_digest
from compliance.routing.history import Conflict, History, PastCheck, Rejection
from providers import Verdict

KEYS: dict[str, str] = {"approve": "a", "reject": "d", "request_retry": "t", "escalate": "e"}
VERDICTS = tuple(DecisionVerdict(verdict) for verdict in KEYS)
RECHECK_VERDICTS = (
    DecisionVerdict.CONFIRM,
    *(verdict for verdict in VERDICTS if verdict != DecisionVerdict.REQUEST_RETRY),
)
MOST_REASONS = 6
_HINTS: dict[DecisionVerdict, str] = {
    DecisionVerdict.APPROVE: "Closes the case",
    DecisionVerdict.REJECT: "Closes the case",
    DecisionVerdict.REQUEST_RETRY: "Case waits for a new attempt",
    DecisionVerdict.ESCALATE: "To a manager, with your question",
    DecisionVerdict.CONFIRM: "Keeps the decision",
}

_CONFLICTS: dict[str, str] = {
    FindingKind.DUPLICATE: "it may be a duplicate of another applicant's case",
    FindingKind.CONTRADICTION: "an accepted answer contains a negative word",
    FindingKind.IMPLAUSIBLE: "a date cannot be true",
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
    answer: str = field(default="", repr=False)
    """To an escalation."""
    error: str = ""
    error_field: str = ""
    changes: tuple[str, ...] = ()
    winner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One reason why a verdict needs a second person."""

    text: str
    case: int = 0
    """Number of the other case that it is about; 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """The open escalation, and the actions that this reader may take."""

    asker: str
    returns_to_asker: bool
    """An answer returns the case to the asker, unless that user was deactivated."""
    can_answer: bool
    can_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    verdicts: tuple[VerdictChoice, ...]
    reasons: tuple[ReasonCode, ...]
    """The suggested ones first."""
    suggested: tuple[str, ...]
    """Codes of the reasons that checks and findings suggest, the likeliest first."""
    seen: str
    seen_decision: str
    is_claimed_by_me: bool
    can_claim: bool
    claim_refusal: str
    why_two: tuple[Because, ...]
    """Why an approval needs a second person, apart from the current checks of the case."""
    why_two_to_reject: tuple[Because, ...]
    """The results of other cases over which this person cannot reject alone."""
    escalation: Escalation | None
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
    history: History,
    claim: Claim | None,
    rows: Sequence[EvidenceRow],
    findings: Sequence[Finding],
    *,
    reader: User,
    submitted: SubmittedForm,
    now: datetime,
) -> Panel:
    """The verdicts that this person may choose, with the reason where one is disabled."""
    newest = Decision.objects.filter(case=case).order_by("-decided_at", "-pk").values_list("pk", flat=True).first()
    is_mine = bool(claim and claim.person_id == reader.person_id)
    refusal = permissions.why_not_review(reader, case, claim, now=now)
    escalation = _escalation(case, claim, reader=reader, now=now)
    may_claim = escalation is None or escalation.can_answer
    reasons = list(ReasonCode.objects.filter(active=True))
    likely = suggestions.suggested(checks, findings, reasons)
    reasons.sort(key=lambda reason: likely.index(reason.code) if reason.code in likely else len(likely))
    return Panel(
        verdicts=_choices(case, checks, history, claim, reader=reader, now=now),
        reasons=tuple(reasons),
        suggested=likely,
        seen=evidence_digest(rows),
        seen_decision=str(newest or ""),
        is_claimed_by_me=is_mine,
        can_claim=refusal is None and may_claim and not is_mine and case.status == CaseStatus.IN_REVIEW,
        claim_refusal=refusal or permissions.why_not_past_escalation(reader, case, claim, now=now) or "",
        why_two=tuple(_why_two(history, reader)),
        why_two_to_reject=tuple(_why_two_to_reject(history, reader)),
        escalation=escalation,
        form=submitted,
    )


def _escalation(case: Case, claim: Claim | None, *, reader: User, now: datetime) -> Escalation | None:
    if not case.question:
        return None
    return Escalation(
        asker=case.escalated_by.label if case.escalated_by else "a colleague",
        returns_to_asker=case.escalated_by is not None and case.escalated_by.is_active,
        can_answer=permissions.why_not_answer_escalation(reader, case, claim, now=now) is None,
        can_withdraw=permissions.why_not_withdraw_escalation(reader, case) is None,
    )


def _choices(
    case: Case, checks: Sequence[Check], history: History, claim: Claim | None, *, reader: User, now: datetime
) -> tuple[VerdictChoice, ...]:
    table = policy_table()
    found = []
    for verdict in RECHECK_VERDICTS if case.queue == Queue.RECHECK else VERDICTS:
        refusal = permissions.why_not_rule(reader, case, verdict, history=history, claim=claim, table=table, now=now)
        ruling = rulings.case_ruling(case, history, verdict, table, person_id=reader.person_id)
        approval = ruling == Ruling.NEEDS_APPROVAL
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


def _why_two(history: History, reader: User) -> Iterator[Because]:
    """The rest is visible in the checks of the case."""
    for one in rulings.against_approval(history, reader.person_id)[:MOST_REASONS]:
        whose = _whose(one)
        number = 0 if one.is_own else one.case_id
        if isinstance(one, Conflict):
            what = _CONFLICTS.get(one.kind, "its sources contradict each other")
            text = f"KYC-{number} {whose}: {what}."
            yield Because(case=number, text=text if number else "A contradiction of a replaced check still counts.")
        elif isinstance(one, Rejection):
            yield Because(
                case=number,
                text=f"KYC-{number} {whose} was rejected." if number else "Two people rejected this case before.",
            )
        elif one in history.unread or (number and not one.has_result):
            yield Because(case=number, text=f"KYC-{number} {whose}{_without_result(one, history)}")
        elif number:
            result = RESULT_LABELS.get(one.provider_verdict, "unknown")
            yield Because(case=number, text=f"KYC-{number} {whose}: {provider_label(one.provider)} result {result}.")
        elif not one.is_current:
            yield Because(text=f"The replaced {provider_label(one.provider)} {one.kind} check still counts.")
        elif one.entered_by == reader.person_id:
            yield Because(text=f"You entered the {provider_label(one.provider)} {one.kind} check of this case.")
    if history.has_weighing_finding:
        yield Because(text="A finding of this case counts like a negative result.")


def _without_result(check: PastCheck, history: History) -> str:
    name = f"{provider_label(check.provider)} {check.kind} check"
    if check not in history.unread:
        return f" was closed before its {name} had a result."
    what = "an expired document or a corrected reference" if check.is_positive else "no positive result"
    return f": its {name} has {what}, and you entered all checks here."


def _why_two_to_reject(history: History, reader: User) -> Iterator[Because]:
    for one in history.passed_elsewhere(reader.person_id)[:MOST_REASONS]:
        result = f"{provider_label(one.provider)} result {RESULT_LABELS[one.provider_verdict]}"
        yield Because(case=one.case_id, text=f"KYC-{one.case_id} {_whose(one)}: {result}.")
    if any(check.is_own and check.counts for check in history.said) and history.passed_elsewhere(reader.person_id):
        yield Because(text="You entered the results of this case.")


def _whose(one: PastCheck | Conflict | Rejection) -> str:
    return "of this applicant" if one.is_same_applicant else "of an applicant counted as the same person"


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
        refusal=permissions.why_not_answer(
            reader,
            proposal,
            editors=editors_of(case.pk),
            now=now,
            depends_on_proposer=people.depends_on(reader, proposal.proposed_person_id),
        )
        or "",
        evidence_unchanged=evidence_digest(rows) == proposal.digest,
        changes=evidence_changes(case.pk, proposal.evidence, rows),
        unopened=unopened_of(proposal),
    )
