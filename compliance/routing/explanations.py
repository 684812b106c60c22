"""Why a case is in its queue, in words for list rows and pages: statuses, codes and names of facts, never a value."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from compliance.enums import FindingKind
from compliance.facts.plausibility import MINIMUM_AGE, Implausible
from compliance.labels import advice_for, provider_label
from compliance.models import Check, DeskPolicy, Finding
from compliance.routing.outcomes import kinds_complete, worst_check
from providers import Topic, Verdict, provider_names

LONGEST_HEAD = 160
LONGEST_DETAIL = 400
FACT_LABELS = {
    "full_name": "name", "birth_date": "birth date", "document_number": "document number", "nationality": "nationality",
    "sex": "sex", "document_expiry": "expiry date", "document_issue": "issue date", "birth_place": "birth place",
    "personal_number": "personal number", "tax_number": "tax number", "issuing_country": "issuing country",
    "birth_name": "name at birth",
}  # fmt: skip
"""Facts inside a sentence."""
TOPIC_LABELS = {Topic.FACE: "the face", Topic.LIVENESS: "liveness", Topic.DOCUMENT: "the document"}
_PLURALS = {
    "document_number": "document numbers", "nationality": "nationalities", "personal_number": "personal numbers",
    "tax_number": "tax numbers", "document_issue": "issue dates", "document_expiry": "expiry dates",
    "issuing_country": "issuing countries", "birth_name": "names at birth",
}  # fmt: skip
_CLAUSES = {
    FindingKind.EXPIRED: "the document has expired",
    FindingKind.MAY_BE_EXPIRED: "the document may have expired",
    FindingKind.CONTRADICTION: "an accepted answer contains a negative word",
    FindingKind.DUPLICATE: "another applicant may be the same person",
    FindingKind.UNDECIPHERABLE: "a stored value cannot be decrypted",
}


class Explanation(NamedTuple):
    """The two parts of a row's explanation; each fits its column of the case."""

    head: str = ""
    """The provider and its status: "PROVIDER declined"."""
    detail: str = ""
    """Its reasons: "62301 document counterfeit, 62304 face mismatch"."""


def explain_outcome(checks: Sequence[Check]) -> Explanation:
    """The status of the worst check and its first two reasons."""
    check = worst_check(checks)
    if check is None:
        return Explanation("No checks", "the case has no check yet")
    unrecognised = [reason for reason in check.reasons if not reason["recognised"]]
    label = provider_label(check.provider)
    if unrecognised and check.provider_verdict == Verdict.UNKNOWN:
        return Explanation(f"{label} unknown status “{unrecognised[0]['code'][:60]}”", "admins have been notified")
    shown = specific_reasons(check.reasons, check.status_word)
    detail = ", ".join(f"{reason['code']} {_in_passing(reason['summary'])}" for reason in shown[:2])
    return Explanation(provider_status(check)[:LONGEST_HEAD], detail[:LONGEST_DETAIL])


def specific_reasons(reasons: Sequence[Mapping[str, Any]], status_word: str) -> Sequence[Mapping[str, Any]]:
    """The reasons without those that only repeat the status; all where nothing else would be left."""
    general = {status_word, "null", *status_word.split(" / ")}
    return [reason for reason in reasons if reason["code"] not in general] or reasons


def explain_open_case(current: Sequence[Check], findings: Sequence[Finding]) -> Explanation:
    """The worst check, and the topics on which another check has the opposite result."""
    head, detail = explain_outcome(current)
    disagreements = [one for one in findings if one.kind == FindingKind.RESULTS_DISAGREE]
    also = "".join(f"; {clause(finding)}" for finding in disagreements)
    return Explanation(head, f"{detail[: LONGEST_DETAIL - len(also)]}{also}")


def explain_recheck(checks: Sequence[Check], *, was_approved: bool) -> Explanation:
    """The report that contradicts the decision."""
    head, detail = explain_outcome(checks)
    return Explanation(f"{head} after the {'approval' if was_approved else 'rejection'}"[:LONGEST_HEAD], detail)


def explain_late_finding(findings: Sequence[Finding]) -> Explanation:
    """A finding that is newer than the approval."""
    return Explanation("New finding after the approval", in_one_clause(findings)[:LONGEST_DETAIL])


