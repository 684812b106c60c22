"""Storing reports, and their effect on check and case."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from compliance import audit
from compliance.actions import documents, duplicates
from compliance.actions.cases import ROUTED_FIELDS, RoutingPolicy, checks_of, document_index, route_cases
from compliance.actions.checks import event_data
from compliance.enums import DeskEventType, EventType, SyncState
from compliance.facts import report_difference
from compliance.models import Case, Check, CheckReport, CheckSync, Event
from compliance.sync.schedule import next_read
from providers import Assessment, Attempt, Evidence, Facts, Report, Source, TimeoutRule, provider_class
from providers.vault import Undecipherable


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A successful read: the report, its assessment, and the fencing number of its lease."""

    check_id: UUID
    fence: int
    report: Report = field(repr=False)
    assessment: Assessment
    digest: str
    payload: Mapping[str, Any] = field(repr=False)
    """As stored: without secrets and file bodies."""
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    more: Mapping[str, int] = field(default_factory=dict)
    """How many entries of a list the report leaves out, by the name of the list."""


@dataclass(slots=True)
class Stored:
    """The result of a batch."""

    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    """Late reads: a later one is stored, or the lease was lost."""


def record_reports(batch: Sequence[Read], *, now: datetime | None = None) -> Stored:
    """Store report, check, sync row, case, queue and event in one transaction; cases are locked in id order. A search
    for duplicates follows where an answer stated a number or birth date that another case has.

    The same digest as last time writes no report and no event. A read whose fencing number is not the latest of its
    check is refused.
    """
    result, cases = _record(batch, now=now or timezone.now())
    for case in cases:
        if case.duplicates_due:
            duplicates.search(case.pk)
    return result


@transaction.atomic
def _record(batch: Sequence[Read], *, now: datetime) -> tuple[Stored, list[Case]]:
    result = Stored()
    cases, checks = lock_batch([read.check_id for read in batch])
    events: list[Event] = []
    reports: list[CheckReport] = []
    syncs: list[CheckSync] = []
    unrecognised: set[tuple[str, str]] = set()
    for read in batch:
        check = checks.get(read.check_id)
        if check is None or check.sync.fence != read.fence or check.superseded_by_id:
            result.refused += 1
            continue
        written = _store(cases[check.case_id], check, read, now=now, reports=reports)
        syncs.append(_sync_after_read(check, now=now))
        events += written
        result.changed += bool(written)
        result.unchanged += not written
        if written:
            unrecognised |= {(check.provider, reason.code) for reason in read.assessment.unrecognised}
    CheckReport.objects.bulk_create(reports)
    CheckSync.objects.bulk_update(syncs, READ_FIELDS)
    save_batch(cases, checks, events, now=now)
    for provider, word in sorted(unrecognised):
        audit.record_desk(DeskEventType.WORD_UNRECOGNISED, by=None, provider=provider, word=word[:120])
    return result, list(cases.values())


def lock_batch(check_ids: Sequence[UUID]) -> tuple[dict[int, Case], dict[UUID, Check]]:
    """The checks with all others of their cases, and the cases, locked in id order."""
    case_ids = sorted(set(Check.objects.filter(pk__in=check_ids).values_list("case_id", flat=True)))
    rows = Case.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=case_ids)
    cases = {case.pk: case for case in rows.order_by("pk").select_related("applicant")}
    # Not joined above: a statement that waited for a lock joins rows of its old snapshot, and misses a new decision.
    prefetch_related_objects(list(cases.values()), "decision", "escalated_by")
    list(CheckSync.objects.select_for_update().filter(pk__in=check_ids).order_by("pk").values_list("pk"))
    checks = {check.pk: check for rows in checks_of(case_ids).values() for check in rows}
    return cases, checks


def save_batch(
    cases: Mapping[int, Case], checks: Mapping[UUID, Check], events: Sequence[Event], *, now: datetime
) -> None:
    """Route the cases and save them with these events and those of routing."""
    by_case: dict[int, list[Check]] = {case_id: [] for case_id in cases}
    for check in checks.values():
        by_case[check.case_id].append(check)
    rules = RoutingPolicy.read()
    routed = route_cases(cases.values(), by_case, rules, now=now)
    audit.record_batch([*events, *routed])
    Case.objects.bulk_update(cases.values(), ROUTED_FIELDS)


def _store(case: Case, check: Check, read: Read, *, now: datetime, reports: list[CheckReport]) -> list[Event]:
    events = []
    if check.sync.fault:
        events.append(Event(type=EventType.CHECK_READABLE, case=case, data=event_data(check)))
    evidence = read.evidence
    is_news = read.digest != check.digest or not check.report_count
    if is_news:
        outcome_before = str(check.outcome)
        _update(case, check, read, now=now)
        reports.append(_report_row(case, check, read, now=now))
        events.append(_reported(case, check, outcome_before))
    elif not isinstance(check.facts, Undecipherable) and "unread" not in check.facts:
        # Stored by an earlier release.
        check.facts = {**check.facts, "unread": list(read.report.facts.unread)}
        check.save(update_fields=["facts"])
    if lapsed := _apply_timeout(case, check, now=now):
        events.append(lapsed)
        # The report is still of a check in progress and lists no files, which a reviewer now needs.
        evidence += provider_class(check.provider).evidence_types(check.account.settings)
    if evidence:
        documents.request(check, evidence, is_news=is_news)
    if events:
        check.save()
    return events


