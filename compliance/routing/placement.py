"""Answers, no writes: where a case stands, who may do what, what needs a second person.

A refusal is a sentence or None. The same sentence disables the button, stands below it, and is raised by the verb.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from compliance.enums import (
    CaseStatus,
    DecisionVerdict,
    DocumentState,
    Environment,
    EventType,
    Priority,
    Queue,
    Ruling,
    SyncState,
)
from compliance.facts import conflicts
from compliance.labels import KIND_LABELS
from compliance.labels import provider_label as provider_label
from compliance.models import Case, Check, Claim, Decision, DeskPolicy, Document, Event, OverrideProposal, User
from providers import Kind, Outcome, Verdict, provider_names

WORST_FIRST: tuple[Outcome, ...] = (
    Outcome.DECLINED,
    Outcome.MANUAL_REVIEW,
    Outcome.RETRY_REQUIRED,
    Outcome.INCOMPLETE,
    Outcome.IN_PROGRESS,
    Outcome.PENDING,
    Outcome.APPROVED,
)
QUEUE_OF: dict[Outcome, Queue] = {
    Outcome.DECLINED: Queue.DECLINED,
    Outcome.MANUAL_REVIEW: Queue.MANUAL_REVIEW,
    Outcome.RETRY_REQUIRED: Queue.RETRY_REQUIRED,
    Outcome.INCOMPLETE: Queue.INCOMPLETE,
}
DEFAULT_HOURS: dict[Queue, int] = {
    Queue.DECLINED: 24,
    Queue.MANUAL_REVIEW: 8,
    Queue.RETRY_REQUIRED: 72,
    Queue.INCOMPLETE: 72,
    Queue.RECHECK: 4,
    Queue.UNREADABLE: 24,
}
GRAVE_GROUPS = frozenset({"identity fraud", "deceased", "fraud", "face attack"})
GRAVE_CODES = frozenset({"62403", "LIVENESS_ATTACK", "NUMBER_DECEASED", "RISK_STRATEGY_HIT"})
"""Codes that go before the rest although their group does not say so: coercion, attack, deceased, risk rules."""
CLOSING_KINDS = frozenset({Kind.IDENTITY, Kind.DOCUMENT, Kind.DATABASE})
PROPOSABLE = frozenset({DecisionVerdict.APPROVE, DecisionVerdict.REJECT})
"""What a second person can approve; a proposal of anything else does not exist."""
ASKED = ", escalated by "
"""Stands between what the providers say and who asked."""
THERE = "copied"
"""What the evidence says of a picture or file that is there."""
STRICTNESS: dict[Ruling, int] = {Ruling.FREE: 0, Ruling.NEEDS_APPROVAL: 1, Ruling.FORBIDDEN: 2}
PolicyTable = Mapping[tuple[str, str, str], Ruling]
"""(outcome, provider verdict, decision verdict) -> a ruling stricter than the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a case belongs, given its checks."""

    outcome: str
    status: CaseStatus
    queue: Queue | None = None
    priority: Priority = Priority.NORMAL
    why_head: str = ""
    why: str = ""
    close: bool = False
    """The system closes it as approved."""


# --- where a case stands -------------------------------------------------------------------------------------------


def case_outcome(checks: Iterable[Check]) -> str:
    """The worst outcome of the current checks; empty without checks."""
    outcomes = {check.outcome for check in checks if check.superseded_by_id is None}
    return next((outcome.value for outcome in WORST_FIRST if outcome in outcomes), "")


def settled_status(case: Case, checks: Sequence[Check], policy: DeskPolicy, *, now: datetime) -> Standing:
    """Where the case belongs. ``checks`` come with their ``sync`` and ``account``; superseded ones are left out."""
    current = [check for check in checks if check.superseded_by_id is None]
    outcome = case_outcome(current)
    if case.status == CaseStatus.DECIDED:
        return _decided(case, current, outcome)
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return _keep(case, outcome)
    if case.question:
        return _escalated(case, current, outcome, policy, now=now)
    if case.queue == Queue.RECHECK:
        return _recheck(case, current, outcome)
    if case.retry_until and case.retry_until > now and not _retry_answered(case, current):
        return _unreadable(current, outcome) or Standing(outcome=outcome, status=CaseStatus.WAITING)
    return _open(case, checks, outcome, policy, now=now)


def _keep(case: Case, outcome: str) -> Standing:
    return Standing(
        outcome=outcome,
        status=CaseStatus(case.status),
        queue=Queue(case.queue) if case.queue else None,
        priority=Priority(case.priority),
        why_head=case.why_head,
        why=case.why,
    )


def _decided(case: Case, current: Sequence[Check], outcome: str) -> Standing:
    fresh = [check for check in current if check.report_seq > case.handled_report_seq]
    standing = case.decision.verdict if case.decision else ""
    contradicted = (standing == DecisionVerdict.APPROVE and any(check.outcome in QUEUE_OF for check in fresh)) or (
        standing == DecisionVerdict.REJECT and fresh and outcome == Outcome.APPROVED
    )
    if not contradicted:
        return Standing(outcome=outcome, status=CaseStatus.DECIDED)
    return _recheck(case, fresh, outcome)


def _recheck(case: Case, told: Sequence[Check], outcome: str) -> Standing:
    """The standing decision is in doubt; a person confirms it or rules anew, nothing else leads out."""
    ruled = "approval" if case.decision and case.decision.verdict == DecisionVerdict.APPROVE else "rejection"
    why = _why(told)
    return Standing(
        outcome=outcome,
        status=CaseStatus.IN_REVIEW,
        queue=Queue.RECHECK,
        priority=_priority(told, Priority.RECHECK),
        why_head=f"{why['why_head']} after the {ruled}"[:160],
        why=why["why"],
    )


def _escalated(case: Case, current: Sequence[Check], outcome: str, policy: DeskPolicy, *, now: datetime) -> Standing:
    """Where the case would stand anyway, before all others: nothing but an answer ends a question."""
    recheck = case.queue == Queue.RECHECK
    where = _recheck(case, current, outcome) if recheck else _open(case, current, outcome, policy, now=now)
    asked = "".join(case.why_head.partition(ASKED)[1:])
    head = where.why_head or _why(current)["why_head"]
    return replace(
        where,
        status=CaseStatus.IN_REVIEW,
        queue=where.queue or Queue.MANUAL_REVIEW,
        priority=Priority.ESCALATED,
        why_head=f"{head[: 160 - len(asked)]}{asked}",
        close=False,
    )


def _retry_answered(case: Case, current: Sequence[Check]) -> bool:
    """Whether what came after the request calls for a person, or everything has passed by now."""
    fresh = [check for check in current if check.report_seq > case.handled_report_seq]
    if any(check.outcome in QUEUE_OF for check in fresh):
        return True
    return bool(fresh) and all(check.outcome == Outcome.APPROVED for check in current)


def _open(case: Case, checks: Sequence[Check], outcome: str, policy: DeskPolicy, *, now: datetime) -> Standing:
    current = [check for check in checks if check.superseded_by_id is None]
    today = timezone.localdate(now)
    if outcome and (queue := QUEUE_OF.get(Outcome(outcome))):
        why = _why(current)
        return Standing(
            outcome=outcome,
            status=CaseStatus.IN_REVIEW,
            queue=queue,
            priority=_priority(current),
            why_head=why["why_head"],
            why=_and_disagreements(why["why"], current),
        )
    if unreadable := _unreadable(current, outcome):
        return unreadable
    if outcome != Outcome.APPROVED:
        return Standing(outcome=outcome, status=CaseStatus.WAITING)
    if system_may_close(case, checks, policy, today=today):
        return Standing(outcome=outcome, status=CaseStatus.WAITING, close=True)
    return Standing(
        outcome=outcome,
        status=CaseStatus.IN_REVIEW,
        queue=Queue.MANUAL_REVIEW,
        why_head="Every check passed",
        why=_why_not_closed(case, current, policy, today=today),
    )


def _and_disagreements(why: str, current: Sequence[Check]) -> str:
    """The loudest check speaks; that another one says the opposite must not get lost."""
    also = "".join(f"; {conflict.why}" for conflict in conflicts.between_verdicts(current))
    return f"{why[: 400 - len(also)]}{also}"


def _why_not_closed(case: Case, current: Sequence[Check], policy: DeskPolicy, *, today: date) -> str:
    """What keeps the desk from closing a case that passed, as the second half of a sentence."""
    if not kinds_complete(current, policy):
        missing = " and ".join(sorted(set(policy.required_kinds) - {check.kind for check in current}))
        wanted = missing or "identity, document or database"
        return f"but a check of kind {wanted} is missing; a person adds it or confirms"
    if found := conflicts.found(case, current, today=today):
        return f"but {_in_one_clause(found)}; a person looks"
    return "the desk does not close this case by itself; a person confirms"


def _in_one_clause(found: Sequence[conflicts.Conflict]) -> str:
    """What is wrong, the facts together."""
    facts = [conflict for conflict in found if conflict.about in conflicts.FACTS]
    others = dict.fromkeys(conflict.why for conflict in found if conflict.about not in conflicts.FACTS)
    head = []
    if differing := [conflicts.FACTS[one.about] for one in facts if one.is_certain]:
        head.append(conflicts.disagreement(differing))
    if unclear := [conflicts.FACTS[one.about] for one in facts if not one.is_certain]:
        head.append(conflicts.by_eye(unclear))
    return ", and ".join([*head, *others])


def _unreadable(current: Sequence[Check], outcome: str) -> Standing | None:
    blocked = [check for check in current if check.sync.state == SyncState.BLOCKED]
    if not blocked:
        return None
    check = blocked[0]
    return Standing(
        outcome=outcome,
        status=CaseStatus.IN_REVIEW,
        queue=Queue.UNREADABLE,
        why_head=f"{provider_label(check.provider)} cannot be read",
        why=_decapitalised(check.sync.fault_detail)[:400],
    )


def _priority(checks: Iterable[Check], at_least: Priority = Priority.NORMAL) -> Priority:
    grave = any(is_grave(reason) for check in checks for reason in check.reasons if check.outcome in QUEUE_OF)
    return max(at_least, Priority.GRAVE if grave else Priority.NORMAL)


def is_grave(reason: Mapping[str, object]) -> bool:
    """Whether a reason speaks of fraud, coercion or a deceased person."""
    return str(reason.get("group", "")).lower() in GRAVE_GROUPS or reason.get("code") in GRAVE_CODES


def kinds_complete(current: Sequence[Check], policy: DeskPolicy) -> bool:
    """Whether the kinds that a case needs before it can close are there."""
    present = {check.kind for check in current}
    if policy.required_kinds:
        return set(policy.required_kinds) <= present
    return bool(present & CLOSING_KINDS)


def system_may_close(case: Case, checks: Sequence[Check], policy: DeskPolicy, *, today: date) -> bool:
    """A clean pass: policy on, nothing missing, every check positive, an environment that counts; no conflict, and no
    document that expired before ``today``, the date in the desk's time zone."""
    current = [check for check in checks if check.superseded_by_id is None]
    return (
        policy.auto_close
        and case.environment in (Environment.LIVE, Environment.SIMULATOR)
        and all(check.provider_verdict == Verdict.POSITIVE for check in current)
        and not any(check.still_weighs for check in checks)
        and kinds_complete(current, policy)
        and not conflicts.found(case, current, today=today)
    )


