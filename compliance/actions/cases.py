"""Opening cases, letting them stand where they belong, and who has taken them."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from compliance import audit
from compliance.enums import TRANSITIONS, CaseStatus, DecisionVerdict, EventType, ProposalState, Queue
from compliance.errors import IllegalTransition, InvalidInput, NotAllowed, StaleCase
from compliance.models import (
    Applicant,
    Case,
    Check,
    Claim,
    Decision,
    DeskPolicy,
    Document,
    OverrideProposal,
    QueueTerm,
    User,
)
from compliance.routing import placement
from providers.vault import DataKey, blind_index, new_data_key

log = logging.getLogger(__name__)

SETTLED_FIELDS = (
    "status",
    "outcome",
    "queue",
    "priority",
    "due_at",
    "entered_queue_at",
    "why_head",
    "why",
    "checks_summary",
    "facets",
    "question",
    "decision",
    "report_seq",
    "handled_report_seq",
    "retry_until",
    "decided_at",
    "event_seq",
    "event_hash",
)
"""What settling may change on a case row: the columns of its save."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantData:
    """What is declared about a person. Text as given; ``country`` alpha-2; ``birth_date`` ISO 8601 or empty."""

    external_id: str
    full_name: str = field(repr=False)
    birth_date: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    country: str = ""
    document_number: str = field(default="", repr=False)


# --- opening -------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_case(applicant: ApplicantData, *, environment: str, by: User | None, reference: str = "") -> tuple[Case, bool]:
    """The case of this reference (default: the applicant's id), made if it is not there; and whether it was made.

    Raises ``InvalidInput`` when the reference belongs to another applicant.
    """
    if by is not None and not by.has_perm("compliance.open_case"):
        raise NotAllowed("Your role does not include opening cases.")
    person = _applicant(applicant, environment=environment)
    reference = reference or applicant.external_id
    case, made = Case.objects.get_or_create(
        environment=environment,
        reference=reference,
        defaults={"applicant": person, "country": person.country},
    )
    if case.applicant_id != person.pk:
        raise InvalidInput("This case reference belongs to another applicant.", field="case_reference")
    if made:
        audit.record(EventType.CASE_OPENED, case=case, by=by, environment=environment)
    return case, made


def _applicant(data: ApplicantData, *, environment: str) -> Applicant:
    found = Applicant.objects.filter(environment=environment, external_id=data.external_id).first()
    if found:
        return found
    try:
        with transaction.atomic():
            return _introduce(data, environment=environment)
    except IntegrityError:
        # Somebody wrote the same person a moment ago.
        return Applicant.objects.get(environment=environment, external_id=data.external_id)


def _introduce(data: ApplicantData, *, environment: str) -> Applicant:
    key = new_data_key()
    key.save(force_insert=True)
    applicant = Applicant(
        data_key=key,
        environment=environment,
        external_id=data.external_id,
        full_name=data.full_name,
        email=data.email,
        country=data.country.upper(),
        birth_date=data.birth_date,
        document_number=data.document_number,
    )
    if data.birth_date:
        applicant.birth_index = blind_index("birth", f"{data.birth_date} {normalised_name(data.full_name)}")
    if data.document_number:
        applicant.document_index = blind_index("document", normalised_number(data.document_number))
    applicant.save(force_insert=True)
    return applicant


def normalised_name(name: str) -> str:
    """A name as it is compared: case folded, words sorted."""
    return " ".join(sorted(name.casefold().split()))


def normalised_number(number: str) -> str:
    """A document number as it is compared: letters and digits, upper case."""
    return "".join(character for character in number.upper() if character.isalnum())


# --- standing ------------------------------------------------------------------------------------------------------


def lock(case_id: int) -> Case:
    """The case, its row locked until the transaction ends.

    The decision is read by a statement of its own: one that has waited for the lock still joins what it saw before, and
    would give the new row of the case with no decision at all. Rows that name the case are written meanwhile: its key
    stays as it is, so nobody who opens a page waits for the record of the view.
    """
    return Case.objects.select_for_update(no_key=True).get(pk=case_id)


