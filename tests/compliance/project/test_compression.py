"""Compression: small lists on the wire, and no sizes from which another site could read."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from compliance.models import Case
from compliance.project.compression import CompressionMiddleware
from compliance.queries import queue
from providers.models import ProviderAccount
from tests.compliance.views.many_cases import PASSPORT, RETRY, UNKNOWN, cases_with_answers

PAGE = "<p>A name in a list of cases.</p>" * 100
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def html(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE)


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse([PAGE.encode()], content_type="text/html")


def image(request: HttpRequest) -> FileResponse:
    return FileResponse([PAGE.encode()], content_type="image/jpeg")


def values(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE, content_type="application/json")


CASES: list[tuple[str, Any, str, dict[str, str], bool]] = [
    ("a page", html, "GET", {}, True),
    ("typed in the address bar", html, "GET", {"Sec-Fetch-Site": "none"}, True),
    ("a fragment", html, "GET", {"Sec-Fetch-Site": "same-origin"}, True),
    ("a link of another site", html, "GET", {"Sec-Fetch-Site": "cross-site"}, False),
    ("a link of a neighbour", html, "GET", {"Sec-Fetch-Site": "same-site"}, False),
    ("the answer to a form", html, "POST", {"Sec-Fetch-Site": "same-origin"}, False),
    ("a streamed page", streamed, "GET", {}, False),
    ("an image", image, "GET", {}, False),
    ("no page", values, "GET", {}, False),
]


@pytest.mark.parametrize(("name", "view", "method", "headers", "expected"), CASES, ids=[case[0] for case in CASES])
def test_only_html_for_the_own_site_is_compressed(
    name: str, view: Any, method: str, headers: dict[str, str], expected: bool
) -> None:
    request = RequestFactory().generic(method, "/", headers=GZIP | headers)
    response: Any = CompressionMiddleware(view)(request)
    assert (response.get("Content-Encoding") == "gzip") is expected
    if expected:
        assert gzip.decompress(response.content).decode() == PAGE


def test_the_size_of_a_compressed_page_varies_at_random() -> None:
    request = RequestFactory().get("/", headers=GZIP)
    responses: list[Any] = [CompressionMiddleware(html)(request) for _ in range(40)]
    assert len({len(response.content) for response in responses}) > 5


@pytest.mark.django_db
def test_the_token_of_a_page_differs_in_every_response(desk: Client) -> None:
    found = [re.findall(rb'csrfmiddlewaretoken" value="(\w+)', desk.get(reverse("queue")).content) for _ in range(2)]
    assert found[0] and not {*found[0]} & {*found[1]}


@pytest.mark.django_db
def test_a_full_page_takes_at_most_20_kilobytes(account: Callable[..., ProviderAccount], desk: Client) -> None:
    answers = ([PASSPORT, RETRY, UNKNOWN] * queue.PAGE)[: queue.PAGE]
    for place, case in enumerate(cases_with_answers(account("bank131"), answers, country="NG")):
        Case.objects.filter(pk=case.pk).update(
            checks_summary=[["identity", "declined", "checkout_com"], ["face", "approved", "preventor"]],
            why=f"{place * 7919 % 90000} reason {place * 104729 % 9973}, 62304 face mismatch",
        )
    response = desk.get(reverse("queue"), headers=GZIP)
    page = gzip.decompress(response.content)
    assert page.count(b"data-row=") == queue.PAGE
    assert len(response.content) <= 20 * 1024, f"{len(response.content)} of {len(page)}"
    assert "Accept-Encoding" in response["Vary"]
