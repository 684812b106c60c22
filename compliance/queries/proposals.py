"""Open override proposals of a list, with what a manager has to know before opening a case."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from compliance.enums import ProposalState
from compliance.models import OverrideProposal

LONGEST_NOTE = 160
FEWEST_DIGITS = 4
"""Of a word that is masked, as pages mask document, personal and phone numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProposal:
    verdict: str
    reason: str
    note: str = field(repr=False)
    """Its beginning, numbers masked."""
    proposer: str
    proposed_at: datetime
    expires_at: datetime


def open_proposals(numbers: Sequence[int]) -> dict[int, OpenProposal]:
    """The open proposals of these cases, by case number: one statement."""
    rows = OverrideProposal.objects.filter(case__in=numbers, state=ProposalState.OPEN)
    return {row.case_id: _open(row) for row in rows.select_related("reason", "proposed_by__person", "data_key")}


def _open(row: OverrideProposal) -> OpenProposal:
    note = " ".join(_masked(word) for word in str(row.note).split())
    return OpenProposal(
        verdict=row.verdict,
        reason=str(row.reason),
        note=note if len(note) <= LONGEST_NOTE else f"{note[:LONGEST_NOTE]}…",
        proposer=row.proposed_by.label,
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
    )


def _masked(word: str) -> str:
    return "•••••" if sum(map(str.isdecimal, word)) >= FEWEST_DIGITS else word
