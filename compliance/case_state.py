"""The one state of a case that every page shows: its status, or the decision once there is one."""

from typing import NamedTuple

from compliance.enums import CaseStatus
from compliance.labels import verdict_past

_DECIDED_MARKS = {"approve": "approved", "reject": "rejected"}


class CaseState(NamedTuple):
    """State of a case in words and colour."""

    word: str
    """``In review``; of a decided case ``Approved by Dana Whitfield, override``."""
    mark: str
    """Name of its icon and colour: a case status, ``escalated``, ``approved``, ``rejected`` or ``closed``."""


def case_state(
    status: str, *, verdict: str = "", by: str = "", is_override: bool = False, is_escalated: bool = False
) -> CaseState:
    """The state of a case. ``verdict``, ``by`` (empty for the system) and ``is_override`` are those of the decision in
    force, which counts only while the case is decided."""
    if status == CaseStatus.DECIDED:
        ending = ", override" if is_override else ""
        return CaseState(
            f"{verdict_past(verdict)} by {by or 'the system'}{ending}", _DECIDED_MARKS.get(verdict, "closed")
        )
    if is_escalated:
        return CaseState("Escalated", "escalated")
    return CaseState(str(CaseStatus(status).label), str(CaseStatus(status)))
