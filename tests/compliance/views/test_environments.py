"""Live, sandbox and simulator are separate lists; the person's choice is in the frame of every page."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compliance.models import Case, Claim, User
from tests.compliance import assertions
from tests.compliance.views.many_cases import due_together
from tests.compliance.views.pages import Node, case_page, forget_caches, listed, page_of

pytestmark = pytest.mark.django_db
TABS = ("open", "declined", "overdue", "mine")


@pytest.fixture
def two(fresh_cache: None) -> dict[str, Case]:
    """A declined case with the same external id in each of two environments."""
    made = {
        name: assertions.case_with("declined", "negative", "62301", environment=name) for name in ("live", "sandbox")
    }
    due_together(list(made.values()))
    return made


def choose(desk: Client, environment: str) -> Any:
    answer = desk.post(reverse("preferences"), {"environment": environment})
    forget_caches()
    return answer


def frame(page: Node) -> str:
    return page.one("body")["data-environment"]


def test_live_is_shown_first_and_the_last_choice_is_remembered(
    two: dict[str, Case], desk: Client, analyst: User
) -> None:
    page = page_of(desk.get(reverse("queue")))
    assert (frame(page), listed(page)) == ("live", [two["live"].pk])
    answer = choose(desk, "sandbox")
    assert (answer.status_code, answer["Location"]) == (303, reverse("queue"))
    page = page_of(desk.get(reverse("queue")))
    assert (frame(page), listed(page)) == ("sandbox", [two["sandbox"].pk])
    analyst.refresh_from_db()
    assert analyst.environment == "sandbox"
    assert choose(desk, "moon").status_code == 400


def test_without_live_cases_the_environment_that_has_cases_is_shown(desk: Client) -> None:
    case = assertions.case_with("declined", environment="simulator")
    forget_caches()
    page = page_of(desk.get(reverse("queue")))
    assert (frame(page), listed(page)) == ("simulator", [case.pk])
    choices = page.by_id("environment-menu").all("button")
    assert [one.text for one in choices] == ["Live", "Sandbox", "Simulator"]
    assert [one["value"] for one in choices if one.get("aria-current")] == ["simulator"]


def test_tabs_counts_and_claim_next_stay_in_their_environment(
    two: dict[str, Case], desk: Client, analyst: User
) -> None:
    choose(desk, "sandbox")
    desk.post(reverse("claim-next"))
    assert [claim.case_id for claim in Claim.objects.all()] == [two["sandbox"].pk]
    assert "No unassigned cases here." in page_of(desk.get(desk.post(reverse("claim-next"))["Location"])).text
    forget_caches()
    for environment, mine in (("sandbox", 1), ("live", 0)):
        choose(desk, environment)
        page = page_of(desk.get(reverse("queue", args=["open"])))
        counts = {name: page.by_id(f"tab-{name}").text.split()[-1] for name in ("declined", "open", "mine")}
        assert counts == {"declined": "1", "open": "1", "mine": str(mine)}, environment


def test_search_stays_in_its_environment_and_names_the_one_of_a_case_number(two: dict[str, Case], desk: Client) -> None:
    for environment, case in two.items():
        choose(desk, environment)
        other = next(one for one in two.values() if one != case)
        assert listed(page_of(desk.post("/search/", {"q": case.applicant.external_id}))) == [case.pk]
        page = page_of(desk.post("/search/", {"q": other.label}))
        assert listed(page) == []
        link = page.by_id("search-results").one("a")
        assert (link["href"], link.text) == (
            reverse("case", args=[other.pk]),
            f"Open {other.label} in {other.get_environment_display()}",
        )


def test_the_frame_of_a_case_is_that_of_its_environment(two: dict[str, Case], desk: Client) -> None:
    for environment, case in two.items():
        assert frame(case_page(desk, case)) == environment
