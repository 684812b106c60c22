"""Checks: adding and mending them, leasing the due ones, and storing what was read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.db.models import F, prefetch_related_objects
from django.utils import timezone

from compliance import audit
from compliance.actions import documents
from compliance.actions.cases import SETTLED_FIELDS, Desk, checks_of, lock, settle, settle_now
from compliance.enums import DeskEventType, EventType, SyncState
from compliance.errors import InvalidInput, NotAllowed
from compliance.facts import report_difference
from compliance.models import Case, Check, CheckReport, CheckSync, UnreadableBody, User
from compliance.routing import placement
from compliance.sync.schedule import asking_refusal, next_read, patience
from providers import (
    Assessment,
    Attempt,
    Evidence,
    Facts,
    Kind,
    ProviderError,
    Report,
    TimeoutRule,
    UnreadableAnswer,
    Verdict,
    provider_class,
)
from providers.models import ProviderAccount

UNREADABLE_BLOCKS_AFTER = timedelta(hours=24)
KEPT_BODY = 64 * 1024
MAX_LOST_WORKERS = 3


# --- adding and mending --------------------------------------------------------------------------------------------


def add_check(
    case_id: int,
    *,
    by: User | None,
    account: ProviderAccount,
    kind: str,
    reference: str,
    settings: Mapping[str, Any] | None = None,
    submitted_at: datetime | None = None,
) -> tuple[Check, bool]:
    """The check of this reference in this case, made and due if it is not there; and whether it was made.

    Raises ``InvalidInput`` for a reference that cannot be read, or that belongs to another case.
    """
    problem = reference_problem(account, kind, reference, settings or {})
    if problem:
        raise InvalidInput(problem, field="reference")
    with transaction.atomic():
        case = lock(case_id)
        if by is not None and (refusal := placement.mend_refusal(by, case)):
            raise NotAllowed(refusal)
        if case.environment != account.environment:
            raise InvalidInput(
                f"The account belongs to {account.environment}, the case to {case.environment}.", field="account"
            )
        found = Check.objects.filter(account=account, kind=kind, reference=reference).first()
        if found:
            if found.case_id != case.pk:
                raise InvalidInput(f"This reference belongs to case KYC-{found.case_id}.", field="reference")
            return found, False
        check = _make(
            case, account=account, kind=kind, reference=reference, settings=settings or {}, submitted_at=submitted_at
        )
        audit.record(EventType.CHECK_ADDED, case=case, by=by, **_names(check))
        _supersede_after_retry(case, check, by=by)
        settle_now(case)
    return check, True


def _make(
    case: Case,
    *,
    account: ProviderAccount,
    kind: str,
    reference: str,
    settings: Mapping[str, Any],
    submitted_at: datetime | None,
) -> Check:
    now = timezone.now()
    try:
        with transaction.atomic():
            check = Check.objects.create(
                case=case,
                data_key_id=case.applicant.data_key_id,
                account=account,
                provider=account.provider,
                kind=kind,
                reference=reference,
                settings=dict(settings),
                submitted_at=submitted_at,
            )
    except IntegrityError:
        raise InvalidInput("Another case got this reference a moment ago.", field="reference") from None
    wait = timedelta(seconds=provider_class(account.provider).first_read_seconds)
    # Without a submission time nobody knows how long it has been there: read at once.
    due = max(now, submitted_at + wait) if submitted_at else now
    CheckSync.objects.create(check_row=check, account=account, next_read_at=due)
    return check


def _supersede_after_retry(case: Case, check: Check, *, by: User | None) -> None:
    """A retry was requested and its answer is a new check: it takes the place of the old one of its kind."""
    if not case.retry_until:
        return
    for old in Check.objects.filter(case=case, kind=check.kind, superseded_by__isnull=True).exclude(pk=check.pk):
        # Another provider's answer does not take back what this one said.
        _supersede(case, old, check, by=by, weighs_on=old.provider != check.provider)


def _supersede(case: Case, old: Check, new: Check, *, by: User | None, weighs_on: bool) -> None:
    old.superseded_by = new
    old.still_weighs = weighs_on and old.provider_verdict in (Verdict.NEGATIVE, Verdict.UNKNOWN)
    old.save(update_fields=("superseded_by", "still_weighs"))
    # A read that is under way has begun for nothing: its fencing number is not the latest any more.
    CheckSync.objects.filter(pk=old.pk).update(
        state=SyncState.SETTLED, next_read_at=None, leased_until=None, fault="", fault_detail="", fence=F("fence") + 1
    )
    audit.record(EventType.CHECK_REPLACED, case=case, by=by, check=str(old.pk), replaced_by=str(new.pk), kind=old.kind)


@transaction.atomic
def replace_check(
    check_id: UUID,
    *,
    by: User,
    reason: str,
    account: ProviderAccount,
    reference: str,
    settings: Mapping[str, Any] | None = None,
) -> Check:
    """A new check takes the place of this one; the old one stays on the case, marked superseded."""
    old = Check.objects.get(pk=check_id)
    case = lock(old.case_id)
    if refusal := placement.mend_refusal(by, case):
        raise NotAllowed(refusal)
    if old.superseded_by_id:
        raise InvalidInput("This check has been replaced already.")
    check, made = add_check(case.pk, by=by, account=account, kind=old.kind, reference=reference, settings=settings)
    if not made:
        raise InvalidInput("That reference is a check of this case already.", field="reference")
    case = lock(case.pk)
    old.refresh_from_db()
    if old.superseded_by_id is None:
        _supersede(case, old, check, by=by, weighs_on=True)
    audit.record(EventType.CHECK_CORRECTED, case=case, by=by, check=str(old.pk), what="replaced", reason=reason)
    settle_now(case)
    return check


@transaction.atomic
def correct_check(
    check_id: UUID, *, by: User, reason: str, reference: str | None = None, settings: Mapping[str, Any] | None = None
) -> Check:
    """Correct reference or settings of a check that was never read; it is due at once."""
    check = Check.objects.select_related("account").get(pk=check_id)
    case = lock(check.case_id)
    check = Check.objects.select_for_update(of=("self",), no_key=True).select_related("account").get(pk=check_id)
    if refusal := placement.mend_refusal(by, case):
        raise NotAllowed(refusal)
    if check.report_count:
        raise InvalidInput("This check has been read: add a new one or replace it, so that what was read stays true.")
    reference = reference if reference is not None else check.reference
    wanted = dict(settings if settings is not None else check.settings)
    if problem := reference_problem(check.account, check.kind, reference, wanted):
        raise InvalidInput(problem, field="reference")
    if Check.objects.filter(account=check.account, kind=check.kind, reference=reference).exclude(pk=check.pk).exists():
        raise InvalidInput("Another check has this reference already.", field="reference")
    changed = [
        name
        for name, differs in (("reference", reference != check.reference), ("settings", wanted != check.settings))
        if differs
    ]
    before = check.reference
    check.reference, check.settings = reference, wanted
    check.save(update_fields=("reference", "settings"))
    _make_due(check.pk, now=timezone.now(), abandon=True)
    audit.record(
        EventType.CHECK_CORRECTED,
        case=case,
        by=by,
        check=str(check.pk),
        what=", ".join(changed),
        before=before,
        after=reference,
        reason=reason,
    )
    settle_now(case)
    return check


@transaction.atomic
def request_read(check_id: UUID, *, by: User) -> CheckSync:
    """ "Refresh now": due at once, past our own rhythm; never past what the provider told the account."""
    check = Check.objects.get(pk=check_id)
    case = lock(check.case_id)
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include reading checks again.")
    if check.superseded_by_id:
        raise InvalidInput("This check has been replaced; the new one is read.")
    if refusal := asking_refusal(check.account):
        raise NotAllowed(refusal)
    now = timezone.now()
    _make_due(check.pk, now=now)
    CheckSync.objects.filter(pk=check.pk).update(asked_at=now)
    audit.record(EventType.READ_REQUESTED, case=case, by=by, **_names(check))
    settle_now(case)
    return CheckSync.objects.get(pk=check.pk)


def _make_due(check_id: UUID, *, now: datetime, abandon: bool = False) -> None:
    """Due now. ``abandon``: a read that is under way asked for something else, so its answer is refused."""
    sync = CheckSync.objects.select_for_update().get(pk=check_id)
    sync.next_read_at, sync.attempts = now, 0
    if abandon:
        sync.fence += 1
        sync.leased_until = None
    if abandon or sync.state in (SyncState.BLOCKED, SyncState.SETTLED):
        sync.state, sync.failures, sync.failing_since, sync.fault, sync.fault_detail = (
            SyncState.SCHEDULED,
            0,
            None,
            "",
            "",
        )
    sync.save()


def reference_problem(account: ProviderAccount, kind: str, reference: str, settings: Mapping[str, Any]) -> str | None:
    """Why this reference cannot be read on this account, as a sentence, or None."""
    cls = provider_class(account.provider)
    if kind not in cls.kinds:
        return f"{cls.label} has no checks of kind “{kind}”."
    if len(reference) > 200 or not reference.isprintable():
        return "A reference is at most 200 printable characters."
    return cls.reference_problem(Kind(kind), reference, settings)


def _names(check: Check) -> dict[str, str]:
    return {"check": str(check.pk), "provider": check.provider, "kind": check.kind, "reference": check.reference}


# --- storing what was read -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A read that succeeded: the report, what it means, and the fencing number under which it began."""

    check_id: UUID
    fence: int
    report: Report = field(repr=False)
    assessment: Assessment
    digest: str
    payload: Mapping[str, Any] = field(repr=False)
    """Already cut for storing."""
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A read that failed for this check's own sake."""

    check_id: UUID
    fence: int
    error: ProviderError


