"""What providers and people said about the applicant of a case, in all cases of the same person. Pure.

``queries.history`` reads it by the function ``compliance_history`` of the database, which its guards use, too.
"""

from dataclasses import dataclass
from uuid import UUID

from providers import Outcome, Verdict

NO_RESULT = frozenset({Outcome.PENDING, Outcome.IN_PROGRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCheck:
    """A check of this case, or one of another case that weighs against an approval here."""

    id: UUID
    case_id: int
    is_own: bool = True
    """Of this case."""
    is_same_applicant: bool = True
    """Otherwise of an applicant who counts as the same person."""
    is_current: bool = True
    """Not replaced."""
    is_read: bool = True
    provider: str = ""
    kind: str = ""
    outcome: str
    provider_verdict: str
    entered_by: int | None = None
    """Person who added or replaced it, or corrected its reference, after the case was opened."""
    weighs: bool = True
    """It is current in this case, or negative or unknown: neither replaced by a retry that the provider itself names
    nor agreed to by two people."""

    @property
    def is_positive(self) -> bool:
        return self.provider_verdict == Verdict.POSITIVE

    @property
    def has_result(self) -> bool:
        return self.is_read and self.outcome not in NO_RESULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A rejection in force: of another case, or by two people in this one."""

    id: UUID
    case_id: int
    is_own: bool
    is_same_applicant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A certain contradiction between the sources of another case, or of a replaced check of this one."""

    case_id: int
    is_own: bool
    is_same_applicant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a ruling is made on."""

    own: tuple[PastCheck, ...] = ()
    """All checks of this case."""
    elsewhere: tuple[PastCheck, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    retries: int = 0
    """Number of retries that were requested in this case."""
    has_weighing_finding: bool = False
    """Of this case, as it is now."""
    conflicts: tuple[Conflict, ...] = ()
    """Those to which two people have not agreed."""

    @property
    def weighing(self) -> tuple[PastCheck, ...]:
        """The checks of this case that weigh: the current ones, and replaced ones with a result against the person."""
        return tuple(check for check in self.own if check.weighs)

    def is_over_positive(self, person_id: int | None) -> bool:
        """Whether every result of this case is positive, and there is one.

        A check that this person entered counts only where there is no other: otherwise one person could reject by
        means of the reference of somebody else.
        """
        read = [check for check in self.own if check.is_read and (check.weighs or check.is_positive)]
        others = [check for check in read if check.entered_by is None or check.entered_by != person_id]
        counted = others or read
        return bool(counted) and all(check.is_positive for check in counted)

    @property
    def evidence(self) -> list[list[str | int]]:
        """Rows of other cases for the evidence of a decision."""
        checks = [f"{one.case_id}:{one.id}:{one.outcome}:{one.provider_verdict}" for one in self.elsewhere]
        rejected = [f"{one.case_id}:{one.id}:reject" for one in self.rejections if not one.is_own]
        conflicts = [f"{one.case_id}:differs" for one in self.conflicts if not one.is_own]
        return [["elsewhere", row] for row in (*checks, *rejected, *conflicts)]
