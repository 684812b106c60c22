"""Placement of a case by its checks: status, queue, priority, and automatic closing. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from compliance.default_policies import TERMS
from compliance.enums import CaseStatus, DecisionVerdict, FindingState, Priority, Queue, SyncState
from compliance.models import Case, Check, DeskPolicy, Finding
from compliance.routing import automatic, explanations
from compliance.routing.explanations import Explanation
from compliance.routing.outcomes import case_outcome, current_checks
from providers import Outcome, provider_class, provider_names

QUEUE_OF: dict[Outcome, Queue] = {
    Outcome.DECLINED: Queue.DECLINED,
    Outcome.MANUAL_REVIEW: Queue.MANUAL_REVIEW,
    Outcome.RETRY_REQUIRED: Queue.RETRY_REQUIRED,
    Outcome.INCOMPLETE: Queue.INCOMPLETE,
}
NOTHING = Explanation()
RISES = {Priority.READY: Priority.NORMAL, Priority.NORMAL: Priority.RECHECK}
RISES_AFTER = 3
"""Times its SLA after which a case rises one level. Fraud, coercion and escalations stay before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    outcome: str
    status: CaseStatus
    queue: Queue | None = None
    priority: Priority = Priority.NORMAL
    why: Explanation = NOTHING
    close: bool = False
    """The system closes it as approved."""

    @property
    def supposes_one_person(self) -> bool:
        """Whether the placement is wrong if an approval needs a second person. One with an open proposal has it."""
        return self.close or (self.queue == Queue.READY and self.status == CaseStatus.IN_REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known about a case besides its checks."""

    policy: DeskPolicy
    findings: Sequence[Finding] = ()
    """Open and resolved ones."""
    is_edited: bool = False
    """A person resolved a finding, corrected data, or added or replaced a check."""


def place_case(case: Case, checks: Sequence[Check], known: Known, *, now: datetime) -> Placement:
    """The placement. ``checks`` are loaded with their ``sync`` and ``account``; replaced ones are left out."""
    current = current_checks(checks)
    outcome = case_outcome(current)
    if case.status == CaseStatus.DECIDED:
        return _decided(case, current, outcome, known.findings)
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return _unchanged(case, outcome)
    if case.question:
        return _escalated(case, checks, outcome, known)
    if case.queue == Queue.RECHECK:
        return _recheck(case, current, outcome)
    if case.retry_until and case.retry_until > now and not _retry_answered(case, current):
        return _sync_error(current, outcome) or Placement(outcome=outcome, status=CaseStatus.WAITING)
    return _open(case, checks, outcome, known)


def _unchanged(case: Case, outcome: str) -> Placement:
    return Placement(
        outcome=outcome,
        status=CaseStatus(case.status),
        queue=Queue(case.queue) if case.queue else None,
        priority=Priority(case.priority),
        why=Explanation(case.why_head, case.why),
    )


def _decided(case: Case, current: Sequence[Check], outcome: str, findings: Sequence[Finding]) -> Placement:
    fresh = [check for check in current if check.report_seq > case.handled_report_seq]
    verdict = case.decision.verdict if case.decision else ""
    contradicted = (verdict == DecisionVerdict.APPROVE and any(check.outcome in QUEUE_OF for check in fresh)) or (
        verdict == DecisionVerdict.REJECT and fresh and outcome == Outcome.APPROVED
    )
    if contradicted:
        return _recheck(case, fresh, outcome)
    late = [one for one in findings if _is_late(one, case)]
    if verdict == DecisionVerdict.APPROVE and late:
        why = explanations.explain_late_finding(late)
        return replace(_recheck(case, fresh, outcome), why=why)
    return Placement(outcome=outcome, status=CaseStatus.DECIDED)


def _is_late(finding: Finding, case: Case) -> bool:
    """Whether an automatic approval did not know of this finding. A later case of perhaps the same person is not among
    them: it is reviewed there."""
    if case.decision is None or case.decision.by_id or case.decided_at is None:
        return False
    is_new = finding.weighs and finding.state == FindingState.OPEN and finding.found_at > case.decided_at
    return is_new and finding.detail.get("case", 0) < case.pk


def _recheck(case: Case, reported: Sequence[Check], outcome: str) -> Placement:
    """A report contradicts the decision: only a person's confirmation or new decision leads out of this queue."""
    was_approved = bool(case.decision and case.decision.verdict == DecisionVerdict.APPROVE)
    return Placement(
        outcome=outcome,
        status=CaseStatus.IN_REVIEW,
        queue=Queue.RECHECK,
        priority=_priority(reported, Priority.RECHECK),
        why=explanations.explain_recheck(reported, was_approved=was_approved),
    )


def _escalated(case: Case, checks: Sequence[Check], outcome: str, known: Known) -> Placement:
    """The queue of its checks, with the highest priority: only an answer ends an escalation."""
    current = current_checks(checks)
    is_recheck = case.queue == Queue.RECHECK
    where = _recheck(case, current, outcome) if is_recheck else _open(case, checks, outcome, known)
    head, detail = where.why if where.queue else (explanations.explain_outcome(current).head, "")
    return replace(
        where,
        status=CaseStatus.IN_REVIEW,
        queue=where.queue or Queue.MANUAL_REVIEW,
        priority=Priority.ESCALATED,
        why=_with_asker(case, Explanation(head, detail)),
        close=False,
    )


def _with_asker(case: Case, why: Explanation) -> Explanation:
    asker = case.escalated_by.label if case.escalated_by else ""
    return Explanation(explanations.with_asker(why.head, asker), why.detail)


def _retry_answered(case: Case, current: Sequence[Check]) -> bool:
    """Whether a later report needs a person, or all checks have passed since the request."""
    fresh = [check for check in current if check.report_seq > case.handled_report_seq]
    if any(check.outcome in QUEUE_OF for check in fresh):
        return True
    return bool(fresh) and all(check.outcome == Outcome.APPROVED for check in current)


def _open(case: Case, checks: Sequence[Check], outcome: str, known: Known) -> Placement:
    current = current_checks(checks)
    if outcome and (queue := QUEUE_OF.get(Outcome(outcome))):
        return Placement(
            outcome=outcome,
            status=CaseStatus.IN_REVIEW,
            queue=queue,
            priority=_priority(current),
            why=explanations.explain_open_case(current, known.findings),
        )
    if placement := _sync_error(current, outcome):
        return placement
    if outcome != Outcome.APPROVED:
        return Placement(outcome=outcome, status=CaseStatus.WAITING)
    if case.duplicates_due:
        return Placement(outcome=outcome, status=CaseStatus.WAITING)
    blockers = automatic.blocked_by(case, checks, known.findings, known.policy, is_edited=known.is_edited)
    if known.policy.auto_close and not blockers:
        return Placement(outcome=outcome, status=CaseStatus.WAITING, close=True)
    return _passed(case, current, outcome, known, blockers)


def _passed(case: Case, current: Sequence[Check], outcome: str, known: Known, blockers: Sequence[str]) -> Placement:
    """All checks passed, and a person has to confirm or to look."""
    is_clean = automatic.leaves_clean(blockers)
    return Placement(
        outcome=outcome,
        status=CaseStatus.IN_REVIEW,
        queue=Queue.READY if is_clean else Queue.MANUAL_REVIEW,
        priority=Priority.READY if is_clean else Priority.NORMAL,
        why=explanations.explain_not_closed(current, known.findings, known.policy, blockers),
    )


def wait_for_people(case: Case, found: Placement) -> Placement:
    """The placement where the automatic approval would apply, but a ruling needs people."""
    why, priority = explanations.needs_people(), Priority.NORMAL
    if case.question:
        why, priority = _with_asker(case, why), Priority.ESCALATED
    return replace(
        found, status=CaseStatus.IN_REVIEW, queue=Queue.MANUAL_REVIEW, priority=priority, why=why, close=False
    )


def _sync_error(current: Sequence[Check], outcome: str) -> Placement | None:
    blocked = next((check for check in current if check.sync.state == SyncState.BLOCKED), None)
    if blocked is None:
        return None
    return Placement(
        outcome=outcome,
        status=CaseStatus.IN_REVIEW,
        queue=Queue.UNREADABLE,
        why=explanations.explain_sync_error(blocked),
    )


def _priority(checks: Iterable[Check], at_least: Priority = Priority.NORMAL) -> Priority:
    severe = any(is_severe(check, reason) for check in checks for reason in check.reasons if check.outcome in QUEUE_OF)
    return max(at_least, Priority.SEVERE if severe else Priority.NORMAL)


def is_severe(check: Check, reason: Mapping[str, object]) -> bool:
    """Whether a reason means fraud, coercion or a deceased person, by the code table of its provider."""
    return check.provider in provider_names() and provider_class(check.provider).is_severe(str(reason.get("code")))


def risen(priority: Priority, entered_at: datetime, due_at: datetime, *, now: datetime) -> Priority:
    """The priority of a case in its queue, one level higher after three times its SLA, so that none starves."""
    sla = due_at - entered_at
    is_long_overdue = sla > timedelta(0) and now >= entered_at + RISES_AFTER * sla
    return RISES.get(priority, priority) if is_long_overdue else priority


def due_after(queue: Queue, hours: Mapping[str, int]) -> timedelta:
    """How long a case may be in a queue before it is overdue."""
    return timedelta(hours=hours.get(queue, TERMS[queue]))
