"""Adding pictures and files to a case, and taking them back."""

import time
from collections.abc import Sequence
from contextlib import closing
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from compliance.actions import uploads
from compliance.enums import CaseStatus
from compliance.errors import ComplianceError, InvalidInput, NotAllowed, StaleCase
from compliance.evidence.upload_handler import FIELD, BufferedUploadHandler
from compliance.forms import UploadForm
from compliance.models import Case, Document
from compliance.views.case import answer
from compliance.views.htmx import go_to, wants_fragment
from compliance.views.messages import say
from compliance.views.page_context import permission_required, person
from providers import EvidenceKind

FRAGMENT = "uploads/_upload.html"
LONGEST_LOOK = 25.0
"""Seconds after which no further file of the same sending is looked at: a process has few threads for all its pages."""


# To look for the token is to read the body. So who asks is settled first, then where files go, and then comes the look.
@csrf_exempt
@require_POST
@permission_required("compliance.review_case")
@permission_required("compliance.add_document")
def add_document(request: HttpRequest, number: int) -> HttpResponse:
    """Add one or several files. Good ones are kept, whatever is wrong with others of the same sending."""
    get_object_or_404(Case.objects.only("pk"), pk=number)
    # However it ends - a sender who went away, a token that is refused, a fault - the place of the bytes is given back.
    with closing(BufferedUploadHandler(request)) as handler:
        request.upload_handlers = [handler]
        return _add(request, number, handler)


@csrf_protect
def _add(request: HttpRequest, number: int, handler: BufferedUploadHandler) -> HttpResponse:
    form = UploadForm(request.POST)
    if form.is_valid():
        _add_each(form, request, number, handler)
    elif request.FILES or handler.refused:
        form.add_error(FIELD, "No file was kept: choose them again, too.")
    if form.kept:
        _tell(request, number, form.kept)
    if form.errors:
        kept = form.kept > 0
        return answer(request, number, fragment=FRAGMENT, status=422, upload=form, fresh_panel=kept)
    return _done(request, number, added=form.added)


def _add_each(form: UploadForm, request: HttpRequest, number: int, handler: BufferedUploadHandler) -> None:
    form.refused += handler.refused
    until = time.monotonic() + LONGEST_LOOK
    for file in request.FILES.getlist(FIELD):
        try:
            document = uploads.add(
                number,
                by=person(request),
                kind=EvidenceKind(form.cleaned_data["kind"]),
                note=form.cleaned_data["note"],
                content=file.read(),
                has_time=time.monotonic() < until,
            )
        except ComplianceError as refusal:
            form.refused.append((file.name or "", str(refusal)))
        else:
            form.kept += 1
            form.added.append(document.pk)
        finally:
            file.close()  # its memory is free before the next one is looked at
    if form.refused:
        form.add_error(FIELD, "Not added:" if form.kept else "Nothing was added:")
    elif not form.kept:
        form.add_error(FIELD, "Choose at least one file.")


def _tell(request: HttpRequest, number: int, kept: int) -> None:
    status = Case.objects.values_list("status", flat=True).get(pk=number)
    say(request, f"KYC-{number}: {kept} file{'s' if kept > 1 else ''} added.")
    if status == CaseStatus.DECIDED:
        say(request, "The case is decided, and stays so.", "info")
    elif status == CaseStatus.AWAITING_APPROVAL:
        say(request, "The override that waits rests on other evidence now: it must be proposed anew.", "warning")


@require_POST
@permission_required("compliance.review_case")
@permission_required("compliance.add_document")
def take_back(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Take a file back that was added to the wrong case."""
    document = get_object_or_404(Document.objects.only("case_id"), pk=document_id)
    number, reason = document.case_id, request.POST.get("reason", "")
    try:
        uploads.withdraw(document_id, by=person(request), reason=reason)
    except (InvalidInput, NotAllowed, StaleCase) as refusal:
        status = 422 if isinstance(refusal, InvalidInput) else 409
        if isinstance(refusal, NotAllowed) and not wants_fragment(request):
            status = 403
        refused = {"id": document_id, "sentence": str(refusal), "reason": reason.replace("\x00", "")}
        return answer(request, number, fragment=FRAGMENT, status=status, not_taken_back=refused)
    say(request, f"KYC-{number}: the file is taken back.")
    return _done(request, number, just_done=document_id)


def _done(
    request: HttpRequest, number: int, *, added: Sequence[UUID] = (), just_done: UUID | None = None
) -> HttpResponse:
    """The form anew; the page goes to the first file that was added, or to the row of the one that was taken back."""
    if not wants_fragment(request):
        return go_to(request, f"{reverse('case', args=[number])}#{'upload' if just_done else 'pictures'}")
    fresh = UploadForm()
    fresh.added += added
    # The decision panel comes along: what it binds is what this person has just seen arrive, or go.
    return answer(request, number, fragment=FRAGMENT, fresh_panel=True, upload=fresh, just_done=just_done)
