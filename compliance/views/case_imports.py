"""Importing cases from an uploaded CSV file: upload, preview, import, result."""

from contextlib import closing
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from compliance.enums import ImportState
from compliance.errors import InvalidInput
from compliance.evidence.upload_handler import FIELD, MEBIBYTE, BufferedUploadHandler
from compliance.imports import uploaded_files
from compliance.imports.csv_cases import COLUMNS, REQUIRED
from compliance.models import CaseImport
from compliance.views.htmx import go_to, render_page, wants_fragment
from compliance.views.messages import announce
from compliance.views.page_context import page_context, permission_required, person
from providers import MAX_FILE_BYTES, Kind
from providers.models import ProviderAccount

MOST_NAMES = 20
"""Names of accounts that the form lists."""
FIRST_SECONDS = 2.0
"""Of the preview, within the upload's request: short files need no second request."""


# As for uploads of documents: the CSRF token is in the body, which is read after the permission is checked.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.open_case")
def upload(request: HttpRequest) -> HttpResponse:
    """The form for a file; a valid one leads to its preview."""
    if request.method == "GET":
        return _form(request)
    with closing(BufferedUploadHandler(request)) as handler:
        request.upload_handlers = [handler]
        return _upload(request, handler)


@csrf_protect
def _upload(request: HttpRequest, handler: BufferedUploadHandler) -> HttpResponse:
    by, file = person(request), request.FILES.get(FIELD)
    if handler.refused:
        return _form(request, error=handler.refused[0][1])
    if file is None:
        return _form(request, error="Choose a file.")
    try:
        row = uploaded_files.store(file.read(), by=by)
    except InvalidInput as refusal:
        return _form(request, error=str(refusal))
    uploaded_files.advance(row.pk, by=by, seconds=FIRST_SECONDS)
    return go_to(request, "case-import-file", row.pk)


def _form(request: HttpRequest, error: str = "") -> HttpResponse:
    context = {
        "nav": page_context(request, "new"),
        "error": error,
        "columns": [(name, name in REQUIRED) for name in COLUMNS],
        "accounts": ProviderAccount.objects.order_by("name").values_list("name", flat=True)[:MOST_NAMES],
        "kinds": [kind.value for kind in Kind],
        "most_lines": f"{uploaded_files.MOST_LINES:,}",
        "most_megabytes": MAX_FILE_BYTES // MEBIBYTE,
    }
    page, fragment = "imports/upload.html", "imports/_upload_form.html"
    return render_page(request, page, fragment, context, status=422 if error else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.open_case")
def uploaded(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Preview, progress and result of a file, for the user who uploaded it. A POST goes on by one slice."""
    by = person(request)
    files = CaseImport.objects.defer("content")
    row = get_object_or_404(files, pk=import_id, by=by)
    if request.method == "POST":
        step = request.POST.get("step", "")
        if step == "discard":
            uploaded_files.discard(import_id, by=by)
            announce(request, "The file was removed. Nothing was imported.", "info")
            return go_to(request, "case-import")
        if step == "import":
            uploaded_files.begin(import_id, by=by)
        try:
            uploaded_files.advance(import_id, by=by)
        except InvalidInput:  # its key is gone, for example
            announce(request, "The uploaded file cannot be read any more. Upload it again.", "warning")
            return go_to(request, "case-import")
        if not wants_fragment(request):
            return go_to(request, "case-import-file", import_id)
        row = get_object_or_404(files, pk=import_id, by=by)
    is_preview = row.state in (ImportState.CHECKING, ImportState.CHECKED)
    context = {
        "nav": page_context(request, "new"),
        "import": row,
        "counts": (
            ("Lines read", row.done),
            ("Valid", row.done - row.failed),
            ("Not valid", row.failed),
            ("New cases" if is_preview else "Cases opened", row.cases),
            ("New checks" if is_preview else "Checks added", row.checks),
        ),
        "good": row.done - row.failed,
        "is_working": row.state in (ImportState.CHECKING, ImportState.IMPORTING),
        "more_errors": row.failed - len(row.errors),
    }
    return render_page(request, "imports/uploaded.html", "imports/_uploaded.html", context)