def due_after(queue: Queue, hours: Mapping[str, int]) -> timedelta:
    """How long a case may stand in a queue."""
    return timedelta(hours=hours.get(queue, DEFAULT_HOURS[queue]))


# --- why, in words -------------------------------------------------------------------------------------------------


def worst_check(checks: Sequence[Check]) -> Check | None:
    """The check that speaks loudest."""
    order = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}
    return min(checks, key=lambda check: order[Outcome(check.outcome)], default=None)


def _why(checks: Sequence[Check]) -> dict[str, str]:
    check = worst_check(checks)
    if check is None:
        return {"why_head": "No checks", "why": "the case has no check yet"}
    unrecognised = [reason for reason in check.reasons if not reason["recognised"]]
    label = provider_label(check.provider)
    if unrecognised and check.provider_verdict == Verdict.UNKNOWN:
        return {
            "why_head": f"{label} unrecognised: “{unrecognised[0]['code'][:60]}”",
            "why": "a word without a mapping; admins are told",
        }
    head = f"{label} {check.status_word or check.outcome}"[:160]
    told = [reason for reason in check.reasons if reason["code"] not in (check.status_word, "null")] or check.reasons
    detail = ", ".join(f"{_in_passing(reason['summary'])} ({reason['code']})" for reason in told[:2])
    return {"why_head": head, "why": detail[:400]}


