"""Error pages: navigation, theme, reason, and a way to continue."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from compliance.models import User
from compliance.views import errors
from tests import factories
from tests.compliance.views.pages import FRAGMENT, Node, page_of, signed_in

pytestmark = pytest.mark.django_db

LONG = {"theme": "x" * 1_100_000}


def get(url: str) -> Callable[[Client], Any]:
    return lambda browser: browser.get(url, headers={"Accept": "text/html"})


def broken(browser: Client) -> Any:
    """A view that fails."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compliance.views.queue.queue_page", lambda *_, **__: 1 / 0)
        browser.raise_request_exception = False
        return browser.get("/")


def without_token(browser: Client) -> Any:
    browser.handler.enforce_csrf_checks = True
    return browser.post(reverse("preferences"), {"theme": "dark"})


CASES: list[tuple[Callable[[Client], Any], int, str]] = [
    (get("/nowhere/"), 404, "does not exist, or you do not have access"),
    (get("/claim-next/"), 405, "only accepts form submissions"),
    (get("/queue/approvals/"), 403, "This list is for managers. Your role does not include approving overrides."),
    (get("/queue/escalated/"), 403, "This list is for managers. Your role does not include approving overrides."),
    (get("/admin/"), 403, "This page is for admins: your role does not include the settings."),
    (get("/admin/providers/provideraccount/"), 403, "This page is for admins"),
    (lambda browser: browser.post(reverse("preferences"), LONG), 413, "more than 1 MB of text"),
    (lambda browser: browser.get("/", {"tab": "x"}, HTTP_HOST="elsewhere.example"), 400, "a value that is not valid"),
    (without_token, 403, "could not be matched to your session"),
    (broken, 500, "An unexpected error occurred"),
]


def sentence_of(page: Node) -> str:
    return next(node.text for node in page.walk() if "data-error-sentence" in node.attributes)


@pytest.mark.parametrize(("ask", "status", "sentence"), CASES)
def test_an_error_page_keeps_navigation_and_theme(
    ask: Callable[[Client], Any], status: int, sentence: str, analyst: User, fresh_cache: None
) -> None:
    analyst.theme = "dark"
    analyst.save()
    page = page_of(ask(signed_in(analyst)), status=status)
    assert sentence in sentence_of(page)
    assert not page.all("form", method="post")
    if status == 400:  # refused before the session is read
        return
    assert page.one("html")["data-bs-theme"] == "dark"
    rail = page.by_id("rail")
    assert [link["href"] for link in rail.all("a", "item")] == ["/", "/queue/mine/", "/case/new/"]
    assert page.by_id("topbar").has("form", "search")
    assert page.one("main").has("a", "btn")


def test_an_error_without_a_session_or_in_a_fragment_stands_alone(analyst: User) -> None:
    page = page_of(signed_in(analyst).get("/nowhere/", headers=FRAGMENT), status=404)
    assert not page.has(id="rail") and sentence_of(page)
    page = page_of(Client().get("/nowhere/"), status=404)
    assert not page.has(id="rail")
    assert page.one("main").one("a", "btn")["href"] == "/sign-in/?next=/"


def test_a_fault_without_a_database_has_a_page(analyst: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in(analyst)

    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(errors, "page_context", fail)
    page = page_of(broken(browser), status=500)
    assert "An unexpected error occurred" in sentence_of(page) and not page.has(id="rail")


@pytest.mark.parametrize(
    ("verb", "reason"),
    [("approve", "approving overrides"), ("deny", "approving overrides")],
)
def test_an_analyst_reads_why_an_answer_is_for_managers(verb: str, reason: str, analyst: User) -> None:
    url = reverse(f"proposal-{verb}", args=["00000000-0000-7000-8000-000000000000"])
    for headers in ({}, FRAGMENT):
        page = page_of(signed_in(analyst).post(url, headers=headers), status=403)
        assert sentence_of(page) == f"Your role does not include {reason}. Ask an admin if you need it."


def test_a_form_without_a_session_says_so_on_the_sign_in_page(analyst: User) -> None:
    case = factories.make_case()
    page = reverse("case", args=[case.pk])
    form = {"verdict": "reject", "note": "Half a sentence"}
    browser = Client()
    answer = browser.post(reverse("case-decide", args=[case.pk]), form, headers={"Referer": f"http://testserver{page}"})
    assert answer.status_code == 302
    sign_in = page_of(browser.get(answer["Location"]))
    assert sentence_of(sign_in) == "You are signed out, so nothing was submitted. Sign in to continue."
    assert sign_in.one("input", name="next")["value"] == page


def test_a_form_without_session_and_token_links_to_signing_in(analyst: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    page = page_of(strict.post(reverse("preferences"), headers={"Referer": "http://testserver/search/"}), status=403)
    assert sentence_of(page) == "You are signed out. Sign in to continue."
    assert page.one("main").one("a", "btn")["href"] == "/sign-in/?next=/search/"
