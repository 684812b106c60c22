"""The case page, its fragments, and its actions."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from compliance.actions import checks, claims, visits
from compliance.case_page.decision_panel import SubmittedForm
from compliance.case_page.page import CasePage, case_page
from compliance.enums import AccessKind
from compliance.errors import ComplianceError, NotAllowed, StaleCase
from compliance.forms import UploadForm
from compliance.models import Case, Check
from compliance.queries.case import case_version
from compliance.sync.tasks import sync_slice
from compliance.views.htmx import go_to, render_page, wants_fragment
from compliance.views.lists import place_in_list
from compliance.views.messages import announce
from compliance.views.page_context import page_context, permission_required, person, record_case_view, record_view

WHOLE = "case_page/page.html"
PANEL = "case_page/decision_panel/_panel.html"
IMAGES = "case_page/images/_images.html"
CHECKS = "case_page/checks/_checks.html"
WATCH = "case_page/_watch.html"
CHANGED = (
    "case_page/_header.html",
    "case_page/_warnings.html",
    "case_page/comparison/_comparison.html",
    CHECKS,
    "case_page/preventor_ticket/_tickets.html",
    "case_page/timeline/_timeline.html",
    "case_page/_access_log.html",
)
OPENED_WITH: Mapping[str, Callable[[CasePage], Any]] = {
    "case_page/_warnings.html": lambda page: (page.check_lines, page.warnings),
    CHECKS: lambda page: page.checks,
    "case_page/preventor_ticket/_tickets.html": lambda page: page.tickets,
    "case_page/timeline/_timeline.html": lambda page: page.timeline,
}
"""Fragments that may contain a revealed value, and their part of the page."""
REFRESH_SLOT = 0


def shown(
    request: HttpRequest,
    number: int,
    submitted: SubmittedForm | None = None,
    *,
    opened: Collection[str] = (),
    since: visits.Since | None = None,
) -> CasePage:
    """The page for this person. ``opened`` names the facts and tickets that are revealed; the caller recorded it."""
    try:
        return case_page(number, reader=person(request), submitted=submitted, shown=opened, since=since)
    except Case.DoesNotExist as error:
        raise Http404 from error


def context_of(request: HttpRequest, page: CasePage, **more: Any) -> dict[str, Any]:
    """The context of the case page: ``page``, and its ``place`` in the list that the person came from."""
    return {"nav": page_context(request, "queue"), "page": page, "place": place_in_list(request, page.case.pk), **more}


def answer(
    request: HttpRequest,
    number: int,
    *,
    fragment: str = PANEL,
    status: int = 200,
    submitted: SubmittedForm | None = None,
    upload: UploadForm | None = None,
    not_removed: Mapping[str, Any] | None = None,
    just_done: UUID | None = None,
    fresh_panel: bool = False,
    opened_at: int | None = None,
) -> HttpResponse:
    """The page, or its fragment and all others that may have changed, from fresh rows.

    ``upload`` is the form of a file that was refused; ``not_removed`` (id, sentence, reason) a file that stays;
    ``just_done`` the file that was just removed.
    ``opened_at`` is the number of the newest event, where a person opens the page and sees all events up to it.
    """
    record_case_view(request, number)
    version = case_version(number)  # read first, so that a change during this request is found by the next poll
    if opened_at is None or wants_fragment(request):
        since = visits.last_seen(number, person_id=person(request).person_id)
    else:
        since = visits.record_visit(number, by=person(request), event_seq=opened_at)
    context = context_of(
        request,
        shown(request, number, submitted, since=since),
        version=version,
        upload=upload or UploadForm(),
        not_removed=not_removed or {},
        just_done=just_done,
    )
    also = tuple(name for name in (*CHANGED, PANEL, IMAGES) if name != fragment)
    if (submitted or fragment != PANEL) and not fresh_panel:
        also = tuple(name for name in also if name != PANEL)
    return render_page(request, WHOLE, fragment, context, status=status, also=also)


def images_response(request: HttpRequest, number: int) -> HttpResponse:
    """The images of the case, or the page scrolled to them."""
    if wants_fragment(request):
        return answer(request, number, fragment=IMAGES)
    return go_to(request, reverse("case", args=[number]) + "#pictures")


@never_cache
@require_GET
@permission_required("compliance.review_case")
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """The whole case. Opening it is recorded before anything is served."""
    case = get_object_or_404(Case.objects.only("pk", "event_seq"), pk=number)
    return answer(request, number, opened_at=case.event_seq)


@never_cache
@require_GET
@permission_required("compliance.review_case")
def live(request: HttpRequest, number: int) -> HttpResponse:
    """The checks and what depends on them; polled while something is pending.

    With ``version`` it answers 204 if the case is unchanged, else all fragments. The script does not replace a decision
    form: it refers to the evidence that its reader saw.
    """
    get_object_or_404(Case.objects.only("pk"), pk=number)
    if not wants_fragment(request):
        return go_to(request, "case", number)
    if seen := request.GET.get("version", ""):
        if seen == case_version(number):
            return HttpResponse(status=204)
        return answer(request, number, fragment=WATCH, fresh_panel=True)
    return answer(request, number, fragment=CHECKS)


@never_cache
@require_POST
@permission_required("compliance.review_case")
def reveal(request: HttpRequest, number: int, slug: str) -> HttpResponse:
    """Reveal a masked fact or a ticket: recorded first, then its row or the ticket, and all fragments with that value.

    Without the script the whole page is the answer, once; reloading masks it again. ``opened`` names facts that are
    revealed already: they remain revealed and are recorded again.
    """
    since = visits.last_seen(number, person_id=person(request).person_id)
    before = shown(request, number, since=since)
    facts = [row.name for row in before.facts.rows if row.is_private]
    facts = list(dict.fromkeys([*facts, *(kind for check in before.checks for kind in check.values.private)]))
    tickets = {ticket.slug: ticket.check_id for ticket in before.tickets if ticket.opens}
    if slug not in (*facts, *tickets):
        raise Http404
    record_case_view(request, number)
    beside = request.POST.getlist("opened") if slug in facts else []
    opened = [slug, *(name for name in facts if name in beside and name != slug)]
    for name in opened:
        if name in facts:
            record_view(request, AccessKind.FACT, case_id=number, fact=name)
        else:
            record_view(request, AccessKind.TICKET, case_id=number, check_row_id=tickets[name])
    page = shown(request, number, opened=opened, since=since)
    context = context_of(request, page, upload=UploadForm())
    if slug in facts:
        return _revealed_fact(request, slug, context, before, opened)
    context["ticket"] = next((ticket for ticket in page.tickets if ticket.slug == slug), None)
    also = ("case_page/_access_log.html",)
    return render_page(request, WHOLE, "case_page/preventor_ticket/_ticket.html", context, also=also)


def _revealed_fact(
    request: HttpRequest, slug: str, context: dict[str, Any], before: CasePage, opened: Collection[str]
) -> HttpResponse:
    """The row of the fact, or the checks if the button was on a check, and all other fragments with its value."""
    page: CasePage = context["page"]
    fragment = CHECKS if request.POST.get("from") == "checks" else "case_page/comparison/_fact.html"
    revealed = set(opened) - ({slug} if fragment == CHECKS else set())
    rows = [row for row in page.facts.rows if row.name not in revealed]
    parts = [name for name, part in OPENED_WITH.items() if name != fragment and part(page) != part(before)]
    context |= {
        "row": next((row for row in page.facts.rows if row.name == slug), None),
        "rows": [row for row in rows if row not in before.facts.rows],
        # Each in a <template>: after a table row the browser parses by the rules of tables and drops forms.
        "parts": [*parts, "case_page/_access_log.html"],
    }
    return render_page(request, WHOLE, fragment, context, also=("case_page/comparison/_facts_oob.html",))


@require_POST
@permission_required("compliance.review_case")
def seen(request: HttpRequest, number: int) -> HttpResponse:
    """Mark changes up to event ``seq`` as seen; 404 if the case has no such event."""
    case = get_object_or_404(Case.objects.only("pk", "event_seq"), pk=number)
    seq = request.POST.get("seq", "")
    if not (seq.isascii() and seq.isdigit() and len(seq) < 10 and int(seq) <= case.event_seq):
        raise Http404
    visits.mark_seen(number, by=person(request), event_seq=int(seq))
    if not wants_fragment(request):
        return go_to(request, "case", number)
    record_case_view(request, number)
    since = visits.last_seen(number, person_id=person(request).person_id)
    context = context_of(request, shown(request, number, since=since))
    also = ("case_page/_header.html", "case_page/timeline/_timeline.html")
    return render_page(request, WHOLE, "case_page/_warnings.html", context, also=also)


@require_POST
@permission_required("compliance.review_case")
def claim(request: HttpRequest, number: int) -> HttpResponse:
    """Claim the case, or name the person who holds it."""
    return _claim_or_release(request, number, claims.claim)


@require_POST
@permission_required("compliance.review_case")
def release(request: HttpRequest, number: int) -> HttpResponse:
    return _claim_or_release(request, number, claims.release)


def _claim_or_release(request: HttpRequest, number: int, verb: Callable[..., object]) -> HttpResponse:
    """The panel alone, so that a note in the open page stays; without the script the whole page."""
    get_object_or_404(Case.objects.only("pk"), pk=number)
    try:
        verb(number, by=person(request))
    except (StaleCase, NotAllowed) as refusal:
        if wants_fragment(request):
            return answer(request, number, status=409, submitted=SubmittedForm(error=str(refusal)))
        announce(request, str(refusal), "warning")
    else:
        if wants_fragment(request):
            return answer(request, number)
    return go_to(request, "case", number)


def status_of(request: HttpRequest, refusal: ComplianceError) -> int:
    """409 for a lost race, 422 for invalid input; 403 for a missing permission, or 409 so that the script swaps it."""
    if isinstance(refusal, NotAllowed):
        return 409 if wants_fragment(request) else 403
    return 409 if isinstance(refusal, StaleCase) else 422


# --- checks --------------------------------------------------------------------------------------------------------


@require_POST
@permission_required("compliance.review_case")
def refresh(request: HttpRequest, check_id: UUID) -> HttpResponse:
    check = get_object_or_404(Check.objects.only("case_id"), pk=check_id)
    status = 200
    try:
        checks.request_read(check_id, by=person(request))
    except ComplianceError as refusal:
        announce(request, str(refusal), "warning")
        status = 409
    else:
        # Only a wake-up: the row is due, and beat would find it.
        sync_slice.delay_on_commit(REFRESH_SLOT)
    if not wants_fragment(request):
        return go_to(request, "case", check.case_id)
    return answer(request, check.case_id, fragment=CHECKS, status=status)
