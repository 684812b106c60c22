"""Declared data before their corrections."""

from collections.abc import Iterable
from uuid import UUID

from compliance.facts.sources import DECLARED, Earlier, declared_of
from compliance.models import Applicant, Case, DataCorrection, Finding, User
from providers.vault import Undecipherable, fingerprint

CORRECTABLE = (*DECLARED, "country")


def earlier_declarations(cases: Iterable[Case]) -> dict[UUID, list[Earlier]]:
    """Applicant id -> the declarations that were corrected since, the newest first; no query where none was."""
    found: dict[UUID, list[Earlier]] = {case.applicant_id: [] for case in cases}
    corrected = {case.applicant_id for case in cases if case.applicant.was_corrected}
    if corrected:
        rows = DataCorrection.objects.filter(applicant_id__in=corrected).select_related("data_key")
        for row in rows.order_by("-corrected_at", "-pk"):
            found[row.applicant_id].append((str(row.pk), _before(row)))
    return found


def _before(row: DataCorrection) -> dict[str, str | None]:
    if isinstance(row.before, Undecipherable):
        return dict.fromkeys(DECLARED)
    return {name: row.before.get(name, "") for name in DECLARED}


def corrections_of(applicant: Applicant) -> list[DataCorrection]:
    """The corrections of an applicant, the oldest first, without the values before; no query where none was."""
    if not applicant.was_corrected:
        return []
    rows = DataCorrection.objects.filter(applicant=applicant).defer("before")
    return list(rows.order_by("corrected_at", "pk"))


def is_own_correction(finding: Finding, by: User) -> bool:
    """Whether a finding is about a declared value that this person has corrected."""
    mine = DataCorrection.objects.filter(corrected_person=by.person_id)
    return bool(finding.detail.get("earlier")) and mine.filter(pk__in=finding.detail["earlier"]).exists()


def version_of(applicant: Applicant) -> str:
    """Changes with every correctable value; a keyed fingerprint, so that a page may contain it."""
    return fingerprint("\n".join(declared_values(applicant).values()))


def declared_values(applicant: Applicant) -> dict[str, str]:
    """Name of a correctable value -> the value; empty for one that cannot be decrypted."""
    values = {name: getattr(applicant, name) for name in CORRECTABLE}
    return {name: "" if isinstance(one, Undecipherable) else str(one or "") for name, one in values.items()}


def values_before(applicant: Applicant) -> dict[str, str | None]:
    """As ``declared_values``, with None for a value that cannot be decrypted: it stays unknown."""
    unknown = {name for name, value in declared_of(applicant).items() if value is None}
    return {name: None if name in unknown else value for name, value in declared_values(applicant).items()}
