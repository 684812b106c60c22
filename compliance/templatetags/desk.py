"""How pages write words, icons and times. Everything here escapes what it is given."""

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

from compliance.enums import CaseStatus, DecisionVerdict, Environment
from compliance.labels import check_kind_label, humanize_duration, initials
from providers import Kind, Outcome, provider_class

register = template.Library()

UNREADABLE = "unreadable"
ICONS: dict[str, str] = {
    Outcome.APPROVED: "circle-check",
    Outcome.DECLINED: "circle-x",
    Outcome.MANUAL_REVIEW: "eye-search",
    Outcome.RETRY_REQUIRED: "refresh",
    Outcome.INCOMPLETE: "circle-dashed",
    Outcome.IN_PROGRESS: "progress",
    Outcome.PENDING: "hourglass",
    UNREADABLE: "plug-x",
    CaseStatus.WAITING: "hourglass",
    CaseStatus.IN_REVIEW: "user-check",
    CaseStatus.AWAITING_APPROVAL: "users-group",
    CaseStatus.DECIDED: "checks",
    "escalated": "flag",
    "rejected": "circle-x",
    "closed": "folder-x",
    "warning": "alert-triangle",
    "info": "info-circle",
    "ok": "circle-check",
    "failing": "alert-triangle",
    "blocked": "plug-x",
    "paused": "player-pause",
}
"""Icon of an outcome, a case status or a state of an account: never colour alone."""
WORDS: dict[str, str] = {
    **{outcome.value: outcome.value.replace("_", " ").capitalize() for outcome in Outcome},
    **dict(CaseStatus.choices),
    UNREADABLE: "Sync error",
    "escalated": "Escalated",
    "rejected": "Rejected",
    "closed": "Closed",
    "ok": "OK",
    "failing": "Failing",
    "blocked": "Blocked",
    "paused": "Paused",
}
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
    """A picture beside a word; hidden from screen readers, since the word is there."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" {extra}" if extra else "",
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def badge(word: str, form: str = "", text: str = "") -> SafeString:
    """Outcome or status as icon, word and colour. ``form`` "pill" for headings; a fault is dashed, never filled."""
    fault = " is-fault" if form == "pill" and word == UNREADABLE else ""
    return format_html(
        '<span class="outcome{}{} is-{}">{}{}</span>',
        " pill" if form == "pill" else "",
        fault,
        word,
        icon(ICONS.get(word, "info-circle")),
        text or words(word),
    )


@register.filter
def words(value: str) -> str:
    """A word of ours as people read it: "manual_review" is "Manual review"."""
    value = str(value)
    return WORDS.get(value) or value.replace("_", " ").capitalize()


@register.filter
def outcome_icon(value: str) -> str:
    """Name of the icon of an outcome or status."""
    return ICONS.get(str(value), "info-circle")


@register.filter
def kind_icon(value: str) -> str:
    """Name of the icon of a kind of check."""
    return KIND_ICONS.get(str(value), "id")


@register.filter
def kind_words(value: str) -> str:
    """A kind of check as people read it."""
    return check_kind_label(value)


@register.filter
def verdict_mark(value: str) -> str:
    """Class and icon name of a person's verdict: "approve" is shown as "approved"."""
    return VERDICT_MARKS.get(str(value), "info")


@register.filter
def verdict_says(value: str) -> str:
    """The colour of the button that sends a verdict, as the style sheet names it."""
    return {"request_retry": "retry", "confirm": "approve", "void": "reject"}.get(value, value)


@register.filter
def verdict_noun(value: str) -> str:
    """A verdict as the object of "propose": "approve" is "approval"."""
    return {
        "approve": "approval",
        "reject": "rejection",
        "request_retry": "a new attempt",
        "confirm": "confirmation",
        "void": "closing",
    }.get(value, value)


@register.filter
def verdict_short(value: str) -> str:
    """One word for a verdict, for the bar at the bottom edge of a phone."""
    return {"request_retry": "Retry", "void": "Close"}.get(value, value.capitalize())


@register.filter
def environment_words(value: str) -> str:
    """An environment as people read it."""
    return str(dict(Environment.choices).get(value, value))


@register.filter
def provider_label(name: str) -> str:
    """The provider's name as people know it; the stored name if the registry no longer has it."""
    try:
        return provider_class(name).label
    except KeyError:
        return name


@register.simple_tag
def moment(value: datetime | None, form: str = "") -> SafeString | str:
    """A point in time: local, UTC on hover. ``form`` "time" leaves the day out, "exact" adds seconds."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    utc = value.astimezone(UTC)
    today = timezone.localtime()
    clock = local.strftime("%H:%M:%S" if form == "exact" else "%H:%M")
    if form == "time" or local.date() == today.date():
        text = clock
    else:
        year = "" if local.year == today.year else f" {local.year}"
        text = f"{local.day} {local:%b}{year}, {clock}"
    return format_html(
        '<time class="num" datetime="{}" title="{} UTC">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%-d %b %Y, %H:%M:%S"),
        text,
    )


@register.filter
def utc_words(value: datetime) -> str:
    """A point in time in UTC, for a title."""
    return f"{value.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


@register.filter
def age(value: datetime | None) -> str:
    """How long ago, in one unit."""
    return humanize_duration(timezone.now() - value) if value else ""


register.filter(initials)


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
    """The headers that every fragment request carries, as JSON for ``hx-headers``: its token and its reader."""
    request = context["request"]
    return json.dumps({"X-CSRFToken": get_token(request), "X-Desk-Person": str(request.user.person_id)})


@register.simple_tag(takes_context=True)
def with_query(context: Mapping[str, Any], **changes: Any) -> str:
    """The query string of this page with some parameters set, or removed when ``None``; starts with "?"."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"
