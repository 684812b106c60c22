"""Whether the automatic approval applies to a case, and what stops it. Pure."""

from collections.abc import Sequence

from compliance.enums import Environment
from compliance.facts import conflicts
from compliance.facts.sources import sources_of
from compliance.models import Case, Check, DeskPolicy, Finding
from compliance.routing.outcomes import current_checks, kinds_complete
from providers import Verdict

_ENVIRONMENTS = (Environment.LIVE, Environment.SIMULATOR)
LEAVES_CLEAN = frozenset({"environment", "edited"})
"""Codes of ``blocked_by`` that say nothing against the applicant: such a case only waits for a person's approval."""


def blocked_by(
    case: Case, checks: Sequence[Check], findings: Sequence[Finding], policy: DeskPolicy, *, is_edited: bool
) -> list[str]:
    """What stops the automatic approval, as codes; empty where it applies. Whether it is switched on is not looked at.

    ``environment``, ``checks`` (none), ``kinds`` (a required kind is missing), ``result:<provider>/<kind>`` (not
    positive), ``finding:<kind>:<about>`` (open, or resolved by a person), ``undecipherable:<fact>`` (stored, but cannot
    be decrypted), ``identity:<fact>`` (no source confirms it), ``edited`` (a person corrected data, or added or
    replaced a check), and ``escalated`` (answered or withdrawn).
    """
    current = current_checks(checks)
    not_positive = [check for check in current if check.provider_verdict != Verdict.POSITIVE]
    found = [f"result:{check.provider}/{check.kind}" for check in not_positive]
    found += [f"finding:{one.kind}:{one.about}" for one in findings if one.needs_review]
    found += [f"undecipherable:{one.about}" for one in conflicts.undecipherable(sources_of(case, current))]
    if case.environment not in _ENVIRONMENTS:
        found.append("environment")
    if not current:
        found.append("checks")
    elif not kinds_complete(current, policy):
        found.append("kinds")
    if unproven := conflicts.lacks_agreement(case, current):
        found.append(f"identity:{unproven}")
    if is_edited:
        found.append("edited")
    if case.escalation_id is not None and not case.question:
        found.append("escalated")
    return list(dict.fromkeys(found))