def _in_passing(sentence: str) -> str:
    """A sentence as part of another: no full stop, and without the provider's own name of the code behind it."""
    return _decapitalised(re.sub(r"\.?(\s*\([\w-]+\))?$", "", sentence.strip()))


def _decapitalised(sentence: str) -> str:
    first, _, rest = sentence.partition(" ")
    # An acronym or a name of a provider keeps its capitals.
    names = {provider_label(name).split()[0] for name in provider_names()}
    if (not first[1:].islower() and len(first) > 1) or re.split("[’',:]", first)[0] in names:
        return sentence
    return f"{first.lower()} {rest}".strip()


def facets(case: Case, checks: Iterable[Check]) -> list[str]:
    """What the queue filters by, from the current checks."""
    found = {f"e:{case.environment}"}
    if case.country:
        found.add(f"c:{case.country}")
    for check in checks:
        if check.superseded_by_id is not None:
            continue
        found |= {f"p:{check.provider}", f"k:{check.kind}", f"a:{check.account_id}"}
        for reason in check.reasons:
            found.add(f"r:{reason['code']}"[:80])
            if reason["group"]:
                found.add(f"g:{reason['group'].lower()}"[:80])
    return sorted(found)


def checks_summary(checks: Iterable[Check]) -> list[list[str]]:
    """Kind, outcome (or ``unreadable``) and provider of each current check, worst first."""
    order = {outcome.value: rank for rank, outcome in enumerate(WORST_FIRST)}
    rows = [
        [check.kind, "unreadable" if check.sync.state == SyncState.BLOCKED else check.outcome, check.provider]
        for check in checks
        if check.superseded_by_id is None
    ]
    return sorted(rows, key=lambda row: order.get(row[1], -1))


