"""Reports stored values that cannot be decrypted: one entry of the activity log for each row and column."""

import hashlib
import logging

from django.db import DatabaseError, transaction

from compliance import audit
from compliance.enums import DeskEventType
from providers.vault import mark_undecipherable

log = logging.getLogger(__name__)
MOST_REMEMBERED = 10_000
_reported: set[tuple[str, ...]] = set()
"""What this process has reported, so that a page view costs no statement."""


def report(table: str, column: str, row: object, content: bytes = b"") -> None:
    """Record that this value cannot be decrypted, unless the same content is recorded already.

    Never raises: the page of which the value is a part is shown in any case.
    """
    place = {"table": table, "column": column, "row": str(row), "mark": hashlib.sha256(content).hexdigest()[:16]}
    key = tuple(place.values())
    if key in _reported:
        return
    log.error("%s.%s of row %s cannot be decrypted", table, column, row)
    try:
        with transaction.atomic():
            audit.record_desk_once(DeskEventType.VALUE_UNDECIPHERABLE, **place)
    except DatabaseError as fault:
        log.error("this was not recorded: %s", type(fault).__name__)
        return
    if len(_reported) < MOST_REMEMBERED:
        transaction.on_commit(lambda: _reported.add(key))


mark_undecipherable(("compliance", "providers"), report)