@dataclass(slots=True)
class Stored:
    """What a batch came to."""

    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    """Late: a read that began later has been stored, or the lease has gone."""
    unrecognised: list[tuple[str, str]] = field(default_factory=list)
    """(provider, word) that no table knows."""


def record_report(read: Read) -> Stored:
    """A batch of one."""
    return record_reports([read])


@transaction.atomic
def record_reports(batch: Sequence[Read], *, now: datetime | None = None) -> Stored:
    """Store what was read: report, check, sync row, case, queue and event in one transaction, cases locked in id order.

    The same digest as last time writes no report and no event. A read whose fencing number is not the latest of its
    check is refused.
    """
    now = now or timezone.now()
    result = Stored()
    cases, checks = _lock_batch([read.check_id for read in batch])
    desk = Desk.read()
    entries: list[audit.Entry] = []
    reports: list[CheckReport] = []
    syncs: list[CheckSync] = []
    for read in batch:
        check = checks.get(read.check_id)
        if check is None or check.sync.fence != read.fence or check.superseded_by_id:
            result.refused += 1
            continue
        told = _store(cases[check.case_id], check, read, now=now, reports=reports)
        syncs.append(_read_well(check, now=now))
        entries += told
        result.changed += bool(told)
        result.unchanged += not told
        result.unrecognised += [(check.provider, r.code) for r in read.assessment.unrecognised if told]
    CheckReport.objects.bulk_create(reports)
    CheckSync.objects.bulk_update(syncs, READ_FIELDS)
    entries += _settle_all(cases, checks, desk, now=now)
    audit.record_batch(entries)
    Case.objects.bulk_update(cases.values(), SETTLED_FIELDS)
    _tell_admins(result.unrecognised)
    return result


