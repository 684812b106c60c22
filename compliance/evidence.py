"""Copying pictures and files that providers name: links expire, evidence does not."""

import logging
import time

from compliance import gateway
from compliance.actions import documents, leases
from compliance.models import Document
from compliance.pictures import look
from compliance.sync import subject_of
from providers import NotFoundThere, ProviderError, ProviderThrottled

log = logging.getLogger(__name__)


def copy_wanted(*, seconds: float = 45.0) -> int:
    """Copy what is wanted, one after the other so that memory stays flat; how many documents were copied."""
    deadline = time.monotonic() + seconds
    copied = 0
    while time.monotonic() < deadline:
        leased = documents.lease_wanted(limit=1)
        if not leased:
            break
        copied += copy(leased[0])
    return copied


def copy(document: Document) -> int:
    """Copy one document; how many pictures came. A failure is noted on the document, never raised."""
    check = document.check_row
    if check is None:
        return 0
    try:
        downloads = gateway.fetch_evidence(check.account, documents.evidence_item(document), subject_of(check))
        return documents.store(document.pk, [(download, look(download.content)) for download in downloads])
    except ProviderThrottled as error:
        if error.retry_after:
            leases.record_told_wait(check.account_id, error.retry_after)
        documents.postpone(document.pk, detail=error.detail, retry_after=error.retry_after)
    except NotFoundThere as error:
        documents.renew_link(document.pk, detail=error.detail)
    except ProviderError as error:
        documents.postpone(document.pk, detail=error.detail, final=not error.retryable and error.scope == "reference")
    except Exception as error:
        log.error("document %s could not be copied: %s", document.pk, type(error).__name__)
        documents.postpone(document.pk, detail=f"The desk failed to copy it ({type(error).__name__}).")
    return 0