READ_FIELDS = (
    "state", "leased_until", "attempts", "failures", "failing_since", "fault", "fault_detail", "fault_admin_action",
    "last_read_at", "next_read_at",
)  # fmt: skip


def _sync_after_read(check: Check, *, now: datetime) -> CheckSync:
    """The sync row after a successful read. In memory."""
    sync = check.sync
    began = sync.leased_until - timedelta(seconds=django_settings.SYNC_LEASE_SECONDS) if sync.leased_until else now
    refresh_requested = sync.refresh_requested_at is not None and sync.refresh_requested_at > began
    sync.state = SyncState.FINAL if check.terminal else SyncState.SCHEDULED
    sync.leased_until, sync.attempts = None, 0
    sync.failures, sync.failing_since = 0, None
    sync.fault = sync.fault_detail = sync.fault_admin_action = ""
    sync.last_read_at = now
    # A refresh requested during this read needs a newer one.
    sync.next_read_at = now if refresh_requested else next_read(check, now=now)
    return sync


def _update(case: Case, check: Check, read: Read, *, now: datetime) -> None:
    """Set the check to a new report, in memory."""
    report, meaning, before = read.report, read.assessment, copy(check)
    case.report_seq += 1
    check.report_count += 1
    check.report_seq = case.report_seq
    check.digest, check.fence, check.changed_at = read.digest, read.fence, now
    check.outcome, check.provider_verdict = meaning.outcome, meaning.verdict
    check.terminal, check.changeable = meaning.terminal, meaning.changeable
    check.status_word = report.status[:200]
    check.reasons = [asdict(reason) for reason in meaning.reasons]
    check.attempts = [_attempt(attempt) for attempt in report.attempts]
    check.more = dict(read.more)
    check.risk_labels = [label[:120] for label in report.risk_labels]
    check.facts = facts_given(report.facts)
    check.document_index = document_index(report.facts.document_number, report.facts.issuing_country)
    check.request_id = report.request_id[:200]
    check.followed_reference = report.followed_reference[:200]
    check.reported_at = report.reported_at
    check.lapse = _timeout_state(meaning.lapse, check.lapse, now=now)
    check.difference = report_difference.difference(before, check)


def _report_row(case: Case, check: Check, read: Read, *, now: datetime) -> CheckReport:
    """The row of the report that the check has been set to."""
    return CheckReport(
        check_row=check,
        case=case,
        data_key_id=check.data_key_id,
        number=check.report_count,
        seq=check.report_seq,
        fence=read.fence,
        status_word=check.status_word,
        outcome=check.outcome,
        provider_verdict=check.provider_verdict,
        codes=[code[:120] for code in read.report.codes],
        digest=read.digest,
        request_id=check.request_id,
        payload=dict(read.payload),
        read_at=now,
    )


def _reported(case: Case, check: Check, outcome_before: str) -> Event:
    data = {
        **event_data(check),
        "report": check.report_count,
        "digest": check.digest,
        "before": outcome_before if check.report_count > 1 else "",
        "outcome": check.outcome,
        "verdict": check.provider_verdict,
        "status": check.status_word,
        "codes": [reason["code"] for reason in check.reasons],
        "difference": check.difference,
    }
    return Event(type=EventType.REPORTED, case=case, data=data)


def _attempt(attempt: Attempt) -> dict[str, Any]:
    row = asdict(attempt)
    row["started_at"] = attempt.started_at.isoformat() if attempt.started_at else None
    return row


def facts_given(facts: Facts) -> dict[str, Any]:
    """The facts as stored: text fields that are not empty, pairs as lists, and the further sources in ``also``.

    A source has its name and its facts, and its marks (``is_echo``, ``is_other_document``) where they are true.
    ``unread`` is there even if it is empty: earlier releases did not look for such values.
    """
    return {**_given(facts), "unread": list(facts.unread)}


def _given(facts: Facts) -> dict[str, Any]:
    found = {name: value for name, value in asdict(facts).items() if value and name != "also"}
    return found | ({"also": [_source_given(source) for source in facts.also]} if facts.also else {})


def _source_given(source: Source) -> dict[str, Any]:
    marks = {name: True for name in ("is_echo", "is_other_document") if getattr(source, name)}
    return {"name": source.name, "facts": _given(source.facts), **marks}


def _timeout_state(
    lapse: TimeoutRule | None, before: Mapping[str, Any] | None, *, now: datetime
) -> dict[str, Any] | None:
    """The state of a timeout rule: its clock runs as long as the provider's status does not change."""
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


def _apply_timeout(case: Case, check: Check, *, now: datetime) -> Event | None:
    """Set the outcome of a timeout rule when the provider's status has not changed for long enough."""
    if not check.lapse or check.outcome == check.lapse["outcome"]:
        return None
    since = datetime.fromisoformat(check.lapse["since"])
    if now - since < timedelta(seconds=check.lapse["after_seconds"]):
        return None
    case.report_seq += 1
    check.report_seq = case.report_seq
    check.outcome, check.provider_verdict = check.lapse["outcome"], check.lapse["verdict"]
    check.changed_at = now
    data = {**event_data(check), "outcome": check.outcome, "minutes": check.lapse["after_seconds"] // 60}
    return Event(type=EventType.LAPSED, case=case, data=data)
