"""Content of the case page, read with a fixed number of statements."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import timezone

from compliance.actions.visits import Since
from compliance.case_page import access_log, changes, preventor_ticket, timeline
from compliance.case_page.added_files import AddedFile, added_files
from compliance.case_page.check_lines import CheckLine, lines_of
from compliance.case_page.checks import CheckCard, check_card
from compliance.case_page.comparison import comparison_of
from compliance.case_page.decision_panel import Override, Panel, SubmittedForm, override_of, panel_of
from compliance.case_page.document_names import in_order
from compliance.case_page.images import DOCUMENT_WITH, Images, images_of
from compliance.case_page.redactor import Redactor, redactor_of
from compliance.case_page.timeline_notes import notes_of, reason_labels
from compliance.case_page.unopened import Unopened, unopened
from compliance.case_page.why import Warning, warnings_of
from compliance.case_state import CaseState, case_state
from compliance.enums import DocumentState
from compliance.facts.matrix import Matrix
from compliance.labels import due_label
from compliance.models import Case, Check, Claim, Document, Event, Finding, OverrideProposal, User
from compliance.models.finding import CURRENT_STATES
from compliance.queries.corrections import corrections_of, earlier_declarations
from compliance.queries.history import history_of
from compliance.routing import evidence_digest, permissions

CASE_WITH = (
    "escalated_by__person",
    "applicant__data_key",
    "decision__by",
    "decision__reason",
    "decision__approved_by_person",
    "decision__data_key",
)
EVENTS = 200


@dataclass(slots=True, kw_only=True, repr=False)
class CasePage:
    case: Case
    claim: Claim | None
    """The unexpired one."""
    due: tuple[str, str]
    """The time left and its state, as ``due_label``."""
    warnings: list[Warning]
    facts: Matrix
    images: Images
    added: tuple[AddedFile, ...]
    add_refusal: str
    checks: list[CheckCard]
    tickets: tuple[preventor_ticket.Ticket, ...]
    timeline: list[timeline.Day]
    access_log: tuple[access_log.AccessEntry, ...]
    panel: Panel
    override: Override | None
    redactor: Redactor
    why_not_edit: str
    why_not_correct: str
    """Why the reader may not correct the declared data, or empty."""
    poll_url: str

    @property
    def state(self) -> CaseState:
        """The one state of the case, which the header, the tab title and the decision show."""
        decision = self.case.decision
        return case_state(
            self.case.status,
            verdict=decision.verdict if decision else "",
            by=decision.by.label if decision and decision.by else "",
            is_override=bool(decision and decision.proposal_id),
            is_escalated=self.case.question,
        )

    @property
    def decision_note(self) -> Any:
        """The note of the decision, with masked values hidden."""
        return self.redactor.data(self.case.decision.note) if self.case.decision else ""

    @property
    def proposal_note(self) -> Any:
        """The note of the open proposal, with masked values hidden."""
        return self.redactor.data(self.override.proposal.note) if self.override else ""

    @property
    def check_lines(self) -> tuple[CheckLine, ...]:
        """Why the case is here, check by check."""
        return lines_of(self.checks)

    @property
    def accessed_by(self) -> str:
        """The people of the access log in one line."""
        return access_log.people_of(self.access_log)


def case_page(
    number: int,
    *,
    reader: User,
    submitted: SubmittedForm | None = None,
    shown: Collection[str] = (),
    since: Since | None = None,
) -> CasePage:
    """The page of a case for this person. Raises: ``Case.DoesNotExist``.

    ``shown`` names the facts and tickets whose masked values are revealed; the caller has recorded that view.
    ``since`` is the person's last visit; later events are marked as new.
    """
    now, case = timezone.now(), Case.objects.select_related(*CASE_WITH).get(pk=number)
    checks, documents, findings = _checks_of(case), _documents_of(case), _findings_of(case)
    tickets, earlier = preventor_ticket.tickets_of(checks), earlier_declarations([case])[case.applicant_id]
    redactor = redactor_of(case, checks, tickets.private, shown=shown, earlier=earlier)
    cards = [check_card(check, redactor, is_admin=_is_admin(reader), now=now) for check in checks]
    images = images_of(documents, redactor, is_admin=_is_admin(reader))
    labels = access_log.object_labels(checks, documents, images.names, redactor)
    not_opened = partial(unopened, checks=checks, images=images, labels=labels, reader=reader)
    deciding = _deciding(case, checks, documents, findings, submitted or SubmittedForm(), reader, now, not_opened)
    news, days = _history(case, since, redactor, reader=reader)
    return CasePage(
        case=case,
        due=due_label(case.due_at, now=now),
        warnings=warnings_of(case, checks, findings, cards, images, news, redactor),
        facts=comparison_of(case, checks, redactor, earlier),
        images=images,
        added=added_files(documents, images, reader=reader),
        add_refusal=permissions.why_not_add_document(reader) or "",
        checks=cards,
        tickets=preventor_ticket.cards_of(tickets, documents, images, redactor),
        timeline=days,
        redactor=redactor,
        access_log=access_log.recent_entries(case.pk, labels, reader=reader),
        why_not_edit=permissions.why_not_edit(reader, case) or "",
        poll_url=_poll_url(case, cards, images),
        **deciding,
    )


def _is_admin(reader: User) -> bool:
    return reader.has_perm("providers.change_provideraccount")


def _findings_of(case: Case) -> list[Finding]:
    return sorted(Finding.objects.filter(case=case, state__in=CURRENT_STATES), key=lambda finding: finding.rank)


def _deciding(
    case: Case,
    checks: Sequence[Check],
    documents: Sequence[Document],
    findings: Sequence[Finding],
    submitted: SubmittedForm,
    reader: User,
    now: datetime,
    unopened_of: Callable[[OverrideProposal], tuple[Unopened, ...]],
) -> dict[str, Any]:
    claim = Claim.objects.filter(case=case, until__gt=now).select_related("user__person").first()
    history = history_of(case.pk)
    corrections = corrections_of(case.applicant)
    rows = evidence_digest.evidence(checks, documents, history.evidence, findings, corrections)
    return {
        "claim": claim,
        "why_not_correct": permissions.why_not_correct_data(reader, case, claim, now=now) or "",
        "panel": panel_of(case, checks, history, claim, rows, findings, reader=reader, submitted=submitted, now=now),
        "override": override_of(case, rows, reader=reader, now=now, unopened_of=unopened_of),
    }


def _checks_of(case: Case) -> list[Check]:
    """All checks with the rows that their cards read, replaced ones last."""
    checks = Check.objects.filter(case=case).select_related("sync", "account__state", "data_key")
    return sorted(
        checks.order_by("superseded_by_id", "created_at", "id"),
        key=lambda check: (check.superseded_by_id is not None, check.created_at),
    )


def _documents_of(case: Case) -> list[Document]:
    """All images and files, those of providers before those that people added."""
    documents = Document.objects.filter(case=case).select_related(*DOCUMENT_WITH)
    return list(in_order(documents.defer("inline")))  # ``inline`` holds whole images until they are copied


def _poll_url(case: Case, cards: Sequence[CheckCard], images: Images) -> str:
    """The address to poll while something on the page will change without the reader, else empty."""
    coming = any(item.document.state == DocumentState.REQUESTED for item in images.items)
    return reverse("case-live", args=[case.pk]) if coming or any(card.is_pending for card in cards) else ""


def _history(
    case: Case, since: Since | None, redactor: Redactor, *, reader: User
) -> tuple[changes.News | None, list[timeline.Day]]:
    """What is new for the reader, and the timeline."""
    events = list(Event.objects.filter(case=case).select_related("actor").order_by("-seq")[:EVENTS])
    reasons, notes = reason_labels(events), notes_of(events)
    news = changes.news_of(events, since, reader=reader, reasons=reasons)
    new = news.new if news else frozenset()
    lines = (
        timeline.line(
            event,
            reader=reader,
            redactor=redactor,
            reasons=reasons,
            note=notes.get(event.seq, ""),
            is_new=event.seq in new,
        )
        for event in events
    )
    return news, timeline.days(lines)
