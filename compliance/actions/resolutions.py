"""Resolving findings without deciding the case, and agreeing that two applicants are different persons."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions import duplicates
from compliance.actions.cases import checks_of, lock, lock_in_order, route_and_save
from compliance.actions.decision_requests import check_length, claim_of, current_user
from compliance.actions.findings import resolve_row
from compliance.actions.races import lost_race
from compliance.enums import DecisionVerdict, EventType, FindingState
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Case, DistinctApplicants, Finding, ReasonCode, User
from compliance.queries import people
from compliance.queries.corrections import is_own_correction
from compliance.routing import permissions

NOT_OPEN = "This finding is not open any more."


@transaction.atomic
def resolve(finding_id: UUID, *, by: User, reason: str, note: str) -> Finding:
    """Resolve an open finding. It stays part of the evidence, ends with a change of its sources, and never lowers what
    a decision needs.

    Raises: ``NotAllowed``; ``StaleCase`` when it is not open any more; ``InvalidInput`` for reason or note.
    """
    case = lock(Finding.objects.values_list("case_id", flat=True).get(pk=finding_id))
    by = current_user(by)
    finding = Finding.objects.select_for_update(no_key=True, of=("self",)).select_related("data_key").get(pk=finding_id)
    if refusal := permissions.why_not_resolve(by, case, claim_of(case), now=timezone.now()):
        raise NotAllowed(refusal)
    if is_own_correction(finding, by):
        raise NotAllowed("You corrected this value: another person has to resolve the finding.")
    if finding.state != FindingState.OPEN:
        raise lost_race(finding.resolved_by, finding.resolved_at, by=by, own="resolved this finding", other=NOT_OPEN)
    code = ReasonCode.objects.filter(code=reason, active=True, for_overrides=True).first()
    if code is None or DecisionVerdict.APPROVE not in code.verdicts:
        raise InvalidInput("Choose a reason.", field="reason")
    if not note.strip():
        raise InvalidInput("Describe why the finding is resolved.", field="note")
    check_length(note)
    checks = checks_of([case.pk])[case.pk]
    resolve_row(finding, case, checks, by=by, reason=code, note=note.strip())
    data = {"finding": str(finding.pk), "kind": finding.kind, "about": finding.about, "reason": code.pk}
    audit.record(EventType.FINDING_RESOLVED, case=case, by=by, **data)
    route_and_save(case)
    return finding


def agree(finding_id: UUID, *, by: User, note: str) -> DistinctApplicants:
    """Agree, as the second person, with the resolution of a duplicate: its applicants are different persons.

    Ends all duplicates between their cases, now and later; what one applicant did no longer weighs for the other.

    Searches again, since a search names a limited number of applicants.

    Raises: ``NotAllowed``; ``StaleCase`` when the finding has ended; ``InvalidInput`` for the note.
    """
    pair, numbers = _agree(finding_id, by=by, note=note)
    for number in numbers:
        duplicates.search_now(number)
    return pair


@transaction.atomic
def _agree(finding_id: UUID, *, by: User, note: str) -> tuple[DistinctApplicants, tuple[int, int]]:
    """The new pair, and the numbers of the cases that the finding is about."""
    finding, cases = _lock_with_cases(finding_id)
    by = current_user(by)
    if finding.state == FindingState.ENDED:
        pair = DistinctApplicants.objects.filter(finding=finding).select_related("agreed_by").first()
        agreed_by, at = (pair.agreed_by, pair.agreed_at) if pair else (None, None)
        raise lost_race(agreed_by, at, by=by, own="agreed to this", other=NOT_OPEN)
    depends = people.depends_on(by, finding.resolved_person_id)
    if refusal := permissions.why_not_agree(by, finding, depends_on_first=depends):
        raise NotAllowed(refusal)
    if not note.strip():
        raise InvalidInput("Describe why they are different persons.", field="note")
    check_length(note)
    case, other = cases[finding.case_id], cases[finding.detail["case"]]
    first, second = sorted((case.applicant_id, other.applicant_id))
    pair = DistinctApplicants.objects.create(
        first_id=first,
        second_id=second,
        finding=finding,
        data_key_id=case.applicant.data_key_id,
        agreed_by=by,
        agreed_person_id=by.person_id,
        agreed_at=timezone.now(),
        note=note.strip(),
    )
    duplicates.end_between(cases.values())
    resolved_by = finding.resolved_by.label if finding.resolved_by else ""
    for one, another in ((case, other), (other, case)):
        data = {"finding": str(finding.pk), "other_case": another.pk, "resolved_by": resolved_by}
        audit.record(EventType.APPLICANTS_DISTINCT, case=one, by=by, **data)
    for one in cases.values():
        route_and_save(one)
    return pair, (case.pk, other.pk)


def _lock_with_cases(finding_id: UUID) -> tuple[Finding, dict[int, Case]]:
    """The finding, and all cases of the two applicants by number, locked in that order."""
    found = Finding.objects.select_related("resolved_by").get(pk=finding_id)
    numbers = {found.case_id, found.detail.get("case", found.case_id)}
    applicants = Case.objects.filter(pk__in=numbers).values("applicant_id")
    cases = lock_in_order(Case.objects.filter(applicant__in=applicants))
    found.refresh_from_db(fields=("state", "resolved_by", "resolved_person", "resolved_at"))
    return found, cases
