"""Resolving a finding with a reason, without deciding the case."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import checks_of, lock, route_and_save
from compliance.actions.decision_requests import check_length, claim_of, current_user
from compliance.actions.findings import resolve_row
from compliance.enums import DecisionVerdict, EventType, FindingState
from compliance.errors import InvalidInput, NotAllowed, StaleCase
from compliance.models import Finding, ReasonCode, User
from compliance.queries.corrections import is_own_correction
from compliance.routing import permissions


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
        raise StaleCase("This finding is not open any more.", winner="")
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
