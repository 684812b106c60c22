"""Reads due checks: leases them, fetches in threads, stores in batches. For the task and ``manage.py sync_due``.

A slow provider occupies only its own threads, because every account has its own pool. One writer stores the answers in
batches. Work, delays and retries are rows; nothing here sleeps on them.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone

from compliance.actions import faults, reports
from compliance.models import Check
from compliance.sync import breaker, provider_clients, rate_slots, read_leases
from compliance.sync.read_leases import ReadLease
from providers import (
    READ,
    BudgetExceeded,
    Detail,
    Kind,
    Meter,
    Provider,
    ProviderError,
    ReferenceMismatch,
    Report,
    Subject,
    UnreadableAnswer,
    Verdict,
    add_further_values,
    cap_lists,
    one_at_a_time,
    spend,
    with_unread_values,
)
from providers.models import ProviderAccount
from providers.vault import Undecipherable, VaultError

log = logging.getLogger(__name__)

BATCH = 200
GATHER_SECONDS = 0.02
IDLE_SECONDS = 0.4
MAX_SLOT_WAIT = timedelta(minutes=2)
"""A run that ends when idle waits this long for an account's rate."""
LAST_CALLS_SECONDS = 40.0
"""How long a slice waits at its end for calls under way."""
HEAVY_SECONDS = 0.1
"""Processor time of a read above which its answer is stored alone and its account rests."""
REST_FACTOR = 8
"""Seconds of rest for each second of processor time: an account with heavy answers leaves the rest to the others."""


@dataclass(slots=True)
class Counts:
    """The result of a run."""

    read: int = 0
    changed: int = 0
    check_faults: int = 0
    account_faults: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of one call: a read or an error."""

    leased: ReadLease
    read: reports.Read | None = None
    error: ProviderError | None = None
    called: bool = True
    """False when no call was made, or our own code failed: then the account has no fault."""
    cpu_seconds: float = 0.0
    """Processor time of the read."""

    @property
    def is_heavy(self) -> bool:
        return self.cpu_seconds >= HEAVY_SECONDS


_rests_until: dict[UUID, float] = {}


class AccountPool:
    """The threads that read one account. They end with the slice and close their database connections."""

    def __init__(self, account: ProviderAccount, answers: "queue.SimpleQueue[Answer]") -> None:
        self.account = account
        self.under_way = 0
        self._jobs: queue.SimpleQueue[ReadLease | None] = queue.SimpleQueue()
        self._waiting: dict[UUID, ReadLease] = {}
        """Leases whose call has not started. Threads and the slice take them out, each one once."""
        self._answers = answers
        self._threads: list[threading.Thread] = []

    def submit(self, leased: ReadLease) -> None:
        """Read this check as soon as a thread is free."""
        self.under_way += 1
        if len(self._threads) < min(self.account.concurrency, self.under_way):
            thread = threading.Thread(target=self._work, name=f"fetch-{self.account.pk}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._waiting[leased.check.pk] = leased
        self._jobs.put(leased)

    def rest(self, cpu_seconds: float) -> None:
        """Start no read for a time in proportion to the processor time of the last one."""
        if cpu_seconds >= HEAVY_SECONDS:
            _rests_until[self.account.pk] = max(self.rests_until, time.monotonic()) + cpu_seconds * REST_FACTOR

    @property
    def rests_until(self) -> float:
        """On the monotonic clock, also of earlier slices of this process."""
        return _rests_until.get(self.account.pk, 0.0)

    def withdraw(self) -> list[ReadLease]:
        """The leases whose call has not started; it will not start any more."""
        taken = (self._waiting.pop(check_id, None) for check_id in list(self._waiting))
        return [leased for leased in taken if leased]

    def close(self) -> None:
        """Let every thread end after its current call."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        try:
            while (leased := self._jobs.get()) is not None:
                time.sleep(max(0.0, (leased.start_at - timezone.now()).total_seconds()))
                if self._waiting.pop(leased.check.pk, None):
                    self._answers.put(fetch(leased))
        finally:
            connections.close_all()


def fetch(leased: ReadLease) -> Answer:
    """Read one check within its budget and assess its report. Every failure is returned as a ``ProviderError``."""
    with spend(READ) as meter:
        answer = _fetch(leased, meter)
        with suppress(UnreadableAnswer):  # noted by the meter
            meter.charge_time(leased.check.provider)
        used = meter.cpu_seconds
    if meter.problem:
        detail = Detail(meter.problem, admin_action="Ask the provider why its answers are so large.")
        body = answer.error.body if answer.error else b""
        answer = Answer(leased=leased, error=BudgetExceeded(leased.check.provider, detail, body=body))
    return replace(answer, cpu_seconds=used)


