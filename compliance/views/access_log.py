"""The access log of a case, fifty records a page. Reading it is recorded like any other view."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from compliance.case_page import access_log
from compliance.enums import AccessKind
from compliance.models import Case
from compliance.views.htmx import render_page
from compliance.views.page_context import page_context, permission_required, person, record_view


@never_cache
@require_GET
@permission_required("compliance.review_case")
def views(request: HttpRequest, number: int) -> HttpResponse:
    """All views of a case, newest first, by keyset (``before`` or ``after`` a cursor of the adjacent page).

    Thumbnails, which load with every page, are left out unless ``small`` is given.
    """
    case = get_object_or_404(Case.objects.only("pk"), pk=number)
    record_view(request, AccessKind.ACCESS_LOG, case_id=number)
    after = request.GET.get("after", "")
    small = bool(request.GET.get("small"))
    page = access_log.access_page(
        number,
        reader=person(request),
        cursor=after or request.GET.get("before", ""),
        backwards=bool(after),
        thumbnails=small,
    )
    here = reverse("case-views", args=[number])
    query = "small=1&" if small else ""
    context = {
        "nav": page_context(request, "queue"),
        "case": case,
        "page": page,
        "small_shown": small,
        "small_count": f"{page.thumbnails or ''}{'+' if page.thumbnails >= access_log.MOST_COUNTED else ''}",
        "older_url": f"{here}?{query}before={page.older}" if page.older else "",
        "newer_url": f"{here}?{query}after={page.newer}" if page.newer else "",
    }
    return render_page(request, "access_log/page.html", "access_log/_entries.html", context)
