"""Everything that the case page shows, read with a fixed number of statements and told in words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from compliance.actions.visits import Since
from compliance.case_page import access_log, changes, preventor_ticket, timeline
from compliance.case_page.added_files import AddedFile, added_files
from compliance.case_page.decision_panel import Override, Panel, Typed, decision_of, override_of, panel_of
from compliance.case_page.picture_names import in_their_order
from compliance.case_page.pictures import DOCUMENT_WITH, Pictures, pictures_of, without_secrets
from compliance.enums import (
    AccountHealth,
    CaseStatus,
    DecisionVerdict,
    DocumentState,
    Environment,
    SyncState,
)
from compliance.facts import conflicts, matrix
from compliance.facts.labels import labelled
from compliance.facts.masking import Secrets
from compliance.facts.matrix import Column, Matrix
from compliance.labels import check_kind_label, due_label, listed
from compliance.models import (
    Case,
    Check,
    Claim,
    Decision,
    Document,
    Event,
    User,
)
from compliance.queries.accounts import account_health
from compliance.queries.duplicates import possible_duplicates
from compliance.routing import placement
from compliance.sync import schedule
from providers import Verdict
from providers.vault import fingerprint

CASE_WITH = (
    "applicant__data_key",
    "decision__by",
    "decision__reason",
    "decision__approved_by_person",
    "decision__data_key",
)
EVENTS = 200
_APPLICANT = {"name": "full_name", "external_id": "external_id", "email": "email", "country": "country"}
_CONFLICT_ICONS = dict.fromkeys((*conflicts.FACTS, *conflicts.MAY_VARY), "equal-not") | {
    "document_expiry": "clock-exclamation"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """One line at the top of the case."""

    tone: str
    icon: str
    head: str
    text: str = field(default="", repr=False)
    link: str = ""
    link_text: str = ""
    seen: int = 0
    """Number of an event up to which the reader can say to have seen everything; 0 where there is nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCard:
    """One check as its card shows it."""

    id: UUID
    provider: str
    provider_label: str
    kind: str
    kind_label: str
    account: str
    environment: str
    is_live: bool
    reference: str
    followed_reference: str
    outcome: str
    verdict: str
    status_word: str
    reasons: list[Mapping[str, Any]]
    attempts: list[Mapping[str, Any]]
    risk_labels: list[str]
    request_id: str
    scores: tuple[tuple[str, str], ...]
    read: str
    next: str
    problem: str
    account_problem: str
    superseded: bool
    report_count: int
    difference: str
    """What its latest report changed against the one before."""
    never_read: bool
    overdue: bool
    can_refresh: bool
    refusal: str
    is_pending: bool
    """Something is expected soon, so that the fragment keeps looking."""


@dataclass(slots=True, kw_only=True, repr=False)
class CaseView:
    """The whole page."""

    case: Case
    applicant: Mapping[str, str]
    holder: str
    holder_initials: str
    holder_until: str
    is_mine: bool
    due: str
    due_state: str
    warnings: list[Warning]
    facts: Matrix
    pictures: Pictures
    added: tuple[AddedFile, ...]
    add_refusal: str
    checks: list[CheckCard]
    tickets: tuple[preventor_ticket.Ticket, ...]
    timeline: list[timeline.Day]
    looks: tuple[access_log.Look, ...]
    lookers: str
    panel: Panel
    override: Override | None
    decision: Mapping[str, Any] | None
    can_mend: bool
    mend_refusal: str
    can_void: bool
    poll_url: str
    position: str = ""
    previous_url: str = ""
    next_url: str = ""
    back_url: str = ""