def move(case: Case, status: CaseStatus) -> None:
    """The only assignment of a case's status. Raises ``IllegalTransition``."""
    if case.status == status:
        return
    if status not in TRANSITIONS[CaseStatus(case.status)]:
        raise IllegalTransition(f"A case cannot go from {case.status} to {status}.")
    case.status = status


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk-wide rules, read once for a batch."""

    policy: DeskPolicy
    hours: Mapping[str, int]

    @classmethod
    def read(cls) -> "Desk":
        """The rules as they stand now."""
        return cls(
            policy=DeskPolicy.objects.get(),
            hours=dict(QueueTerm.objects.values_list("queue", "hours")),
        )


def checks_of(case_ids: Iterable[int]) -> dict[int, list[Check]]:
    """Case id -> its checks with account and sync, oldest first."""
    found: dict[int, list[Check]] = {case_id: [] for case_id in case_ids}
    rows = Check.objects.filter(case_id__in=found.keys()).select_related("sync", "account")
    for check in rows.order_by("created_at", "id"):
        found[check.case_id].append(check)
    return found


def settle(case: Case, checks: Sequence[Check], desk: Desk, *, now: datetime) -> list[audit.Entry]:
    """Let the case stand where its checks put it; the events to be written. Changes the row in memory only."""
    standing = placement.settled_status(case, checks, desk.policy, now=now)
    case.outcome = standing.outcome
    case.checks_summary = placement.checks_summary(checks)
    case.facets = placement.facets(case, checks)
    if standing.close:
        return _close_clean(case, now=now)
    return _stand(case, standing, desk, now=now)


def _stand(case: Case, standing: placement.Standing, desk: Desk, *, now: datetime) -> list[audit.Entry]:
    came_from = case.queue
    move(case, standing.status)
    case.why_head, case.why = standing.why_head, standing.why
    case.priority = standing.priority
    case.queue = standing.queue or ""
    if not standing.queue:
        case.due_at = case.entered_queue_at = None
        return []
    if case.queue == came_from:
        return []
    due = now + placement.due_after(standing.queue, desk.hours)
    # A case that gets worse while it waits must not gain time by changing its queue.
    case.due_at = min(due, case.due_at) if case.due_at else due
    case.entered_queue_at = case.entered_queue_at or now
    if case.queue != Queue.UNREADABLE:
        # A fault is no answer to the retry that was asked for: once it is mended, the case waits on.
        case.retry_until = None
    return [audit.Entry(type=EventType.QUEUED, case=case, data={"queue": case.queue, "came_from": came_from})]


def _close_clean(case: Case, *, now: datetime) -> list[audit.Entry]:
    decision = Decision.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        verdict=DecisionVerdict.APPROVE,
        decided_at=now,
        digest="",
        report_seq=case.report_seq,
        replaces=newest_decision(case),
    )
    conclude(case, decision, now=now)
    return [audit.Entry(type=EventType.SYSTEM_CLOSED, case=case, data={"decision": str(decision.pk)})]


def newest_decision(case: Case) -> Decision | None:
    """The newest decision of any verdict: each replaces the one before it, so that they form one line."""
    return Decision.objects.filter(case=case).select_related("by", "reason").order_by("-decided_at", "-pk").first()


def conclude(case: Case, decision: Decision, *, now: datetime) -> None:
    """The decision stands: the case leaves its queue and its claim ends. In memory, but for the claim."""
    move(case, CaseStatus.DECIDED)
    case.decision = decision
    case.decided_at = now
    case.handled_report_seq = case.report_seq
    case.question = False
    leave_queue(case)
    Claim.objects.filter(case=case).delete()


def leave_queue(case: Case) -> None:
    """Nothing for a person to do any more. In memory."""
    case.queue = ""
    case.due_at = case.entered_queue_at = case.retry_until = None
    case.priority = 0
    case.why_head = case.why = ""


def settle_now(case: Case, *, now: datetime | None = None) -> None:
    """Settle one locked case from fresh rows and save it with its events."""
    now = now or timezone.now()
    save_settled(case, settle(case, checks_of([case.pk])[case.pk], Desk.read(), now=now))


def save_settled(case: Case, entries: Sequence[audit.Entry]) -> None:
    """Save a settled case with its events."""
    audit.record_batch(entries)
    case.save(update_fields=SETTLED_FIELDS)


def evidence_of(case: Case) -> list[list[str]]:
    """Everything that a decision about the case rests on, in words."""
    checks = checks_of([case.pk])[case.pk]
    return placement.evidence(case, checks, Document.objects.filter(case=case).defer("inline"))


# --- claims --------------------------------------------------------------------------------------------------------

_TAKE_NEXT = """
    SELECT c.id FROM compliance_case c
    WHERE c.status = 'in_review' {conditions}
      AND NOT EXISTS (SELECT 1 FROM compliance_claim k WHERE k.case_id = c.id AND k.until > %(now)s)
    ORDER BY (c.priority * -1), c.due_at, c.id
    LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
