"""Answering an escalation without deciding, and withdrawing it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from compliance.actions import escalations
from compliance.case_page.decision_panel import SubmittedForm
from compliance.errors import ComplianceError, InvalidInput
from compliance.models import Case
from compliance.roles import APPROVE_OVERRIDE
from compliance.views.case import answer as panel
from compliance.views.case import status_of
from compliance.views.decision_form import read_form
from compliance.views.htmx import go_to
from compliance.views.messages import announce
from compliance.views.page_context import permission_required, person
from compliance.views.page_owner import OWNER_FIELD, page_owner_required


@require_POST
@permission_required(APPROVE_OVERRIDE)
@page_owner_required
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the question of an escalation; the case goes back to the colleague who asked."""

    def verb() -> None:
        form = read_form(request, tokens=(OWNER_FIELD,), texts=("answer",))
        escalations.answer(number, by=person(request), note=form["answer"])

    return _ended(request, number, verb, "answer sent")


@require_POST
@permission_required("compliance.review_case")
@page_owner_required
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Withdraw the own escalation."""

    def verb() -> None:
        read_form(request, tokens=(OWNER_FIELD,))
        escalations.withdraw(number, by=person(request))

    return _ended(request, number, verb, "escalation withdrawn")


def _ended(request: HttpRequest, number: int, verb: Callable[[], None], done: str) -> HttpResponse:
    get_object_or_404(Case.objects.only("pk"), pk=number)
    try:
        verb()
    except ComplianceError as refusal:
        submitted = SubmittedForm(
            error=str(refusal),
            error_field=refusal.field if isinstance(refusal, InvalidInput) else "",
            answer=request.POST.get("answer", "").replace("\x00", ""),
        )
        return panel(request, number, status=status_of(request, refusal), submitted=submitted)
    announce(request, f"KYC-{number}: {done}.")
    return go_to(request, "case", number)
