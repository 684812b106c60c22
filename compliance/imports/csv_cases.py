"""Cases from CSV: every line is imported on its own, and invalid lines are reported."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.dateparse import parse_date, parse_datetime

from compliance.actions import cases, checks
from compliance.errors import ComplianceError, InvalidInput
from compliance.models import Applicant, User
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


class InvalidColumn(InvalidInput):
    """The value of the column ``field`` is not valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineResult:
    """Result of one line. ``error`` is a sentence without personal data, or empty."""

    line: int
    case_made: bool = False
    check_made: bool = False
    error: str = ""


def import_lines(lines: Iterable[str], *, by: User | None) -> Iterator[LineResult]:
    """Open cases and checks from CSV with a header line. Idempotent.

    Raises:
        InvalidInput: the header lacks a required column or has an unknown one.
    """
    reader = csv.DictReader(lines)
    header = tuple(name.strip() for name in reader.fieldnames or ())
    if missing := [name for name in REQUIRED if name not in header]:
        raise InvalidInput(f"The header lacks: {', '.join(missing)}.")
    if unknown := [name for name in header if name not in COLUMNS]:
        raise InvalidInput(f"The header has unknown columns: {', '.join(unknown)[:200]}.")
    for row in reader:
        try:
            yield _import_row(
                {name.strip(): (value or "").strip() for name, value in row.items() if name}, reader.line_num, by=by
            )
        except InvalidColumn as error:
            yield LineResult(line=reader.line_num, error=f"{error.field}: {error}")
        except ComplianceError as error:
            yield LineResult(line=reader.line_num, error=str(error))


@transaction.atomic
def _import_row(row: Mapping[str, str], line: int, *, by: User | None) -> LineResult:
    if missing := [name for name in REQUIRED if not row.get(name)]:
        raise InvalidInput(f"{', '.join(missing)}: empty.")
    account = ProviderAccount.objects.filter(name=row["account"]).first()
    if account is None:
        raise InvalidInput(f"No account is named “{row['account'][:60]}”.")
    case, case_made = cases.open_case(
        applicant_of(row), environment=account.environment, by=by, reference=row.get("case_reference", "")
    )
    _, check_made = checks.add_check(
        case.pk,
        by=by,
        account=account,
        kind=row["kind"],
        reference=row["reference"],
        settings=settings_of(row.get("settings", "")),
        submitted_at=submitted_of(row.get("submitted_at", "")),
    )
    return LineResult(line=line, case_made=case_made, check_made=check_made)


def applicant_of(row: Mapping[str, str]) -> Applicant:
    """The declared person. Raises ``InvalidColumn``."""
    for name in ("applicant_external_id", "full_name", "case_reference"):
        if "\x00" in row.get(name, "") or len(row.get(name, "")) > (300 if name == "full_name" else 120):
            raise InvalidColumn("Too long or not text.", field=name)
    return Applicant(
        external_id=row["applicant_external_id"],
        full_name=row["full_name"],
        birth_date=birth_date_of(row.get("birth_date", "")),
        email=email_of(row.get("email", "")),
        country=country_of(row.get("country", "")),
    )


def birth_date_of(text: str) -> str:
    """ISO 8601 date, or empty. Raises ``InvalidColumn``."""
    if not text:
        return ""
    try:
        date = parse_date(text)
    except ValueError:
        date = None
    if date is None or not 1880 <= date.year <= datetime.now(UTC).year:
        raise InvalidColumn("Expected YYYY-MM-DD.", field="birth_date")
    return date.isoformat()


def email_of(text: str) -> str:
    """A valid e-mail address, or empty. Raises ``InvalidColumn``."""
    if not text:
        return ""
    try:
        validate_email(text)
    except ValidationError as error:
        raise InvalidColumn("Not an e-mail address.", field="email") from error
    return text[:254]


def country_of(text: str) -> str:
    """Two letters, upper case, or empty. Raises ``InvalidColumn``."""
    code = text.upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise InvalidColumn("Expected two letters (ISO 3166-1 alpha-2).", field="country")
    return code


def submitted_of(text: str) -> datetime | None:
    """An aware time, UTC if it has no offset; None if empty. Raises ``InvalidColumn``."""
    if not text:
        return None
    try:
        time = parse_datetime(text)
    except ValueError:
        time = None
    if time is None:
        raise InvalidColumn("Expected a time such as 2026-01-31T08:15:00Z.", field="submitted_at")
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    if not 2000 <= time.year <= datetime.now(UTC).year + 1:
        raise InvalidColumn("This time is not plausible.", field="submitted_at")
    return time


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON.")


def settings_of(text: str) -> dict[str, Any]:
    """Settings of the check: a JSON object, or empty. Raises ``InvalidColumn``."""
    if not text:
        return {}
    try:
        found = json.loads(text, parse_constant=_no_constant)
        # Python accepts lone surrogates and NaN, which PostgreSQL cannot store as JSON.
        written = json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidColumn("Expected a JSON object.", field="settings") from error
    if b"\\u0000" in written:
        raise InvalidColumn("Contains a character that cannot be stored.", field="settings")
    if not isinstance(found, dict):
        raise InvalidColumn("Expected a JSON object.", field="settings")
    return found
