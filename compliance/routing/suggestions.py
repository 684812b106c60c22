"""The reasons for a decision that the codes of providers and the findings of a case suggest. Pure."""

from collections.abc import Iterator, Sequence

from compliance.enums import FindingKind
from compliance.facts.plausibility import Implausible
from compliance.models import Check, Finding, ReasonCode
from compliance.routing.outcomes import current_checks
from providers import WORST_FIRST, Outcome, Verdict, code_table

OF_GROUP: dict[str, tuple[str, ...]] = {
    "document capture": ("RTY-01",),
    "document reading": ("RTY-01",),
    "liveness capture": ("RTY-01",),
    "facial analysis": ("RTY-01",),
    "input": ("RTY-02",),
    "last step": ("RTY-04",),
    "technical": ("RTY-04",),
    "whole verification": ("RTY-04",),
}
"""Group of a code -> reasons that it suggests, where its own row suggests none."""
_ABOUT_A_PERSON = frozenset(("full_name", "birth_date", "document_number", "sex", "nationality", "personal_number"))


def suggested(checks: Sequence[Check], findings: Sequence[Finding], reasons: Sequence[ReasonCode]) -> tuple[str, ...]:
    """Codes of the suggested reasons, the likeliest first: those of the worst check, then of the findings.

    ``reasons`` are the active ones; their ``suggested_by`` replaces what the code tables suggest.
    """
    active = {reason.code for reason in reasons}
    of_admins: dict[str, list[str]] = {}
    for reason in reasons:
        for code in reason.suggested_by:
            of_admins.setdefault(code, []).append(reason.code)
    order = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}
    current = sorted(current_checks(checks), key=lambda check: order[Outcome(check.outcome)])
    found = [code for check in current for code in _of_check(check, of_admins)]
    review = [finding for finding in findings if finding.needs_review]
    found += [code for finding in review for code in _of_finding(finding)]
    if current and not review and all(check.provider_verdict == Verdict.POSITIVE for check in current):
        found.append("OK-01")
    return tuple(dict.fromkeys(code for code in found if code in active))


def _of_check(check: Check, of_admins: dict[str, list[str]]) -> Iterator[str]:
    """A positive check suggests nothing, even where its codes explain something."""
    if check.provider_verdict == Verdict.POSITIVE:
        return
    table = code_table(check.provider)
    for reason in check.reasons:
        chosen = of_admins.get(f"{check.provider}:{reason['code']}")
        yield from chosen or table.suggests(reason["code"]) or OF_GROUP.get(reason.get("group", "").lower(), ())


def _of_finding(finding: Finding) -> tuple[str, ...]:
    match finding.kind:
        case FindingKind.DIFFERS if finding.about in _ABOUT_A_PERSON:
            return ("REJ-01", "OK-03")
        case FindingKind.BY_EYE if finding.about == "full_name":
            return ("OK-03", "REJ-01")
        case FindingKind.EXPIRED | FindingKind.MAY_BE_EXPIRED:
            return ("REJ-03", "RTY-03")
        case FindingKind.IMPLAUSIBLE if finding.detail.get("reason") == Implausible.UNDER_AGE:
            return ("REJ-05",)
    return ()
