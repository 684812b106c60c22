"""Copying pictures and files that providers name: links expire, evidence does not."""

import logging
import time
from collections.abc import Callable, Iterator
from itertools import islice
from uuid import UUID

from django.utils import timezone

from compliance import gateway
from compliance.actions import documents, leases
from compliance.models import Check, Document
from compliance.pictures import Picture, look
from compliance.sync import subject_of
from providers import Download, NotFoundThere, ProviderError, ProviderThrottled, ProviderUnavailable

log = logging.getLogger(__name__)

WAITS_FOR_A_PLACE = 3.0
"""Seconds for which a leased document waits until one of the account's other calls has ended."""
LAST_PIECE_SECONDS = 45.0
"""A copy takes no further piece when its lease ends within so many seconds."""


class _NotNow(Exception):
    """The account has no turn to give; nothing was asked."""

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
        leased = documents.lease_wanted(limit=1, without=frozenset(busy))
        if leased:
            copied += copy(leased[0], busy)
        elif busy:
            time.sleep(max(0.0, min(*busy.values(), now + 1.0, deadline) - now))
        else:
            break
    return copied


def copy(document: Document, busy: dict[UUID, float] | None = None) -> int:
    """Copy one document; how many pieces came. A failure is noted on the document, never raised.

    An account that has no turn to give is noted in ``busy`` with the moment until which that holds.
    """
    check = document.check_row
    if check is None:
        return 0
    try:
        if documents.needs_fresh_link(document):
            raise NotFoundThere(check.provider, document.fault_detail or "Its link is gone; a fresh read brings one.")
        return documents.store(document.pk, _pieces(document, check))
    except _NotNow as later:
        documents.give_back(document, wait=later.wait)
        if busy is not None:
            busy[check.account_id] = time.monotonic() + later.wait
    except ProviderError as error:
        _note(document, check, error)
    except Exception as error:
        log.error("document %s could not be copied: %s", document.pk, type(error).__name__)
        documents.postpone(document.pk, detail=f"The desk failed to copy it ({type(error).__name__}).")
    return 0


def _pieces(document: Document, check: Check) -> Iterator[tuple[Download, Picture | None]]:
    """Each piece with what the limited child said about it, fetched when it is asked for."""
    item = documents.evidence_item(document)
    found = gateway.fetch_evidence(check.account, item, subject_of(check), turn=_turns(document, check))
    for download in islice(found, documents.MOST_PIECES):
        yield download, None if download.problem else look(download.content)
        if document.leased_until and (document.leased_until - timezone.now()).total_seconds() < LAST_PIECE_SECONDS:
            raise ProviderUnavailable(check.provider, "The pieces came too slowly to copy them all.")


def _turns(document: Document, check: Check) -> Callable[[], None]:
    """What waits before every call of this copy, so that pictures and reads together keep the account's pace."""
    is_first = True

    def wait() -> None:
        nonlocal is_first
        patient_until = time.monotonic() + WAITS_FOR_A_PLACE
        while not (turn := leases.take_turn(document, check.account, is_first=is_first)).granted:
            if turn.wait > leases.SLOT_WAIT or time.monotonic() > patient_until:
                raise _NotNow(turn.wait)
            time.sleep(turn.wait)
        is_first = False
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
