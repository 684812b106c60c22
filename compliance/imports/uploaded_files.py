"""Files of cases that were uploaded in the browser: a preview that writes nothing, then the import.

Both are done in slices of some seconds, because a request has to end. A slice is one transaction with the progress of
its file: an interrupted slice is repeated, and no line counts twice.
"""

import io
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.enums import DeskEventType, ImportState
from compliance.errors import InvalidInput
from compliance.imports.csv_cases import CaseFile, LineResult, lines_of, write_batches
from compliance.models import CaseImport, User

MOST_LINES = 100_000
MOST_ERRORS = 500
"""Failed lines that are listed."""
LIFETIME = timedelta(hours=2)
SLICE_SECONDS = 5.0
_NEXT = {ImportState.CHECKING: ImportState.CHECKED, ImportState.IMPORTING: ImportState.IMPORTED}


def store(content: bytes, *, by: User) -> CaseImport:
    """Store a file for its preview, encrypted. Raises ``InvalidInput`` for one that cannot be read or is too long."""
    file = CaseFile(lambda: io.BytesIO(content))
    if not file.rows:
        raise InvalidInput("The file has a header and no lines.")
    if file.rows > MOST_LINES:
        raise InvalidInput(f"The file has {file.rows:,} lines; at most {MOST_LINES:,} are imported at once. Split it.")
    encoding = file.encoding
    return CaseImport.objects.create(
        by=by, content=content, encoding=encoding.name, notice=encoding.notice, lines=file.rows
    )


@transaction.atomic
def begin(import_id: UUID, *, by: User) -> None:
    """Let the import of a checked file begin. No effect for any other state."""
    row = _lock(import_id, by=by)
    if row.state == ImportState.CHECKED:
        row.state, row.done, row.last_line, row.failed, row.errors = ImportState.IMPORTING, 0, 0, 0, []
        row.cases = row.checks = 0
        row.save(update_fields=("state", "done", "last_line", "failed", "errors", "cases", "checks"))


@transaction.atomic
def advance(import_id: UUID, *, by: User, seconds: float = SLICE_SECONDS) -> None:
    """Process the next lines of a file, for about so many seconds. No effect if nothing is left to do.

    Raises ``CaseImport.DoesNotExist`` for a file of another user.
    """
    row = _lock(import_id, by=by)
    if row.state not in _NEXT:
        return
    until = time.monotonic() + seconds
    lines = lines_of(lambda: io.BytesIO(row.content), row.encoding, after=row.last_line)
    batches = write_batches(lines, by=by)
    if row.state == ImportState.CHECKING:
        batches = _rolled_back(batches, until=until)
    for batch in batches:
        _count(row, batch)
        if time.monotonic() > until:
            break
    if row.done >= row.lines:
        _finish(row, by=by)
    row.save(update_fields=("state", "content", "done", "last_line", "cases", "checks", "failed", "errors"))


def _rolled_back(batches: Iterator[list[LineResult]], *, until: float) -> Iterator[list[LineResult]]:
    """The results of batches whose rows are removed again."""
    found = []
    with transaction.atomic():
        for batch in batches:
            found.append(batch)
            if time.monotonic() > until:
                break
        transaction.set_rollback(True)
    yield from found


def _count(row: CaseImport, batch: list[LineResult]) -> None:
    failed = [[one.line, one.error] for one in batch if one.error]
    row.done += len(batch)
    row.last_line = batch[-1].line
    row.cases += sum(one.case_made for one in batch)
    row.checks += sum(one.check_made for one in batch)
    row.failed += len(failed)
    row.errors = [*row.errors, *failed][:MOST_ERRORS]


def _finish(row: CaseImport, *, by: User) -> None:
    row.state = _NEXT[ImportState(row.state)]
    if row.state == ImportState.IMPORTED:
        row.content = b""
        counts = {"lines": row.lines, "cases": row.cases, "checks": row.checks, "failed": row.failed}
        audit.record_desk(DeskEventType.CASES_IMPORTED, by=by, **counts)


def _lock(import_id: UUID, *, by: User) -> CaseImport:
    return CaseImport.objects.select_for_update().get(pk=import_id, by=by)


def discard(import_id: UUID, *, by: User) -> None:
    """Delete a file that is not being imported."""
    CaseImport.objects.filter(pk=import_id, by=by).exclude(state=ImportState.IMPORTING).delete()


def delete_old(*, now: datetime | None = None) -> int:
    """Delete files after their lifetime, also unfinished ones; the number of files."""
    old = CaseImport.objects.filter(created_at__lt=(now or timezone.now()) - LIFETIME)
    return old.delete()[0]
