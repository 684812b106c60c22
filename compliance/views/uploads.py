"""Adding files to a case and removing them."""

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
from compliance.views.case import answer, status_of
from compliance.views.htmx import go_to, wants_fragment
from compliance.views.messages import announce
from compliance.views.page_context import permission_required, person
from providers import EvidenceKind

FRAGMENT = "uploads/_upload.html"
DECODING_BUDGET = 25.0
"""Seconds after which no further file of a request is decoded: a process has few threads for all pages."""


# Checking the CSRF token reads the body. So the permission is checked first, then the upload handler is set.
@csrf_exempt
@require_POST
@permission_required("compliance.review_case")
@permission_required("compliance.add_document")
def add_document(request: HttpRequest, number: int) -> HttpResponse:
    """Add one or several files. Valid files are added even when others of the request are refused."""
    get_object_or_404(Case.objects.only("pk"), pk=number)
    # Releases the upload budget in every case: disconnect, refused token, fault.
    with closing(BufferedUploadHandler(request)) as handler:
        request.upload_handlers = [handler]
        return _add(request, number, handler)


@csrf_protect
def _add(request: HttpRequest, number: int, handler: BufferedUploadHandler) -> HttpResponse:
    form = UploadForm(request.POST)
    if form.is_valid():
        _add_each(form, request, number, handler)
    elif request.FILES or handler.refused:
        form.add_error(FIELD, "No file was uploaded. Choose the files again.")
    if form.added:
        _announce_added(request, number, len(form.added))
    if form.errors:
        return answer(request, number, fragment=FRAGMENT, status=422, upload=form, fresh_panel=bool(form.added))
    return _done(request, number, added=form.added)


def _add_each(form: UploadForm, request: HttpRequest, number: int, handler: BufferedUploadHandler) -> None:
    form.refused += handler.refused
    until = time.monotonic() + DECODING_BUDGET
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
            form.added.append(document.pk)
        finally:
            file.close()  # frees its memory before the next file is decoded
    if form.refused:
        form.add_error(FIELD, "Not added:" if form.added else "Nothing was added:")
    elif not form.added:
        form.add_error(FIELD, "Choose at least one file.")


def _announce_added(request: HttpRequest, number: int, count: int) -> None:
    status = Case.objects.values_list("status", flat=True).get(pk=number)
    announce(request, f"KYC-{number}: {count} file{'s' if count > 1 else ''} added.")
    if status == CaseStatus.DECIDED:
        announce(request, "The decision does not change.", "info")
    elif status == CaseStatus.AWAITING_APPROVAL:
        announce(request, "The evidence of the pending proposal has changed: it has to be proposed again.", "warning")


@require_POST
@permission_required("compliance.review_case")
@permission_required("compliance.add_document")
def remove_document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Remove a file that was added to the wrong case."""
    document = get_object_or_404(Document.objects.only("case_id"), pk=document_id)
    number, reason = document.case_id, request.POST.get("reason", "")
    try:
        uploads.withdraw(document_id, by=person(request), reason=reason)
    except (InvalidInput, NotAllowed, StaleCase) as refusal:
        refused = {"id": document_id, "sentence": str(refusal), "reason": reason.replace("\x00", "")}
        return answer(request, number, fragment=FRAGMENT, status=status_of(request, refusal), not_removed=refused)
    announce(request, f"KYC-{number}: file removed.")
    return _done(request, number, just_done=document_id)


def _done(
    request: HttpRequest, number: int, *, added: Sequence[UUID] = (), just_done: UUID | None = None
) -> HttpResponse:
    """An empty form; the page scrolls to the first added file, or to the row of the removed one."""
    if not wants_fragment(request):
        return go_to(request, f"{reverse('case', args=[number])}#{'upload' if just_done else 'pictures'}")
    fresh = UploadForm()
    fresh.added += added
    # The decision panel is rendered, too, because its evidence has changed.
    return answer(request, number, fragment=FRAGMENT, fresh_panel=True, upload=fresh, just_done=just_done)
