"""Correcting declared data. The values before stay a source of the comparison and count for duplicates."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions import duplicates, findings
from compliance.actions.cases import COMPUTED_FIELDS, checks_of, route_and_save, set_indexes
from compliance.actions.decision_requests import claim_of, current_user
from compliance.actions.races import lost_race
from compliance.actions.typed_values import refuse_hidden_characters
from compliance.enums import CaseStatus, EventType
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Applicant, Case, DataCorrection, User
from compliance.queries.corrections import earlier_declarations, values_before, version_of
from compliance.routing import permissions


def correct_data(case_id: int, *, by: User, reason: str, values: Mapping[str, str], seen: str) -> tuple[str, ...]:
    """Correct declared values of the applicant, for all of their cases, and search for duplicates; the names of the
    corrected values.

    ``seen`` is ``version_of`` the applicant when the form was opened.

    Raises: ``NotAllowed``; ``StaleCase`` when somebody else has corrected them since; ``InvalidInput``.
    """
    changed, numbers = correct(case_id, by=by, reason=reason, values=values, seen=seen)
    for number in numbers:
        duplicates.search(number)
    return changed


@transaction.atomic
def correct(
    case_id: int, *, by: User | None, reason: str, values: Mapping[str, str], seen: str | None = None
) -> tuple[tuple[str, ...], list[int]]:
    """As ``correct_data``, also for an import (``by`` is None), without the search: returns the numbers of the cases.

    Open cases are routed; decided ones stay decided, and their events name the person.
    """
    applicant, cases = _lock_all(case_id)
    case = next(one for one in cases if one.pk == case_id)
    if refusal := _why_not(by, case, cases):
        raise NotAllowed(refusal)
    if seen is not None and seen != version_of(applicant):
        made = DataCorrection.objects.filter(applicant=applicant).select_related("corrected_by").defer("before")
        last = made.order_by("corrected_at", "pk").last()
        first, at = (last.corrected_by, last.corrected_at) if last else (None, None)
        other = "The declared data were corrected since you opened this form. Open it again."
        raise lost_race(first, at, by=by, own="corrected the declared data", other=other)
    before = values_before(applicant)
    changed = {name: value for name, value in values.items() if value != (before[name] or "")}
    _validate(changed, reason)
    row = _store(applicant, before, changed, by=by)
    data = {"correction": str(row.pk), "row": audit.row_digest(row), "facts": sorted(changed), "reason": reason}
    for one in cases:
        audit.record(EventType.DATA_CORRECTED, case=one, by=by, **data)
        _refresh(one)
    return tuple(sorted(changed)), [one.pk for one in cases]


def _lock_all(case_id: int) -> tuple[Applicant, list[Case]]:
    """The applicant, then all of their cases in id order. The lock of the applicant includes its key: a case that is
    opened now waits, and is routed with the new values."""
    applicant_id: UUID = Case.objects.values_list("applicant_id", flat=True).get(pk=case_id)
    applicant = Applicant.objects.select_for_update(of=("self",)).select_related("data_key").get(pk=applicant_id)
    cases = list(Case.objects.select_for_update(no_key=True).filter(applicant=applicant).order_by("pk"))
    for case in cases:
        case.applicant = applicant
    return applicant, cases


def _why_not(by: User | None, case: Case, cases: Sequence[Case]) -> str | None:
    if by is None:
        refusal = permissions.why_closed_to_changes(case)
    else:
        refusal = permissions.why_not_correct_data(current_user(by), case, claim_of(case), now=timezone.now())
    if refusal:
        return refusal
    pending = next((one for one in cases if one.status == CaseStatus.AWAITING_APPROVAL), None)
    return f"{pending.label} of this applicant: {permissions.PENDING_PROPOSAL}" if pending else None


def _validate(changed: Mapping[str, str], reason: str) -> None:
    if not changed:
        raise InvalidInput("Nothing was changed.")
    if not changed.get("full_name", "x").strip():
        raise InvalidInput("Enter the full name.", field="full_name")
    if not reason.strip():
        raise InvalidInput("Enter a reason.", field="reason")
    refuse_hidden_characters(changed)


def _store(
    applicant: Applicant, before: dict[str, str | None], changed: Mapping[str, str], *, by: User | None
) -> DataCorrection:
    """Store the values before, then the applicant with the new values and their indexes."""
    row = DataCorrection.objects.create(
        applicant=applicant,
        data_key=applicant.data_key,
        corrected_by=by,
        corrected_person_id=by.person_id if by else None,
        corrected_at=timezone.now(),
        before=before,
        birth_index=applicant.birth_index,
        document_index=applicant.document_index,
    )
    for name, value in changed.items():
        setattr(applicant, name, value)
    applicant.was_corrected = True
    set_indexes(applicant)
    applicant.save(update_fields=(*changed, *COMPUTED_FIELDS, "was_corrected"))
    return row


def _refresh(case: Case) -> None:
    """Route an open case with the new values; store the identity keys of a decided one."""
    if case.country != case.applicant.country:
        case.country = case.applicant.country
        case.save(update_fields=("country",))
    if case.status != CaseStatus.DECIDED:
        route_and_save(case)
        return
    findings.store_keys([case], checks_of([case.pk]), earlier_declarations([case]))
    case.save(update_fields=("duplicates_due",))
