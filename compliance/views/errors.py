"""Error pages: inside the navigation for a signed-in user, alone for others and for fragment requests."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from compliance.views.htmx import sign_in_url, wants_fragment
from compliance.views.page_context import page_context


def error_page(request: HttpRequest, template: str, *, status: int, **context: Any) -> HttpResponse:
    """The page of this status; ``case_url`` in the context is the case to continue with."""
    return render(request, template, {**_frame(request), **context}, status=status)


def _frame(request: HttpRequest) -> Mapping[str, Any]:
    """The outer template and its context. Refusals of early middleware have no user, and a fault may have lost the
    database: then the page stands alone."""
    try:
        if not request.user.is_authenticated:
            return {"sign_in_url": sign_in_url(request)}
        if wants_fragment(request):
            return {}
        return {"frame": "error_framed.html", "nav": page_context(request), "without_forms": True}
    except Exception:
        return {"user": None}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 for a form with too much text."""
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, "413.html", status=413)
    return error_page(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 with the reason, if the refusal names one."""
    return error_page(request, "403.html", status=403, reason=str(exception))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(request, "500.html", status=500)