def _fetch(leased: ReadLease, meter: Meter) -> Answer:
    check = leased.check
    try:
        client = provider_clients.client(check.account)
        subject = subject_of(check)
        if isinstance(subject.settings, Undecipherable):
            detail = Detail("The settings of this check cannot be decrypted.", admin_action="Replace the check.")
            return Answer(leased=leased, error=ReferenceMismatch(check.provider, detail), called=False)
        if problem := client.reference_problem(subject.kind, subject.reference, subject.settings):
            return Answer(leased=leased, error=ReferenceMismatch(check.provider, problem), called=False)
        report = client.fetch(subject)
        with one_at_a_time(meter.decoded_bytes):
            return Answer(leased=leased, read=read_of(leased, client, report))
    except ProviderError as error:
        return Answer(leased=leased, error=error)
    except Exception as error:
        log.error("check %s could not be read: %s", check.pk, type(error).__name__)
        return Answer(
            leased=leased,
            error=UnreadableAnswer(
                check.provider, f"Reading this answer failed with an internal error ({type(error).__name__})."
            ),
            called=False,
        )


def subject_of(check: Check) -> Subject:
    """The check as an argument of a provider's client."""
    return Subject(
        kind=Kind(check.kind), reference=check.reference, settings=check.settings, follow=check.followed_reference
    )


def read_of(leased: ReadLease, client: Provider, report: Report) -> reports.Read:
    """The report with its assessment, its digest and the payload to store; its lists and texts within their caps."""
    digest, payload = client.digest(report), client.stored_payload(report.payload)
    assessment = client.normalise(report, client.rules())
    if assessment.verdict == Verdict.POSITIVE:
        report = with_unread_values(report, payload, client, now=timezone.now(), submitted_at=leased.check.submitted_at)
    report, assessment, evidence, more = cap_lists(report, assessment, client.list_evidence(report))
    report, further = add_further_values(report, assessment.reasons, payload, shown_elsewhere=client.shown_elsewhere)
    more |= {"further": further} if further else {}
    return reports.Read(
        check_id=leased.check.pk,
        fence=leased.fence,
        report=report,
        assessment=assessment,
        digest=digest,
        payload=payload,
        evidence=evidence,
        more=more,
    )


@dataclass(slots=True)
class _Run:
    accounts: list[ProviderAccount]
    ignore_schedule: bool
    answers: "queue.SimpleQueue[Answer]" = field(default_factory=queue.SimpleQueue)
    pools: dict[UUID, AccountPool] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)
    unstored: list[Answer] = field(default_factory=list)
    """Answers that have come and are not stored yet."""
    counts: Counts = field(default_factory=Counts)
    waits_for_slot: bool = False
    """Whether only an account's rate, or its rest, delays due checks."""

    @property
    def under_way(self) -> int:
        return sum(pools.under_way for pools in self.pools.values())


def run_slice(
    account_ids: Iterable[UUID] | None = None,
    *,
    seconds: float = 45.0,
    ignore_schedule: bool = False,
    until_idle: bool = False,
    keep_going: Callable[[], bool] = lambda: True,
) -> Counts:
    """Read due checks of these accounts, or of all, for so many seconds.

    ``until_idle`` ends when nothing is due and no call is under way. ``ignore_schedule`` reads every check that is
    not final once. ``keep_going`` is called about once a second; False ends the slice early.
    """
    run = _Run(accounts=_accounts(account_ids), ignore_schedule=ignore_schedule)
    deadline = time.monotonic() + seconds
    checked_at = time.monotonic()
    try:
        while time.monotonic() < deadline:
            if time.monotonic() - checked_at >= 1.0:
                checked_at = time.monotonic()
                read_leases.block_lost()
                if not keep_going():
                    break
                run.accounts = _accounts(account_ids)
            leased = _lease_all(run)
            if _drain(run, wait=GATHER_SECONDS if leased or run.under_way else 0.0):
                continue
            if not leased and not run.under_way:
                if until_idle and not run.waits_for_slot:
                    break
                time.sleep(IDLE_SECONDS)
        _finish(run)
    except BaseException:
        _release_innocent(run)
        raise
    finally:
        for pools in run.pools.values():
            pools.close()
    return run.counts


def _accounts(account_ids: Iterable[UUID] | None) -> list[ProviderAccount]:
    accounts = ProviderAccount.objects.filter(paused_at__isnull=True)
    return list(accounts if account_ids is None else accounts.filter(pk__in=list(account_ids)))


