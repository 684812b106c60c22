"""Opening a case by hand, and mending what was entered wrong: each change with a reason, each an event."""

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
from compliance.views.messages import say
from compliance.views.page_context import page_context, permission_required, person, record_view


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.open_case")
def new(request: HttpRequest) -> HttpResponse:
    """A case with its first check."""
    form = NewCaseForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            case, made = _open_once(form, request)
        except InvalidInput as refusal:
            form.refuse(refusal)
        except ComplianceError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, f"{case.label} opened." if made else f"{case.label} was open already.")
            if case.applicant.full_name != form.cleaned_data["full_name"]:
                say(request, "The applicant was known already; what was declared then stands.", "warning")
            return go_to(request, "case", case.pk)
    context = {"frame": page_context(request, "new"), "form": form}
    return render_page(
        request,
        "corrections/new_case.html",
        "corrections/_new_case_form.html",
        context,
        status=422 if form.errors else 200,
    )


def sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when it is nothing at all; None for a form that is only looked at."""
    return request.POST if request.method == "POST" else None


def _open_once(form: NewCaseForm, request: HttpRequest) -> tuple[Case, bool]:
    """The case, and whether it was made. Of the same form sent twice at once, the later finds what the first made."""
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


def _mended(
    request: HttpRequest,
    case: Case,
    form: DeskForm,
    act: Callable[[], Any],
    kind: AccessKind,
    *,
    title: str,
    send: str,
    says: str = "",
    check_id: UUID | None = None,
) -> HttpResponse:
    """The form, its page recorded as ``kind``; or what it was for is done."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except InvalidInput as refusal:
            form.refuse(refusal)
        except ComplianceError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, f"{case.label}: {title.lower()}, done.")
            return go_to(request, "case", case.pk)
    record_view(request, kind, case_id=case.pk, check_id=check_id)
    context = {
        "frame": page_context(request, "queue"),
        "case": case,
        "form": form,
        "action": request.path,
        "title": title,
        "send": send,
        "says": says,
    }
    return render_page(
        request, "corrections/edit.html", "corrections/_edit_form.html", context, status=422 if form.errors else 200
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.mend_case")
def add_check(request: HttpRequest, number: int) -> HttpResponse:
    """One more check of this case."""
    case = get_object_or_404(Case, pk=number)
    form = AddCheckForm(sent(request), environment=case.environment)

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

    says = "After a requested retry the new check takes the place of the old one of its kind."
    return _mended(request, case, form, act, AccessKind.ADD_CHECK, title="Add a check", send="Add the check", says=says)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.mend_case")
def correct(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Reference or settings of a check that was never read."""
    check = get_object_or_404(Check.objects.select_related("case", "data_key"), pk=check_id)
    form = CorrectCheckForm(sent(request), initial=CorrectCheckForm.initial_of(check.reference, dict(check.settings)))

    def act() -> None:
        data = form.cleaned_data
        checks.correct_check(
            check.pk, by=person(request), reason=data["reason"], reference=data["reference"], settings=data["settings"]
        )

    return _mended(
        request,
        check.case,
        form,
        act,
        AccessKind.CORRECT_CHECK,
        check_id=check.pk,
        title="Correct a check",
        send="Correct and read again",
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.mend_case")
def replace(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """A new check in the place of this one."""
    check = get_object_or_404(Check.objects.select_related("case", "account"), pk=check_id)
    form = ReplaceCheckForm(sent(request), account=check.account, kind=check.kind)

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

    says = "The old check stays on the case, marked as replaced; what it said no longer counts."
    return _mended(
        request,
        check.case,
        form,
        act,
        AccessKind.REPLACE_CHECK,
        check_id=check.pk,
        title="Replace a check",
        send="Replace",
        says=says,
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.mend_case")
def void(request: HttpRequest, number: int) -> HttpResponse:
    """Close a case that was opened by mistake."""
    case = get_object_or_404(Case, pk=number)
    form = VoidCaseForm(sent(request))

    def act() -> None:
        data = form.cleaned_data
        decisions.void(case.pk, by=person(request), reason=data["reason"].pk, note=data["note"])

    says = "For cases opened by mistake only. Nobody is approved or rejected by it."
    return _mended(
        request, case, form, act, AccessKind.CLOSE_CASE, title="Close the case", send="Close the case", says=says
    )


@require_POST
@permission_required("compliance.review_case")
def ask_pictures(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Ask the provider for all its types of pictures, also where the ticket is still under way."""
    check = get_object_or_404(Check.objects.only("case_id"), pk=check_id)
    try:
        count = documents.request_types(check_id, by=person(request))
    except ComplianceError as refusal:
        say(request, str(refusal), "warning")
    else:
        say(request, "The pictures are asked for." if count else "All pictures are here or on their way.", "info")
    if wants_fragment(request):
        return answer(request, check.case_id, fragment="case_page/pictures/_pictures.html")
    return go_to(request, reverse("case", args=[check.case_id]) + "#pictures")