def _lock_batch(check_ids: Sequence[UUID]) -> tuple[dict[int, Case], dict[UUID, Check]]:
    case_ids = sorted(set(Check.objects.filter(pk__in=check_ids).values_list("case_id", flat=True)))
    cases = {
        case.pk: case
        for case in Case.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=case_ids)
        .order_by("pk")
        .select_related("applicant")
    }
    # Not joined above: a statement that has waited for a lock joins what it saw before, and misses a new decision.
    prefetch_related_objects(list(cases.values()), "decision")
    list(CheckSync.objects.select_for_update().filter(pk__in=check_ids).order_by("pk").values_list("pk"))
    checks = {check.pk: check for rows in checks_of(case_ids).values() for check in rows}
    return cases, checks


def _settle_all(
    cases: Mapping[int, Case], checks: Mapping[UUID, Check], desk: Desk, *, now: datetime
) -> list[audit.Entry]:
    by_case: dict[int, list[Check]] = {case_id: [] for case_id in cases}
    for check in checks.values():
        by_case[check.case_id].append(check)
    return [entry for case_id, case in cases.items() for entry in settle(case, by_case[case_id], desk, now=now)]


def _store(case: Case, check: Check, read: Read, *, now: datetime, reports: list[CheckReport]) -> list[audit.Entry]:
    entries = _readable_again(case, check)
    evidence = read.evidence
    is_news = read.digest != check.digest or not check.report_count
    if is_news:
        entries.append(_new_report(case, check, read, now=now, reports=reports))
    if lapsed := _lapse(case, check, now=now):
        entries.append(lapsed)
        # The answer still says that it is under way, so nobody has listed what a person now has to look at.
        evidence += provider_class(check.provider).evidence_types()
    if evidence:
        documents.want(check, evidence, is_news=is_news)
    if entries:
        check.save()
    return entries


