"""Raw payloads of a check, a window of lines at a time. Each view is recorded first."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

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

    POST searches all of it: the words may be personal data, so they are not in the URL.
    """
    check = get_object_or_404(Check.objects.select_related("case"), pk=check_id)
    number = _number(request.GET.get("report", ""))
    if number is None:
        number = check.report_count
    report = CheckReport.objects.filter(check_row=check, number=number).select_related("data_key").first()
    if report is None:
        raise Http404
    record_view(request, AccessKind.PAYLOAD, case_id=check.case_id, check_row_id=check.pk, report_number=number)
    here = reverse("check-payload", args=[check.pk])
    context = {
        "nav": page_context(request, "queue"),
        "case": check.case,
        "check": check,
        "report": report,
        "compared_with": number - 1,
        "page": _page(request, report),
        "longest_words": LONGEST_WORDS,
        "report_says": describe_difference(check.difference) if number == check.report_count else "",
        "here_url": f"{here}?report={number}",
        "older_url": f"{here}?report={number - 1}" if number > 1 else "",
        "newer_url": f"{here}?report={number + 1}" if number < check.report_count else "",
    }
    return render_page(request, "payloads/page.html", "payloads/_payload.html", context)


def _page(request: HttpRequest, report: CheckReport) -> PayloadPage:
    """The requested window."""
    text, before = _text(report), None
    if may_compare(text):
        # A payload that is too long to compare needs no second one.
        earlier = CheckReport.objects.filter(check_row=report.check_row_id, number=report.number - 1)
        found = earlier.select_related("data_key").first()
        before = _text(found) if found else None
    return payload_page(
        text,
        before,
        at=_number(request.GET.get("at", "")) or 0,
        words=request.POST.get("find", "")[:LONGEST_WORDS],
        start=_number(request.POST.get("from", "")) or 0,
    )


def _text(report: CheckReport) -> PayloadText:
    payload = report.payload
    return PayloadText(str(UndecipherableText()) if isinstance(payload, Undecipherable) else payload)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None