# --- evidence ------------------------------------------------------------------------------------------------------


def evidence(case: Case, checks: Sequence[Check], documents: Iterable[Document]) -> list[list[str]]:
    """Everything a decision rests on, as [what, said] in words: the digest binds it, and a difference can be told."""
    rows = [
        [_named(check), _said(check.outcome, check.provider_verdict, check.report_count, _codes(check))]
        for check in sorted(checks, key=lambda check: str(check.pk))
        if check.superseded_by_id is None
    ]
    named = {check.pk: _named(check) for check in checks}
    there = (document for document in documents if document.state == DocumentState.COPIED)
    return rows + [[_pictured(document, named), THERE] for document in there]


def _named(check: Check) -> str:
    return f"{provider_label(check.provider)} {check.kind} {check.reference}"


def _said(outcome: str, verdict: str, report: int, codes: Iterable[str]) -> str:
    return f"{outcome}, {verdict}, report {report} ({', '.join(codes)})"


def _codes(check: Check) -> list[str]:
    return [str(reason["code"]) for reason in check.reasons]


def _pictured(document: Document, named: Mapping[UUID, str]) -> str:
    number = f", {document.position + 1}" if document.position else ""
    # Two checks may name their pictures alike.
    check = named.get(document.check_row_id) if document.check_row_id else None
    whose = f" of {check}" if check else ""
    return f"{KIND_LABELS[document.kind]} “{document.label}”{number}{whose}"