def _lease_all(run: _Run) -> int:
    count = 0
    run.waits_for_slot = False
    due = read_leases.accounts_with_work(ignore_schedule=run.ignore_schedule)
    for account in run.accounts:
        if account.pk not in due:
            continue
        pools = run.pools.setdefault(account.pk, AccountPool(account, run.answers))
        free = account.concurrency - pools.under_way
        if free <= 0:
            continue
        if pools.rests_until > time.monotonic():
            run.waits_for_slot = True
            continue
        found = read_leases.lease(account, limit=free, ignore_schedule=run.ignore_schedule, seen=frozenset(run.seen))
        if not found and rate_slots.has_slot_soon(account.pk, within=MAX_SLOT_WAIT):
            run.waits_for_slot = True
        for leased in found:
            if run.ignore_schedule:
                run.seen.add(leased.check.pk)
            pools.submit(leased)
            count += 1
    return count


def _drain(run: _Run, *, wait: float) -> int:
    """Collect answers for a moment, store them as one batch, and return how many there were."""
    batch: list[Answer] = []
    until = time.monotonic() + wait
    while len(batch) < BATCH:
        try:
            batch.append(
                run.answers.get(timeout=max(0.0, until - time.monotonic())) if wait else run.answers.get_nowait()
            )
        except queue.Empty:
            break
    for answer in batch:
        run.pools[answer.leased.check.account_id].under_way -= 1
    run.unstored += batch
    if light := [answer for answer in batch if not answer.is_heavy]:
        store(light, run.counts)
    run.unstored = [answer for answer in batch if answer.is_heavy]
    while run.unstored:
        _store_heavy(run, run.unstored.pop())
    return len(batch)


def _store_heavy(run: _Run, answer: Answer) -> None:
    """Store one answer alone. If the slice is interrupted here, this answer is the cause and stays leased."""
    started = time.thread_time()
    store([answer], run.counts)
    run.pools[answer.leased.check.account_id].rest(answer.cpu_seconds + time.thread_time() - started)


def _release_innocent(run: _Run) -> None:
    """The slice was interrupted, for instance by its time limit. Only calls under way and the heavy answer that was
    being stored count as lost; all other leases end without a try."""
    while True:
        try:
            run.unstored.append(run.answers.get_nowait())
        except queue.Empty:
            break
    leases = [answer.leased for answer in run.unstored]
    for pools in run.pools.values():
        leases += pools.withdraw()
    read_leases.release_untried(leases)


def _finish(run: _Run) -> None:
    """Store the calls still under way. The lease of a call that does not end in time expires."""
    until = time.monotonic() + LAST_CALLS_SECONDS
    while run.under_way and time.monotonic() < until:
        _drain(run, wait=GATHER_SECONDS)


def store(batch: list[Answer], counts: Counts) -> None:
    """Store a batch of answers: reports, faults of checks and faults of accounts."""
    reads = [answer.read for answer in batch if answer.read is not None]
    unstorable = _store_reads(reads, counts) if reads else []
    for account_id in {answer.leased.check.account_id for answer in batch if _proves_account_works(answer)}:
        breaker.record_account_success(account_id)
    failed = unstorable + [
        faults.Fault(check_id=answer.leased.check.pk, fence=answer.leased.fence, error=answer.error)
        for answer in batch
        if answer.error is not None and answer.error.scope == "reference"
    ]
    if failed:
        counts.check_faults += faults.record_faults(failed)
    for answer in batch:
        if answer.error is not None and (answer.error.scope == "account" or answer.error.fails_account):
            breaker.record_account_fault(answer.leased, answer.error)
            counts.account_faults += 1


def _proves_account_works(answer: Answer) -> bool:
    """Whether the provider answered, so that the account has no fault."""
    if answer.error is None:
        return answer.called
    return answer.called and answer.error.scope == "reference" and not answer.error.fails_account


def _store_reads(reads: list[reports.Read], counts: Counts) -> list[faults.Fault]:
    """Store the reports in one transaction, and return faults for those that database or vault refuse. An unreachable
    database ends the slice; then the leases expire."""
    try:
        stored = reports.record_reports(reads)
    except (DatabaseError, ValueError, VaultError) as error:
        if isinstance(error, InterfaceError):
            raise
        if len(reads) > 1:
            return [fault for read in reads for fault in _store_reads([read], counts)]
        log.error("check %s: its answer could not be stored: %s", reads[0].check_id, type(error).__name__)
        refusal = UnreadableAnswer(
            reads[0].report.provider, f"This answer could not be stored ({type(error).__name__})."
        )
        return [faults.Fault(check_id=reads[0].check_id, fence=reads[0].fence, error=refusal)]
    counts.read += stored.changed + stored.unchanged
    counts.changed += stored.changed
    counts.refused += stored.refused
    return []
