"""Opening cases and moving them to where routing places them."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from compliance import audit
from compliance.actions import findings
from compliance.actions.typed_values import refuse_hidden_characters
from compliance.enums import TRANSITIONS, CaseStatus, DecisionVerdict, EventType, Priority, Queue, Ruling
from compliance.errors import IllegalTransition, InvalidInput, KnownApplicant, NotAllowed
from compliance.facts.identity_keys import document_key
from compliance.facts.search_words import search_keys, search_text
from compliance.facts.sources import DECLARED
from compliance.labels import join_labels
from compliance.models import Applicant, Case, Check, Claim, Decision, DeskPolicy, Document, Event, QueueTerm, User
from compliance.queries.corrections import corrections_of
from compliance.queries.edits import edited_cases
from compliance.queries.history import history_of
from compliance.queries.policies import policy_table
from compliance.roles import WHY_NOT
from compliance.routing import evidence_digest, placement, row_columns, rulings
from compliance.routing.outcomes import case_outcome
from providers import Outcome
from providers.vault import Undecipherable, blind_index, new_data_key

ROUTED_FIELDS = (
    "status", "outcome", "queue", "priority", "due_at", "entered_queue_at", "why_head", "why", "checks_summary",
    "facets", "question", "escalated_by", "escalated_at", "escalation", "answered_at", "decision", "report_seq",
    "handled_report_seq", "retry_until", "decided_at", "duplicates_due",
)  # fmt: skip
"""The columns of a case that routing and decisions change."""
SEARCH_FIELDS = ("search_text", "search_keys")
COMPUTED_FIELDS = ("birth_index", "document_index", *SEARCH_FIELDS)
"""The columns of an applicant that ``set_indexes`` computes."""


# --- opening -------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_case(
    applicant: Applicant, *, environment: str, by: User | None, reference: str = "", is_correcting: bool = False
) -> tuple[Case, bool]:
    """The case of this reference (default: the applicant's id), and whether it was created now.

    ``applicant`` is a new row with what is declared, as text; it is stored unless there is one of its external id.

    ``is_correcting``: the caller corrects the stored applicant by what is declared here.

    Raises ``InvalidInput`` when the reference belongs to another applicant, or a value hides characters;
    ``KnownApplicant`` when the external id is known with other values.
    """
    if by is not None and not by.has_perm("compliance.open_case"):
        raise NotAllowed(WHY_NOT["compliance.open_case"])
    refuse_hidden_characters({name: getattr(applicant, name) for name in DECLARED})
    applicant.environment = environment
    person = _get_or_create(applicant)
    if differing := [] if is_correcting else _differing(applicant, person):
        newest = person.cases.order_by("-pk").values_list("pk", flat=True).first()
        raise KnownApplicant(join_labels(differing), case_id=newest)
    defaults = {"applicant": person, "country": person.country}
    case, made = Case.objects.get_or_create(
        environment=environment, reference=reference or applicant.external_id, defaults=defaults
    )
    if case.applicant_id != person.pk:
        raise InvalidInput("This case reference belongs to another applicant.", field="case_reference")
    if made:
        audit.record(EventType.CASE_OPENED, case=case, by=by, environment=environment)
    return case, made


def _get_or_create(applicant: Applicant) -> Applicant:
    found = Applicant.objects.filter(environment=applicant.environment, external_id=applicant.external_id)
    if existing := found.first():
        return existing
    try:
        with transaction.atomic():
            return _create(applicant)
    except IntegrityError:
        return found.get()  # another process created the same applicant in between


_LABELS = {"full_name": "name", "birth_date": "birth date", "email": "e-mail", "country": "country"}


def _differing(given: Applicant, stored: Applicant) -> list[str]:
    """Labels of the values that are given and differ from the stored ones by more than case, blanks or composition."""
    pairs = ((label, getattr(given, name), getattr(stored, name)) for name, label in _LABELS.items())
    return [label for label, new, old in pairs if new and _one_form(new) != _one_form(old)]


def _one_form(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _create(applicant: Applicant) -> Applicant:
    complete(applicant)
    applicant.data_key.save(force_insert=True)
    applicant.save(force_insert=True)
    return applicant


def complete(applicant: Applicant) -> None:
    """Give a new applicant a data key and what is computed of the declaration. In memory; the key is stored first."""
    applicant.data_key = new_data_key()
    applicant.country = applicant.country.upper()
    set_indexes(applicant)


def set_indexes(applicant: Applicant) -> None:
    """Compute what the applicant is found by: keyed indexes of declared values that can be decrypted, and the words of
    the name. In memory."""
    set_search_words(applicant)
    born, name = applicant.birth_date, normalised_name(applicant.full_name)
    if not isinstance(born, Undecipherable):
        applicant.birth_index = blind_index("birth", f"{born} {name}") if born else None
    if not isinstance(applicant.document_number, Undecipherable):
        applicant.document_index = document_index(applicant.document_number, "")


def set_search_words(applicant: Applicant) -> None:
    """Compute the words by which the applicant is found. In memory."""
    applicant.search_text = search_text(applicant.full_name)
    applicant.search_keys = search_keys(applicant.full_name)


def normalised_name(name: str) -> str:
    """A name for comparison: case folded, words sorted."""
    return " ".join(sorted(name.casefold().split()))


def document_index(number: str, issuing_country: str) -> bytes | None:
    """The keyed index of a document number; None for one that identifies nobody."""
    text = document_key(number, issuing_country)
    return blind_index("document", text) if text else None


# --- routing -------------------------------------------------------------------------------------------------------


def lock(case_id: int) -> Case:
    """The case, its row locked until the transaction ends.

    The decision is not joined: a statement that has waited for the lock still joins the rows of its snapshot, and would
    return the new case without its new decision. The lock leaves the key free, so that inserts that reference the case
    (view records of open pages) do not wait.
    """
    return Case.objects.select_for_update(no_key=True).get(pk=case_id)


def lock_in_order(cases: QuerySet[Case]) -> dict[int, Case]:
    """These cases by number, with their applicants, locked in that order: they may belong to other transactions."""
    rows = cases.select_for_update(no_key=True, of=("self",)).select_related("applicant")
    return {case.pk: case for case in rows.order_by("pk")}


def move(case: Case, status: CaseStatus) -> None:
    """Set the status, in memory; the only place that does. Raises ``IllegalTransition``."""
    if case.status == status:
        return
    if status not in TRANSITIONS[CaseStatus(case.status)]:
        raise IllegalTransition(f"A case cannot go from {case.status} to {status}.")
    case.status = status


@dataclass(frozen=True, slots=True)
class RoutingPolicy:
    """The settings that routing needs, read once for a batch."""

    policy: DeskPolicy
    hours: Mapping[str, int]

    @classmethod
    def read(cls) -> "RoutingPolicy":
        return cls(policy=DeskPolicy.objects.get(), hours=dict(QueueTerm.objects.values_list("queue", "hours")))


def checks_of(case_ids: Iterable[int]) -> dict[int, list[Check]]:
    """Case id -> its checks with account and sync, oldest first."""
    found: dict[int, list[Check]] = {case_id: [] for case_id in case_ids}
    rows = Check.objects.filter(case_id__in=found.keys()).select_related("sync", "account")
    for check in rows.order_by("created_at", "id"):
        found[check.case_id].append(check)
    return found


def route_cases(
    cases: Iterable[Case], checks: Mapping[int, Sequence[Check]], rules: RoutingPolicy, *, now: datetime
) -> list[Event]:
    """Find the findings of locked cases, and move each to where its checks and findings place it, in memory; the events
    to be written. ``checks`` are all checks of each case."""
    by_id = {case.pk: case for case in cases}
    found = findings.refresh(by_id.values(), checks, now=now)
    passed = [pk for pk in by_id if case_outcome(checks[pk]) == Outcome.APPROVED]
    edited = edited_cases(passed) if passed else set()
    events = found.events
    for pk, case in by_id.items():
        is_edited = pk in edited or case.applicant.was_corrected
        known = placement.Known(policy=rules.policy, findings=found.findings[pk], is_edited=is_edited)
        events += _route(case, checks[pk], known, rules, now=now)
    return events


def _route(
    case: Case, checks: Sequence[Check], known: placement.Known, rules: RoutingPolicy, *, now: datetime
) -> list[Event]:
    found = placement.place_case(case, checks, known, now=now)
    case.outcome = found.outcome
    case.checks_summary = row_columns.checks_summary(checks)
    case.facets = row_columns.facets(case, checks)
    if found.supposes_one_person and not _is_free(case):
        found = placement.wait_for_people(case, found)
    if found.close:
        return _close_by_system(case, now=now)
    return _enter(case, found, rules, now=now)


def _is_free(case: Case) -> bool:
    """Whether nothing that providers said in any case of this person requires a second person for an approval."""
    ruling = rulings.case_ruling(case, history_of(case.pk), DecisionVerdict.APPROVE, policy_table())
    return ruling == Ruling.FREE


def _enter(case: Case, found: placement.Placement, rules: RoutingPolicy, *, now: datetime) -> list[Event]:
    came_from = case.queue
    move(case, found.status)
    case.why_head, case.why = found.why
    case.priority = found.priority
    case.queue = found.queue or ""
    if not found.queue:
        case.due_at = case.entered_queue_at = None
        return []
    if case.queue == came_from:
        _rise(case, found.priority, now=now)
        return []
    due = now + placement.due_after(found.queue, rules.hours)
    # A case that gets worse must not gain time by changing its queue.
    case.due_at = min(due, case.due_at) if case.due_at else due
    case.entered_queue_at = case.entered_queue_at or now
    _rise(case, found.priority, now=now)
    if case.queue != Queue.UNREADABLE:
        # A sync error does not answer the retry request: the case waits again once the error is resolved.
        case.retry_until = None
    return [Event(type=EventType.QUEUED, case=case, data={"queue": case.queue, "came_from": came_from})]


def _rise(case: Case, priority: Priority, *, now: datetime) -> None:
    """Raise the priority of a case that has waited for long. One that awaits an approval keeps its place."""
    if case.status == CaseStatus.IN_REVIEW and case.entered_queue_at and case.due_at:
        case.priority = placement.risen(priority, case.entered_queue_at, case.due_at, now=now)


def _close_by_system(case: Case, *, now: datetime) -> list[Event]:
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
    data = {"decision": str(decision.pk), "row": audit.row_digest(decision)}
    return [Event(type=EventType.SYSTEM_CLOSED, case=case, data=data)]


def newest_decision(case: Case) -> Decision | None:
    """The newest decision of any verdict: each replaces the one before it, so that they form one line."""
    return Decision.objects.filter(case=case).select_related("by", "reason").order_by("-decided_at", "-pk").first()


def conclude(case: Case, decision: Decision, *, now: datetime) -> None:
    """Decide the case: it leaves its queue and its claim ends. In memory, except for the claim."""
    move(case, CaseStatus.DECIDED)
    case.decision = decision
    case.decided_at = now
    case.handled_report_seq = case.report_seq
    answer_question(case, now=now)
    leave_queue(case)
    Claim.objects.filter(case=case).delete()


def wait_for_retry(case: Case, decision: Decision) -> None:
    """Let the case wait for a retry until the deadline of the decision. In memory, except for the claim."""
    leave_queue(case)
    move(case, CaseStatus.WAITING)
    answer_question(case, now=decision.decided_at)
    case.retry_until = decision.retry_until
    case.handled_report_seq = case.report_seq
    Claim.objects.filter(case=case).delete()


def retry_deadline(now: datetime) -> datetime:
    """The deadline of a retry that is requested now."""
    return now + timedelta(days=RoutingPolicy.read().policy.retry_days)


def answer_question(case: Case, *, now: datetime) -> None:
    """End an open escalation, in memory."""
    if case.question:
        # A process of the previous release escalates without these columns.
        case.question, case.answered_at = False, now if case.escalation_id else None


def leave_queue(case: Case) -> None:
    """Empty the columns of a queued case, in memory."""
    case.queue = ""
    case.due_at = case.entered_queue_at = case.retry_until = None
    case.priority = 0
    case.why_head = case.why = ""


def route_and_save(case: Case, *, now: datetime | None = None) -> None:
    """Route one locked case from fresh rows and save it with its events."""
    now = now or timezone.now()
    save_case(case, route_cases([case], checks_of([case.pk]), RoutingPolicy.read(), now=now))


def save_case(case: Case, entries: Sequence[Event]) -> None:
    """Save a routed or decided case with its events."""
    audit.record_batch(entries)
    case.save(update_fields=ROUTED_FIELDS)


def evidence_of(case: Case) -> list[evidence_digest.EvidenceRow]:
    """The evidence of a decision about the case."""
    checks = checks_of([case.pk])[case.pk]
    documents = Document.objects.filter(case=case).defer("inline")
    current = findings.current_findings([case.pk])[case.pk]
    corrections = corrections_of(case.applicant)
    return evidence_digest.evidence(checks, documents, history_of(case.pk).evidence, current, corrections)