def case_view(
    number: int,
    *,
    reader: User,
    typed: Typed | None = None,
    shown: Collection[str] = (),
    since: Since | None = None,
) -> CaseView:
    """Read the case for this person. Raises ``Case.DoesNotExist``.

    ``shown`` names the facts and tickets whose masked values are to be told; the caller has recorded that view.
    ``since`` says what the person had seen before; what came later is marked as new.
    """
    now = timezone.now()
    case = Case.objects.select_related(*CASE_WITH).get(pk=number)
    checks = _checks_of(case)
    documents = _documents_of(case)
    claim = Claim.objects.filter(case=case, until__gt=now).select_related("user").first()
    rows = placement.evidence(case, checks, documents)
    due, due_state = due_label(case.due_at, now=now)
    cards = [check_card(check, reader=reader, now=now) for check in checks]
    mend_refusal = placement.mend_refusal(reader, case)
    items = pictures_of(documents)
    told_tickets, secrets = preventor_ticket.tickets_of(case, checks, documents, items, shown=shown)
    hide = partial(secrets.hide, shown=shown)
    items, cards = without_secrets(items, hide), [_without_secrets(card, hide) for card in cards]
    called = {key: item.name for key, item in items.of_document.items()}
    things = access_log.things_of(checks, documents, called, hide=hide)
    looked = access_log.looks_of(case.pk, reader=reader, things=things)
    events = list(Event.objects.filter(case=case).select_related("actor").order_by("-seq")[:EVENTS])
    news = changes.news_of(events, since, reader=reader)
    return CaseView(
        case=case,
        applicant={name: getattr(case.applicant, told) for name, told in _APPLICANT.items()},
        holder=("You" if claim.person_id == reader.person_id else claim.user.label) if claim else "",
        holder_initials=claim.user.initials if claim else "",
        holder_until=f"{timezone.localtime(claim.until):%H:%M}" if claim else "",
        is_mine=bool(claim and claim.person_id == reader.person_id),
        due=due,
        due_state=due_state,
        warnings=[_without_secrets(one, hide) for one in warnings_of(checks, cards, items, case, news)],
        facts=facts_of(case, checks, shown=shown, secrets=secrets),
        pictures=items,
        added=added_files(documents, items, reader=reader),
        add_refusal=placement.add_document_refusal(reader) or "",
        checks=cards,
        tickets=told_tickets,
        timeline=timeline_of(events, news, reader=reader, hide=hide),
        looks=looked,
        lookers=access_log.summary_of(looked),
        panel=panel_of(case, checks, claim, rows, reader=reader, typed=typed or Typed(), now=now),
        override=override_of(case, rows, reader=reader, typed=typed or Typed(), now=now),
        decision=decision_of(case.decision),
        can_mend=mend_refusal is None,
        mend_refusal=mend_refusal or "",
        can_void=case.status != CaseStatus.DECIDED,
        poll_url=reverse("case-live", args=[case.pk]) if _expects_more(cards, items) else "",
    )


def _checks_of(case: Case) -> list[Check]:
    """Its checks with what their cards need, the replaced ones last."""
    checks = Check.objects.filter(case=case).select_related("sync", "account__state", "data_key")
    return sorted(
        checks.order_by("superseded_by_id", "created_at", "id"),
        key=lambda check: (check.superseded_by_id is not None, check.created_at),
    )


def _documents_of(case: Case) -> list[Document]:
    """Its pictures and files, those of providers before those that people added."""
    documents = Document.objects.filter(case=case).select_related(*DOCUMENT_WITH)
    return list(in_their_order(documents.defer("inline")))  # whole pictures, as long as they wait to be copied


def _expects_more(cards: Sequence[CheckCard], pictures: Pictures) -> bool:
    """Whether anything on the page will change by itself, so that it keeps looking."""
    coming = any(item.state == DocumentState.WANTED for item in pictures.items)
    return coming or any(card.is_pending for card in cards)


# --- checks --------------------------------------------------------------------------------------------------------


def check_card(check: Check, *, reader: User, now: datetime) -> CheckCard:
    """One check in words."""
    sync = check.sync
    superseded = check.superseded_by_id is not None
    refusal = "" if reader.has_perm("compliance.review_case") else "Your role does not include reading checks again."
    refusal = refusal or schedule.asking_refusal(check.account) or ""
    open_states = (SyncState.SCHEDULED, SyncState.LEASED, SyncState.FAILING)
    return CheckCard(
        id=check.pk,
        provider=check.provider,
        provider_label=placement.provider_label(check.provider),
        kind=check.kind,
        kind_label=check_kind_label(check.kind),
        account=check.account.name,
        environment=check.account.environment,
        is_live=check.account.environment == Environment.LIVE,
        reference=check.reference,
        followed_reference=check.followed_reference,
        outcome=check.outcome,
        verdict=check.provider_verdict,
        status_word=check.status_word,
        reasons=check.reasons,
        attempts=check.attempts,
        risk_labels=check.risk_labels,
        request_id=check.request_id,
        scores=tuple((name, value) for name, value in check.facts.get("scores", ())),
        read=_read_words(check),
        next="" if superseded else _next_words(check, now=now),
        problem=sync.fault_detail if sync.fault and sync.state in (SyncState.BLOCKED, SyncState.FAILING) else "",
        account_problem="" if superseded else _account_words(check),
        superseded=superseded,
        report_count=check.report_count,
        difference=timeline.difference_words(check.difference),
        never_read=check.report_count == 0,
        overdue=schedule.is_overdue(check, now=now),
        can_refresh=not superseded and not refusal,
        refusal=refusal,
        is_pending=not superseded and sync.state in open_states,
    )