def evidence_before(
    moment: datetime, checks: Sequence[Check], documents: Iterable[Document], events: Sequence[Event]
) -> list[list[str]]:
    """The evidence as it stood just before ``moment``, told from the case's reports and lapses (``events``, in order).

    So a page that was opened then can be told what has changed since: it sends back a digest, not the evidence.
    """
    added = {check.pk: check.created_at for check in checks}
    rows = []
    for check in sorted(checks, key=lambda check: str(check.pk)):
        replaced_at = added.get(check.superseded_by_id) if check.superseded_by_id else None
        if check.created_at < moment and (replaced_at is None or replaced_at >= moment):
            rows.append([_named(check), _said_before(moment, check, events)])
    named = {check.pk: _named(check) for check in checks}
    there = (document for document in documents if _was_there(document, moment))
    return rows + [[_pictured(document, named), THERE] for document in there]


def _was_there(document: Document, moment: datetime) -> bool:
    if document.withdrawn_at:
        return document.created_at < moment <= document.withdrawn_at
    return bool(document.copied_at and document.copied_at < moment)


def _said_before(moment: datetime, check: Check, events: Sequence[Event]) -> str:
    told = [event for event in events if event.data.get("check") == str(check.pk)]
    earlier = [event for event in told if event.at < moment]
    if not earlier:
        return _said("pending", "none", 0, ())
    if len(earlier) == len(told) or earlier[-1].type != EventType.REPORTED:
        return _said(check.outcome, check.provider_verdict, check.report_count, _codes(check))
    data = earlier[-1].data
    return _said(data["outcome"], data["verdict"], data["report"], data["codes"])


