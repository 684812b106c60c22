"""What providers and people said about the applicant of a case, in all cases of the same person. Pure.

``queries.history`` reads it by the function ``compliance_history`` of the database, which its guards use, too.
"""

from dataclasses import dataclass
from uuid import UUID

from providers import Outcome, Verdict

NO_RESULT = frozenset({Outcome.PENDING, Outcome.IN_PROGRESS})
AGAINST = frozenset({Verdict.NEGATIVE, Verdict.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCheck:
    """A check of this case, or of another case of the same person."""

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
    """Person who added or replaced it, or corrected its reference, after the case was opened; in ``History.said``
    also the person who opened the case with it."""
    weighs: bool = True
    """It is current in this case, or negative or unknown: neither replaced by a retry that the provider itself names
    nor agreed to by two people."""

    @property
    def is_positive(self) -> bool:
        return self.provider_verdict == Verdict.POSITIVE

    @property
    def has_result(self) -> bool:
        return self.is_read and self.outcome not in NO_RESULT

    @property
    def counts(self) -> bool:
        """Whether a rejection is judged over it."""
        return self.is_read and (self.weighs or self.is_positive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A rejection in force: of another case, or by two people in this one."""

    id: UUID
    case_id: int
    is_own: bool
    is_same_applicant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A certain contradiction in another case, or by a replaced check of this one, or a duplicate of another case of
    the applicant."""

    case_id: int
    is_own: bool
    is_same_applicant: bool
    kind: str
    """``FindingKind``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a ruling is made on."""

    own: tuple[PastCheck, ...] = ()
    """All checks of this case."""
    elsewhere: tuple[PastCheck, ...] = ()
    """Those of other cases that weigh against an approval here."""
    said: tuple[PastCheck, ...] = ()
    """All checks of this case and of the others."""
    unread: tuple[PastCheck, ...] = ()
    """Those of other cases without a positive or negative result, with an expired document, or whose reference was
    corrected before it was read, since two people last approved."""
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
        """Whether a result is positive, and none is against the applicant: in this case, or else in other cases.

        What this person typed is never against: otherwise one person could reject by means of the reference of
        somebody else.
        """
        counted = [check for check in self.said if check.counts]
        against = [check for check in counted if not (check.is_positive or _is_typed_by(check, person_id))]
        own = [check for check in against if check.is_own]
        if any(check.is_own and check.is_positive for check in counted):
            return not own
        if any(check.has_result for check in own):
            return False
        has_passed = any(check.is_positive for check in counted)
        return has_passed and not any(check.provider_verdict in AGAINST for check in against)

    def unread_before(self, person_id: int | None) -> tuple[PastCheck, ...]:
        """The checks among ``unread`` that count because this person typed every check of this case."""
        current = [check for check in self.said if check.is_own and check.is_current]
        return self.unread if all(_is_typed_by(check, person_id) for check in current) else ()

    def passed_elsewhere(self, person_id: int | None) -> tuple[PastCheck, ...]:
        """The positive checks of other cases over which this person cannot reject alone; none if this case has one."""
        passed = [check for check in self.said if check.counts and check.is_positive]
        if any(check.is_own for check in passed) or not self.is_over_positive(person_id):
            return ()
        return tuple(passed)

    @property
    def evidence(self) -> list[list[str | int]]:
        """Rows of other cases for the evidence of a decision."""
        checks = [f"{one.case_id}:{one.id}:{one.outcome}:{one.provider_verdict}" for one in self.elsewhere]
        rejected = [f"{one.case_id}:{one.id}:reject" for one in self.rejections if not one.is_own]
        conflicts = [f"{one.case_id}:{one.kind}" for one in self.conflicts if not one.is_own]
        return [["elsewhere", row] for row in (*checks, *rejected, *conflicts)]


def _is_typed_by(check: PastCheck, person_id: int | None) -> bool:
    return check.entered_by is not None and check.entered_by == person_id
