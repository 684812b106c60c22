"""Warnings at the top of a case page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from django.urls import reverse

from compliance.case_page.changes import News
from compliance.case_page.checks import CheckCard
from compliance.case_page.findings import AnyFinding, FindingTexts
from compliance.case_page.images import Images
from compliance.case_page.redactor import Redactor
from compliance.enums import CaseStatus, DecisionVerdict, DocumentState, FindingKind, FindingState
from compliance.facts import conflicts
from compliance.facts.sources import sources_of
from compliance.labels import join_labels
from compliance.models import Case, Check, Decision, EscalationAnswer, Finding
from compliance.routing import automatic
from compliance.routing.outcomes import current_checks
from providers import Verdict, label_of

ICONS: dict[FindingKind, str] = {
    FindingKind.DIFFERS: "equal-not",
    FindingKind.BY_EYE: "eye-search",
    FindingKind.VARIES: "equal-not",
    FindingKind.IMPLAUSIBLE: "clock-exclamation",
    FindingKind.EXPIRED: "clock-exclamation",
    FindingKind.MAY_BE_EXPIRED: "clock-exclamation",
    FindingKind.RESULTS_DISAGREE: "git-compare",
    FindingKind.CONTRADICTION: "git-compare",
    FindingKind.DUPLICATE: "copy",
    FindingKind.RELATED: "copy",
    FindingKind.UNDECIPHERABLE: "alert-triangle",
}
_SEVERE = (FindingKind.DIFFERS, FindingKind.RESULTS_DISAGREE, FindingKind.CONTRADICTION, FindingKind.IMPLAUSIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """One line at the top of the case."""

    tone: str = "is-warning"
    icon: str
    head: str
    text: str = field(default="", repr=False)
    admin_action: str = ""
    """What an admin has to do; empty for other readers."""
    link: str = ""
    link_text: str = ""
    resolve: str = ""
    """Address of the form that resolves this finding."""
    agree: str = ""
    """Address of the form by which a second person agrees to the resolution of a duplicate."""
    resolved_person: int | None = None
    seen: int = 0
    """Number of the newest event that this warning covers, for "Mark as seen"; 0 for other warnings."""


def warnings_of(
    case: Case,
    checks: Sequence[Check],
    findings: Sequence[Finding],
    cards: Sequence[CheckCard],
    images: Images,
    news: News | None,
    redactor: Redactor,
) -> list[Warning]:
    """All warnings of a case, the most urgent first."""
    found = [
        *_question(case),
        *_answer(case),
        *_finding_warnings(case, checks, findings),
        *_news(news),
        *_account_warnings(cards),
        *(one for card in cards for one in _check_warnings(card)),
        *_unread_warnings(case, cards),
        *_image_warnings(images),
    ]
    return [replace(one, head=redactor.text(one.head), text=redactor.text(one.text)) for one in found]


def _question(case: Case) -> Iterator[Warning]:
    """The open question of an escalation."""
    if case.question:
        escalations = Decision.objects.filter(case=case, verdict=DecisionVerdict.ESCALATE)
        question = escalations.select_related("by").latest("decided_at")
        asker = question.by.label if question.by else ""
        yield Warning(tone="is-info", icon="flag", head=f"{asker} asks:", text=question.note)


def _answer(case: Case) -> Iterator[Warning]:
    """The answer to the last escalation, until the case is decided."""
    if case.question or not case.answered_at or case.status == CaseStatus.DECIDED:
        return
    answers = EscalationAnswer.objects.filter(escalation=case.escalation_id).select_related("by__person", "data_key")
    for answer in answers:
        yield Warning(tone="is-info", icon="flag", head=f"{answer.by.label} answered:", text=answer.note)


def _news(news: News | None) -> Iterator[Warning]:
    """Changes since the person's last visit, shown throughout this visit or until they are marked as seen."""
    if news and news.text:
        yield Warning(
            tone="is-info",
            icon="history",
            head=news.head,
            text=news.text,
            link="#timeline",
            link_text="What changed",
            seen=news.newest,
        )


