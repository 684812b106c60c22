"""The case page, its fragments, and what people do there."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from compliance.actions import checks, claims, decision_requests, decisions, overrides, visits
from compliance.case_page.decision_panel import SubmittedForm
from compliance.case_page.page import CasePage, case_page
from compliance.enums import AccessKind, DecisionVerdict
from compliance.errors import ComplianceError, InvalidInput, NotAllowed, StaleCase, StaleEvidence
from compliance.forms import UploadForm
from compliance.models import Case, Check, Decision, OverrideProposal
from compliance.queries.case import case_version
from compliance.queries.queue import neighbours
from compliance.queries.tabs import TAB_OF
from compliance.sync.tasks import sync_slice
from compliance.views.htmx import go_to, render_page, wants_fragment
from compliance.views.messages import announce
from compliance.views.page_context import page_context, permission_required, person, record_case_view, record_view
from compliance.views.page_owner import page_owner_required
from compliance.views.queue import filters_of

WHOLE = "case_page/page.html"
PANEL = "case_page/decision_panel/_panel.html"
WATCH = "case_page/_watch.html"
CHANGED = (
    "case_page/_header.html",
    "case_page/_warnings.html",
    "case_page/comparison/_comparison.html",
    "case_page/checks/_checks.html",
    "case_page/preventor_ticket/_tickets.html",
    "case_page/timeline/_timeline.html",
    "case_page/_access_log.html",
)
OPENED_WITH: Mapping[str, Callable[[CasePage], Any]] = {
    "case_page/_warnings.html": lambda view: view.warnings,
    "case_page/checks/_checks.html": lambda view: view.checks,
    "case_page/preventor_ticket/_tickets.html": lambda view: view.tickets,
    "case_page/timeline/_timeline.html": lambda view: view.timeline,
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
    """The page for this person, with its neighbours in the list they came from.

    ``opened`` names the facts and tickets that are revealed; the caller has recorded it.
    """
    try:
        view = case_page(number, reader=person(request), submitted=submitted, shown=opened, since=since)
    except Case.DoesNotExist as error:
        raise Http404 from error
    slug, _, query = str(request.session.get("list", "open?")).partition("?")
    tab = TAB_OF.get(slug, TAB_OF["open"])
    view.back_url = reverse("queue", args=[tab.slug]) + (f"?{query}" if query else "")
    near = neighbours(number, tab, filters_of(QueryDict(query)), person_id=person(request).person_id)
    if near:
        view.position = f"{near.position} in {tab.label}"
        view.previous_url = reverse("case", args=[near.previous]) if near.previous else ""
        view.next_url = reverse("case", args=[near.next]) if near.next else ""
    return view


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
    ``just_done`` the file that was taken back a moment ago.
    ``opened_at`` is the number of the newest event, where a person opens the page and so sees what happened till then.
    """
    record_case_view(request, number)
    version = case_version(number)  # read first, so that a change during this request is found by the next poll
    if opened_at is None or wants_fragment(request):
        since = visits.last_seen(number, person_id=person(request).person_id)
    else:
        since = visits.record_visit(number, by=person(request), event_seq=opened_at)
    context = {
        "frame": page_context(request, "queue"),
        "view": shown(request, number, submitted, since=since),
        "version": version,
        "upload": upload or UploadForm(),
        "not_removed": not_removed or {},
        "just_done": just_done,
    }
    also = tuple(name for name in (*CHANGED, PANEL, "case_page/pictures/_pictures.html") if name != fragment)
    if (submitted or fragment != PANEL) and not fresh_panel:
        also = tuple(name for name in also if name != PANEL)
    return render_page(request, WHOLE, fragment, context, status=status, also=also)


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

    With ``version`` it answers 204 if the case is unchanged, else all fragments. A decision form still refers to what
    its reader saw: the script leaves it alone.
    """
    get_object_or_404(Case.objects.only("pk"), pk=number)
    if not wants_fragment(request):
        return go_to(request, "case", number)
    if seen := request.GET.get("version", ""):
        if seen == case_version(number):
            return HttpResponse(status=204)
        return answer(request, number, fragment=WATCH, fresh_panel=True)
    return answer(request, number, fragment="case_page/checks/_checks.html")


@never_cache
@require_POST
@permission_required("compliance.review_case")
def show_fact(request: HttpRequest, number: int, slug: str) -> HttpResponse:
    """Reveal a masked fact or a ticket: recorded first, then its row or the ticket, and all fragments with that value.

    Without the script the whole page is the answer, once; reloading masks it again. ``opened`` names facts that are
    revealed already: they stay so and are recorded again.
    """
    since = visits.last_seen(number, person_id=person(request).person_id)
    before = shown(request, number, since=since)
    facts = [row.name for row in before.facts.rows if row.is_private]
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
            record_view(request, AccessKind.TICKET, case_id=number, check_id=tickets[name])
    view = shown(request, number, opened=opened, since=since)
    rows = [row for row in view.facts.rows if row.name != slug and row.name not in opened]
    context = {
        "frame": page_context(request, "queue"),
        "view": view,
        "upload": UploadForm(),
        "row": next((row for row in view.facts.rows if row.name == slug), None),
        "rows": [row for row in rows if row not in before.facts.rows],
        "ticket": next((ticket for ticket in view.tickets if ticket.slug == slug), None),
    }
    if slug not in facts:
        return render_page(
            request, WHOLE, "case_page/preventor_ticket/_ticket.html", context, also=("case_page/_access_log.html",)
        )
    # Each in a <template>: after a table row the browser parses by the rules of tables and drops forms.
    parts = [name for name, part in OPENED_WITH.items() if part(view) != part(before)]
    context["parts"] = [*parts, "case_page/_access_log.html"]
    return render_page(
        request, WHOLE, "case_page/comparison/_fact.html", context, also=("case_page/comparison/_facts_oob.html",)
    )


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
    context = {"frame": page_context(request, "queue"), "view": shown(request, number, since=since)}
    also = ("case_page/_header.html", "case_page/timeline/_timeline.html")
    return render_page(request, WHOLE, "case_page/_warnings.html", context, also=also)


@require_POST
@permission_required("compliance.review_case")
def claim(request: HttpRequest, number: int) -> HttpResponse:
    """Claim the case, or name the person who has it."""
    get_object_or_404(Case.objects.only("pk"), pk=number)
    try:
        claims.claim(number, by=person(request))
    except (StaleCase, NotAllowed) as refusal:
        return _not_claimed(request, number, str(refusal))
    return _claimed(request, number)


@require_POST
@permission_required("compliance.review_case")
def release(request: HttpRequest, number: int) -> HttpResponse:
    """Release the case."""
    get_object_or_404(Case.objects.only("pk"), pk=number)
    try:
        claims.release(number, by=person(request))
    except NotAllowed as refusal:
        return _not_claimed(request, number, str(refusal))
    return _claimed(request, number)


def _claimed(request: HttpRequest, number: int) -> HttpResponse:
    """The panel alone, so that a note in the open page stays; without the script the whole page."""
    return answer(request, number) if wants_fragment(request) else go_to(request, "case", number)


def _not_claimed(request: HttpRequest, number: int, sentence: str) -> HttpResponse:
    if wants_fragment(request):
        return answer(request, number, status=409, submitted=SubmittedForm(error=sentence))
    announce(request, sentence, "warning")
    return go_to(request, "case", number)


# --- deciding ------------------------------------------------------------------------------------------------------


@require_POST
@permission_required("compliance.review_case")
@page_owner_required
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Decide, or propose an override; a rejected form keeps its values."""
    get_object_or_404(Case.objects.only("pk"), pk=number)
    submitted = SubmittedForm(
        verdict=request.POST.get("verdict", ""),
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", ""),
    )
    try:
        done = decisions.decide_or_propose(number, by=person(request), request=_decision_request(request))
    except ComplianceError as refusal:
        return _refused(request, number, submitted, refusal)
    if isinstance(done, Decision):
        announce(request, f"KYC-{number}: {_past(done.verdict)}.")
    else:
        announce(request, f"KYC-{number}: override sent for approval.")
    return _after(request, number)


