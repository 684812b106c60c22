"""The form of filters of a list, and its chips."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from compliance.labels import check_kind_label, provider_label
from compliance.queries.filter_choices import FilterChoices
from compliance.queries.tabs import FACETS, FILTER_NAMES, Filters, Tab
from compliance.views.lists import ASSIGNEE_LABELS
from providers import Kind, code_table, provider_names

AGE_LABELS = {"day": "under a day", "week": "under 7 days", "month": "under 30 days"}
LABELS = {name: name.capitalize() for name in FILTER_NAMES} | {
    "kind": "Kind of check",
    "group": "Reason",
    "code": "Reason code",
}
CHIP_LABELS = LABELS | {"kind": "Kind", "code": "Code"}
SEARCHED = frozenset({"country", "code", "group", "account"})
"""Filters with many choices, which the script makes a search field."""
ORDER = ("provider", "kind", "group", "code", "country", "account", "age", "assignee")


class Choice(NamedTuple):
    value: str
    label: str
    number: str
    """How many cases of the tab have it; ``12+`` where not all were counted."""


class FilterField(NamedTuple):
    """One field of the form."""

    name: str
    label: str
    chosen: str
    choices: tuple[Choice, ...]
    is_searched: bool


class Chip(NamedTuple):
    """An active filter."""

    label: str
    value: str
    remove_url: str


def list_url(tab: Tab, query: QueryDict, **changes: str) -> str:
    """The address of a list with the filters of a query string and these changes."""
    filters = {name: query[name] for name in FILTER_NAMES if query.get(name)}
    parameters = filters | {name: value for name, value in changes.items() if value}
    return reverse("queue", args=[tab.slug]) + (f"?{urlencode(parameters)}" if parameters else "")


def fields_of(filters: Filters, offered: FilterChoices) -> list[FilterField]:
    """The fields of the form with the choices of the tab, the most frequent first where there are many."""
    return [_field(name, getattr(filters, name), offered) for name in ORDER]


def chips_of(tab: Tab, query: QueryDict, filters: Filters, offered: FilterChoices) -> list[Chip]:
    """The active filters, each with the address of the list without it."""
    chips = []
    for name in FILTER_NAMES:
        if value := getattr(filters, name):
            rest = query.copy()
            rest.pop(name, None)
            shown = value if name == "code" else _label(name, value, offered)
            chips.append(Chip(CHIP_LABELS[name], shown, list_url(tab, rest)))
    return chips


def _field(name: str, chosen: str, offered: FilterChoices) -> FilterField:
    prefix = f"{FACETS.get(name, name)}:"
    counted = {facet.removeprefix(prefix): n for facet, n in offered.counts.items() if facet.startswith(prefix)}
    values = dict.fromkeys([*_fixed(name, offered), *counted, *([chosen] if chosen else [])])
    choices = [Choice(value, _label(name, value, offered), _count(counted, value, offered)) for value in values]
    if name in SEARCHED:
        choices.sort(key=lambda choice: (-counted.get(choice.value, 0), choice.label))
    return FilterField(name, LABELS[name], chosen, tuple(choices), name in SEARCHED)


def _count(counted: dict[str, int], value: str, offered: FilterChoices) -> str:
    return f"{counted.get(value, 0):,}{'+' if offered.is_capped else ''}"


def _fixed(name: str, offered: FilterChoices) -> Iterable[str]:
    """Values that are offered whether or not the tab has cases of them."""
    if name == "provider":
        return provider_names()
    return {"kind": tuple(Kind), "account": offered.accounts, "age": AGE_LABELS, "assignee": ASSIGNEE_LABELS}.get(
        name, ()
    )


def _label(name: str, value: str, offered: FilterChoices) -> str:
    if name == "provider":
        return provider_label(value)
    if name == "kind":
        return check_kind_label(value)
    if name == "group":
        return value.capitalize()
    known = {"account": offered.accounts, "age": AGE_LABELS, "assignee": ASSIGNEE_LABELS, "code": _summaries()}
    return known.get(name, {}).get(value, value)


@cache
def _summaries() -> dict[str, str]:
    """Code -> its meaning, by the first provider that has it."""
    found: dict[str, str] = {}
    for name in provider_names():
        for row in code_table(name).rows:
            found.setdefault(row.value, row.summary.strip().removesuffix("."))
    return found
