"""Answers that do not depend on what was asked for: the page was shown to somebody else, its token has gone, or its
address takes no such request. Nothing has been changed by then, and each answer says where to go on."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

from compliance.models import Check, Document, OverrideProposal
from compliance.views.htmx import wants_fragment

SHOWN_TO = "X-Desk-Person"
"""Header of every fragment request, and by ``SHOWN_TO_FIELD`` a field of the forms that rule: for whom the page was
made. A sign-in in another tab changes the session under an open page."""
SHOWN_TO_FIELD = "shown_to"
REFUSED = "X-Desk-Refused"
"""Header of a refusal for the script: ``person`` or ``token``."""

Answerer = Callable[[HttpRequest], HttpResponse]


class PlainRefusalsMiddleware:
    """Refuses fragments of a page that somebody else was shown, and gives a wrong method an answer that can be read."""

    def __init__(self, get_response: Answerer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_somebody_elses(request, request.headers.get(SHOWN_TO, "")):
            return somebody_elses(request)
        response = self.get_response(request)
        is_bare = response.status_code == 405 and not response.streaming and not response.content
        if is_bare and _reads_pages(request):
            page = render(request, "405.html", {"case_url": case_url(request)}, status=405)
            page["Allow"] = response["Allow"]
            return page
        return response


def is_somebody_elses(request: HttpRequest, shown_to: str) -> bool:
    """Whether the page that asks was made for another person than the one who is signed in."""
    return bool(shown_to) and request.user.is_authenticated and shown_to != str(request.user.person_id)


def somebody_elses(request: HttpRequest) -> HttpResponse:
    """403: who is signed in now, and a way to the same case as this person sees it."""
    answer = render(request, "403_person.html", {"case_url": case_url(request)}, status=403)
    answer[REFUSED] = "person"
    answer["Cache-Control"] = "no-store"
    return answer


def from_own_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view's form says whom it was shown to: from anybody else's page it does nothing."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_somebody_elses(request, request.POST.get(SHOWN_TO_FIELD, "")):
            return somebody_elses(request)
        return view(request, *args, **kwargs)

    return guarded


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is not this session's: each sign-in brings a new one.

    The script gets a new one and sends again. Without it the page gives back the note, if it was this person's.
    """
    shown_to = request.POST.get(SHOWN_TO_FIELD, "")
    if is_somebody_elses(request, shown_to):
        return somebody_elses(request)
    is_own = bool(shown_to) and request.user.is_authenticated
    context = {"case_url": case_url(request), "note": request.POST.get("note", "") if is_own else ""}
    answer = render(request, "403_csrf.html", context, status=403)
    answer[REFUSED] = "token"
    answer["Cache-Control"] = "no-store"
    return answer


def case_url(request: HttpRequest) -> str:
    """The page of the case that an address is about, for people who may open cases; else empty."""
    if not request.user.is_authenticated or not request.user.has_perm("compliance.review_case"):
        return ""
    named = _named(request)
    number = named.get("number")
    for name, model in (("check_id", Check), ("document_id", Document), ("proposal_id", OverrideProposal)):
        if name in named:
            number = model._default_manager.filter(pk=named[name]).values_list("case_id", flat=True).first()
    return reverse("case", args=[number]) if number else ""


def _named(request: HttpRequest) -> Mapping[str, Any]:
    """What the address names, also before anything else has looked at it."""
    try:
        return (request.resolver_match or resolve(request.path_info)).kwargs
    except Resolver404:
        return {}


def _reads_pages(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not wants_fragment(request)