def _clock(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local.day} {local:%b}, {local:%H:%M}"


def _read_words(check: Check) -> str:
    return f"Read {_clock(check.sync.last_read_at)}" if check.sync.last_read_at else "Never read"


def _next_words(check: Check, *, now: datetime) -> str:
    sync = check.sync
    if sync.state == SyncState.LEASED:
        return "being read now"
    if sync.state == SyncState.BLOCKED:
        return "not read again by itself"
    if sync.next_read_at is None:
        return "settled"
    words = "now" if sync.next_read_at <= now else _clock(sync.next_read_at)
    return f"settled, looked at again {words}" if sync.state == SyncState.SETTLED else f"next {words}"


def _account_words(check: Check) -> str:
    account = check.account
    health = account_health(account)
    if health == AccountHealth.OK:
        return ""
    if health == AccountHealth.PAUSED:
        by = f" by {account.paused_by}" if account.paused_by else ""
        return f"It is paused{by}; nothing is read. The last outcome stands."
    state = account.state
    since = f" since {_clock(state.fault_since)}" if state.fault_since else ""
    tail = "An admin must mend it." if health == AccountHealth.BLOCKED else "Reads go on by themselves."
    return f"It is {health}{since}: {state.fault_detail} The last outcome stands. {tail}"


# --- warnings, facts, ticket, timeline -----------------------------------------------------------------------------


def warnings_of(
    checks: Sequence[Check], cards: Sequence[CheckCard], pictures: Pictures, case: Case, news: changes.News | None
) -> list[Warning]:
    """What a person should know before anything else."""
    current = [check for check in checks if check.superseded_by_id is None]
    found = [*_conflict_warnings(case, current), *_news_warnings(news), *_account_warnings(checks, cards)]
    for check, card in zip(checks, cards, strict=True):
        if card.superseded:
            continue
        name = f"{card.provider_label} {card.kind_label}"
        words = [reason["code"] for reason in check.reasons if not reason["recognised"]]
        if words and check.provider_verdict == Verdict.UNKNOWN:
            text = f"It says “{words[0][:80]}”, which no table knows. Nothing was guessed; admins are told."
            found.append(Warning(tone="is-warning", icon="help-circle", head=f"{name} is unrecognised.", text=text))
        if card.problem:
            head = f"{name} cannot be read."
            found.append(
                Warning(tone="is-warning", icon="plug-x", head=head, text=card.problem, link="#mend", link_text="Mend")
            )
        if card.overdue:
            text = "The provider takes longer than it says. Slowness is not a decision."
            found.append(Warning(tone="is-info", icon="alarm", head=f"{name} is overdue at the provider.", text=text))
    found += _picture_warnings(pictures)
    found[:0] = _duplicate_warnings(case)
    if case.question:
        question = (
            Decision.objects.filter(case=case, verdict=DecisionVerdict.ESCALATE)
            .select_related("by")
            .latest("decided_at")
        )
        asker = question.by.label if question.by else ""
        found.insert(0, Warning(tone="is-info", icon="flag", head=f"{asker} asks:", text=question.note))
    return found


def _picture_warnings(pictures: Pictures) -> list[Warning]:
    """One line for all that was not copied: each has its reason in a list below."""
    found = []
    if lost := pictures.lost:
        is_one = len(lost) == 1
        head = f"{lost[0].name if is_one else f'{len(lost)} pictures'} could not be copied:"
        text = lost[0].fault if is_one else f"{listed([item.name for item in lost])}."
        found.append(
            Warning(
                tone="is-warning",
                icon="photo-off",
                head=head,
                text=text,
                link="#pictures-lost-list",
                link_text="Reasons",
            )
        )
    for item in pictures.items:
        if item.fault and item.state == DocumentState.COPIED:
            head = f"{item.name} cannot be shown:"
            found.append(Warning(tone="is-warning", icon="photo-off", head=head, text=item.fault))
    return found