def explain_sync_error(check: Check) -> Explanation:
    """Why a blocked check cannot be fetched."""
    advice = advice_for(check.sync.fault_detail, check.sync.fault_admin_action, is_admin=False)
    detail = _decapitalised(advice.text)
    return Explanation(f"{provider_label(check.provider)} sync error", detail[:LONGEST_DETAIL])


def explain_not_closed(
    current: Sequence[Check], findings: Sequence[Finding], policy: DeskPolicy, blockers: Sequence[str]
) -> Explanation:
    """Why the automatic approval does not close a case whose checks all passed. ``blockers``: the codes of
    ``automatic.blocked_by``."""
    if not kinds_complete(current, policy):
        missing = " and no ".join(sorted(set(policy.required_kinds) - {check.kind for check in current}))
        kinds = missing or "identity, document or database"
        return Explanation(f"All checks passed, but no {kinds} check", "add one or confirm")
    if review := [one for one in findings if one.needs_review]:
        return Explanation("All checks passed, but a review is needed", in_one_clause(review)[:LONGEST_DETAIL])
    about = {kind: what for kind, _, what in (code.partition(":") for code in reversed(blockers))}
    if unproven := about.get("identity"):
        detail = f"no source confirms the declared {FACT_LABELS[unproven]}"
        return Explanation("All checks passed, but a review is needed", detail)
    if provider := about.get("applicants"):
        detail = f"the checks of {provider_label(provider)} are about two of its applicants"
        return Explanation("All checks passed, but a review is needed", detail)
    if "unread" in about:
        return Explanation("All checks passed", "an answer contains a value that is not read; look at it and confirm")
    return Explanation("All checks passed", "no automatic approval for this case; confirm")


def needs_people() -> Explanation:
    """Why the automatic approval does not close a case whose checks passed and agree."""
    return Explanation("All checks passed, but a review is needed", "an earlier result of this applicant weighs")


def with_asker(head: str, asker: str) -> str:
    """The head of an escalated case, with the name of the colleague who asked."""
    asked = f", escalated by {asker}"
    return f"{head[: LONGEST_HEAD - len(asked)]}{asked}"


def provider_status(check: Check) -> str:
    """The provider and its own status word: "PROVIDER declined"."""
    return f"{provider_label(check.provider)} {check.status_word or check.outcome}"


def in_one_clause(findings: Sequence[Finding]) -> str:
    """All findings as one clause, those about facts together."""
    differing = dict.fromkeys(FACT_LABELS[one.about] for one in findings if one.kind == FindingKind.DIFFERS)
    unclear = dict.fromkeys(FACT_LABELS[one.about] for one in findings if one.kind == FindingKind.BY_EYE)
    others = dict.fromkeys(clause(one) for one in findings if one.kind not in (FindingKind.DIFFERS, FindingKind.BY_EYE))
    head = []
    if differing:
        head.append(f"the sources disagree on the {' and '.join(differing)}")
    if unclear:
        has = "has" if len(unclear) == 1 else "have"
        head.append(f"the {' and '.join(unclear)} {has} to be compared by eye")
    return ", and ".join([*head, *others])


def clause(finding: Finding) -> str:
    """A finding, neither of ``differs`` nor ``by_eye``, as a part of a sentence."""
    if finding.kind == FindingKind.VARIES:
        return f"{_PLURALS[finding.about]} differ"
    if finding.kind == FindingKind.IMPLAUSIBLE:
        if finding.detail["reason"] == Implausible.UNDER_AGE:
            return f"the applicant may be younger than {MINIMUM_AGE}"
        return f"the {FACT_LABELS[finding.about]} is not plausible"
    if finding.kind == FindingKind.RESULTS_DISAGREE:
        return f"providers disagree about {TOPIC_LABELS[Topic(finding.about)]}"
    return _CLAUSES[FindingKind(finding.kind)]


def _in_passing(sentence: str) -> str:
    """A sentence as part of another: without full stop and capital."""
    return _decapitalised(sentence.strip().removesuffix("."))


def _decapitalised(sentence: str) -> str:
    first, _, rest = sentence.partition(" ")
    # Acronyms and names of providers keep their capitals.
    names = {provider_label(name).split()[0] for name in provider_names()}
    if (not first[1:].islower() and len(first) > 1) or re.split("[’',:]", first)[0] in names:
        return sentence
    return f"{first.lower()} {rest}".strip()
