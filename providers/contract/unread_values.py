"""Finds what an accepted answer says besides the values that its provider declares as understood."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.contract import payload_paths
from providers.contract.base import Provider
from providers.contract.further_values import label_of, text_for
from providers.contract.negative_words import snake
from providers.contract.report import Report
from providers.contract.value_table import time_of, value_table

MOST_UNREAD = 20
_LONGEST_PATH = 160
_AHEAD = timedelta(days=1)
"""Clocks and time zones differ by less."""
_BEHIND = timedelta(days=366)
"""A check is not older than this when it is submitted."""
_FIRST_CHECKS = datetime(2015, 1, 1, tzinfo=UTC)
"""None of the APIs is older."""
Leaf = tuple[str, tuple[str, ...], Any]
"""Path, keys, and value."""


def with_unread_values(
    report: Report,
    payload: Mapping[str, Any],
    provider: Provider | type[Provider],
    *,
    now: datetime,
    submitted_at: datetime | None = None,
) -> Report:
    """The report with the paths of values that are not read, and with times that cannot be true as negative words.

    ``payload``: as it is stored. ``submitted_at``: when the check was given to the provider, if that is known.
    """
    table = value_table(provider.name)
    unread: list[str] = []
    times: list[tuple[str, str]] = []
    for path, keys, value in _leaves(payload, any_spelling=provider.has_any_spelling):
        found = table.test_of(keys)
        if value is False or not text_for(value) or (value == 0 and found is None):
            continue
        if found is None or not found[1](value):
            unread.append(path[:_LONGEST_PATH])
        elif found[0] in table.times and (why := _implausible(time_of(value), now, submitted_at)):
            times.append((label_of(path)[:80].lower(), why))
        if len(unread) == MOST_UNREAD:
            break
    negatives = (*report.facts.negatives, *times[:MOST_UNREAD])
    return replace(report, facts=replace(report.facts, unread=tuple(unread), negatives=negatives))


def _implausible(time: datetime | None, now: datetime, submitted_at: datetime | None) -> str:
    if time is None:
        return ""
    if time > now + _AHEAD:
        return "in the future"
    earliest = submitted_at - _BEHIND if submitted_at else _FIRST_CHECKS
    return "long before the submission" if time < earliest else ""


def _leaves(payload: Any, *, any_spelling: bool) -> Iterator[Leaf]:
    stack: list[Leaf] = [("", (), payload)]
    while stack:
        path, keys, value = stack.pop()
        if isinstance(value, Mapping):
            below = [(str(key), child) for key, child in value.items()]
            stack.extend(
                (payload_paths.joined(path, key), (*keys, snake(key) if any_spelling else key), child)
                for key, child in reversed(below)
            )
        elif isinstance(value, list):
            stack.extend((f"{path}[{at}]", keys, value[at]) for at in reversed(range(len(value))))
        else:
            yield path, keys, value