def _duplicate_warnings(case: Case) -> list[Warning]:
    """The same in other cases, without names; another case of the same applicant is no alarm."""
    return [
        Warning(
            tone="is-info" if hint.is_same_applicant else "is-warning",
            icon="copy",
            head=hint.sentence,
            text="" if hint.is_same else "Look at both: likeness proves nothing.",
            link=hint.url,
            link_text=f"Open {hint.label}",
        )
        for hint in possible_duplicates(case)
    ]


def _conflict_warnings(case: Case, current: Sequence[Check]) -> list[Warning]:
    """Who contradicts whom, and what has expired or may have."""
    return [
        Warning(
            tone="is-declined" if conflict.is_certain and conflict.about != "document_expiry" else "is-warning",
            icon=_conflict_icon(conflict),
            head=conflict.head,
            text=conflict.text,
            link=conflict.link,
            link_text=conflict.link_text,
        )
        for conflict in conflicts.found(case, current, today=timezone.localdate())
    ]


def _conflict_icon(conflict: conflicts.Conflict) -> str:
    if conflict.about in conflicts.FACTS and not conflict.is_certain:
        return "eye-search"
    return _CONFLICT_ICONS.get(conflict.about, "git-compare")


def _news_warnings(news: changes.News | None) -> list[Warning]:
    """What changed since this person last looked; it stays through the visit, or until they say that they saw it."""
    if news is None or not news.text:
        return []
    return [
        Warning(
            tone="is-info",
            icon="history",
            head=news.head,
            text=news.text,
            link="#timeline",
            link_text="What changed",
            seen=news.newest,
        )
    ]


def _account_warnings(checks: Sequence[Check], cards: Sequence[CheckCard]) -> list[Warning]:
    """One line for each account, however many of its checks wait."""
    troubled = {
        check.account_id: (check.account.name, card.account_problem)
        for check, card in zip(checks, cards, strict=True)
        if card.account_problem
    }
    return [
        Warning(tone="is-warning", icon="plug-x", head=f"The account “{name}” is in trouble.", text=problem)
        for name, problem in troubled.values()
    ]


def facts_of(
    case: Case, checks: Sequence[Check], *, shown: Collection[str] = (), secrets: Secrets | None = None
) -> Matrix:
    """Declared data and every check side by side; numbers and addresses masked, but for those in ``shown``."""
    applicant = case.applicant
    declared = {
        "full_name": applicant.full_name,
        "birth_date": applicant.birth_date,
        "document_number": applicant.document_number,
        "email": applicant.email,
        "nationality": "",
    }
    columns = [
        (
            Column(
                label=placement.provider_label(check.provider),
                sub=check_kind_label(check.kind),
                outcome=check.outcome,
            ),
            check.facts,
        )
        for check in checks
        if check.superseded_by_id is None and check.report_count
    ]
    whole = matrix.matrix(declared, columns, today=timezone.localdate())
    rows = tuple(replace(row, mark=fingerprint("\n".join(row.values))) for row in whole.rows)
    return labelled(matrix.masked(replace(whole, rows=rows), shown=shown, secrets=secrets))


def timeline_of(
    events: Sequence[Event], news: changes.News | None, *, reader: User, hide: Callable[[str], str] = str
) -> list[timeline.Day]:
    """The newest events."""
    new = news.new if news else frozenset()
    lines = [timeline.line(event, reader=reader, is_new=event.seq in new) for event in events]
    return timeline.days([_without_secrets(line, hide) for line in lines])


Told = TypeVar("Told", CheckCard, Warning, timeline.Line)
_PROVIDERS_WORDS = (
    "status_word", "reasons", "attempts", "risk_labels", "scores", "problem", "account_problem", "head", "text",
    "sentence", "details", "difference",
)  # fmt: skip


def _without_secrets(told: Told, hide: Callable[[str], str]) -> Told:
    """The same without values that are masked on this case: a provider may quote them in any of its words."""
    found = {name: getattr(told, name) for name in _PROVIDERS_WORDS if hasattr(told, name)}
    changed = {name: new for name, value in found.items() if (new := _hidden(value, hide)) != value}
    return replace(told, **changed) if changed else told


def _hidden(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Mapping):
        return {key: _hidden(child, hide) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_hidden(child, hide) for child in value)
    return value
