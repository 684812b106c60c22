"""Placement of a case by its checks: status, queue, priority, and automatic closing. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils import timezone

from compliance.default_policies import TERMS
from compliance.enums import CaseStatus, DecisionVerdict, Environment, Priority, Queue, SyncState
from compliance.facts import conflicts
from compliance.models import Case, Check, DeskPolicy
from compliance.routing import explanations
from compliance.routing.explanations import Explanation
from compliance.routing.outcomes import case_outcome, current_checks, kinds_complete
from providers import Outcome, Verdict, provider_class, provider_names

QUEUE_OF: dict[Outcome, Queue] = {
    Outcome.DECLINED: Queue.DECLINED,
    Outcome.MANUAL_REVIEW: Queue.MANUAL_REVIEW,
    Outcome.RETRY_REQUIRED: Queue.RETRY_REQUIRED,
    Outcome.INCOMPLETE: Queue.INCOMPLETE,
}
NOTHING = Explanation()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    outcome: str
    status: CaseStatus
    queue: Queue | None = None
    priority: Priority = Priority.NORMAL
    why: Explanation = NOTHING
    close: bool = False
    """The system closes it as approved."""


def place_case(case: Case, checks: Sequence[Check], policy: DeskPolicy, *, now: datetime) -> Placement:
    """The placement. ``checks`` are loaded with their ``sync`` and ``account``; replaced ones are left out."""
    current = current_checks(checks)
    outcome = case_outcome(current)
    if case.status == CaseStatus.DECIDED:
        return _decided(case, current, outcome)
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return _unchanged(case, outcome)
    if case.question:
        return _escalated(case, current, outcome, policy, now=now)
    if case.queue == Queue.RECHECK:
        return _recheck(case, current, outcome)
    if case.retry_until and case.retry_until > now and not _retry_answered(case, current):
        return _sync_error(current, outcome) or Placement(outcome=outcome, status=CaseStatus.WAITING)
    return _open(case, checks, outcome, policy, now=now)


def _unchanged(case: Case, outcome: str) -> Placement:
    return Placement(
        outcome=outcome,
        status=CaseStatus(case.status),
        queue=Queue(case.queue) if case.queue else None,
        priority=Priority(case.priority),
        why=Explanation(case.why_head, case.why),
    )


def _decided(case: Case, current: Sequence[Check], outcome: str) -> Placement:
    fresh = [check for check in current if check.report_seq > case.handled_report_seq]
    verdict = case.decision.verdict if case.decision else ""
    contradicted = (verdict == DecisionVerdict.APPROVE and any(check.outcome in QUEUE_OF for check in fresh)) or (
        verdict == DecisionVerdict.REJECT and fresh and outcome == Outcome.APPROVED
    )
    if not contradicted:
        return Placement(outcome=outcome, status=CaseStatus.DECIDED)
    return _recheck(case, fresh, outcome)


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


def _escalated(case: Case, current: Sequence[Check], outcome: str, policy: DeskPolicy, *, now: datetime) -> Placement:
    """The queue of its checks, with the highest priority: only an answer ends an escalation."""
    recheck = case.queue == Queue.RECHECK
    where = _recheck(case, current, outcome) if recheck else _open(case, current, outcome, policy, now=now)
    head, detail = where.why if where.queue else (explanations.explain_outcome(current).head, "")
    asker = case.escalated_by.label if case.escalated_by else ""
    return replace(
        where,
        status=CaseStatus.IN_REVIEW,
        queue=where.queue or Queue.MANUAL_REVIEW,
        priority=Priority.ESCALATED,
        why=Explanation(explanations.with_asker(head, asker), detail),
        close=False,
    )


def _retry_answered(case: Case, current: Sequence[Check]) -> bool:
    """Whether a later report needs a person, or all checks have passed since the request."""
    fresh = [check for check in current if check.report_seq > case.handled_report_seq]
    if any(check.outcome in QUEUE_OF for check in fresh):
        return True
    return bool(fresh) and all(check.outcome == Outcome.APPROVED for check in current)


def _open(case: Case, checks: Sequence[Check], outcome: str, policy: DeskPolicy, *, now: datetime) -> Placement:
    current = current_checks(checks)
    today = timezone.localdate(now)
    if outcome and (queue := QUEUE_OF.get(Outcome(outcome))):
        return Placement(
            outcome=outcome,
            status=CaseStatus.IN_REVIEW,
            queue=queue,
            priority=_priority(current),
            why=explanations.explain_open_case(current),
        )
    if placement := _sync_error(current, outcome):
        return placement
    if outcome != Outcome.APPROVED:
        return Placement(outcome=outcome, status=CaseStatus.WAITING)
    if system_may_close(case, checks, policy, today=today):
        return Placement(outcome=outcome, status=CaseStatus.WAITING, close=True)
    return Placement(
        outcome=outcome,
        status=CaseStatus.IN_REVIEW,
        queue=Queue.MANUAL_REVIEW,
        why=explanations.explain_not_closed(case, current, policy, today=today),
    )


def wait_for_people(found: Placement) -> Placement:
    """The placement where the automatic approval would apply, but a ruling needs people."""
    why = explanations.needs_people()
    return replace(found, status=CaseStatus.IN_REVIEW, queue=Queue.MANUAL_REVIEW, why=why, close=False)


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


def system_may_close(case: Case, checks: Sequence[Check], policy: DeskPolicy, *, today: date) -> bool:
    """Whether the automatic approval applies: policy on, all kinds present, every check positive, no conflict, and no
    document that expired before ``today`` (in ``TIME_ZONE``); in live and simulator environments only."""
    current = current_checks(checks)
    return (
        policy.auto_close
        and case.environment in (Environment.LIVE, Environment.SIMULATOR)
        and all(check.provider_verdict == Verdict.POSITIVE for check in current)
        and not any(check.entered_by_id for check in checks)
        and kinds_complete(current, policy)
        and not conflicts.found(case, current, today=today)
    )


def due_after(queue: Queue, hours: Mapping[str, int]) -> timedelta:
    """How long a case may be in a queue before it is overdue."""
    return timedelta(hours=hours.get(queue, TERMS[queue]))
