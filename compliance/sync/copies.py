"""Copies the files that reports name into the vault, because links expire."""

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
from providers import (
    COPY,
    Detail,
    Download,
    NotFoundAtProvider,
    ProviderError,
    ProviderThrottled,
    StoreThrottled,
    spend,
)

log = logging.getLogger(__name__)

TRY_SECONDS = 120.0
"""After so long a copy that has stored a new piece lets other documents go first."""
BREAK_SECONDS = 1.0
RENEW_SECONDS = 20.0
"""How often a copy that waits for its rate slot renews its lease and checks for a pause."""
MAX_RUN_SECONDS = 600
"""Seconds after which a run certainly hangs: 45 s for starting copies, two minutes for the last one, one more wait for
the rate slot of the slowest account, and the call."""
LOW_CONCURRENCY = 2
READ_GAP_SECONDS = 0.6
"""Seconds between two copies of an account with low concurrency: longer than an idle slice of reads sleeps."""


class _NoSlot(Exception):
    """The account has no rate slot for ``wait`` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__()
        self.wait = wait


class _Interrupted(Exception):
    """This try ends without a new piece, for the reason in ``detail``.

    It is no ``ProviderError``, or a client would take it for the fault of a single piece.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def copy_requested(*, seconds: float = 45.0) -> int:
    """Copy pending documents, one at a time to bound memory, and return their number."""
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
    """Copy one document and return the number of pieces. A fault is stored on the document, never raised."""
    document, check = lease.document, lease.document.check_row
    if check is None:
        return 0
    try:
        return _copy(lease, document, check)
    except documents.LeaseLost:
        log.warning("document %s: the lease has gone to another worker", document.pk)
    return 0


def _copy(lease: copy_leases.CopyLease, document: Document, check: Check) -> int:
    try:
        if documents.needs_fresh_link(document):
            detail = documents.noted_fault(document) or "The link has expired; the next read brings a fresh one."
            raise NotFoundAtProvider(check.provider, detail)
        with spend(COPY):
            return evidence_copies.store(document.pk, _pieces(lease, check), leased=document)
    except _NoSlot as later:
        evidence_copies.release_lease(document, wait=later.wait)
    except _Interrupted as why:
        copy_faults.postpone_outage(document.pk, detail=why.detail, leased=document)
    except (StorageError, DecoderBusy) as fault:
        copy_faults.postpone_local_fault(document.pk, detail=str(fault), leased=document)
    except OperationalError as fault:
        log.error("document %s could not be stored: %s", document.pk, type(fault).__name__)
        detail = "Our database failed during the copy."
        copy_faults.postpone_local_fault(document.pk, detail=detail, leased=document)
    except ProviderError as error:
        _store_fault(document, check, error)
    except documents.LeaseLost:
        raise
    except Exception as error:
        log.error("document %s could not be copied: %s", document.pk, type(error).__name__)
        detail = f"The copy failed with an internal error ({type(error).__name__})."
        copy_faults.postpone(document.pk, detail=detail, leased=document)
    return 0


def _pieces(lease: copy_leases.CopyLease, check: Check) -> Iterator[tuple[Download, DecodedFile | None]]:
    """Each piece with its decoding result, fetched one at a time."""
    item = evidence_copies.evidence_item(lease.document)
    slots = _RateSlots(lease, check, had=_names(item.here))
    client = provider_clients.client(check.account, before_call=slots.wait)
    for count, download in enumerate(client.fetch_evidence(item, subject_of(check))):
        if count == evidence_copies.MOST_PIECES:
            problem = f"More than {count} pieces came; the others were not copied."
            yield Download(label=item.label, kind=item.kind, content=b"", problem=problem), None
            return
        slots.had_fault = slots.had_fault or download.fault is not None
        yield download, decode(download.content) if download.content else None


def _names(here: frozenset[tuple[str, str]]) -> frozenset[str]:
    return frozenset(name for name, _ in here)


class _RateSlots:
    """The rate slots of the calls of one copy: copies and reads share the account's rate.

    Waiting renews the lease. A long copy that has stored a new piece ends before its next call, and a later try
    continues after the stored pieces.
    """

    def __init__(self, lease: copy_leases.CopyLease, check: Check, *, had: frozenset[str]) -> None:
        self._document, self._account = lease.document, check.account
        self._unused: list[rate_slots.RateSlot] = [lease.slot]
        self._had = had
        self._started = time.monotonic()
        self.had_fault = False

    def wait(self) -> None:
        """Return when the next call may go out. Raises ``_NoSlot``, ``_Interrupted``, ``LeaseLost``."""
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
            if self._stored_something():
                raise _NoSlot(BREAK_SECONDS)
            if self.had_fault:
                raise _Interrupted("The pieces came too slowly to copy them all.")
        slot = rate_slots.take_rate_slot(self._account)
        if slot.granted or self._stored_something() or rate_slots.current_pause(self._account):
            return slot
        # Repeated restarts would use up the account's rate without a result.
        text = f"The account's rate leaves no slot for {slot.wait:.0f} s."
        raise _Interrupted(Detail(text, admin_action="Allow more calls per second."))

    def _stored_something(self) -> bool:
        have = _names(evidence_copies.pieces_here(self._document))
        return bool(have - self._had) and len(have) <= evidence_copies.MOST_PIECES


def _store_fault(document: Document, check: Check, error: ProviderError) -> None:
    """Store a fault on the document. It does not mark the account: only reads do."""
    if isinstance(error, NotFoundAtProvider):
        copy_faults.request_fresh_link(document.pk, detail=error.detail, leased=document)
    elif error.scope == "account":
        wait = error.retry_after if isinstance(error, ProviderThrottled) else None
        if wait and not isinstance(error, StoreThrottled):
            breaker.record_retry_after(check.account_id, wait)
        copy_faults.postpone_outage(
            document.pk, detail=error.detail, retry_after=wait, of_piece=error.of_piece, leased=document
        )
    else:
        final = not error.retryable
        copy_faults.postpone(document.pk, detail=error.detail, final=final, of_piece=error.of_piece, leased=document)