def _check_warnings(card: CheckCard) -> Iterator[Warning]:
    if card.superseded:
        return
    name = f"{card.provider_label} {card.kind_label}"
    codes = [reason["code"] for reason in card.row.reasons if not reason["recognised"]]
    if codes and card.row.provider_verdict == Verdict.UNKNOWN:
        text = "The code table has no mapping for it. Admins have been notified."
        head = f"{name}: unknown status “{codes[0][:80]}”."
        yield Warning(icon="help-circle", head=head, text=text)
    if card.problem:
        head, link = f"{name}: sync error.", "#manage-checks"
        text, action = card.problem.text, card.problem.admin_action
        yield Warning(icon="plug-x", head=head, text=text, admin_action=action, link=link, link_text="Manage checks")
    if card.overdue:
        text = "The provider takes longer than documented. A delay is not a decision."
        yield Warning(tone="is-info", icon="alarm", head=f"{name}: provider response overdue.", text=text)


def _unread_warnings(case: Case, cards: Sequence[CheckCard]) -> Iterator[Warning]:
    """Accepted answers with values that are not understood, until the case is decided."""
    for card in cards:
        paths = () if card.superseded or case.status == CaseStatus.DECIDED else automatic.unread_paths(card.row)
        if not paths:
            continue
        name, what = (
            f"{card.provider_label} {card.kind_label}:",
            "a value that is" if len(paths) == 1 else "values that are",
        )
        head, text = f"{name} the answer contains {what} not read:", join_labels([label_of(path) for path in paths])
        if automatic.NEVER_JUDGED in paths:
            head, text = f"{name} stored by an earlier release.", "Refresh the check to have all its values examined"
        yield Warning(
            tone="is-info", icon="help-circle", head=head, text=f"{text}.", link="#checks", link_text="See check"
        )


def _image_warnings(images: Images) -> Iterator[Warning]:
    """One line for all images that were not copied; the reasons are in a list below."""
    if lost := images.lost:
        is_one = len(lost) == 1
        head = f"{lost[0].name if is_one else f'{len(lost)} images'} could not be saved:"
        text = lost[0].fault if is_one else f"{join_labels([item.name for item in lost])}."
        action = lost[0].admin_action if is_one else ""
        link, link_text = "#pictures-lost-list", "Reasons"
        yield Warning(icon="photo-off", head=head, text=text, admin_action=action, link=link, link_text=link_text)
    for item in images.items:
        if item.fault and item.document.state == DocumentState.COPIED:
            yield Warning(icon="photo-off", head=f"{item.name} cannot be shown:", text=item.fault)


def _finding_warnings(case: Case, checks: Sequence[Check], findings: Sequence[Finding]) -> Iterator[Warning]:
    """Values that cannot be decrypted since the last search for findings; the open findings in their order; and the
    resolved duplicates to which a second person can agree."""
    current = current_checks(checks)
    texts = FindingTexts(case, current)
    known = [one.detail["of"] for one in findings if one.kind == FindingKind.UNDECIPHERABLE]
    for conflict in conflicts.undecipherable(sources_of(case, current)):
        if conflict.detail["of"] not in known:
            yield _finding_warning(conflict, texts)
    is_open = case.status in (CaseStatus.WAITING, CaseStatus.IN_REVIEW)
    for finding in findings:
        if finding.state == FindingState.OPEN:
            may_resolve = is_open and finding.needs_review
            resolve = reverse("finding-resolve", args=[finding.pk]) if may_resolve else ""
            yield replace(_finding_warning(finding, texts), resolve=resolve)
        elif finding.kind == FindingKind.DUPLICATE and finding.resolved_by:
            yield replace(
                _finding_warning(finding, texts),
                tone="is-info",
                text=f"Resolved by {finding.resolved_by.label}: {finding.note}",
                agree=reverse("finding-agree", args=[finding.pk]),
                resolved_person=finding.resolved_person_id,
            )


def _finding_warning(finding: AnyFinding, texts: FindingTexts) -> Warning:
    text = texts.text_of(finding)
    return Warning(
        tone=_tone(finding),
        icon=ICONS[FindingKind(finding.kind)],
        head=text.head,
        text=text.text,
        link=text.link,
        link_text=text.link_text,
    )


def _tone(finding: AnyFinding) -> str:
    if finding.kind == FindingKind.RELATED:
        return "is-info"
    return "is-declined" if finding.kind in _SEVERE else "is-warning"


def _account_warnings(cards: Sequence[CheckCard]) -> Iterator[Warning]:
    """One line an account, for all of its checks."""
    found = {card.row.account: card for card in cards if card.account_problem}
    for account, card in found.items():
        head, link_text = f"Account “{account.name}”:", "Account" if card.account_url else ""
        yield Warning(icon="plug-x", head=head, text=card.account_problem, link=card.account_url, link_text=link_text)
