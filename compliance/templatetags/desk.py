"""Template tags for labels, icons and times. All escape their arguments."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.enums import AccountHealth, CaseStatus, DecisionVerdict, Queue
from compliance.labels import (
    check_kind_label,
    clock_label,
    date_label,
    humanize_duration,
    outcome_label,
    provider_label,
    verdict_noun,
    verdict_past,
)
from providers import Kind, Outcome

register = template.Library()

ICONS: dict[str, str] = {
    Outcome.APPROVED: "circle-check",
    Outcome.DECLINED: "circle-x",
    Outcome.MANUAL_REVIEW: "eye-search",
    Outcome.RETRY_REQUIRED: "refresh",
    Outcome.INCOMPLETE: "circle-dashed",
    Outcome.IN_PROGRESS: "progress",
    Outcome.PENDING: "hourglass",
    Queue.UNREADABLE: "plug-x",
    CaseStatus.WAITING: "hourglass",
    CaseStatus.IN_REVIEW: "user-check",
    CaseStatus.AWAITING_APPROVAL: "users-group",
    CaseStatus.DECIDED: "checks",
    "escalated": "flag",
    "rejected": "circle-x",
    "closed": "folder-x",
    "warning": "alert-triangle",
    "info": "info-circle",
    AccountHealth.OK: "circle-check",
    AccountHealth.FAILING: "alert-triangle",
    AccountHealth.BLOCKED: "plug-x",
    AccountHealth.PAUSED: "player-pause",
}
"""Icon of an outcome, a case status or a state of an account: never colour alone."""
WORDS: dict[str, str] = {
    Outcome.APPROVED: outcome_label(Outcome.APPROVED).capitalize(),
    **{choice.value: str(choice.label) for choice in (CaseStatus.WAITING, Queue.UNREADABLE, AccountHealth.OK)},
}
"""Labels other than the capitalised word."""
KIND_ICONS: dict[str, str] = {
    Kind.IDENTITY: "id",
    Kind.DOCUMENT: "id-badge-2",
    Kind.FACE: "face-id",
    Kind.LIVENESS: "live-photo",
    Kind.DATABASE: "database",
    Kind.AML: "scale",
}
VERDICT_MARKS: dict[str, str] = {
    DecisionVerdict.APPROVE: Outcome.APPROVED,
    DecisionVerdict.REJECT: Outcome.DECLINED,
    DecisionVerdict.REQUEST_RETRY: Outcome.RETRY_REQUIRED,
    DecisionVerdict.ESCALATE: "escalated",
    DecisionVerdict.CONFIRM: "ok",
    DecisionVerdict.VOID: "closed",
}
"""The mark (class and icon) with which a person's verdict is shown."""


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon next to a word, hidden from screen readers."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" {extra}" if extra else "",
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def badge(word: str, form: str = "", text: str = "") -> SafeString:
    """Outcome or status as icon, label and colour. ``form`` "pill" for headings; a fault is dashed, never filled."""
    fault = " is-fault" if form == "pill" and word == Queue.UNREADABLE else ""
    return format_html(
        '<span class="outcome{}{} is-{}">{}{}</span>',
        " pill" if form == "pill" else "",
        fault,
        word,
        icon(outcome_icon(word)),
        text or words(word),
    )


@register.filter
def words(value: str) -> str:
    """The label of a stored word: "manual_review" is "Manual review"."""
    value = str(value)
    return WORDS.get(value) or value.replace("_", " ").capitalize()


@register.filter
def outcome_icon(value: str) -> str:
    return ICONS.get(str(value), "info-circle")


@register.filter
def kind_icon(value: str) -> str:
    return KIND_ICONS.get(str(value), "id")


@register.filter
def verdict_mark(value: str) -> str:
    """Class and icon name of a person's verdict: "approve" is shown as "approved"."""
    return VERDICT_MARKS.get(str(value), "info")


@register.filter
def verdict_says(value: str) -> str:
    """The colour of the button that sends a verdict, as the style sheet names it."""
    return {"request_retry": "retry", "confirm": "approve", "void": "reject"}.get(value, value)


@register.filter
def verdict_short(value: str) -> str:
    """One word for a verdict, for the bar at the bottom edge of a phone."""
    return {"request_retry": "Retry", "void": "Close"}.get(value, value.capitalize())


@register.simple_tag
def moment(value: datetime | None, form: str = "") -> SafeString | str:
    """A point in time: local, UTC on hover. ``form`` "time" leaves the day out, "exact" adds seconds."""
    if value is None:
        return ""
    utc = value.astimezone(UTC)
    time = f"{timezone.localtime(value):%H:%M}"
    return format_html(
        '<time class="num" datetime="{}" title="{} UTC">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%-d %b %Y, %H:%M:%S"),
        time if form == "time" else clock_label(value, seconds=form == "exact"),
    )


@register.filter
def age(value: datetime | None) -> str:
    """How long ago, in one unit."""
    return humanize_duration(timezone.now() - value) if value else ""


for function in (check_kind_label, date_label, provider_label, verdict_noun, verdict_past):
    register.filter(function)


@register.filter
def minutes(span: timedelta | None) -> int:
    """Whole minutes of a span, rounded up; at least one."""
    return max(1, -(-int(span.total_seconds()) // 60)) if span else 1


@register.simple_tag
def demo_mode() -> bool:
    """Whether simulated providers and invented people are shown."""
    return bool(settings.DEMO)


@register.simple_tag(takes_context=True)
def csrf_header(context: Mapping[str, Any]) -> str:
    """The headers of every fragment request, as JSON for ``hx-headers``: its token and its reader."""
    request = context["request"]
    return json.dumps({"X-CSRFToken": get_token(request), "X-Desk-Person": str(request.user.person_id)})
