"""Going on after a decision: the next case of the list that the person works through."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from compliance.actions import claims, decisions, overrides
from compliance.enums import DecisionVerdict
from compliance.models import Case, Claim, OverrideProposal, User
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.many_cases import due_together
from tests.compliance.views.pages import FRAGMENT, case_page, page_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def declined(fresh_cache: None) -> list[Case]:
    """Four declined cases, due at the same time: their numbers are their order."""
    made = [assertions.case_with("declined", "negative", "62301", country="KE") for _ in range(4)]
    due_together(made)
    return made


def reject(browser: Client, case: Case, **headers: str) -> HttpResponse:
    """The answer to a rejection that was sent from the case's page."""
    panel = case_page(browser, case).by_id("decision")
    form = {"verdict": "reject", "reason": "REJ-01", "note": "Seen."}
    form |= {name: panel.one(name=name)["value"] for name in ("seen", "seen_decision", "shown_to")}
    return browser.post(panel["action"], form, headers=headers)  # type: ignore[return-value]


def holder(case: Case) -> str:
    claim = Claim.objects.filter(case=case).select_related("user").first()
    return claim.user.username if claim else ""


def test_a_decision_claims_and_opens_the_next_case_of_the_list(desk: Client, declined: list[Case]) -> None:
    desk.get(reverse("queue", args=["declined"]))
    assert reject(desk, declined[1])["Location"] == reverse("case", args=[declined[2].pk])
    assert [holder(case) for case in declined] == ["", "", "dana", ""]
    answer = reject(desk, declined[2], **FRAGMENT)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("case", args=[declined[3].pk]))


def test_the_end_of_the_list_leads_to_its_start_and_then_to_the_list(desk: Client, declined: list[Case]) -> None:
    address = f"{reverse('queue', args=['declined'])}?country=KE"
    desk.get(address)
    assert reject(desk, declined[3])["Location"] == reverse("case", args=[declined[0].pk])
    for case in declined[:2]:
        reject(desk, case)
    assert reject(desk, declined[2])["Location"] == address
    assert "No more cases for you in Declined." in page_of(desk.get(address)).by_id("messages").text


def test_who_does_not_claim_next_opens_the_next_case_unclaimed(
    desk: Client, analyst: User, declined: list[Case]
) -> None:
    assert desk.post(reverse("preferences"), {"claims_next": "off"}, headers=FRAGMENT).status_code == 200
    analyst.refresh_from_db()
    assert not analyst.claims_next
    assert reject(desk, declined[0])["Location"] == reverse("case", args=[declined[1].pk])
    assert holder(declined[1]) == ""


def test_cases_of_others_and_escalated_cases_are_passed_over(
    desk: Client, colleague: User, declined: list[Case]
) -> None:
    claims.claim(declined[1].pk, by=colleague)
    asked = factories.decision_request(declined[2], DecisionVerdict.ESCALATE, "ESC-01")
    decisions.decide(declined[2].pk, by=colleague, request=asked)
    assert reject(desk, declined[0])["Location"] == reverse("case", args=[declined[3].pk])


def test_the_filters_of_the_list_hold(desk: Client, declined: list[Case]) -> None:
    other = assertions.case_with("declined", "negative", "62301", country="ZA")
    assertions.case_with("manual_review")
    due_together([*declined, other])
    desk.get(f"{reverse('queue')}?country=ZA")
    address = f"{reverse('queue', args=['open'])}?country=ZA"
    assert reject(desk, other)["Location"] == address


def test_back_and_claim_next_of_a_case_keep_the_list(desk: Client, declined: list[Case]) -> None:
    desk.get(f"{reverse('queue', args=['declined'])}?country=KE")
    page = case_page(desk, declined[0])
    back = page.by_id("case-head").one("a", aria_keyshortcuts="u")
    assert back["href"] == f"{reverse('queue', args=['declined'])}?country=KE#open-{declined[0].pk}"
    form = page.by_id("claim-next")
    assert form["action"] == f"{reverse('claim-next')}?country=KE"
    assert form.one(name="queue")["value"] == "declined"


def proposed(case: Case, by: User) -> OverrideProposal:
    request = factories.decision_request(case, DecisionVerdict.APPROVE, "OK-04")
    return overrides.propose(case.pk, by=by, request=request)


@pytest.mark.parametrize("route", ["proposal-approve", "proposal-deny"])
def test_an_answered_override_leads_to_the_next_of_another_person(
    route: str, analyst: User, manager: User, declined: list[Case]
) -> None:
    by = (analyst, manager, analyst)
    first, own, third = (proposed(case, who) for case, who in zip(declined, by, strict=False))
    browser = signed_in(manager)
    browser.get(reverse("queue", args=["approvals"]))
    form = {"seen": first.digest, "shown_to": str(manager.person_id), "note": "Read both."}
    answer = browser.post(reverse(route, args=[first.pk]), form)
    assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[third.case_id]))
    assert holder(third.case) == "" and own.state == "open"
