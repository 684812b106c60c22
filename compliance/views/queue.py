"""The queue, and claiming the next case."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from compliance.actions import claims
from compliance.errors import StaleCase
from compliance.labels import humanize_duration
from compliance.queries.counts import count_label, next_due, tab_counts
from compliance.queries.environments import environment_of
from compliance.queries.filter_choices import filter_choices
from compliance.queries.proposals import OpenProposal, open_proposals
from compliance.queries.queue import Page, queue_page, version_of
from compliance.queries.rows import Row
from compliance.queries.tabs import FILTER_NAMES, TAB_OF, TABS, Filters, Tab
from compliance.roles import APPROVE_OVERRIDE, WHY_NOT
from compliance.views.filters import chips_of, fields_of, list_url
from compliance.views.htmx import go_to, render_page, wants_fragment
from compliance.views.lists import filters_of, list_of, remember_list
from compliance.views.messages import announce
from compliance.views.page_context import page_context, permission_required, person


@never_cache
@require_GET
@permission_required("compliance.review_case")
def queue(request: HttpRequest, tab: str = "open") -> HttpResponse:
    """One tab of the queue; answers 204 to a poll with the current ``version``."""
    user = person(request)
    here = TAB_OF.get(tab)
    if here is None:
        raise Http404
    if here.for_managers and not user.has_perm(APPROVE_OVERRIDE):
        raise PermissionDenied(f"This list is for managers. {WHY_NOT[APPROVE_OVERRIDE]}")
    filters = filters_of(request.GET, environment=environment_of(user))
    page = queue_page(
        here,
        filters,
        person_id=user.person_id,
        cursor=request.GET.get("after", "") or request.GET.get("before", ""),
        backwards=bool(request.GET.get("before")),
    )
    counts = tab_counts(person_id=user.person_id, environment=filters.environment)
    if wants_fragment(request) and request.GET.get("version") == version_of(page, counts):
        return HttpResponse(status=204)
    context = _context(request, here, filters, page, counts)
    if not wants_fragment(request):
        remember_list(request, here)
    return render_page(
        request, "queue/page.html", "queue/_table.html", context, also=("queue/_tabs.html", "queue/_title.html")
    )


def _context(request: HttpRequest, tab: Tab, filters: Filters, page: Page, counts: dict[str, int]) -> dict[str, Any]:
    is_page = not wants_fragment(request)  # a fragment has neither the form of filters nor the chips
    due = next_due(filters.environment) if not page.rows else None
    return {
        "nav": page_context(request, tab.slug if tab.slug in ("mine", "escalated", "approvals") else "queue"),
        "tab": tab,
        "tabs": _tabs(tab, counts, can_approve=person(request).has_perm(APPROVE_OVERRIDE)),
        "page": page,
        "filters": filters,
        **(_filter_context(request, tab, filters) if is_page else {"chips": filters.any}),
        "count": count_label(counts[tab.slug] if page.count is None else page.count),
        "next_url": list_url(tab, request.GET, after=page.next_cursor) if page.next_cursor else "",
        "previous_url": list_url(tab, request.GET, before=page.previous_cursor) if page.previous_cursor else "",
        "poll_url": list_url(
            tab,
            request.GET,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
            version=version_of(page, counts),
        ),
        "approvals": _approvals(page) if tab.slug == "approvals" else [],
        "can_claim": True,
        "claim_query": urlencode({name: value for name in FILTER_NAMES if (value := getattr(filters, name))}),
        "next_due": _next_due_label(due) if due else "",
    }


def _filter_context(request: HttpRequest, tab: Tab, filters: Filters) -> dict[str, Any]:
    offered = filter_choices(tab, person_id=person(request).person_id, environment=filters.environment)
    return {"chips": chips_of(tab, request.GET, filters, offered), "fields": fields_of(filters, offered)}


def _approvals(page: Page) -> list[tuple[Row, OpenProposal]]:
    """The rows with their proposals; one that was answered since the rows were read is left out."""
    found = open_proposals([row.record.number for row in page.rows])
    return [(row, found[row.record.number]) for row in page.rows if row.record.number in found]


def _next_due_label(due: datetime) -> str:
    left = due - timezone.now()
    return f"in {humanize_duration(left)}" if left > timedelta(0) else "now"


def _tabs(here: Tab, counts: dict[str, int], *, can_approve: bool) -> list[dict[str, Any]]:
    return [
        {
            "tab": tab,
            "count": count_label(counts[tab.slug]),
            "is_here": tab == here,
            "is_empty": not counts[tab.slug],
            "is_alarming": tab.slug == "overdue" and counts[tab.slug] > 0,
        }
        for tab in TABS
        if can_approve or not tab.for_managers
    ]


@require_POST
@permission_required("compliance.review_case")
def claim_next(request: HttpRequest) -> HttpResponse:
    """Claim the most urgent unclaimed case of a list and open it: ``queue`` in the form, filters in the URL."""
    tab = TAB_OF.get(request.POST.get("queue", "").replace("_", "-"), TAB_OF["open"])
    remember_list(request, tab)
    try:
        case = claims.claim_next(by=person(request), tab=tab, filters=list_of(request).filters)
    except StaleCase as refusal:
        announce(request, str(refusal), "warning")
        return go_to(request, list_of(request).url)
    if case is None:
        announce(request, "No unassigned cases here.", "info")
        return go_to(request, list_of(request).url)
    return go_to(request, "case", case.pk)
