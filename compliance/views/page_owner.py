"""Refusals before a view runs: the page belongs to another user, its CSRF token is not valid, or the method is wrong.

Nothing has changed by then, and each answer links to the page to continue with.
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse

from compliance.models import Check, Document, OverrideProposal
from compliance.views.errors import error_page
from compliance.views.htmx import wants_fragment

OWNER_HEADER = "X-Desk-Person"
"""Header of every fragment request: the person for whom the page was rendered. A sign-in in another tab changes the
session of an open page."""
OWNER_FIELD = "shown_to"
"""The same as a field of the decision forms."""
PERSON_ID = r"[1-9][0-9]{0,18}"
REFUSED = "X-Desk-Refused"
"""Header of a refusal, for the script: ``person`` or ``token``."""

GetResponse = Callable[[HttpRequest], HttpResponse]


class PageOwnerMiddleware:
    """Refuses fragment requests from the page of another user, and renders a page for a wrong method."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if belongs_to_another(request, request.headers.get(OWNER_HEADER, "")):
            return other_owner_response(request)
        response = self.get_response(request)
        is_bare = response.status_code == 405 and not response.streaming and not response.content
        if is_bare and _accepts_html(request):
            page = error_page(request, "405.html", status=405, case_url=case_url(request))
            page["Allow"] = response["Allow"]
            return page
        return response


def belongs_to_another(request: HttpRequest, owner: str) -> bool:
    """Whether the page was rendered for another person than the one who is signed in."""
    return bool(owner) and request.user.is_authenticated and owner != str(request.user.person_id)


def other_owner_response(request: HttpRequest) -> HttpResponse:
    """403: names the signed-in user and links to the same case."""
    return _refusal(request, "403_person.html", "person")


def page_owner_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuses a form that was rendered for another person."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if belongs_to_another(request, _owner(request)):
            return other_owner_response(request)
        return view(request, *args, **kwargs)

    return guarded


def _owner(request: HttpRequest) -> str:
    """The person of the submitted form; empty unless the form names exactly one."""
    values = request.POST.getlist(OWNER_FIELD)
    return str(values[0]) if len(values) == 1 and re.fullmatch(PERSON_ID, str(values[0])) else ""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The CSRF token is not of this session: each sign-in sets a new one.

    The script fetches the new one and sends again. Without the script the page shows the note, if it is the user's own.
    """
    owner = _owner(request)
    if belongs_to_another(request, owner):
        return other_owner_response(request)
    is_own = bool(owner) and request.user.is_authenticated
    return _refusal(request, "403_csrf.html", "token", note=request.POST.get("note", "") if is_own else "")


def _refusal(request: HttpRequest, template: str, reason: str, **context: str) -> HttpResponse:
    page = error_page(request, template, status=403, case_url=case_url(request), **context)
    page[REFUSED], page["Cache-Control"] = reason, "no-store"
    return page


def case_url(request: HttpRequest) -> str:
    """URL of the case that the request is about; empty for users who may not open it."""
    if not request.user.is_authenticated or not request.user.has_perm("compliance.review_case"):
        return ""
    arguments = _url_arguments(request)
    number = arguments.get("number")
    for name, model in (("check_id", Check), ("document_id", Document), ("proposal_id", OverrideProposal)):
        if name in arguments:
            number = model._default_manager.filter(pk=arguments[name]).values_list("case_id", flat=True).first()
    return reverse("case", args=[number]) if number else ""


def _url_arguments(request: HttpRequest) -> Mapping[str, Any]:
    """Arguments of the URL, also before it was resolved."""
    try:
        return (request.resolver_match or resolve(request.path_info)).kwargs
    except Resolver404:
        return {}


def _accepts_html(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not wants_fragment(request)
