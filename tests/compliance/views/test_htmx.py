"""Pages and fragments: one context, rendered whole or in part, and no sign-in page inside another page."""

from typing import Any

import pytest
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxDetails

from compliance.models import Case, User
from compliance.views.htmx import SignInRequiredMiddleware, go_to, render_page, wants_fragment
from providers.models import ProviderAccount
from tests.compliance.views.pages import FRAGMENT, parsed, signed_in
from tests.factories import case_from

TITLE = {"tab": {"label": "Declined"}, "count": "12"}


def asked(user: Any = None, **headers: str) -> HttpRequest:
    """A request as views receive it."""
    request = RequestFactory().get("/", headers=headers)
    request.user = user or AnonymousUser()
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


def answered(request: HttpRequest, **given: Any) -> HttpResponse:
    return render_page(request, "404.html", "queue/_title.html", TITLE, **given)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
        ({"HX-Request": "false"}, False),
        ({"HX-Boosted": "true"}, False),
    ],
)
def test_only_htmx_requests_of_an_open_page_get_a_fragment(headers: dict[str, str], expected: bool) -> None:
    assert wants_fragment(asked(**headers)) is expected


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_the_response_varies_by_the_headers_of_htmx(headers: dict[str, str]) -> None:
    names = {name.strip() for name in answered(asked(**headers))["Vary"].split(",")}
    assert names >= {"HX-Request", "HX-Boosted", "HX-History-Restore-Request"}


def test_a_fragment_has_other_changed_parts_and_its_status() -> None:
    response = answered(asked(**FRAGMENT), also=("queue/_title.html",), status=409)
    own, other = parsed(response.content.decode().replace("queue-title", "first", 1)).all("h1")
    assert response.status_code == 409
    assert (own.get("hx-swap-oob"), other.get("hx-swap-oob")) == ("", "true")
    assert own.text == other.text == "Declined 12"


def test_a_fragment_has_pending_messages_only() -> None:
    request = asked(**FRAGMENT)
    messages.success(request, "KYC-1 approved.")
    page = parsed(answered(request).content.decode())
    assert page.by_id("messages").get("hx-swap-oob") == "beforeend"
    assert page.by_id("messages").texts("span") == ["KYC-1 approved."]
    assert not parsed(answered(asked(**FRAGMENT)).content.decode()).has(id="messages")


def test_a_form_is_redirected_by_status_and_a_fragment_request_by_header() -> None:
    plain, fragment = go_to(asked(), "queue", "mine"), go_to(asked(**FRAGMENT), "queue", "mine")
    assert (plain.status_code, plain["Location"]) == (303, "/queue/mine/")
    assert (fragment.status_code, fragment["HX-Redirect"], fragment.content) == (204, "/queue/mine/", b"")


# --- signing in ----------------------------------------------------------------------------------------------------


def refused(**headers: str) -> Any:
    """The response to a request whose session has ended."""
    middleware = SignInRequiredMiddleware(lambda request: HttpResponse("secret"))
    return middleware.process_view(asked(**headers), lambda request: HttpResponse("secret"), (), {})


def test_a_fragment_request_without_a_session_gets_the_sign_in_url_and_no_page() -> None:
    response = refused(**FRAGMENT, **{"HX-Current-URL": "http://testserver/case/12/?report=2"})
    assert response.status_code == 401
    part = parsed(response.content.decode())
    assert [node.tag for node in part.walk()] == ["", "p", "span", "a"]
    assert part.one("span").text == "You are signed out, so nothing was submitted. Sign in to continue."
    assert part.one("a")["href"] == response["HX-Redirect"]
    assert response["HX-Redirect"] == "/sign-in/?next=/case/12/%3Freport%3D2"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("url", ["http://elsewhere.example/case/1/", "javascript:alert(1)", "//elsewhere.example", ""])
def test_sign_in_never_redirects_to_another_site(url: str) -> None:
    assert refused(**FRAGMENT, **{"HX-Current-URL": url})["HX-Redirect"] == "/sign-in/?next=/"


def test_a_page_without_a_session_redirects_to_the_sign_in_page() -> None:
    response = refused()
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/")


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        ("http://testserver/case/12/?report=2", "/case/12/%3Freport%3D2"),
        ("http://elsewhere.example/case/12/", "/"),
        ("", "/"),
    ],
)
def test_a_form_without_a_session_leads_to_signing_in_on_its_page(referer: str, page: str) -> None:
    request = RequestFactory().post("/case/12/decide/", {"note": "x"}, headers={"Referer": referer})
    request.user = AnonymousUser()
    middleware = SignInRequiredMiddleware(lambda request: HttpResponse("secret"))
    response: Any = middleware.process_view(request, lambda request: HttpResponse("secret"), (), {})
    assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={page}&unsent=1")


def test_a_signed_in_user_passes() -> None:
    middleware = SignInRequiredMiddleware(lambda request: HttpResponse("page"))
    answer = middleware.process_view(asked(User(username="dana"), **FRAGMENT), lambda request: HttpResponse(), (), {})
    assert answer is None


# --- the fragment is a part of the page ----------------------------------------------------------------------------


@pytest.fixture
def case(simulator: Any, account: Any) -> Case:
    """A declined case."""
    declined: ProviderAccount = account("checkout_com")
    return case_from(simulator, declined, "identity-declined-62301")


def repr_of(node: Any) -> str:
    """The tree as text: tags, attributes and words."""
    if isinstance(node, str):
        return " ".join(node.split())
    inner = "".join(repr_of(child) for child in node.children)
    return f"<{node.tag} {sorted(node.attributes.items())}>{inner}</>"


def part(html: str, name: str) -> str:
    """One element of an answer, as text."""
    page = parsed(html)
    for node in page.walk():
        if node.get("name") == "csrfmiddlewaretoken":
            node.attributes["value"] = ""
    found = page.by_id(name)
    found.attributes.pop("hx-swap-oob", None)
    return repr_of(found)


def test_the_parts_of_a_case_are_the_same_alone_and_in_the_page(analyst: User, case: Case) -> None:
    browser: Client = signed_in(analyst)
    browser.get(f"/case/{case.pk}/")
    page = browser.get(f"/case/{case.pk}/").content.decode()
    fragment = browser.get(f"/case/{case.pk}/live/", headers=FRAGMENT).content.decode()
    for name in ("checks", "case-head", "warnings", "timeline", "pictures"):
        assert part(fragment, name) == part(page, name)


def test_the_list_of_cases_is_the_same_alone_and_in_the_page(analyst: User, case: Case) -> None:
    browser = signed_in(analyst)
    page = browser.get("/queue/declined/").content.decode()
    fragment = browser.get("/queue/declined/", headers=FRAGMENT).content.decode()
    for name in ("queue-table", "queue-tabs", "queue-title"):
        assert part(fragment, name) == part(page, name)
