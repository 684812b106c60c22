"""Raw payloads of a check, a window of lines at a time, and as a file. Each view is recorded first.

Masked values are hidden until a person reveals them, which is a POST and recorded as a view of its own.
"""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from compliance.case_page.access_log import REVEALED
from compliance.case_page.case_redactor import case_redactor, masked_payload
from compliance.case_page.difference_sentence import describe_difference
from compliance.case_page.payload import PayloadPage, may_compare, payload_page
from compliance.case_page.payload_lines import PayloadText
from compliance.enums import AccessKind
from compliance.models import Check, CheckReport
from compliance.views.htmx import render_page
from compliance.views.page_context import page_context, permission_required, record_view
from providers.vault import Undecipherable, UndecipherableText

LONGEST_WORDS = 200
_DIGITS = 9


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.review_case")
def payload(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """A raw payload, pretty, with the difference to the report before it, from the line ``at`` on.

    POST searches all of it, since the words may be personal data, and reveals its masked values.
    """
    report, is_shown = _recorded(request, check_id)
    check, number = report.check_row, report.number
    here = reverse("check-payload", args=[check.pk])
    after, before = _payload(report), _payload_before(report)
    redactor = None if is_shown else case_redactor(check.case_id, [after, before])
    value = masked_payload(after, redactor) if redactor else after
    earlier = masked_payload(before, redactor) if redactor else before
    context = {
        "nav": page_context(request, "queue"),
        "case": check.case,
        "check": check,
        "report": report,
        "compared_with": number - 1,
        "page": _page(request, value, earlier),
        "is_shown": is_shown,
        "is_masked": value != after,
        "longest_words": LONGEST_WORDS,
        "report_says": describe_difference(check.difference) if number == check.report_count else "",
        "here_url": f"{here}?report={number}",
        "download_url": f"{reverse('check-payload-download', args=[check.pk])}?report={number}",
        "older_url": f"{here}?report={number - 1}" if number > 1 else "",
        "newer_url": f"{here}?report={number + 1}" if number < check.report_count else "",
    }
    return render_page(request, "payloads/page.html", "payloads/_payload.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("compliance.review_case")
def download(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """The payload as a file, with masked values after a POST only. Its name has no personal data."""
    report, is_shown = _recorded(request, check_id)
    check = report.check_row
    value = _payload(report)
    if not is_shown:
        value = masked_payload(value, case_redactor(check.case_id, [value]))
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"KYC-{check.case_id}-{check.provider}-{check.kind}-report-{report.number}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _recorded(request: HttpRequest, check_id: UUID) -> tuple[CheckReport, bool]:
    """The requested report, and whether its masked values are revealed; the view is recorded. Raises ``Http404``."""
    check = get_object_or_404(Check.objects.select_related("case"), pk=check_id)
    number = _number(request.GET.get("report", ""))
    if number is None:
        number = check.report_count
    report = get_object_or_404(CheckReport.objects.select_related("data_key"), check_row=check, number=number)
    report.check_row = check
    is_shown = request.method == "POST" and "show" in request.POST
    record_view(
        request,
        AccessKind.PAYLOAD,
        case_id=check.case_id,
        check_row_id=check.pk,
        report_number=number,
        fact=REVEALED if is_shown else "",
    )
    return report, is_shown


def _page(request: HttpRequest, value: Any, before: Any) -> PayloadPage:
    """The requested window."""
    to = request.POST.get("to", "")
    return payload_page(
        PayloadText(value),
        None if before is None else PayloadText(before),
        at=_number(to or request.POST.get("at", "") or request.GET.get("at", "")) or 0,
        words="" if to else request.POST.get("find", "")[:LONGEST_WORDS],
        start=_number(request.POST.get("from", "")) or 0,
    )


def _payload_before(report: CheckReport) -> Any:
    """The payload of the previous report; None if there is none, or if this one is too long to be compared."""
    if not may_compare(PayloadText(_payload(report))):
        return None
    earlier = CheckReport.objects.filter(check_row=report.check_row_id, number=report.number - 1)
    found = earlier.select_related("data_key").first()
    return _payload(found) if found else None


def _payload(report: CheckReport) -> Any:
    payload = report.payload
    return str(UndecipherableText()) if isinstance(payload, Undecipherable) else payload


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None
