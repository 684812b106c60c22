"""The list that a person works through: its filters, the place of a case in it, and the next case after a decision."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from compliance.actions import claims
from compliance.queries.environments import environment_of
from compliance.queries.queue import following, neighbours
from compliance.queries.tabs import AGES, FILTER_NAMES, TAB_OF, Filters, Tab
from compliance.roles import APPROVE_OVERRIDE
from compliance.views.htmx import go_to
from compliance.views.messages import announce
from compliance.views.page_context import person
from providers import Kind, provider_names

ASSIGNEE_LABELS = {"me": "me", "nobody": "nobody"}
_SESSION_KEY = "list"


class CaseList(NamedTuple):
    """A tab with the query string of its page."""

    tab: Tab
    query: str
    filters: Filters

    @property
    def url(self) -> str:
        return reverse("queue", args=[self.tab.slug]) + (f"?{self.query}" if self.query else "")


def filters_of(query: QueryDict, *, environment: str) -> Filters:
    """Filters of a query string for a list of this environment; unknown names and invalid values are dropped."""
    given = {name: query.get(name, "")[:80] for name in FILTER_NAMES}
    known: dict[str, Any] = {
        "provider": provider_names(),
        "kind": tuple(Kind),
        "age": tuple(AGES),
        "assignee": tuple(ASSIGNEE_LABELS),
    }
    valid = {
        name: value
        for name, value in given.items()
        if value and "\x00" not in value and (name not in known or value in known[name])
    }
    return Filters(**valid, environment=environment)


def remember_list(request: HttpRequest, tab: Tab) -> None:
    """Make this page of this tab the list that the person works through."""
    came_from = f"{tab.slug}?{request.GET.urlencode()}"
    if request.session.get(_SESSION_KEY) != came_from:
        request.session[_SESSION_KEY] = came_from


def list_of(request: HttpRequest) -> CaseList:
    """The list that the person opened last; all open cases before the first."""
    slug, _, query = str(request.session.get(_SESSION_KEY, "open?")).partition("?")
    filters = filters_of(QueryDict(query), environment=environment_of(person(request)))
    return CaseList(TAB_OF.get(slug, TAB_OF["open"]), query, filters)


def place_in_list(request: HttpRequest, number: int) -> dict[str, str]:
    """Address of the list, position of the case in it, and the addresses of the previous and next case."""
    here = list_of(request)
    place = {"list_url": here.url, "row_url": f"{here.url}#open-{number}", "tab": here.tab.slug, "query": here.query}
    near = neighbours(number, here.tab, here.filters, person_id=person(request).person_id)
    if near is None:
        return place
    return place | {
        "position": f"{near.position} in {here.tab.label}",
        "previous_url": reverse("case", args=[near.previous]) if near.previous else "",
        "next_url": reverse("case", args=[near.next]) if near.next else "",
    }


class Following(NamedTuple):
    """The list that a person works through, and its cases to go on with."""

    list: CaseList
    numbers: tuple[int, ...]


def cases_after(request: HttpRequest, number: int) -> Following:
    """The cases of the list that the person can go on with after this one; read before the case leaves the list."""
    user, here = person(request), list_of(request)
    can_approve = user.has_perm(APPROVE_OVERRIDE)
    numbers = following(number, here.tab, here.filters, person_id=user.person_id, can_approve=can_approve)
    return Following(here, numbers)


def go_on(request: HttpRequest, after: Following) -> HttpResponse:
    """Open the next of these cases, claimed if the person has switched that on and cases of the list can be claimed.

    Without one, or if others claimed all of them meanwhile, the answer is the list.
    """
    user, (here, numbers) = person(request), after
    number = next(iter(numbers), None)
    if number and here.tab.can_claim and user.claims_next:
        number = claims.claim_first(numbers, by=user)
    if number is None:
        announce(request, f"No more cases for you in {here.tab.label}.", "info")
        return go_to(request, here.url)
    return go_to(request, "case", number)
