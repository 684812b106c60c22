"""Deciding a case, and answering or withdrawing an override."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from compliance.actions import decisions, overrides
from compliance.case_page.decision_panel import SubmittedForm
from compliance.errors import ComplianceError, InvalidInput, StaleCase, StaleEvidence
from compliance.labels import verdict_past
from compliance.models import Case, Decision, OverrideProposal
from compliance.roles import APPROVE_OVERRIDE
from compliance.views.case import answer, status_of
from compliance.views.decision_form import decision_request, read_form
from compliance.views.htmx import go_to
from compliance.views.lists import cases_after, go_on
from compliance.views.messages import announce
from compliance.views.page_context import permission_required, person
from compliance.views.page_owner import OWNER_FIELD, page_owner_required


@require_POST
@permission_required("compliance.review_case")
@page_owner_required
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Decide, or propose an override; a rejected form keeps its values."""
    get_object_or_404(Case.objects.only("pk"), pk=number)
    after = cases_after(request, number)
    try:
        done = decisions.decide_or_propose(number, by=person(request), request=decision_request(request))
    except ComplianceError as refusal:
        return _refused(request, number, refusal)
    result = verdict_past(done.verdict).lower() if isinstance(done, Decision) else "override sent for approval"
    announce(request, f"KYC-{number}: {result}.")
    return go_on(request, after)


def _refused(request: HttpRequest, number: int, refusal: ComplianceError) -> HttpResponse:
    """The panel again with the error and the submitted values."""
    submitted = SubmittedForm(
        verdict=request.POST.get("verdict", ""),
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", ""),
        error=str(refusal),
        error_field=refusal.field if isinstance(refusal, InvalidInput) else "",
        changes=refusal.changes if isinstance(refusal, StaleEvidence) else (),
        winner=refusal.winner if isinstance(refusal, StaleCase) else "",
    )
    return answer(request, number, status=status_of(request, refusal), submitted=submitted)


@require_POST
@permission_required(APPROVE_OVERRIDE)
@page_owner_required
def approve(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Approve an override as the second person."""
    by = person(request)
    return _answered(
        request,
        proposal_id,
        lambda form: overrides.approve(proposal_id, by=by, seen=form["seen"], note=form["note"]),
        "override approved",
    )


@require_POST
@permission_required(APPROVE_OVERRIDE)
@page_owner_required
def deny(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Deny an override as the second person."""
    by = person(request)
    return _answered(
        request,
        proposal_id,
        lambda form: overrides.deny(proposal_id, by=by, note=form["note"]),
        "override denied; the case is back in its queue",
    )


def _answered(
    request: HttpRequest, proposal_id: UUID, verb: Callable[[Mapping[str, str]], object], done: str
) -> HttpResponse:
    """The next case of the list; after a refusal the panel."""
    number = _case_of(proposal_id)
    after = cases_after(request, number)
    try:
        verb(read_form(request, tokens=("seen", OWNER_FIELD), texts=("note",)))
    except ComplianceError as refusal:
        return _refused(request, number, refusal)
    announce(request, f"KYC-{number}: {done}.")
    return go_on(request, after)


def _case_of(proposal_id: UUID) -> int:
    return get_object_or_404(OverrideProposal.objects.only("case_id"), pk=proposal_id).case_id


@require_POST
@permission_required("compliance.review_case")
@page_owner_required
def withdraw(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Withdraw an override as its proposer."""
    number = _case_of(proposal_id)
    try:
        read_form(request, tokens=(OWNER_FIELD,))
        overrides.withdraw(proposal_id, by=person(request))
    except ComplianceError as refusal:
        return _refused(request, number, refusal)
    announce(request, f"KYC-{number}: override withdrawn.")
    return go_to(request, "case", number)
