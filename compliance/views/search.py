"""Search for cases: the page, and the list below the field while a person types.

The words of a search can be a name or the number of a document, so the forms send them in the body. Each case that is
shown is recorded in the access log.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from compliance.enums import AccessKind
from compliance.queries.environments import environment_of
from compliance.queries.rows import Row, rows_of
from compliance.queries.search import MOST_FOUND, case_elsewhere, recent_cases, search
from compliance.views.htmx import render_page
from compliance.views.page_context import page_context, permission_required, person, record_views

MOST_SUGGESTED = 5


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("compliance.review_case")
def search_page(request: HttpRequest) -> HttpResponse:
    """The cases that ``q`` finds, the best first; without ``q`` those that the person opened last."""
    context = {"nav": page_context(request), **_found(request, limit=MOST_FOUND)}
    return render_page(request, "search/page.html", "search/_results.html", context)


@never_cache
@require_POST
@permission_required("compliance.review_case")
def suggestions(request: HttpRequest) -> HttpResponse:
    """The options of the search field: the best cases for the beginning of a search."""
    return render(request, "search/_suggestions.html", _found(request, limit=MOST_SUGGESTED))


def _found(request: HttpRequest, *, limit: int) -> dict[str, Any]:
    user = person(request)
    environment = environment_of(user)
    text = (request.POST if request.method == "POST" else request.GET).get("q", "")[:200].strip()
    found = search(text, environment=environment, limit=limit)
    numbers = found.numbers if text else recent_cases(user.person_id, environment=environment, limit=limit)
    return {
        "searched": text,
        "found": found,
        "most": limit,
        "rows": _recorded_rows(request, numbers),
        "elsewhere": case_elsewhere(text, environment=environment) if text and not numbers else None,
    }


def _recorded_rows(request: HttpRequest, numbers: tuple[int, ...]) -> tuple[Row, ...]:
    if not numbers:
        return ()
    rows = rows_of(numbers, person_id=person(request).person_id)
    record_views(request, AccessKind.SEARCH, case_ids=[row.record.number for row in rows])
    return rows
