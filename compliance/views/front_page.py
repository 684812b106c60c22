"""The front page of each role."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from compliance.views.page_context import person
from compliance.views.queue import queue


def front_page(request: HttpRequest) -> HttpResponse:
    """The queue; the settings for admins who review no cases."""
    user = person(request)
    if request.method == "GET" and user.is_staff and not user.has_perm("compliance.review_case"):
        return redirect("admin:index")
    response: HttpResponse = queue(request)
    return response
