"""Copying pictures and files that providers name: links expire, evidence does not."""

import logging
import time
from collections.abc import Iterator
from uuid import UUID

from django.db import OperationalError

from compliance.actions import copy_faults, documents, evidence_copies
from compliance.errors import NotLookedAt, NotStored
from compliance.evidence.decoding import Picture, look
from compliance.models import Check, Document
from compliance.sync import breaker, copy_leases, provider_clients, rate_slots
from compliance.sync.reads import subject_of
from providers import Download, NotFoundAtProvider, ProviderError, ProviderThrottled, StoreThrottled

log = logging.getLogger(__name__)

TRY_SECONDS = 120.0
"""After so long a copy that has brought something makes room for others before its next call."""
BREATH_SECONDS = 1.0
RENEW_SECONDS = 20.0
"""How often a copy that waits for its turn renews its lease, and looks whether it may still go on."""
LONGEST_RUN = 600
"""Seconds after which a run hangs for certain: 45 s of beginning copies, the last one's two minutes, one more wait for
the turn of the slowest account, and the call."""
FEW_AT_ONCE = 2
READS_COME_BETWEEN = 0.6
"""Seconds between two copies of an account that takes few calls at once: longer than a slice of reads looks away."""


class _NotNow(Exception):
    """The account has no turn to give any more."""

    def __init__(self, wait: float) -> None:
        super().__init__()
        self.wait = wait


class _CutOff(Exception):
    """No further call of this try may go out, and it has brought nothing new; the message says why.

    No ``ProviderError``, so that a client does not take it for the fault of the one piece that it asked for.
    """


def copy_wanted(*, seconds: float = 45.0) -> int:
    """Copy what is wanted, one after the other so that memory stays flat; how many pictures and files came."""
    deadline = time.monotonic() + seconds
    copied = 0
    busy: dict[UUID, float] = {}
    while (now := time.monotonic()) < deadline:
        busy = {account_id: until for account_id, until in busy.items() if until > now}
        lease = copy_leases.lease_copy(without=frozenset(busy))
        if lease and lease.turn.granted:
            copied += copy(lease)
            _let_reads_come(lease, busy)
        elif lease and lease.document.check_row:
            busy[lease.document.check_row.account_id] = now + lease.turn.wait
        elif busy:
            time.sleep(max(0.0, min(*busy.values(), now + 1.0, deadline) - now))
        else:
            break
    return copied


def _let_reads_come(lease: copy_leases.CopyLease, busy: dict[UUID, float]) -> None:
    check = lease.document.check_row
    if check and check.account.concurrency <= FEW_AT_ONCE:
        busy[check.account_id] = time.monotonic() + READS_COME_BETWEEN


def copy(lease: copy_leases.CopyLease) -> int:
    """Copy one document; how many pieces came. A failure is noted on the document, never raised."""
    document, check = lease.document, lease.document.check_row
    if check is None:
        return 0
    try:
        return _copy(lease, document, check)
    except documents.LeaseLost:
        log.warning("document %s was copied by another worker meanwhile", document.pk)
    return 0


def _copy(lease: copy_leases.CopyLease, document: Document, check: Check) -> int:
    try:
        if documents.needs_fresh_link(document):
            raise NotFoundAtProvider(
                check.provider, document.fault_detail or "Its link is gone; a fresh read brings one."
            )
        return evidence_copies.store(document.pk, _pieces(lease, check), held=document)
    except _NotNow as later:
        evidence_copies.give_back(document, wait=later.wait)
    except _CutOff as why:
        copy_faults.postpone_outage(document.pk, detail=str(why), held=document)
    except (NotStored, NotLookedAt) as fault:
        copy_faults.postpone_own_fault(document.pk, detail=str(fault), held=document)
    except OperationalError as fault:
        log.error("document %s could not be written down: %s", document.pk, type(fault).__name__)
        detail = "The desk's own database failed while it was copied."
        copy_faults.postpone_own_fault(document.pk, detail=detail, held=document)
    except ProviderError as error:
        _note(document, check, error)
    except documents.LeaseLost:
        raise
    except Exception as error:
        log.error("document %s could not be copied: %s", document.pk, type(error).__name__)
        detail = f"The desk failed to copy it ({type(error).__name__})."
        copy_faults.postpone(document.pk, detail=detail, held=document)
    return 0