def evidence_digest(rows: Sequence[Sequence[str]]) -> str:
    """Hex SHA-256 over the evidence."""
    canonical = json.dumps(sorted(map(list, rows)), separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def evidence_changes(before: Iterable[Sequence[str]], after: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """What differs, one sentence each."""
    was = {row[0]: row[1] for row in before}
    now = {row[0]: row[1] for row in after}
    changes = []
    for what in sorted(was.keys() | now.keys()):
        if what not in now:
            changes.append(f"{what} is no longer part of the case.")
        elif what not in was:
            changes.append(f"{what} is new{'' if now[what] == THERE else f': {now[what]}'}.")
        elif was[what] != now[what]:
            changes.append(f"{what} was {was[what]}; it is now {now[what]}.")
    return tuple(changes)


# --- who may do what -----------------------------------------------------------------------------------------------


def default_ruling(outcome: str, provider_verdict: str, verdict: str) -> Ruling:
    """What holds for one check unless an admin made it stricter.

    Approving alone is free only where the check passed, or where the provider asked for a person without a negative.
    """
    if verdict == DecisionVerdict.APPROVE:
        passed = outcome == Outcome.APPROVED and provider_verdict == Verdict.POSITIVE
        asked = outcome == Outcome.MANUAL_REVIEW and provider_verdict == Verdict.NONE
        return Ruling.FREE if passed or asked else Ruling.NEEDS_APPROVAL
    if verdict == DecisionVerdict.REJECT:
        return Ruling.NEEDS_APPROVAL if provider_verdict == Verdict.POSITIVE else Ruling.FREE
    return Ruling.FREE


def check_ruling(check: Check, verdict: str, table: PolicyTable) -> Ruling:
    """The default, or the admin's rule where that is stricter."""
    default = default_ruling(check.outcome, check.provider_verdict, verdict)
    chosen = table.get((check.outcome, check.provider_verdict, verdict), default)
    return max(default, chosen, key=STRICTNESS.__getitem__)


def case_ruling(case: Case, checks: Iterable[Check], verdict: str, table: PolicyTable) -> Ruling:
    """What holds for the whole case: approving takes the strictest check, rejecting needs one that is not positive.

    An admin's stricter rule holds as soon as one check meets it. Where a second person would be needed for something
    that cannot be proposed, it is forbidden.
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


def review_refusal(by: User, case: Case, claim: Claim | None, *, now: datetime) -> str | None:
    """Why this person may not act on this case now."""
    if not by.is_active or not by.has_perm("compliance.review_case"):
        return "Your role does not include reviewing cases."
    if claim and claim.until > now and claim.person_id != by.person_id:
        return f"{claim.user.label} has taken this case until {claim.until:%H:%M} UTC."
    return None


def decide_refusal(
    by: User,
    case: Case,
    verdict: str,
    *,
    checks: Sequence[Check],
    claim: Claim | None,
    table: PolicyTable,
    now: datetime,
) -> str | None:
    """Why this person may not rule so alone. Overrides have their own road, which the sentence names."""
    if refusal := verdict_refusal(by, case, verdict, checks=checks, claim=claim, table=table, now=now):
        return refusal
    if case_ruling(case, checks, verdict, table) == Ruling.NEEDS_APPROVAL:
        return "This goes against what a provider said: it needs the approval of a second person."
    return None


def verdict_refusal(
    by: User,
    case: Case,
    verdict: str,
    *,
    checks: Sequence[Check],
    claim: Claim | None,
    table: PolicyTable,
    now: datetime,
) -> str | None:
    """Why this verdict cannot be given at all here, alone or with a second person."""
    if refusal := review_refusal(by, case, claim, now=now):
        return refusal
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return "An override is proposed; it must be approved, refused or withdrawn first."
    if case.status == CaseStatus.DECIDED:
        return "The case is decided."
    if case.status == CaseStatus.WAITING and verdict in (DecisionVerdict.REQUEST_RETRY, DecisionVerdict.ESCALATE):
        return "The case waits for its checks; there is nothing to ask for."
    if verdict == DecisionVerdict.CONFIRM and case.queue != Queue.RECHECK:
        return "There is no standing decision to confirm."
    if verdict == DecisionVerdict.REQUEST_RETRY and case.queue == Queue.RECHECK:
        return "The case has a standing decision: confirm it, or rule anew."
    if verdict == DecisionVerdict.ESCALATE and case.question:
        return "The case is escalated already."
    if case_ruling(case, checks, verdict, table) == Ruling.FORBIDDEN:
        return "The desk's policy forbids this verdict for what the providers said."
    return None


def approval_refusal(by: User, proposal: OverrideProposal, *, now: datetime) -> str | None:
    """Why this person may not approve or refuse this proposal. No exception for anybody, superusers included."""
    if proposal.state != "open":
        return f"The proposal is {proposal.get_state_display().lower()} already."
    if by.person_id == proposal.proposed_person_id or by.pk == proposal.proposed_by_id:
        return "You proposed this; a second person must answer it."
    if proposal.proposed_by.person_id == by.person_id:
        return "You proposed this from another account; a second person must answer it."
    if not by.is_active or not by.has_perm("compliance.approve_override"):
        return "Your role does not include approving overrides."
    if proposal.expires_at <= now:
        return "The proposal has expired."
    return None


def withdraw_refusal(by: User, proposal: OverrideProposal) -> str | None:
    """Why this person may not take the proposal back."""
    if proposal.state != "open":
        return f"The proposal is {proposal.get_state_display().lower()} already."
    if by.person_id != proposal.proposed_person_id:
        return "Only the person who proposed it may withdraw it."
    return None


def mend_refusal(by: User, case: Case) -> str | None:
    """Why this person may not correct, add or replace checks here, or close the case as a mistake."""
    if not by.is_active or not by.has_perm("compliance.mend_case"):
        return "Your role does not include mending cases."
    if case.status == CaseStatus.AWAITING_APPROVAL:
        return "An override is proposed; it must be approved, refused or withdrawn first."
    return None


def add_document_refusal(by: User) -> str | None:
    """Why this person may not add a picture or a file. A decided case takes them, too: it is not reopened by one."""
    if not by.is_active or not by.has_perm("compliance.add_document"):
        return "Your role does not include adding pictures and files."
    return None


def take_back_refusal(by: User, document: Document) -> str | None:
    """Why this person may not take this file back. ``document`` comes with ``added_by``."""
    if document.added_by is None:
        return "A provider gave it: only a file that somebody added can be taken back."
    if refusal := add_document_refusal(by):
        return refusal
    if by.person_id != document.added_by.person_id and not by.has_perm("compliance.approve_override"):
        return "Only the person who added a file, or a manager, takes it back."
    return None


def replaced_verdict(decision: Decision | None) -> str:
    """The verdict that a confirmation repeats."""
    return decision.verdict if decision else ""
