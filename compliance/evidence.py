"""Copying pictures and files that providers name: links expire, evidence does not."""

import logging
import time
from collections.abc import Callable, Iterator
from itertools import islice
from uuid import UUID

from django.db import OperationalError
from django.utils import timezone

from compliance import gateway
from compliance.actions import documents, leases
from compliance.errors import NotStored
from compliance.models import Check, Document
from compliance.pictures import Picture, look
from compliance.sync import subject_of
from providers import Download, NotFoundThere, ProviderError, ProviderThrottled, ProviderUnavailable

log = logging.getLogger(__name__)

LAST_PIECE_SECONDS = 45.0
"""A copy takes no further piece when its lease ends within so many seconds."""
FEW_AT_ONCE = 2
READS_COME_BETWEEN = 0.6
"""Seconds between two copies of an account that takes few calls at once: longer than a slice of reads looks away."""


class _NotNow(Exception):
    """The account has no turn to give any more."""

    def __init__(self, wait: float) -> None:
        super().__init__()
        self.wait = wait


def copy_wanted(*, seconds: float = 45.0) -> int:
    """Copy what is wanted, one after the other so that memory stays flat; how many pictures and files came."""
    deadline = time.monotonic() + seconds
    copied = 0
    busy: dict[UUID, float] = {}
    while (now := time.monotonic()) < deadline:
        busy = {account_id: until for account_id, until in busy.items() if until > now}
        lease = leases.lease_copy(without=frozenset(busy))
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


def _let_reads_come(lease: leases.CopyLease, busy: dict[UUID, float]) -> None:
    check = lease.document.check_row
    if check and check.account.concurrency <= FEW_AT_ONCE:
        busy[check.account_id] = time.monotonic() + READS_COME_BETWEEN


def copy(lease: leases.CopyLease) -> int:
    """Copy one document; how many pieces came. A failure is noted on the document, never raised."""
    document, check = lease.document, lease.document.check_row
    if check is None:
        return 0
    try:
        if documents.needs_fresh_link(document):
            raise NotFoundThere(check.provider, document.fault_detail or "Its link is gone; a fresh read brings one.")
        return documents.store(document.pk, _pieces(lease, check))
    except _NotNow as later:
        documents.give_back(document, wait=later.wait)
    except NotStored as fault:
        documents.postpone_own_fault(document.pk, detail=str(fault))
    except OperationalError as fault:
        log.error("document %s could not be written down: %s", document.pk, type(fault).__name__)
        documents.postpone_own_fault(document.pk, detail="The desk's own database failed while it was copied.")
    except ProviderError as error:
        _note(document, check, error)
    except Exception as error:
        log.error("document %s could not be copied: %s", document.pk, type(error).__name__)
        documents.postpone(document.pk, detail=f"The desk failed to copy it ({type(error).__name__}).")
    return 0


def _pieces(lease: leases.CopyLease, check: Check) -> Iterator[tuple[Download, Picture | None]]:
    """Each piece with what the limited child said about it, fetched when it is asked for."""
    document = lease.document
    item = documents.evidence_item(document)
    found = gateway.fetch_evidence(check.account, item, subject_of(check), turn=_turns(lease, check))
    for download in islice(found, documents.MOST_PIECES):
        yield download, None if download.problem else look(download.content)
        if document.leased_until and (document.leased_until - timezone.now()).total_seconds() < LAST_PIECE_SECONDS:
            raise ProviderUnavailable(check.provider, "The pieces came too slowly to copy them all.")


def _turns(lease: leases.CopyLease, check: Check) -> Callable[[], None]:
    """What waits before every call of this copy, so that pictures and reads together keep the account's pace."""
    booked: list[leases.Turn] = [lease.turn]

    def wait() -> None:
        turn = booked.pop() if booked else leases.take_turn(check.account)
        if not turn.granted:
            raise _NotNow(turn.wait)
        time.sleep(turn.wait)

    return wait


def _note(document: Document, check: Check, error: ProviderError) -> None:
    """What a fault means for the document. None of them marks the account: the reads find out how it is."""
    if isinstance(error, NotFoundThere):
        documents.renew_link(document.pk, detail=error.detail)
    elif error.scope == "account":
        wait = error.retry_after if isinstance(error, ProviderThrottled) else None
        if wait:
            leases.record_told_wait(check.account_id, wait)
        documents.postpone_outage(document.pk, detail=error.detail, retry_after=wait)
    else:
        documents.postpone(document.pk, detail=error.detail, final=not error.retryable)
