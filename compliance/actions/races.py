"""Refusals of a lost race: people read "You" about themselves, whether it was another tab or another account."""

from datetime import datetime

from compliance.errors import StaleCase
from compliance.labels import moment_label
from compliance.models import User


def lost_race(first: User | None, at: datetime | None, *, by: User | None, own: str, other: str) -> StaleCase:
    """The refusal for ``by``: "You removed this file at 16:20 UTC." for ``own`` "removed this file", else ``other``."""
    winner = first.label if first else "The system"
    if first and by and at and first.person_id == by.person_id:
        return StaleCase(f"You {own} {moment_label(at)}.", winner=winner)
    return StaleCase(other, winner=winner)
