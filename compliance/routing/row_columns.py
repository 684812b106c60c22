"""Columns of a case that list pages read instead of its checks: facets to filter by, a summary of the checks."""

from collections.abc import Iterable

from compliance.enums import SyncState
from compliance.models import Case, Check
from compliance.routing.outcomes import current_checks
from providers import WORST_FIRST

LONGEST_FACET = 80


def facets(case: Case, checks: Iterable[Check]) -> list[str]:
    """The values by which lists filter, from the current checks."""
    found = {f"e:{case.environment}"}
    if case.country:
        found.add(f"c:{case.country}")
    for check in current_checks(checks):
        found |= {f"p:{check.provider}", f"k:{check.kind}", f"a:{check.account_id}"}
        for reason in check.reasons:
            found.add(f"r:{reason['code']}"[:LONGEST_FACET])
            if reason["group"]:
                found.add(f"g:{reason['group'].lower()}"[:LONGEST_FACET])
    return sorted(found)


def checks_summary(checks: Iterable[Check]) -> list[list[str]]:
    """Kind, outcome (or ``unreadable``) and provider of each current check, worst first."""
    order = {outcome.value: rank for rank, outcome in enumerate(WORST_FIRST)}
    rows = [
        [check.kind, "unreadable" if check.sync.state == SyncState.BLOCKED else check.outcome, check.provider]
        for check in current_checks(checks)
    ]
    return sorted(rows, key=lambda row: order.get(row[1], -1))
