"""Opening a case, managing its checks, closing a case opened by mistake. Every change is an event with a reason."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from compliance.actions import cases, checks, decisions, documents
from compliance.enums import AccessKind
from compliance.errors import ComplianceError, InvalidInput
from compliance.forms import AddCheckForm, CorrectCheckForm, DeskForm, NewCaseForm, ReplaceCheckForm, VoidCaseForm
from compliance.models import Case, Check
from compliance.views.case import answer
from compliance.views.htmx import go_to, render_page, wants_fragment
from compliance.views.messages import announce
from compliance.views.page_context import page_context, permission_required, person, record_view


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.open_case")
def open_case(request: HttpRequest) -> HttpResponse:
    """Open a case with its first check."""
    form = NewCaseForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            case, made = _open_once(form, request)
        except InvalidInput as refusal:
            form.add_refusal(refusal)
        except ComplianceError as refusal:
            form.add_error(None, str(refusal))
        else:
            announce(request, f"{case.label} opened." if made else f"{case.label} is already open.")
            if case.applicant.full_name != form.cleaned_data["full_name"]:
                announce(
                    request, "The applicant already exists. The earlier declared data were not changed.", "warning"
                )
            return go_to(request, "case", case.pk)
    context = {"frame": page_context(request, "new"), "form": form}
    return render_page(
        request,
        "corrections/new_case.html",
        "corrections/_new_case_form.html",
        context,
        status=422 if form.errors else 200,
    )


def posted(request: HttpRequest) -> QueryDict | None:
    """The data of a POST, also when empty; None for a GET, so that the form is unbound."""
    return request.POST if request.method == "POST" else None


def _open_once(form: NewCaseForm, request: HttpRequest) -> tuple[Case, bool]:
    """The case, and whether it is new. Of two equal forms at the same time the second finds the case of the first."""
    try:
        return _open(form, request)
    except IntegrityError:
        return _open(form, request)


@transaction.atomic
def _open(form: NewCaseForm, request: HttpRequest) -> tuple[Case, bool]:
    data = form.cleaned_data
    account = data["account"]
    birth_date = data["birth_date"]
    case, made = cases.open_case(
        cases.ApplicantData(
            external_id=data["applicant_external_id"],
            full_name=data["full_name"],
            birth_date=birth_date.isoformat() if birth_date else "",
            email=data["email"],
            country=data["country"],
        ),
        environment=account.environment,
        by=person(request),
        reference=data["case_reference"],
    )
    checks.add_check(
        case.pk,
        by=person(request),
        account=account,
        kind=data["kind"],
        reference=data["reference"],
        settings=form.settings(),
        submitted_at=data["submitted_at"],
    )
    return case, made


def _edit_page(
    request: HttpRequest,
    case: Case,
    form: DeskForm,
    act: Callable[[], Any],
    kind: AccessKind,
    *,
    title: str,
    done: str,
    submit: str,
    hint: str = "",
    check_id: UUID | None = None,
) -> HttpResponse:
    """The form, with its view recorded as ``kind``; after a valid POST the case."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except InvalidInput as refusal:
            form.add_refusal(refusal)
        except ComplianceError as refusal:
            form.add_error(None, str(refusal))
        else:
            announce(request, f"{case.label}: {done}.")
            return go_to(request, "case", case.pk)
    record_view(request, kind, case_id=case.pk, check_id=check_id)
    context = {
        "frame": page_context(request, "queue"),
        "case": case,
        "form": form,
        "action": request.path,
        "title": title,
        "submit": submit,
        "hint": hint,
    }
    return render_page(
        request, "corrections/edit.html", "corrections/_edit_form.html", context, status=422 if form.errors else 200
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.mend_case")
def add_check(request: HttpRequest, number: int) -> HttpResponse:
    """Add a check to the case."""
    case = get_object_or_404(Case, pk=number)
    form = AddCheckForm(posted(request), environment=case.environment)

    def act() -> None:
        data = form.cleaned_data
        checks.add_check(
            case.pk,
            by=person(request),
            account=data["account"],
            kind=data["kind"],
            reference=data["reference"],
            settings=form.settings(),
        )

    hint = "After a requested retry the new check replaces the old one of its kind."
    return _edit_page(
        request,
        case,
        form,
        act,
        AccessKind.ADD_CHECK,
        title="Add check",
        done="check added",
        submit="Add check",
        hint=hint,
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.mend_case")
def correct_check(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Correct reference or settings of a check that was never fetched."""
    check = get_object_or_404(Check.objects.select_related("case", "data_key"), pk=check_id)
    form = CorrectCheckForm(posted(request), initial=CorrectCheckForm.initial_of(check.reference, dict(check.settings)))

    def act() -> None:
        data = form.cleaned_data
        checks.correct_check(
            check.pk, by=person(request), reason=data["reason"], reference=data["reference"], settings=data["settings"]
        )

    return _edit_page(
        request,
        check.case,
        form,
        act,
        AccessKind.CORRECT_CHECK,
        check_id=check.pk,
        title="Correct check",
        done="check corrected",
        submit="Correct and fetch again",
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.mend_case")
def replace_check(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Replace a check by a new one."""
    check = get_object_or_404(Check.objects.select_related("case", "account"), pk=check_id)
    form = ReplaceCheckForm(posted(request), account=check.account, kind=check.kind)

    def act() -> None:
        data = form.cleaned_data
        checks.replace_check(
            check.pk,
            by=person(request),
            reason=data["reason"],
            account=data["account"],
            reference=data["reference"],
            settings=form.settings(),
        )

    hint = "The old check stays on the case, marked as replaced. Its result no longer counts."
    return _edit_page(
        request,
        check.case,
        form,
        act,
        AccessKind.REPLACE_CHECK,
        check_id=check.pk,
        title="Replace check",
        done="check replaced",
        submit="Replace check",
        hint=hint,
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.mend_case")
def void_case(request: HttpRequest, number: int) -> HttpResponse:
    """Close a case that was opened by mistake."""
    case = get_object_or_404(Case, pk=number)
    form = VoidCaseForm(posted(request))

    def act() -> None:
        data = form.cleaned_data
        decisions.void(case.pk, by=person(request), reason=data["reason"].pk, note=data["note"])

    hint = "Only for cases opened by mistake. The applicant is neither approved nor rejected."
    return _edit_page(
        request,
        case,
        form,
        act,
        AccessKind.CLOSE_CASE,
        title="Close case",
        done="case closed",
        submit="Close case",
        hint=hint,
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
    if wants_fragment(request):
        return answer(request, check.case_id, fragment="case_page/pictures/_pictures.html")
    return go_to(request, reverse("case", args=[check.case_id]) + "#pictures")
