"""One state of a case on all pages: header, tab title, rows of queues and search, decision panel."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from compliance.actions import claims, decisions, overrides
from compliance.enums import DecisionVerdict
from compliance.models import Case, Check, User
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.pages import Node, forget_caches, page_of, signed_in

pytestmark = pytest.mark.django_db


def overridden(analyst: User, manager: User, outcome: str, verdict: DecisionVerdict, reason: str) -> Case:
    case = assertions.case_with(outcome, kind="face")
    assertions.two_people(case, analyst, manager, verdict, reason)
    return case


def approved_override(analyst: User, manager: User) -> Case:
    return overridden(analyst, manager, "declined", DecisionVerdict.APPROVE, "OK-04")


def rejected_override(analyst: User, manager: User) -> Case:
    return overridden(analyst, manager, "approved", DecisionVerdict.REJECT, "REJ-01")


def rejected(analyst: User, _: User) -> Case:
    case = assertions.case_with("declined")
    decisions.decide(case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.REJECT, "REJ-01"))
    return case


def proposed(analyst: User, _: User) -> Case:
    case = assertions.case_with("declined")
    request = factories.decision_request(case, DecisionVerdict.APPROVE, "OK-04")
    overrides.propose(case.pk, by=analyst, request=request)
    return case


def passed(analyst: User, _: User) -> Case:
    return assertions.case_with("approved", kind="face")


def declined(analyst: User, _: User) -> Case:
    return assertions.case_with("declined")


def turned(analyst: User, manager: User) -> Case:
    """Approved by two people, and in Re-review since the provider declined again."""
    case = approved_override(analyst, manager)
    assertions.say(case.checks.get(), "declined", "", "99")
    return case


STORIES: list[tuple[Callable[[User, User], Case], str, str]] = [
    (approved_override, "Approved by Ada Lind, override", "approved"),
    (rejected_override, "Rejected by Ada Lind, override", "rejected"),
    (rejected, "Rejected by Ada Lind", "rejected"),
    (proposed, "Awaiting approval", "awaiting_approval"),
    (passed, "In review", "in_review"),
    (declined, "In review", "in_review"),
    (turned, "In review", "in_review"),
]


def tone_of(node: Node) -> set[str]:
    return {name.removeprefix("is-") for name in node.classes if name.startswith("is-")}


@pytest.mark.parametrize(("story", "word", "mark"), STORIES, ids=lambda value: getattr(value, "__name__", None))
def test_every_page_shows_the_one_state(
    story: Callable[[User, User], Case], word: str, mark: str, manager: User, analyst: User, desk: Client
) -> None:
    analyst.first_name, analyst.last_name = "Ada", "Lind"
    analyst.save()
    case = assertions.fresh(story(analyst, manager))
    if case.status == "in_review":
        claims.claim(case.pk, by=analyst)
    page = page_of(desk.get(reverse("case", args=[case.pk])))
    assert page.one("title").text.startswith(f"{case.label}: {word} -")
    pills = page.by_id("case-head").all(cls="pill")
    assert [(pill.text, tone_of(pill)) for pill in pills] == [(word, {mark})]
    for text, where in rows_of(case, desk, signed_in(manager)):
        row = text.by_id(f"case-{case.pk}")
        why = row.one("td", "w")
        if where == "search" or case.status == "decided":
            assert why.one("b").text.startswith(word), where
        if where == "search" or case.status in ("decided", "awaiting_approval"):
            assert tone_of(why) == {mark}, where
        if case.status != "decided":
            assert "Approved" not in row.text, where
            assert "approved" not in tone_of(why), where
        assert ("has-decision" in row.classes) == (case.status == "decided")


def rows_of(case: Case, desk: Client, managers_desk: Client) -> list[tuple[Node, str]]:
    """Every list that shows the case."""
    tabs = {"decided": ["decided"], "awaiting_approval": ["open"], "in_review": ["open", "mine"]}[case.status]
    another = assertions.add_check(factories.make_case())
    Check.objects.filter(pk=another.pk).update(reference=case.reference)
    found = [(page_of(desk.get(reverse("search"), {"q": case.reference})), "search")]
    for tab in tabs:
        forget_caches()
        found.append((page_of(desk.get(reverse("queue", args=[tab]))), tab))
    if case.status == "awaiting_approval":
        found.append((page_of(managers_desk.get(reverse("queue", args=["approvals"]))), "approvals"))
    return found


@pytest.mark.parametrize("story", [passed, declined, proposed, turned], ids=lambda story: story.__name__)
def test_undecided_case_is_nowhere_called_approved(
    story: Callable[[User, User], Case], manager: User, analyst: User, desk: Client
) -> None:
    case = story(analyst, manager)
    page = page_of(desk.get(reverse("case", args=[case.pk])))
    assert not [node for node in page.all(cls="outcome") if "Approved" in node.text]
    assert not [node for node in page.all(cls="outcome") if node.text == "Declined" and "pill" in node.classes][1:]
