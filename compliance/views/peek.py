"""The peek: a case beside the list, without opening its page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from compliance.enums import AccessKind
from compliance.models import Case
from compliance.views.case import shown
from compliance.views.htmx import go_to, render_page, wants_fragment
from compliance.views.page_context import permission_required, record_view


@never_cache
@require_GET
@permission_required("compliance.review_case")
def peek(request: HttpRequest, number: int) -> HttpResponse:
    """Why the case is here, its facts and faces. Each peek is recorded; it claims nothing, and changes stay new."""
    get_object_or_404(Case.objects.only("pk"), pk=number)
    if not wants_fragment(request):
        return go_to(request, "case", number)
    record_view(request, AccessKind.CASE, case_id=number)
    return render_page(request, "", "queue/_peek.html", {"page": shown(request, number)})