READ_FIELDS = (
    "state",
    "leased_until",
    "attempts",
    "failures",
    "failing_since",
    "fault",
    "fault_detail",
    "last_read_at",
    "next_read_at",
)


def _read_well(check: Check, *, now: datetime) -> CheckSync:
    """The sync row after a good read. In memory."""
    sync = check.sync
    began = sync.leased_until - timedelta(seconds=django_settings.SYNC_LEASE_SECONDS) if sync.leased_until else now
    asked_since = sync.asked_at is not None and sync.asked_at > began
    sync.state = SyncState.SETTLED if check.terminal else SyncState.SCHEDULED
    sync.leased_until, sync.attempts = None, 0
    sync.failures, sync.failing_since, sync.fault, sync.fault_detail = 0, None, "", ""
    sync.last_read_at = now
    # "Refresh now" that was pressed while this read was under way wants a newer one.
    sync.next_read_at = now if asked_since else next_read(check, now=now)
    return sync


def _new_report(case: Case, check: Check, read: Read, *, now: datetime, reports: list[CheckReport]) -> audit.Entry:
    report, meaning = read.report, read.assessment
    before = report_difference.snapshot(check)
    case.report_seq += 1
    check.report_count += 1
    check.report_seq = case.report_seq
    check.digest, check.fence, check.changed_at = read.digest, read.fence, now
    check.outcome, check.provider_verdict = meaning.outcome, meaning.verdict
    check.terminal, check.changeable = meaning.terminal, meaning.changeable
    check.status_word = report.status[:200]
    check.reasons = [asdict(reason) for reason in meaning.reasons]
    check.attempts = [_attempt(attempt) for attempt in report.attempts]
    check.risk_labels = [label[:120] for label in report.risk_labels]
    check.facts = facts_given(report.facts)
    check.request_id = report.request_id[:200]
    check.followed_reference = report.followed_reference[:200]
    check.reported_at = report.reported_at
    check.lapse = _lapse_of(meaning.lapse, check.lapse, now=now)
    check.difference = report_difference.difference(
        before, report_difference.snapshot(check), report=check.report_count - 1
    )
    reports.append(
        CheckReport(
            check_row=check,
            case=case,
            data_key_id=check.data_key_id,
            number=check.report_count,
            seq=check.report_seq,
            fence=read.fence,
            status_word=check.status_word,
            outcome=check.outcome,
            provider_verdict=check.provider_verdict,
            codes=[code[:120] for code in report.codes],
            digest=read.digest,
            request_id=check.request_id,
            payload=dict(read.payload),
            read_at=now,
        )
    )
    return audit.Entry(
        type=EventType.REPORTED,
        case=case,
        data={
            **_names(check),
            "report": check.report_count,
            "before": before.outcome if check.report_count > 1 else "",
            "outcome": check.outcome,
            "verdict": check.provider_verdict,
            "status": check.status_word,
            "codes": [reason["code"] for reason in check.reasons],
            "difference": check.difference,
        },
    )


def _attempt(attempt: Attempt) -> dict[str, Any]:
    row = asdict(attempt)
    row["started_at"] = attempt.started_at.isoformat() if attempt.started_at else None
    return row


def facts_given(facts: Facts) -> dict[str, Any]:
    """The facts that were given, as stored: text fields that are not empty, scores and other pairs as lists."""
    return {name: value for name, value in asdict(facts).items() if value}


def _lapse_of(lapse: TimeoutRule | None, before: Mapping[str, Any] | None, *, now: datetime) -> dict[str, Any] | None:
    """The clock of "unchanged for": it keeps running while the provider's words stay."""
    if lapse is None:
        return None
    since = before["since"] if before and before["key"] == lapse.key else now.isoformat()
    return {
        "key": lapse.key,
        "since": since,
        "after_seconds": int(lapse.after.total_seconds()),
        "outcome": lapse.outcome.value,
        "verdict": lapse.verdict.value,
    }