"""
_TAKE_TRIES = 20


@transaction.atomic
def take_next(*, by: User, queue: str = "", facets: Sequence[str] = ()) -> Case | None:
    """Claim the best case that nobody has taken, or None when there is none. No case goes to two people.

    ``queue`` narrows to one queue, ``facets`` to cases that carry all of them. Escalated cases go to people who may
    approve overrides: the question is for them.
    """
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include reviewing cases.")
    now = timezone.now()
    conditions = [
        "AND c.queue = %(queue)s" if queue else "",
        "AND c.facets @> %(facets)s::varchar[]" if facets else "",
        "" if by.has_perm("compliance.approve_override") else "AND NOT c.question",
    ]
    sql = _TAKE_NEXT.format(conditions=" ".join(conditions))
    for _ in range(_TAKE_TRIES):
        with connection.cursor() as cursor:
            cursor.execute(sql, {"now": now, "queue": queue, "facets": list(facets)})
            row = cursor.fetchone()
        if row is None:
            return None
        case = lock(row[0])
        # The row was locked after the snapshot was taken: a claim may have been committed in between, and only a
        # new statement sees it.
        if not Claim.objects.filter(case=case, until__gt=now).exists():
            _write_claim(case, by=by, now=now)
            return case
    raise StaleCase("Many people take cases at this moment; press again.")


@transaction.atomic
def claim(case_id: int, *, by: User) -> Claim:
    """Take this case. Raises ``StaleCase`` naming who has it."""
    case = lock(case_id)
    now = timezone.now()
    held = Claim.objects.select_related("user").filter(case=case).first()
    if held and held.until > now and held.person_id != by.person_id:
        raise StaleCase(f"{held.user.label} has taken this case until {held.until:%H:%M} UTC.", winner=held.user.label)
    if refusal := placement.review_refusal(by, case, None, now=now):
        raise NotAllowed(refusal)
    if case.status not in (CaseStatus.IN_REVIEW, CaseStatus.AWAITING_APPROVAL):
        raise NotAllowed("There is nothing to do on this case.")
    return _write_claim(case, by=by, now=now)


def _write_claim(case: Case, *, by: User, now: datetime) -> Claim:
    minutes = DeskPolicy.objects.values_list("claim_minutes", flat=True).get()
    until = now + timedelta(minutes=minutes)
    claim, _ = Claim.objects.update_or_create(
        case=case, defaults={"user": by, "person_id": by.person_id, "taken_at": now, "until": until}
    )
    audit.record(EventType.CLAIMED, case=case, by=by, until=until.isoformat())
    return claim


@transaction.atomic
def release(case_id: int, *, by: User) -> None:
    """Give the case back. Only the person who took it may; giving back what is free changes nothing."""
    case = lock(case_id)
    held = Claim.objects.filter(case=case).first()
    if held is None:
        return
    if held.person_id != by.person_id:
        raise NotAllowed("Only the person who took a case gives it back.")
    held.delete()
    audit.record(EventType.RELEASED, case=case, by=by)


# --- time ----------------------------------------------------------------------------------------------------------


def sweep(*, now: datetime | None = None, limit: int = 200) -> int:
    """Bring back cases whose retry deadline has passed, and end proposals that nobody answered; how many."""
    now = now or timezone.now()
    due = Case.objects.filter(retry_until__lte=now).values_list("pk", flat=True)[:limit]
    stale = OverrideProposal.objects.filter(state=ProposalState.OPEN, expires_at__lte=now).values_list(
        "case_id", flat=True
    )
    return sum(_wake_safely(case_id, now=now) for case_id in sorted({*due, *stale[:limit]}))


def _wake_safely(case_id: int, *, now: datetime) -> bool:
    """One case that cannot be woken must not keep the others asleep; it is tried again at the next sweep."""
    try:
        return _wake(case_id, now=now)
    except Exception as error:
        log.error("case %s could not be woken: %s", case_id, type(error).__name__)
        return False


@transaction.atomic
def _wake(case_id: int, *, now: datetime) -> bool:
    case = lock(case_id)
    woken = False
    if case.retry_until and case.retry_until <= now:
        audit.record(EventType.RETRY_DEADLINE_PASSED, case=case, by=None)
        case.retry_until = None
        woken = True
    expired = OverrideProposal.objects.filter(
        Q(case=case, state=ProposalState.OPEN, expires_at__lte=now)
    ).select_for_update()
    for proposal in expired:
        proposal.state, proposal.resolved_at = ProposalState.EXPIRED, now
        proposal.save(update_fields=("state", "resolved_at"))
        move(case, CaseStatus.IN_REVIEW)
        audit.record(EventType.OVERRIDE_EXPIRED, case=case, by=None, proposal=str(proposal.pk))
        woken = True
    settle_now(case, now=now)
    return woken


def queue_hours(queue: str) -> int:
    """The term of a queue in hours, as admins set it."""
    return dict(QueueTerm.objects.values_list("queue", "hours")).get(queue, placement.DEFAULT_HOURS[Queue(queue)])


def data_key_of(case: Case) -> DataKey:
    """The key that seals what belongs to the case's applicant."""
    return case.applicant.data_key
