"""Cases from CSV: the whole file is checked first; then its good lines are written in batches, bad ones are named."""

import hashlib
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, cast

from django.db import transaction

from compliance.actions import cases, checks, corrections
from compliance.actions.openings import Opening, open_new
from compliance.errors import ComplianceError, InvalidInput
from compliance.imports import values
from compliance.imports.text_files import Opener, Record, encoding_of, records
from compliance.imports.values import InvalidColumn
from compliance.models import Applicant, User
from compliance.queries.corrections import declared_values
from providers.models import ProviderAccount

COLUMNS = (
    "case_reference",
    "applicant_external_id",
    "full_name",
    "birth_date",
    "email",
    "country",
    "account",
    "kind",
    "reference",
    "submitted_at",
    "settings",
)
REQUIRED = ("applicant_external_id", "full_name", "account", "kind", "reference")
BATCH = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class LineResult:
    """Result of one line. ``error`` is a sentence without personal data, or empty."""

    line: int
    case_made: bool = False
    check_made: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One line whose values are valid by themselves."""

    line: int
    declared: Mapping[str, str] = field(repr=False)
    account: str
    case_reference: str
    check: Mapping[str, Any]

    @property
    def applicant(self) -> Applicant:
        """A new row with what is declared."""
        return Applicant(**self.declared)


class CaseFile:
    """A file, read and checked as a whole when it is opened; nothing is written before."""

    def __init__(self, open_file: Opener) -> None:
        """Raises ``InvalidInput`` for a file that cannot be read, or whose header is not valid."""
        self._open = open_file
        self.encoding = encoding_of(open_file)
        self.rows = sum(1 for _ in self.lines())
        with open_file() as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]

    def lines(self, *, after: int = 0) -> Iterator[CaseLine | LineResult]:
        """Every line with a higher number than ``after`` that is not blank, with valid values or with its error."""
        return lines_of(self._open, self.encoding.name, after=after)


def lines_of(open_file: Opener, encoding: str, *, after: int = 0) -> Iterator[CaseLine | LineResult]:
    """The lines of a file whose encoding is known, as ``CaseFile.lines``."""
    found = records(open_file, encoding, COLUMNS)
    header = _header(next(found, None))
    return (_checked(header, record) for record in found if record.line > after)


def of_text(lines: Iterable[str]) -> CaseFile:
    """A file that is in memory."""
    content = "\n".join(line.rstrip("\r\n") for line in lines).encode()
    return CaseFile(lambda: io.BytesIO(content))


def import_lines(
    file: CaseFile, *, by: User | None, is_correcting: bool = False, is_dry_run: bool = False
) -> Iterator[LineResult]:
    """Open cases and checks, in batches. Idempotent.

    ``is_correcting`` corrects the declared data of known applicants; otherwise such lines are errors. ``is_dry_run``
    writes everything in one transaction and rolls it back.
    """
    with transaction.atomic() if is_dry_run else nullcontext():
        reason = f"Import of the file {file.digest[:12]}" if is_correcting else ""
        for batch in write_batches(file.lines(), by=by, reason=reason):
            yield from batch
        if is_dry_run:
            transaction.set_rollback(True)


def write_batches(
    lines: Iterator[CaseLine | LineResult], *, by: User | None, reason: str = ""
) -> Iterator[list[LineResult]]:
    """Write the lines in batches. ``reason`` of corrections of known applicants; empty if such lines are errors."""
    writer = _Writer(by=by, reason=reason)
    while batch := list(itertools.islice(lines, BATCH)):
        yield writer.write(batch)


class _Writer:
    """Writes batches; reads each account once."""

    def __init__(self, *, by: User | None, reason: str) -> None:
        self._by = by
        self._reason = reason
        """Of corrections; empty if they are not wanted."""
        self._accounts: dict[str, ProviderAccount | None] = {}

    def write(self, batch: list[CaseLine | LineResult]) -> list[LineResult]:
        """The results in the order of the lines. Those of new applicants are written together, the others alone."""
        results = {one.line: one for one in batch if isinstance(one, LineResult)}
        good = [one for one in batch if isinstance(one, CaseLine)]
        known = [one for one in good if self._account(one.account)]
        unknown = [one for one in good if not self._account(one.account)]
        written = open_new([self._opening(one) for one in known], by=self._by)
        results |= {one.line: LineResult(line=one.line, error=_no_account(one)) for one in unknown}
        for one, is_written in zip(known, written, strict=True):
            made = LineResult(line=one.line, case_made=True, check_made=True)
            results[one.line] = made if is_written else self._alone(one)
        return [results[one.line] for one in batch]

    def _account(self, name: str) -> ProviderAccount | None:
        if name not in self._accounts:
            self._accounts[name] = ProviderAccount.objects.filter(name=name).first()
        return self._accounts[name]

    def _opening(self, one: CaseLine) -> Opening:
        account = cast(ProviderAccount, self._account(one.account))
        return Opening(applicant=one.applicant, account=account, case_reference=one.case_reference, **one.check)

    def _alone(self, one: CaseLine) -> LineResult:
        try:
            return self._write_alone(one)
        except ComplianceError as error:
            return _failed(one.line, error)

    @transaction.atomic
    def _write_alone(self, one: CaseLine) -> LineResult:
        opening = self._opening(one)
        environment = opening.account.environment
        case, case_made = cases.open_case(
            opening.applicant,
            environment=environment,
            by=self._by,
            reference=one.case_reference,
            is_correcting=bool(self._reason),
        )
        given = {name: value for name, value in one.declared.items() if value and name != "external_id"}
        if self._reason and given.items() - declared_values(case.applicant).items():
            corrections.correct(case.pk, by=self._by, reason=self._reason, values=given)
        _, check_made = checks.add_check(
            case.pk, by=self._by, account=opening.account, is_opening=case_made, **one.check
        )
        return LineResult(line=one.line, case_made=case_made, check_made=check_made)


def _no_account(one: CaseLine) -> str:
    return f"No account is named “{one.account[:60]}”."


def _header(record: Record | None) -> tuple[str, ...]:
    """The names of the columns. Raises ``InvalidInput`` that names missing, unknown and repeated ones."""
    if record is None:
        raise InvalidInput("The file has no header.")
    if record.problem:
        raise InvalidInput(f"line {record.line}: {record.problem}")
    names = [name.strip(" \ufeff").lower() for name in record.fields]
    while names and not names[-1]:
        names.pop()
    if missing := [name for name in REQUIRED if name not in names]:
        raise InvalidInput(f"The header lacks: {', '.join(missing)}.")
    if unknown := [name or "(no name)" for name in names if name not in COLUMNS]:
        raise InvalidInput(f"The header has unknown columns: {', '.join(unknown)[:200]}.")
    if repeated := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InvalidInput(f"The header repeats: {', '.join(repeated)}.")
    return tuple(names)


def _checked(header: tuple[str, ...], record: Record) -> CaseLine | LineResult:
    try:
        return _case_line(header, record)
    except InvalidInput as error:
        return _failed(record.line, error)


def _failed(line: int, error: ComplianceError) -> LineResult:
    column = f"{error.field}: " if isinstance(error, InvalidColumn) else ""
    return LineResult(line=line, error=f"{column}{error}")


def _case_line(header: tuple[str, ...], record: Record) -> CaseLine:
    if record.problem:
        raise InvalidInput(record.problem)
    if any(value.strip() for value in record.fields[len(header) :]):
        raise InvalidInput("The line has more values than the header has columns.")
    if len(record.fields) == 1 < len(header):
        raise InvalidInput("The line has one value only: it does not use the delimiter of the header.")
    row = dict.fromkeys(COLUMNS, "") | {name: value.strip() for name, value in zip(header, record.fields, strict=False)}
    if missing := [name for name in REQUIRED if not row[name]]:
        raise InvalidInput(f"{', '.join(missing)}: empty.")
    return CaseLine(
        line=record.line,
        declared={
            "external_id": values.id_of(row["applicant_external_id"], "applicant_external_id"),
            "full_name": values.name_of(row["full_name"]),
            "birth_date": values.birth_date_of(row["birth_date"]),
            "email": values.email_of(row["email"]),
            "country": values.country_of(row["country"]),
        },
        account=values.word_of(row["account"], "account"),
        case_reference=values.id_of(row["case_reference"], "case_reference"),
        check={
            "kind": values.word_of(row["kind"], "kind"),
            "reference": values.id_of(row["reference"], "reference"),
            "settings": values.settings_of(row["settings"]),
            "submitted_at": values.submitted_of(row["submitted_at"]),
        },
    )
