"""Managing the checks of a case, closing a case opened by mistake. Every change is an event with a reason."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from compliance.actions import checks, corrections, decisions, documents, resolutions
from compliance.case_page.findings import FindingTexts
from compliance.enums import AccessKind
from compliance.errors import ComplianceError
from compliance.forms import (
    AgreeToFindingForm,
    CheckForm,
    CorrectCheckForm,
    CorrectDataForm,
    DeskForm,
    ReplaceCheckForm,
    ResolveFindingForm,
    VoidCaseForm,
)
from compliance.models import Case, Check, Finding, OverrideProposal
from compliance.roles import APPROVE_OVERRIDE, MANAGE_CHECKS
from compliance.routing.outcomes import current_checks
from compliance.views.case import images_response
from compliance.views.htmx import go_to, render_page
from compliance.views.messages import announce
from compliance.views.page_context import page_context, permission_required, person, record_view

View = Callable[..., HttpResponse]


def form_page(permission: str) -> Callable[[View], View]:
    """A page with a form, for users with this permission."""

    def decorate(view: View) -> View:
        return never_cache(require_http_methods(["GET", "POST"])(permission_required(permission)(view)))

    return decorate


def posted(request: HttpRequest) -> QueryDict | None:
    """The data of a POST, also when empty; None for a GET, so that the form is unbound."""
    return request.POST if request.method == "POST" else None


def _edit_page(
    request: HttpRequest,
    case: Case,
    form: DeskForm,
    verb: Callable[..., Any],
    kind: AccessKind,
    *,
    title: str,
    done: str,
    submit: str = "",
    hint: str = "",
    check_id: UUID | None = None,
    form_id: str = "edit-form",
) -> HttpResponse:
    """The form, with its view recorded as ``kind``; after a valid POST, whose data the action is given, the case."""
    if request.method == "POST" and form.is_valid():
        try:
            outcome = verb(by=person(request), **form.cleaned_data)
        except ComplianceError as refusal:
            form.add_refusal(refusal)
        else:
            is_proposed = isinstance(outcome, OverrideProposal)
            announce(request, f"{case.label}: {'closing was sent for approval' if is_proposed else done}.")
            return go_to(request, "case", case.pk)
    record_view(request, kind, case_id=case.pk, check_row_id=check_id)
    context = {
        "nav": page_context(request, "queue"),
        "case": case,
        "form": form,
        "action": request.path,
        "title": title,
        "submit": submit or title,
        "hint": hint,
        "form_id": form_id,
    }
    return render_page(
        request, "corrections/edit.html", "corrections/_edit_form.html", context, status=422 if form.errors else 200
    )


@form_page(MANAGE_CHECKS)
def add_check(request: HttpRequest, number: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=number)
    return _edit_page(
        request,
        case,
        CheckForm(posted(request), environment=case.environment),
        partial(checks.add_check, number),
        AccessKind.ADD_CHECK,
        title="Add check",
        done="check added",
        hint="After a requested retry the new check replaces the old one of its kind.",
    )


@form_page(MANAGE_CHECKS)
def correct_data(request: HttpRequest, number: int) -> HttpResponse:
    """Correct what is declared about the applicant."""
    case = get_object_or_404(Case.objects.select_related("applicant__data_key"), pk=number)
    return _edit_page(
        request,
        case,
        CorrectDataForm(posted(request), applicant=case.applicant),
        partial(corrections.correct_data, number),
        AccessKind.CORRECT_DATA,
        title="Correct declared data",
        done="declared data corrected",
        hint="For all cases of this applicant. The earlier values stay in the comparison: where they contradict "
        "another source, an approval needs the agreement of a second person.",
        form_id="data-form",
    )


@form_page(MANAGE_CHECKS)
def correct_check(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Correct reference or settings of a check that was never fetched."""
    check = get_object_or_404(Check.objects.select_related("case", "data_key"), pk=check_id)
    return _edit_page(
        request,
        check.case,
        CorrectCheckForm(posted(request), check=check),
        partial(checks.correct_check, check_id),
        AccessKind.CORRECT_CHECK,
        check_id=check_id,
        title="Correct check",
        done="check corrected",
        submit="Correct and fetch again",
    )


@form_page(MANAGE_CHECKS)
def replace_check(request: HttpRequest, check_id: UUID) -> HttpResponse:
    check = get_object_or_404(Check.objects.select_related("case", "account"), pk=check_id)
    return _edit_page(
        request,
        check.case,
        ReplaceCheckForm(posted(request), account=check.account, kind=check.kind),
        partial(checks.replace_check, check_id),
        AccessKind.REPLACE_CHECK,
        check_id=check_id,
        title="Replace check",
        done="check replaced",
        hint="The old check stays on the case, marked as replaced. A negative or unknown result still needs a second "
        "approver, and your own approval by the new check needs one, too.",
    )


@form_page(MANAGE_CHECKS)
def void_case(request: HttpRequest, number: int) -> HttpResponse:
    """Close a case that was opened by mistake."""
    return _edit_page(
        request,
        get_object_or_404(Case, pk=number),
        VoidCaseForm(posted(request)),
        partial(decisions.void, number),
        AccessKind.CLOSE_CASE,
        title="Close case",
        done="case closed",
        hint="Only for cases opened by mistake. The applicant is neither approved nor rejected. Where a provider has "
        "returned a result, a second person has to approve.",
    )


@form_page(APPROVE_OVERRIDE)
def agree_to_finding(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """Agree, as the second person, that the applicants of a duplicate are different persons."""
    finding = get_object_or_404(Finding.objects.select_related("case__applicant", "resolved_by"), pk=finding_id)
    text = FindingTexts(finding.case, ()).text_of(finding)
    by = finding.resolved_by.label if finding.resolved_by else "A colleague"
    return _edit_page(
        request,
        finding.case,
        AgreeToFindingForm(posted(request)),
        partial(resolutions.agree, finding_id),
        AccessKind.AGREE_TO_FINDING,
        title="Agree: different persons",
        done="the applicants are different persons",
        hint=f"{text.head} {by} resolved this. If you agree, results and decisions of one applicant no longer weigh "
        f"for the other. Note: “{finding.note}”",
    )


@form_page("compliance.review_case")
def resolve_finding(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """Resolve a finding without deciding the case."""
    finding = get_object_or_404(Finding.objects.select_related("case__applicant"), pk=finding_id)
    current = current_checks(Check.objects.filter(case=finding.case).select_related("data_key"))
    text = FindingTexts(finding.case, current).text_of(finding)
    return _edit_page(
        request,
        finding.case,
        ResolveFindingForm(posted(request)),
        partial(resolutions.resolve, finding_id),
        AccessKind.RESOLVE_FINDING,
        title="Resolve finding",
        done="finding resolved",
        hint=f"{text.head} {text.text} The resolution ends when a source changes. An approval over it may still "
        "need a second person.",
    )


@require_POST
@permission_required("compliance.review_case")
def request_images(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Request all image types from the provider, also for a pending ticket."""
    check = get_object_or_404(Check.objects.only("case_id"), pk=check_id)
    try:
        count = documents.request_types(check_id, by=person(request))
    except ComplianceError as refusal:
        announce(request, str(refusal), "warning")
    else:
        announce(request, "Images requested." if count else "All images are saved or pending.", "info")
    return images_response(request, check.case_id)
