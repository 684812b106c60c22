"""Whether a verdict is free, needs a second person, or is forbidden."""

from collections.abc import Iterable, Mapping

from compliance.enums import DecisionVerdict, Ruling
from compliance.models import Case, Check
from providers import Outcome, Verdict

PROPOSABLE = frozenset({DecisionVerdict.APPROVE, DecisionVerdict.REJECT})
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


def check_ruling(check: Check, verdict: str, table: PolicyTable) -> Ruling:
    """The default, or the admin's policy rule where that is stricter."""
    default = default_ruling(check.outcome, check.provider_verdict, verdict)
    chosen = table.get((check.outcome, check.provider_verdict, verdict), default)
    return max(default, chosen, key=STRICTNESS.__getitem__)


def case_ruling(case: Case, checks: Iterable[Check], verdict: str, table: PolicyTable) -> Ruling:
    """The ruling for the whole case: approval takes the strictest check, rejection needs one that is not positive.

    An admin's stricter rule holds as soon as one check meets it. A verdict that needs a second person and cannot be
    proposed is forbidden.
    """
    if verdict == DecisionVerdict.CONFIRM:
        verdict = case.decision.verdict if case.decision else verdict
    current = [check for check in checks if check.superseded_by_id is None or check.still_weighs]
    defaults = [default_ruling(check.outcome, check.provider_verdict, verdict) for check in current]
    unchecked = Ruling.NEEDS_APPROVAL if verdict == DecisionVerdict.APPROVE else Ruling.FREE
    pick = min if verdict == DecisionVerdict.REJECT else max
    rulings = [pick(defaults, key=STRICTNESS.__getitem__, default=unchecked)]
    for check, default in zip(current, defaults, strict=True):
        chosen = check_ruling(check, verdict, table)
        rulings += [chosen] if chosen != default else []
    ruling = max(rulings, key=STRICTNESS.__getitem__)
    return Ruling.FORBIDDEN if ruling == Ruling.NEEDS_APPROVAL and verdict not in PROPOSABLE else ruling