def _decision_request(request: HttpRequest) -> decision_requests.DecisionRequest:
    verdict = request.POST.get("verdict", "")
    allowed = [choice for choice in DecisionVerdict.values if choice != DecisionVerdict.VOID]
    if verdict not in allowed:
        raise InvalidInput("Choose a verdict.", field="verdict")
    return decision_requests.DecisionRequest(
        verdict=DecisionVerdict(verdict),
        reason=request.POST.get("reason", "").replace("\x00", ""),
        note=_text(request, "note"),
        seen=request.POST.get("seen", ""),
        seen_decision=request.POST.get("seen_decision", ""),
    )


def _text(request: HttpRequest, name: str) -> str:
    text = request.POST.get(name, "")
    if "\x00" in text:
        raise InvalidInput("The note holds a character that cannot be stored.", field=name)
    return text


def _refused(request: HttpRequest, number: int, submitted: SubmittedForm, refusal: ComplianceError) -> HttpResponse:
    """The panel again with the error and the submitted values."""
    status = 409 if isinstance(refusal, StaleCase) else 422
    if isinstance(refusal, NotAllowed):
        status = 403 if not wants_fragment(request) else 409
    submitted = SubmittedForm(
        verdict=submitted.verdict,
        reason=submitted.reason,
        note=submitted.note,
        error=str(refusal),
        error_field=getattr(refusal, "field", ""),
        changes=refusal.changes if isinstance(refusal, StaleEvidence) else (),
        winner=refusal.winner if isinstance(refusal, StaleCase) else "",
    )
    return answer(request, number, status=status, submitted=submitted)


