"""Opening a case with one or several checks."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, QueryDict

from compliance.actions import cases, checks
from compliance.errors import ComplianceError
from compliance.forms import CheckForm, DeclaredForm, as_imported, check_setting_fields
from compliance.imports import values
from compliance.models import Applicant, Case
from compliance.views.corrections import form_page, posted
from compliance.views.htmx import go_to, render_page
from compliance.views.messages import announce
from compliance.views.page_context import page_context, person

CHECK_DATA = ("account", "kind", "reference", "settings", "submitted_at")
MOST_CHECKS = 6
"""Checks of one form."""


class OpeningCheckForm(CheckForm):
    """A check of a new case, with the rules of an import."""

    submitted_at = forms.CharField(
        required=False, label="Submitted at", help_text="Start of the check, for example 2026-01-31T08:15:00Z."
    )
    field_order = ["account", "kind", "reference", *check_setting_fields(), "submitted_at"]

    def clean_reference(self) -> str:
        return self._imported_id("reference")

    def clean_submitted_at(self) -> Any:
        return as_imported(values.submitted_of, self.cleaned_data["submitted_at"])

    def _imported_id(self, name: str) -> str:
        return as_imported(lambda text: values.id_of(text, name), self.cleaned_data[name])

    @property
    def check_fields(self) -> Iterator[forms.BoundField]:
        """The fields of the check."""
        return (self[name] for name in OpeningCheckForm.field_order)


class NewCaseForm(DeclaredForm, OpeningCheckForm):
    """An applicant, a case and its first check."""

    applicant_external_id = forms.CharField(
        max_length=120, label="Applicant ID", help_text="Your internal ID for this person."
    )
    case_reference = forms.CharField(
        max_length=120, required=False, label="Case reference", help_text="Leave empty to use the applicant ID."
    )
    field_order = [
        "applicant_external_id",
        "full_name",
        "birth_date",
        "email",
        "country",
        "case_reference",
        *OpeningCheckForm.field_order,
    ]

    def clean_applicant_external_id(self) -> str:
        return self._imported_id("applicant_external_id")

    def clean_case_reference(self) -> str:
        return self._imported_id("case_reference")

    @property
    def applicant_fields(self) -> Iterator[forms.BoundField]:
        """The fields of applicant and case."""
        return (field for field in self.visible_fields() if field.name not in OpeningCheckForm.field_order)


class FurtherCheckForm(OpeningCheckForm):
    """One more check of a new case; no check if nothing is entered."""

    def __init__(self, data: QueryDict | None, *, number: int) -> None:
        super().__init__(data, prefix=f"check{number}", empty_permitted=True, use_required_attribute=False)
        self.number = number

    @property
    def is_filled(self) -> bool:
        """Whether something is entered."""
        return self.is_bound and self.has_changed()


def further_checks(data: QueryDict | None) -> list[FurtherCheckForm]:
    """The forms of the second and all later checks."""
    return [FurtherCheckForm(data, number=number) for number in range(2, MOST_CHECKS + 1)]


@form_page("compliance.open_case")
def open_case(request: HttpRequest) -> HttpResponse:
    """Open a case with its checks: all of them, or nothing."""
    data = posted(request)
    form, further = NewCaseForm(data), further_checks(data)
    if request.method == "POST" and _is_valid(form, further):
        try:
            case, made = _open_once(form, further, request)
        except _Refused as refused:
            refused.form.add_refusal(refused.refusal)
        else:
            announce(request, f"{case.label} opened." if made else f"{case.label} is already open.")
            return go_to(request, "case", case.pk)
    error_count = sum(len(one.errors) for one in (form, *further))
    context = {
        "nav": page_context(request, "new"),
        "form": form,
        "further": further,
        "errors": error_count,
        "form_error": next((one.non_field_errors()[0] for one in (form, *further) if one.non_field_errors()), ""),
    }
    status = 422 if error_count else 200
    return render_page(request, "corrections/new_case.html", "corrections/_new_case_form.html", context, status=status)


def _is_valid(form: NewCaseForm, further: Sequence[FurtherCheckForm]) -> bool:
    """Whether all forms are valid and no check is entered twice."""
    if not all(one.is_valid() for one in (form, *further)):
        return False
    seen = set()
    for one in _filled(form, further):
        account, kind, reference = (one.cleaned_data[name] for name in ("account", "kind", "reference"))
        check = account.provider, account.environment, kind, reference.casefold()
        if check in seen:
            one.add_error("reference", "This check is entered twice.")
        seen.add(check)
    return not any(one.errors for one in further)


def _filled(form: NewCaseForm, further: Sequence[FurtherCheckForm]) -> list[OpeningCheckForm]:
    return [form, *(one for one in further if one.is_filled)]


class _Refused(Exception):
    """An action refused the values of one form."""

    def __init__(self, form: OpeningCheckForm, refusal: ComplianceError) -> None:
        super().__init__(str(refusal))
        self.form, self.refusal = form, refusal


def _open_once(form: NewCaseForm, further: Sequence[FurtherCheckForm], request: HttpRequest) -> tuple[Case, bool]:
    """The case, and whether it is new. Of two equal forms at the same time the second finds the case of the first."""
    try:
        return _open(form, further, request)
    except IntegrityError:
        return _open(form, further, request)


@transaction.atomic
def _open(form: NewCaseForm, further: Sequence[FurtherCheckForm], request: HttpRequest) -> tuple[Case, bool]:
    """Raises ``_Refused``."""
    data, by = form.cleaned_data, person(request)
    refused_form: OpeningCheckForm = form
    born = data["birth_date"]
    applicant = Applicant(
        external_id=data["applicant_external_id"],
        full_name=data["full_name"],
        birth_date=born.isoformat() if born else "",
        email=data["email"],
        country=data["country"],
    )
    environment = data["account"].environment
    try:
        case, made = cases.open_case(applicant, environment=environment, by=by, reference=data["case_reference"])
        for refused_form in _filled(form, further):
            check = {name: refused_form.cleaned_data[name] for name in CHECK_DATA}
            checks.add_check(case.pk, by=by, is_opening=made, **check)
    except ComplianceError as refusal:
        raise _Refused(refused_form, refusal) from refusal
    return case, made
