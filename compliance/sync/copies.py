"""Copying pictures and files that providers name: links expire, evidence does not."""

import logging
import time
from collections.abc import Iterator
from uuid import UUID

from django.db import OperationalError

from compliance.actions import copy_faults, documents, evidence_copies
from compliance.errors import DecoderBusy, StorageError
from compliance.evidence.decoding import DecodedFile, decode
from compliance.models import Check, Document
from compliance.sync import breaker, copy_leases, provider_clients, rate_slots
from compliance.sync.reads import subject_of
from providers import Download, NotFoundAtProvider, ProviderError, ProviderThrottled, StoreThrottled

log = logging.getLogger(__name__)

TRY_SECONDS = 120.0
"""After so long a copy that has brought something makes room for others before its next call."""
BREAK_SECONDS = 1.0
RENEW_SECONDS = 20.0
"""How often a copy that waits for its turn renews its lease, and looks whether it may still go on."""
MAX_RUN_SECONDS = 600
"""Seconds after which a run hangs for certain: 45 s of beginning copies, the last one's two minutes, one more wait for
the turn of the slowest account, and the call."""
LOW_CONCURRENCY = 2
READ_GAP_SECONDS = 0.6
"""Seconds between two copies of an account that takes few calls at once: longer than a slice of reads looks away."""


class _NoSlot(Exception):
    """The account has no turn to give any more."""

    def __init__(self, wait: float) -> None:
        super().__init__()
        self.wait = wait


class _Interrupted(Exception):
    """No further call of this try may go out, and it has brought nothing new; the message says why.

    No ``ProviderError``, so that a client does not take it for the fault of the one piece that it asked for.
    """


def copy_requested(*, seconds: float = 45.0) -> int:
    """Copy what is wanted, one after the other so that memory stays flat; how many pictures and files came."""
    deadline = time.monotonic() + seconds
    copied = 0
    busy: dict[UUID, float] = {}
    while (now := time.monotonic()) < deadline:
        busy = {account_id: until for account_id, until in busy.items() if until > now}
        lease = copy_leases.lease_copy(without=frozenset(busy))
        if lease and lease.slot.granted:
            copied += copy(lease)
            _yield_to_reads(lease, busy)
        elif lease and lease.document.check_row:
            busy[lease.document.check_row.account_id] = now + lease.slot.wait
        elif busy:
            time.sleep(max(0.0, min(*busy.values(), now + 1.0, deadline) - now))
        else:
            break
    return copied


def _yield_to_reads(lease: copy_leases.CopyLease, busy: dict[UUID, float]) -> None:
    check = lease.document.check_row
    if check and check.account.concurrency <= LOW_CONCURRENCY:
        busy[check.account_id] = time.monotonic() + READ_GAP_SECONDS


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
            detail = documents.noted_fault(document) or "The link has expired; the next read brings a fresh one."
            raise NotFoundAtProvider(check.provider, detail)
        return evidence_copies.store(document.pk, _pieces(lease, check), leased=document)
    except _NoSlot as later:
        evidence_copies.release_lease(document, wait=later.wait)
    except _Interrupted as why:
        copy_faults.postpone_outage(document.pk, detail=str(why), leased=document)
    except (StorageError, DecoderBusy) as fault:
        copy_faults.postpone_local_fault(document.pk, detail=str(fault), leased=document)
    except OperationalError as fault:
        log.error("document %s could not be written down: %s", document.pk, type(fault).__name__)
        detail = "The desk's own database failed while it was copied."
        copy_faults.postpone_local_fault(document.pk, detail=detail, leased=document)
    except ProviderError as error:
        _note(document, check, error)
    except documents.LeaseLost:
        raise
    except Exception as error:
        log.error("document %s could not be copied: %s", document.pk, type(error).__name__)
        detail = f"The desk failed to copy it ({type(error).__name__})."
        copy_faults.postpone(document.pk, detail=detail, leased=document)
    return 0


def _pieces(lease: copy_leases.CopyLease, check: Check) -> Iterator[tuple[Download, DecodedFile | None]]:
    """Each piece with what the limited child said about it, fetched when it is asked for."""
    item = evidence_copies.evidence_item(lease.document)
    slots = _RateSlots(lease, check, had=_names(item.here))
    for count, download in enumerate(
        provider_clients.fetch_evidence(check.account, item, subject_of(check), before_call=slots.wait)
    ):
        if count == evidence_copies.MOST_PIECES:
            problem = f"More than {count} pieces came; the others were not copied."
            yield Download(label=item.label, kind=item.kind, content=b"", problem=problem), None
            return
        slots.had_fault = slots.had_fault or download.fault is not None
        yield download, decode(download.content) if download.content else None


def _names(here: frozenset[tuple[str, str]]) -> frozenset[str]:
    return frozenset(name for name, _ in here)


class _RateSlots:
    """What every call of a copy waits for, so that pictures and reads together keep the account's pace.

    The lease is renewed while it waits. A copy that has gone on for long ends before its next call if it brought
    something new, and goes on from there when others have had their turn.
    """

    def __init__(self, lease: copy_leases.CopyLease, check: Check, *, had: frozenset[str]) -> None:
        self._document, self._account = lease.document, check.account
        self._unused: list[rate_slots.RateSlot] = [lease.slot]
        self._had = had
        self._started = time.monotonic()
        self.had_fault = False

    def wait(self) -> None:
        """Return when the next call may go out. Raises ``_NotNow``, ``_CutOff``, ``LeaseLost``."""
        slot = self._unused.pop() if self._unused else self._next()
        if not slot.granted:
            raise _NoSlot(slot.wait)
        start = time.monotonic() + slot.wait
        evidence_copies.renew_lease(self._document)
        while (left := start - time.monotonic()) > RENEW_SECONDS:
            time.sleep(RENEW_SECONDS)
            evidence_copies.renew_lease(self._document)
            if pause := rate_slots.current_pause(self._account):
                raise _NoSlot(pause.wait)
        time.sleep(max(0.0, left))

    def _next(self) -> rate_slots.RateSlot:
        if time.monotonic() - self._started > TRY_SECONDS:
            if self._brought_something():
                raise _NoSlot(BREAK_SECONDS)
            if self.had_fault:
                raise _Interrupted("The pieces came too slowly to copy them all.")
        slot = rate_slots.take_rate_slot(self._account)
        if slot.granted or self._brought_something() or rate_slots.current_pause(self._account):
            return slot
        # Begun again and again it would use up the account's turns and bring nothing.
        raise _Interrupted(
            f"The account's pace leaves no slot for {slot.wait:.0f} s. Admin: allow more calls per second."
        )

    def _brought_something(self) -> bool:
        have = _names(evidence_copies.pieces_here(self._document))
        return bool(have - self._had) and len(have) <= evidence_copies.MOST_PIECES


def _note(document: Document, check: Check, error: ProviderError) -> None:
    """What a fault means for the document. None of them marks the account: the reads find out how it is."""
    if isinstance(error, NotFoundAtProvider):
        copy_faults.request_fresh_link(document.pk, detail=error.detail, leased=document)
    elif error.scope == "account":
        wait = error.retry_after if isinstance(error, ProviderThrottled) else None
        if wait and not isinstance(error, StoreThrottled):
            breaker.record_retry_after(check.account_id, wait)
        copy_faults.postpone_outage(document.pk, detail=error.detail, retry_after=wait, leased=document)
    else:
        copy_faults.postpone(document.pk, detail=error.detail, final=not error.retryable, leased=document)