def _past(verdict: str) -> str:
    return {
        DecisionVerdict.APPROVE: "approved",
        DecisionVerdict.REJECT: "rejected",
        DecisionVerdict.REQUEST_RETRY: "retry requested",
        DecisionVerdict.ESCALATE: "escalated",
        DecisionVerdict.VOID: "closed",
    }.get(DecisionVerdict(verdict), "decided")


def _after(request: HttpRequest, number: int) -> HttpResponse:
    """Redirect to the next case of the list that the person came from, or to that list."""
    view = shown(request, number)
    return go_to(request, view.next_url or view.back_url)


@require_POST
@permission_required("compliance.approve_override")
@page_owner_required
def approve(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Approve an override as the second person."""
    number = _case_of(proposal_id)
    submitted = SubmittedForm(note=request.POST.get("note", ""))
    try:
        overrides.approve(
            proposal_id, by=person(request), seen=request.POST.get("seen", ""), note=_text(request, "note")
        )
    except ComplianceError as refusal:
        return _refused(request, number, submitted, refusal)
    announce(request, f"KYC-{number}: override approved.")
    return go_to(request, "queue", "approvals")


@require_POST
@permission_required("compliance.approve_override")
@page_owner_required
def refuse(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Deny an override as the second person."""
    number = _case_of(proposal_id)
    submitted = SubmittedForm(note=request.POST.get("note", ""))
    try:
        overrides.deny(proposal_id, by=person(request), note=_text(request, "note"))
    except ComplianceError as refusal:
        return _refused(request, number, submitted, refusal)
    announce(request, f"KYC-{number}: override denied; the case is back in its queue.")
    return go_to(request, "queue", "approvals")


@require_POST
@permission_required("compliance.review_case")
def withdraw(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Withdraw an override as its proposer."""
    number = _case_of(proposal_id)
    try:
        overrides.withdraw(proposal_id, by=person(request))
    except ComplianceError as refusal:
        return _refused(request, number, SubmittedForm(), refusal)
    announce(request, f"KYC-{number}: override withdrawn.")
    return go_to(request, "case", number)


def _case_of(proposal_id: UUID) -> int:
    return get_object_or_404(OverrideProposal.objects.only("case_id"), pk=proposal_id).case_id


# --- checks --------------------------------------------------------------------------------------------------------


@require_POST
@permission_required("compliance.review_case")
def refresh(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Fetch this check now."""
    check = get_object_or_404(Check.objects.only("case_id"), pk=check_id)
    try:
        checks.request_read(check_id, by=person(request))
    except ComplianceError as refusal:
        announce(request, str(refusal), "warning")
        if not wants_fragment(request):
            return go_to(request, "case", check.case_id)
        return answer(request, check.case_id, fragment="case_page/checks/_checks.html", status=409)
    # Only a wake-up: the row is due, and beat would find it.
    sync_slice.delay_on_commit(REFRESH_SLOT)
    if not wants_fragment(request):
        return go_to(request, "case", check.case_id)
    return answer(request, check.case_id, fragment="case_page/checks/_checks.html")
