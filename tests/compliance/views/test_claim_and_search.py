"""Claiming the next case, and search by exact identifiers."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from compliance.actions import claims
from compliance.models import Claim, User, ViewRecord
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.views.many_cases import PASSPORT, UNKNOWN, cases_with_answers, due_together
from tests.compliance.views.pages import FRAGMENT, case_page, listed, page_of

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


def test_search_opens_the_only_case_of_an_id_a_reference_or_a_number(account: MakeAccount, desk: Client) -> None:
    bank = account("bank131")
    made = factories.make_case("cust-Ω-77")
    check = factories.add_check(made, bank, "88123")
    for text in ("cust-Ω-77", " cust-Ω-77 ", "88123", str(made.pk), made.label, made.label.lower()):
        answer = desk.get(reverse("search"), {"q": text})
        assert (answer.status_code, answer["Location"]) == (302, reverse("case", args=[check.case_id])), text


def test_search_lists_several_results_and_records_their_view(account: MakeAccount, desk: Client) -> None:
    one, two = factories.make_case("twin-1"), factories.make_case("twin-2")
    factories.add_check(one, account("bank131"), "555000")
    factories.add_check(two, account("preventor"), "555000")
    page = page_of(desk.get(reverse("search"), {"q": "555000"}))
    assert listed(page) == [two.pk, one.pk]
    assert page.one("h1").text == "Search 2 found for “555000”"
    assert page.by_id("q")["value"] == "555000"
    records = ViewRecord.objects.filter(kind="search", page="search")
    assert set(records.values_list("case", flat=True)) == {one.pk, two.pk}
    assert records.count() == 2
    for case in (one, two):
        assert "found the case by search" in case_page(desk, case).by_id("access-log").text


@pytest.mark.parametrize(
    "text",
    [
        "nobody",
        "cust",
        "CUST-1",
        "\x00",
        "9" * 400,
        "-1",
        "1.0",
        "²",
        "١",
        "%",
        "_",
        "' OR 1=1 --",
        "KYC-",
        "x" * 5000,
        "0",
    ],
)
def test_a_search_without_a_result_shows_a_page(text: str, desk: Client) -> None:
    factories.make_case("cust-1")
    page = page_of(desk.get(reverse("search"), {"q": text}), status=404)
    assert page.by_id("search-results").one("h2").text == "No cases found"
    assert not ViewRecord.objects.exists()


def test_an_empty_search_is_not_an_error(desk: Client) -> None:
    page_of(desk.get(reverse("search")))
