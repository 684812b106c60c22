"""Whether the automatic approval applies to a case, and what stops it. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from compliance.enums import Environment
from compliance.facts import conflicts
from compliance.facts.sources import sources_of
from compliance.models import Case, Check, DeskPolicy, Finding
from compliance.routing.outcomes import current_checks, kinds_complete
from providers import Verdict

_ENVIRONMENTS = (Environment.LIVE, Environment.SIMULATOR)
_LEAVES_CLEAN = frozenset({"environment", "edited", "unread"})
NEVER_JUDGED = "answer"
"""Stands for the path in ``unread:``: a release before this one stored the answer, its next read judges it."""


def blocked_by(
    case: Case, checks: Sequence[Check], findings: Sequence[Finding], policy: DeskPolicy, *, is_edited: bool
) -> list[str]:
    """What stops the automatic approval, as codes; empty where it applies. Whether it is switched on is not looked at.

    ``environment``, ``checks`` (none), ``kinds`` (a required kind is missing), ``result:<provider>/<kind>`` (not
    positive), ``finding:<kind>:<about>`` (open, or resolved by a person), ``undecipherable:<fact>`` (stored, but cannot
    be decrypted), ``identity:<fact>`` (no source confirms it), ``applicants:<provider>`` (its checks name two persons),
    ``unread:<path>`` (a value that nobody understands), ``edited`` (a person corrected data, or added or replaced a
    check), and ``escalated`` (answered or withdrawn).
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
    found += [f"applicants:{provider}" for provider in two_applicants(current)]
    found += [f"unread:{path}" for check in current for path in unread_paths(check)]
    if is_edited:
        found.append("edited")
    if case.escalation_id is not None and not case.question:
        found.append("escalated")
    return list(dict.fromkeys(found))


def leaves_clean(blockers: Iterable[str]) -> bool:
    """Whether nothing of ``blocked_by`` speaks against the applicant: the case only waits for a person's approval."""
    return all(code.partition(":")[0] in _LEAVES_CLEAN for code in blockers)


def unread_paths(check: Check) -> Sequence[str]:
    """Paths of values in an accepted answer that are not read; ``NEVER_JUDGED`` where that is not known."""
    if check.provider_verdict != Verdict.POSITIVE:
        return ()
    paths: Sequence[str] = check.facts.get("unread", (NEVER_JUDGED,))
    return paths


def two_applicants(current: Iterable[Check]) -> Iterator[str]:
    """Providers whose checks name different persons by their own ids, in one account."""
    ids: dict[tuple[str, object], set[str]] = {}
    for check in current:
        ids.setdefault((check.provider, check.account_id), set()).add(check.facts.get("applicant_id", ""))
    yield from dict.fromkeys(provider for (provider, _), found in ids.items() if len(found - {""}) > 1)
