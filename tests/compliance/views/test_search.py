"""The page of a search, and the suggestions of the field."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from compliance.models import User, ViewRecord
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.views.pages import FRAGMENT, case_page, listed, page_of

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
PAGE, SUGGESTIONS = "/search/", "/search/suggestions/"


def test_results_are_rows_of_the_queue_and_each_is_recorded(account: MakeAccount, desk: Client) -> None:
    one, two = factories.make_case("twin-1"), factories.make_case("twin-2")
    factories.add_check(one, account("bank131"), "555000")
    factories.add_check(two, account("preventor"), "555000")
    page = page_of(desk.post(PAGE, {"q": "555000"}))
    assert listed(page) == [two.pk, one.pk]
    assert page.by_id("search-results").one("p", "found").text == "2 results for “555000”"
    assert page.by_id("q")["value"] == "555000"
    records = ViewRecord.objects.filter(kind="search", page="search")
    assert set(records.values_list("case", flat=True)) == {one.pk, two.pk}
    assert records.count() == 2
    for case in (one, two):
        assert "found the case by search" in case_page(desk, case).by_id("access-log").text


def test_a_link_and_a_fragment_answer_like_the_form(desk: Client) -> None:
    case = factories.make_case("cust-1", full_name="Dana Whitfield")
    for answer in (
        desk.get(PAGE, {"q": "whitfield"}),
        desk.post(PAGE, {"q": "whitfield"}),
        desk.post(PAGE, {"q": "whitfield"}, headers=FRAGMENT),
    ):
        assert listed(page_of(answer)) == [case.pk]
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize("text", ["nobody", "\x00", "9" * 400, "²", "%", "_", "' OR 1=1 --", "KYC-", "x" * 5000, "0"])
def test_a_search_without_a_result_says_what_can_be_found(text: str, desk: Client) -> None:
    factories.make_case("cust-1")
    page = page_of(desk.post(PAGE, {"q": text}))
    if text.strip("\x00"):
        assert page.by_id("search-results").one("h2").text == "No cases found"
    assert not ViewRecord.objects.exists()


def test_an_empty_search_lists_the_cases_that_the_person_opened_last(desk: Client, colleague: User) -> None:
    assert page_of(desk.get(PAGE)).by_id("search-results").one("h2").text == "No case opened yet"
    first, second, _ = (factories.make_case(f"cust-{number}") for number in range(3))
    case_page(desk, second)
    case_page(desk, first)
    page = page_of(desk.get(PAGE))
    assert listed(page) == [first.pk, second.pk]
    assert "Cases you opened last" in page.by_id("search-results").text
    other = Client()
    other.force_login(colleague)
    assert listed(page_of(other.get(PAGE))) == []


def test_suggestions_are_the_best_five_and_choose_an_exact_identifier(desk: Client) -> None:
    cases = [factories.make_case(f"cust-{number}", full_name="Ana Smith") for number in range(7)]
    page = page_of(desk.post(SUGGESTIONS, {"q": "smith"}))
    shown = page.all("li", role="option")
    assert [option["data-href"] for option in shown] == [
        reverse("case", args=[case.pk]) for case in reversed(cases[2:])
    ]
    assert {option["aria-selected"] for option in shown} == {"false"}
    assert ViewRecord.objects.filter(page="search-suggestions").count() == 5
    for text in ("cust-3", "CUST-3", cases[3].label, cases[3].label.lower(), str(cases[3].pk)):
        first = page_of(desk.post(SUGGESTIONS, {"q": text})).all("li", role="option")[0]
        assert (first["data-href"], first["aria-selected"]) == (reverse("case", args=[cases[3].pk]), "true"), text


def test_the_words_of_a_search_are_in_no_address_of_the_page(desk: Client) -> None:
    factories.make_case("cust-1", full_name="Dana Whitfield")
    page = page_of(desk.post(PAGE, {"q": "whitfield"}))
    assert page.one("form", "search")["method"] == "post"
    assert not [link for link in page.all("a") if "q=" in link.get("href")]