def _pieces(lease: copy_leases.CopyLease, check: Check) -> Iterator[tuple[Download, Picture | None]]:
    """Each piece with what the limited child said about it, fetched when it is asked for."""
    item = evidence_copies.evidence_item(lease.document)
    turns = _Turns(lease, check, had=_names(item.here))
    for count, download in enumerate(
        provider_clients.fetch_evidence(check.account, item, subject_of(check), turn=turns.wait)
    ):
        if count == evidence_copies.MOST_PIECES:
            problem = f"More than {count} pieces came; the others were not copied."
            yield Download(label=item.label, kind=item.kind, content=b"", problem=problem), None
            return
        turns.met_fault = turns.met_fault or download.fault is not None
        yield download, look(download.content) if download.content else None


def _names(here: frozenset[tuple[str, str]]) -> frozenset[str]:
    return frozenset(name for name, _ in here)


class _Turns:
    """What every call of a copy waits for, so that pictures and reads together keep the account's pace.

    The lease is renewed while it waits. A copy that has gone on for long ends before its next call if it brought
    something new, and goes on from there when others have had their turn.
    """

    def __init__(self, lease: copy_leases.CopyLease, check: Check, *, had: frozenset[str]) -> None:
        self._document, self._account = lease.document, check.account
        self._booked: list[rate_slots.Turn] = [lease.turn]
        self._had = had
        self._started = time.monotonic()
        self.met_fault = False

    def wait(self) -> None:
        """Return when the next call may go out. Raises ``_NotNow``, ``_CutOff``, ``LeaseLost``."""
        turn = self._booked.pop() if self._booked else self._next()
        if not turn.granted:
            raise _NotNow(turn.wait)
        start = time.monotonic() + turn.wait
        evidence_copies.renew_lease(self._document)
        while (left := start - time.monotonic()) > RENEW_SECONDS:
            time.sleep(RENEW_SECONDS)
            evidence_copies.renew_lease(self._document)
            if quiet := rate_slots.silence(self._account):
                raise _NotNow(quiet.wait)
        time.sleep(max(0.0, left))

    def _next(self) -> rate_slots.Turn:
        if time.monotonic() - self._started > TRY_SECONDS:
            if self._brought_something():
                raise _NotNow(BREATH_SECONDS)
            if self.met_fault:
                raise _CutOff("The pieces came too slowly to copy them all.")
        turn = rate_slots.take_turn(self._account)
        if turn.granted or self._brought_something() or rate_slots.silence(self._account):
            return turn
        # Begun again and again it would use up the account's turns and bring nothing.
        raise _CutOff(f"The account's pace leaves no turn for {turn.wait:.0f} s. Admin: allow more calls per second.")

    def _brought_something(self) -> bool:
        have = _names(evidence_copies.pieces_here(self._document))
        return bool(have - self._had) and len(have) <= evidence_copies.MOST_PIECES


def _note(document: Document, check: Check, error: ProviderError) -> None:
    """What a fault means for the document. None of them marks the account: the reads find out how it is."""
    if isinstance(error, NotFoundAtProvider):
        copy_faults.renew_link(document.pk, detail=error.detail, held=document)
    elif error.scope == "account":
        wait = error.retry_after if isinstance(error, ProviderThrottled) else None
        if wait and not isinstance(error, StoreThrottled):
            breaker.record_told_wait(check.account_id, wait)
        copy_faults.postpone_outage(document.pk, detail=error.detail, retry_after=wait, held=document)
    else:
        copy_faults.postpone(document.pk, detail=error.detail, final=not error.retryable, held=document)
