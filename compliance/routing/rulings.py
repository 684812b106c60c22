"""Whether a verdict is free, needs a second person, or is forbidden. The guards of the database hold the same rule."""

from collections.abc import Mapping

from compliance.enums import DecisionVerdict, Ruling
from compliance.models import Case
from compliance.routing.history import Conflict, History, PastCheck, Rejection
from providers import Outcome, Verdict

PROPOSABLE = frozenset(
    {DecisionVerdict.APPROVE, DecisionVerdict.REJECT, DecisionVerdict.REQUEST_RETRY, DecisionVerdict.VOID}
)
"""Verdicts that a second person can approve; no other verdict can be proposed."""
STRICTNESS: dict[Ruling, int] = {Ruling.FREE: 0, Ruling.NEEDS_APPROVAL: 1, Ruling.FORBIDDEN: 2}
PolicyTable = Mapping[tuple[str, str, str], Ruling]
"""(outcome, provider result, decision verdict) -> a ruling stricter than the default."""


def default_ruling(outcome: str, provider_verdict: str, verdict: str) -> Ruling:
    """The ruling for one check unless an admin made it stricter.

    Approval is free only where the check passed, or where the provider asked for a person without a negative result.
    """
    if verdict == DecisionVerdict.APPROVE:
        passed = outcome == Outcome.APPROVED and provider_verdict == Verdict.POSITIVE
        asked = outcome == Outcome.MANUAL_REVIEW and provider_verdict == Verdict.NONE
        return Ruling.FREE if passed or asked else Ruling.NEEDS_APPROVAL
    if verdict == DecisionVerdict.REJECT:
        return Ruling.NEEDS_APPROVAL if provider_verdict == Verdict.POSITIVE else Ruling.FREE
    return Ruling.FREE


def check_ruling(check: PastCheck, verdict: str, table: PolicyTable) -> Ruling:
    """The default, or the admin's policy rule where that is stricter."""
    default = default_ruling(check.outcome, check.provider_verdict, verdict)
    chosen = table.get((check.outcome, check.provider_verdict, verdict), default)
    return max(default, chosen, key=STRICTNESS.__getitem__)


def case_ruling(
    case: Case,
    history: History,
    verdict: str,
    table: PolicyTable,
    *,
    person_id: int | None = None,
) -> Ruling:
    """The ruling for the whole case, where this person gives the verdict; None is the system.

    An admin's stricter rule holds as soon as one check meets it. A verdict that needs a second person and cannot be
    proposed is forbidden.
    """
    if verdict == DecisionVerdict.CONFIRM:
        verdict = case.decision.verdict if case.decision else verdict
    rulings = [Ruling.NEEDS_APPROVAL if _needs_two(history, verdict, person_id) else Ruling.FREE]
    for check in history.weighing:
        chosen = check_ruling(check, verdict, table)
        rulings += [chosen] if chosen != default_ruling(check.outcome, check.provider_verdict, verdict) else []
    ruling = max(rulings, key=STRICTNESS.__getitem__)
    return Ruling.FORBIDDEN if ruling == Ruling.NEEDS_APPROVAL and verdict not in PROPOSABLE else ruling


def _needs_two(history: History, verdict: str, person_id: int | None) -> bool:
    """As ``compliance_needs_two`` of the database."""
    if verdict == DecisionVerdict.APPROVE:
        is_without = not history.weighing
        return is_without or history.has_weighing_finding or bool(against_approval(history, person_id))
    if verdict == DecisionVerdict.REJECT:
        return history.is_over_positive(person_id)
    if verdict == DecisionVerdict.REQUEST_RETRY:
        return history.retries > 0 and history.is_over_positive(person_id)
    if verdict == DecisionVerdict.VOID:
        return any(check.has_result for check in history.own)
    return False


def against_approval(history: History, person_id: int | None) -> tuple[PastCheck | Rejection | Conflict, ...]:
    """The checks, rejections and contradictions over which this person cannot approve alone."""
    own = (
        check
        for check in history.weighing
        if not check.is_current
        or default_ruling(check.outcome, check.provider_verdict, DecisionVerdict.APPROVE) != Ruling.FREE
        or (person_id is not None and check.entered_by == person_id)
    )
    unread = history.unread_before(person_id) if history.weighing else ()
    return (*own, *history.elsewhere, *unread, *history.rejections, *history.conflicts)
