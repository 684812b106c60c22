"""Claiming the next case of a list."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from compliance.actions import claims
from compliance.models import Claim, User
from providers.models import ProviderAccount
from tests.compliance.views.many_cases import PASSPORT, UNKNOWN, cases_with_answers, due_together
from tests.compliance.views.pages import FRAGMENT, page_of

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]


def test_claim_next_opens_the_most_urgent_case_and_accepts_post_only(
    account: MakeAccount, desk: Client, colleague: User
) -> None:
    first, second, _ = cases_with_answers(account("bank131"), [PASSPORT] * 3)
    due_together([first, second])
    claims.claim(first.pk, by=colleague)
    assert desk.get(reverse("claim-next")).status_code == 405
    assert not Claim.objects.filter(case=second).exists()
    answer = desk.post(reverse("claim-next"))
    assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[second.pk]))
    assert Claim.objects.get(case=second).user.username == "dana"


def test_claim_next_stays_in_the_given_queue_and_reports_an_empty_one(account: MakeAccount, desk: Client) -> None:
    _, manual = cases_with_answers(account("bank131"), [PASSPORT, UNKNOWN])
    answer = desk.post(reverse("claim-next"), {"queue": "manual-review"})
    assert answer["Location"] == reverse("case", args=[manual.pk])
    desk.post(reverse("claim-next"), {"queue": "manual-review"})
    answer = desk.get(reverse("queue"))
    assert "No unassigned cases here." in page_of(answer).by_id("messages").text


def test_claim_next_from_a_fragment_redirects_the_browser_to_the_case(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT])
    answer = desk.post(reverse("claim-next"), headers=FRAGMENT)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("case", args=[case.pk]))


def test_an_unknown_queue_of_claim_next_means_any(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT])
    for odd in ("nowhere", "\x00", "'; --"):
        answer = desk.post(reverse("claim-next"), {"queue": odd})
        assert answer.status_code == 303
    assert Claim.objects.filter(case=case).count() == 1
