"""Combined outcome of a case's checks: the worst one, and whether all kinds are present."""

from collections.abc import Iterable, Sequence

from compliance.models import Check, DeskPolicy
from providers import WORST_FIRST, Kind, Outcome

CLOSING_KINDS = frozenset({Kind.IDENTITY, Kind.DOCUMENT, Kind.DATABASE})


def current_checks(checks: Iterable[Check]) -> list[Check]:
    """The checks that have not been replaced."""
    return [check for check in checks if check.superseded_by_id is None]


def case_outcome(checks: Iterable[Check]) -> str:
    """The worst outcome of the current checks; empty without checks."""
    outcomes = {check.outcome for check in current_checks(checks)}
    return next((outcome.value for outcome in WORST_FIRST if outcome in outcomes), "")


def worst_check(checks: Iterable[Check]) -> Check | None:
    """The current check with the worst outcome; None without checks."""
    order = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}
    return min(current_checks(checks), key=lambda check: order[Outcome(check.outcome)], default=None)


def kinds_complete(current: Sequence[Check], policy: DeskPolicy) -> bool:
    """Whether the case has all kinds of checks that the automatic approval requires."""
    present = {check.kind for check in current}
    if policy.required_kinds:
        return set(policy.required_kinds) <= present
    return bool(present & CLOSING_KINDS)
