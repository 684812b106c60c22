"""Declared data before their corrections."""

from collections.abc import Iterable
from uuid import UUID

from compliance.facts.sources import DECLARED, Earlier
from compliance.models import Applicant, Case, DataCorrection, Finding, User
from providers.vault import fingerprint

CORRECTABLE = (*DECLARED, "country")


def earlier_declarations(cases: Iterable[Case]) -> dict[UUID, list[Earlier]]:
    """Applicant id -> the declarations that were corrected since, the newest first; no query where none was."""
    found: dict[UUID, list[Earlier]] = {case.applicant_id: [] for case in cases}
    corrected = {case.applicant_id for case in cases if case.applicant.was_corrected}
    if corrected:
        rows = DataCorrection.objects.filter(applicant_id__in=corrected).select_related("data_key")
        for row in rows.order_by("-corrected_at", "-pk"):
            found[row.applicant_id].append((str(row.pk), {name: row.before.get(name, "") for name in DECLARED}))
    return found


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
    """Name of a correctable value -> the value."""
    return {name: str(getattr(applicant, name) or "") for name in CORRECTABLE}
