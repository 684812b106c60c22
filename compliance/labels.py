"""Labels of kinds, times, names and lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from providers import EvidenceKind, Kind, Outcome, Verdict, provider_class

MOST_LISTED = 4
KIND_LABELS: dict[str, str] = {
    EvidenceKind.SELFIE: "Selfie",
    EvidenceKind.DOCUMENT_FRONT: "Document front",
    EvidenceKind.DOCUMENT_BACK: "Document back",
    EvidenceKind.DOCUMENT: "Document",
    EvidenceKind.DOCUMENT_PORTRAIT: "Document portrait",
    EvidenceKind.DOCUMENT_GHOST_PORTRAIT: "Ghost portrait",
    EvidenceKind.DOCUMENT_SIGNATURE: "Signature",
    EvidenceKind.VIDEO: "Video",
    EvidenceKind.REPORT_PDF: "Report, PDF",
    EvidenceKind.ARCHIVE: "Archive",
    EvidenceKind.OTHER: "File",
}
"""Labels of files by their kind."""
RESULT_LABELS: dict[str, str] = {
    Verdict.POSITIVE: "passed",
    Verdict.NEGATIVE: "failed",
    Verdict.NONE: "none",
    Verdict.UNKNOWN: "unknown",
}
"""Labels of a provider's result."""
ADMIN_HAS_TO_ACT = "An admin has to fix this."
_IN_A_SENTENCE = {EvidenceKind.REPORT_PDF: "PDF report"}
_PAST = {
    "approve": "Approved",
    "reject": "Rejected",
    "request_retry": "Retry requested",
    "escalate": "Escalated",
    "void": "Closed",
}
_NOUNS = {
    "approve": "approval",
    "reject": "rejection",
    "request_retry": "a retry",
    "void": "closing",
    "confirm": "confirmation",
    "escalate": "escalation",
}


def file_label(kind: str) -> str:
    """Label of a file inside a sentence: "selfie", "PDF report"."""
    return _IN_A_SENTENCE.get(EvidenceKind(kind), KIND_LABELS[kind].lower())


def humanize_duration(span: timedelta) -> str:
    """``5 min`` under an hour, ``3 h`` under a day, else ``2 d``; rounded down, without sign."""
    minutes = int(abs(span.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def date_label(at: datetime) -> str:
    """``28 Nov 2026, 16:11 UTC``."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def moment_label(at: datetime) -> str:
    """``at 16:20 UTC`` today, else ``on 28 Nov 2026, 16:20 UTC``."""
    return f"at {at:%H:%M} UTC" if at.date() == timezone.now().date() else f"on {date_label(at)}"


def clock_label(at: datetime, *, seconds: bool = False) -> str:
    """``16:11`` today, ``28 Nov, 16:11`` this year, else ``28 Nov 2025, 16:11``, in ``TIME_ZONE``."""
    local, today = timezone.localtime(at), timezone.localdate()
    time = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if local.date() == today:
        return time
    return f"{local:%-d %b}, {time}" if local.year == today.year else f"{local:%-d %b %Y}, {time}"


def due_label(due_at: datetime | None, *, now: datetime) -> tuple[str, str]:
    """``in 5 h`` or ``3 h overdue``, and the state: ``is-overdue``, ``is-soon`` (within an hour) or empty."""
    if due_at is None:
        return "", ""
    left = due_at - now
    if left <= timedelta(0):
        return f"{humanize_duration(left)} overdue", "is-overdue"
    return f"in {humanize_duration(left)}", "is-soon" if left < timedelta(hours=1) else ""


def initials(name: str) -> str:
    """Two letters for the avatar of a user."""
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()


def outcome_label(outcome: str) -> str:
    """Label of a check's outcome inside a sentence. A check passes; only a case is approved."""
    return "passed" if outcome == Outcome.APPROVED else outcome.replace("_", " ")


def verdict_past(verdict: str) -> str:
    """A verdict that was given: "Approved"."""
    return _PAST.get(verdict, "Decided")


def verdict_noun(verdict: str) -> str:
    """A verdict that was or can be proposed: "approval"."""
    return _NOUNS[verdict]


def provider_label(name: str) -> str:
    """Display name of the provider; the stored name if the registry does not have it."""
    try:
        return provider_class(name).label
    except KeyError:
        return name


@dataclass(frozen=True, slots=True)
class Advice:
    """What everybody reads of a fault or of a recommended action, and a line for admins only."""

    text: str
    admin_action: str = ""


def advice_for(text: str, admin_action: str, *, is_admin: bool) -> Advice:
    """The stored texts for one reader: an analyst reads that an admin has to act, an admin what to do."""
    text, admin_action = without_old_action(text, admin_action)
    if is_admin or not admin_action:
        return Advice(text, admin_action)
    return Advice(f"{text} {ADMIN_HAS_TO_ACT}".strip())


def without_old_action(text: str, admin_action: str = "") -> tuple[str, str]:
    """The stored texts as they are stored today.

    Texts of earlier releases may end with "Admin: " and the action of an admin. No other code splits a sentence.
    """
    if admin_action:
        return text, admin_action
    text, _, action = text.partition("Admin: ")
    return text.strip(), f"{action[:1].upper()}{action[1:]}"


def join_labels(names: Sequence[str]) -> str:
    """``A, B and C``; of more than four the first three and the number of others."""
    names = list(dict.fromkeys(names))
    if len(names) > MOST_LISTED:
        names = [*names[: MOST_LISTED - 1], f"{len(names) - MOST_LISTED + 1} others"]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def check_kind(kind: str) -> str:
    """Label of a kind of check inside a sentence."""
    return "AML" if kind == Kind.AML else str(kind)


def check_kind_label(kind: str) -> str:
    """Label of a kind of check in headings, lists and menus."""
    return "AML" if kind == Kind.AML else str(kind).capitalize()
