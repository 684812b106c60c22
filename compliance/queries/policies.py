"""Rulings that admins have made stricter than the defaults."""

from compliance.enums import Ruling
from compliance.models import PolicyRule


def policy_table() -> dict[tuple[str, str, str], Ruling]:
    """(outcome, provider verdict, decision verdict) -> the stricter ruling."""
    rows = PolicyRule.objects.values_list("outcome", "provider_verdict", "verdict", "ruling")
    return {(outcome, found, verdict): Ruling(ruling) for outcome, found, verdict, ruling in rows}
