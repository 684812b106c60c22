"""The one state of a case, as a table."""

import pytest

from compliance.case_state import case_state
from compliance.enums import CaseStatus

ADA = {"verdict": "approve", "by": "Ada Lind"}


@pytest.mark.parametrize(
    ("status", "given", "word", "mark"),
    [
        ("waiting", {}, "In progress", "waiting"),
        ("in_review", {}, "In review", "in_review"),
        ("in_review", {"is_escalated": True}, "Escalated", "escalated"),
        ("awaiting_approval", {}, "Awaiting approval", "awaiting_approval"),
        ("in_review", ADA, "In review", "in_review"),
        ("awaiting_approval", ADA | {"is_override": True}, "Awaiting approval", "awaiting_approval"),
        ("decided", ADA, "Approved by Ada Lind", "approved"),
        ("decided", ADA | {"is_override": True}, "Approved by Ada Lind, override", "approved"),
        ("decided", {"verdict": "approve"}, "Approved by the system", "approved"),
        ("decided", {"verdict": "reject", "by": "Ada Lind"}, "Rejected by Ada Lind", "rejected"),
        ("decided", {"verdict": "reject", "by": "A", "is_override": True}, "Rejected by A, override", "rejected"),
        ("decided", {"verdict": "void", "by": "Ada Lind"}, "Closed by Ada Lind", "closed"),
    ],
)
def test_state_is_the_status_or_the_decision_once_there_is_one(
    status: str, given: dict[str, object], word: str, mark: str
) -> None:
    assert case_state(status, **given) == (word, mark)  # type: ignore[arg-type]


def test_undecided_case_is_never_called_approved() -> None:
    for status in set(CaseStatus) - {CaseStatus.DECIDED}:
        assert "pproved" not in case_state(status, verdict="approve", by="A", is_override=True).word