def _lapse(case: Case, check: Check, *, now: datetime) -> audit.Entry | None:
    """The provider's words have stayed the same for long enough that they mean something else."""
    if not check.lapse or check.outcome == check.lapse["outcome"]:
        return None
    since = datetime.fromisoformat(check.lapse["since"])
    if now - since < timedelta(seconds=check.lapse["after_seconds"]):
        return None
    case.report_seq += 1
    check.report_seq = case.report_seq
    check.outcome, check.provider_verdict = check.lapse["outcome"], check.lapse["verdict"]
    check.changed_at = now
    return audit.Entry(
        type=EventType.LAPSED,
        case=case,
        data={**_names(check), "outcome": check.outcome, "minutes": check.lapse["after_seconds"] // 60},
    )


def _readable_again(case: Case, check: Check) -> list[audit.Entry]:
    if not check.sync.fault:
        return []
    return [audit.Entry(type=EventType.CHECK_READABLE, case=case, data=_names(check))]


def _tell_admins(words: Iterable[tuple[str, str]]) -> None:
    for provider, word in sorted(set(words)):
        audit.record_desk(DeskEventType.WORD_UNRECOGNISED, by=None, provider=provider, word=word[:120])


@transaction.atomic
def record_faults(batch: Sequence[Fault], *, now: datetime | None = None) -> int:
    """Reads that failed for the check's own sake: no outcome changes; how many were stored.

    What cannot be mended by asking again blocks the check; an unreadable answer only after 24 hours of trying.
    """
    now = now or timezone.now()
    cases, checks = _lock_batch([fault.check_id for fault in batch])
    entries: list[audit.Entry] = []
    stored = 0
    for fault in batch:
        check = checks.get(fault.check_id)
        if check is None or check.sync.fence != fault.fence or check.superseded_by_id:
            continue
        stored += 1
        entries += _fail(cases[check.case_id], check, fault.error, now=now)
    entries += _settle_all(cases, checks, Desk.read(), now=now)
    audit.record_batch(entries)
    Case.objects.bulk_update(cases.values(), SETTLED_FIELDS)
    return stored


def _fail(case: Case, check: Check, error: ProviderError, *, now: datetime) -> list[audit.Entry]:
    sync = check.sync
    sync.leased_until, sync.attempts = None, 0
    sync.failures += 1
    sync.failing_since = sync.failing_since or now
    was = sync.fault
    sync.fault, sync.fault_detail = error.code, error.detail[:400]
    blocked = not error.retryable or now - sync.failing_since >= UNREADABLE_BLOCKS_AFTER
    if blocked:
        sync.state, sync.next_read_at = SyncState.BLOCKED, None
    else:
        sync.state, sync.next_read_at = SyncState.FAILING, now + patience(sync.failures)
    sync.save()
    if isinstance(error, UnreadableAnswer):
        _keep_body(check, error, now=now)
    if not blocked and was:
        return []
    return [
        audit.Entry(
            type=EventType.CHECK_BLOCKED,
            case=case,
            data={**_names(check), "fault": sync.fault, "detail": sync.fault_detail, "final": blocked},
        )
    ]


def _keep_body(check: Check, error: UnreadableAnswer, *, now: datetime) -> None:
    UnreadableBody.objects.filter(check_row=check).delete()
    UnreadableBody.objects.create(
        check_row=check,
        data_key_id=check.data_key_id,
        body=error.body[:KEPT_BODY],
        size=len(error.body),
        detail=error.detail[:400],
        received_at=now,
    )


@transaction.atomic
def record_lost_worker(check_id: UUID, *, now: datetime | None = None) -> None:
    """Three workers in a row were lost while reading this check: it is blocked, in plain sight."""
    now = now or timezone.now()
    check = Check.objects.get(pk=check_id)
    case = lock(check.case_id)
    sync = CheckSync.objects.select_for_update().get(pk=check_id)
    if (
        sync.state != SyncState.LEASED
        or sync.attempts < MAX_LOST_WORKERS
        or (sync.leased_until and sync.leased_until > now)
    ):
        return
    sync.state, sync.leased_until, sync.next_read_at = SyncState.BLOCKED, None, None
    sync.fault = "worker_lost"
    sync.fault_detail = (
        "Three workers in a row were lost while reading this check. Read it again, or tell the engineers."
    )
    sync.save()
    audit.record(
        EventType.CHECK_BLOCKED,
        case=case,
        by=None,
        **_names(check),
        fault=sync.fault,
        detail=sync.fault_detail,
        final=True,
    )
    settle_now(case, now=now)
