"""Authorised calls to Checkout.com: key or OAuth token, pages of a list, and the meaning of each HTTP status."""

import base64
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from providers.checkout_com.products import NAME
from providers.contract.base import Provider
from providers.contract.code_table import code_table
from providers.contract.errors import CredentialsRefused, Detail, ProviderUnavailable, UnreadableAnswer
from providers.contract.payload_values import list_of, object_of
from providers.transport.http import Limits, Response, raise_for_common_faults, request, status_fault
from providers.transport.tokens import Token, current_token

SCOPE = "identity-verification"
"""The one scope of all Identities endpoints; no read-only scope is documented."""
TOKEN_PATH = "/connect/token"  # noqa: S105
_TOKEN_MARGIN = timedelta(seconds=60)
_MOST_PAGES = 50


class Calls:
    """The calls of one fetch: they share a token, at most one fresh sign-in, and one deadline.

    A slow provider may delay every page by almost the limit of a call; all pages together have the limit of one call.
    """

    def __init__(self, provider: Provider, *, fresh: bool = False) -> None:
        self._provider = provider
        self._key = provider.connection.credentials.get("secret_key", "").strip()
        self._token = ""
        self._renewed = fresh
        self._spent = 0.0
        if self._key:
            return
        if not all(provider.connection.credentials.get(name, "").strip() for name in ("client_id", "client_secret")):
            raise CredentialsRefused(provider.name, "The account has neither a secret key nor client id and secret.")
        self._token = sign_in(provider).value if fresh else self._current("")

    @property
    def uses_oauth(self) -> bool:
        return not self._key

    def get(
        self, path: str, *, expected: frozenset[int] | None = frozenset({200, 404}), limits: Limits | None = None
    ) -> Response:
        """One authorised GET: returns 200 and 404, raises the fault of other statuses; ``None`` returns all."""
        response = self._get(path, limits)
        if response.status == 401 and self.uses_oauth and not self._renewed:
            self._renewed = True
            self._token = self._current(self._token)
            response = self._get(path, limits)
        status = response.status
        if status in (401, 403, 429) or status >= 500 or (expected is not None and status not in expected):
            note, request_id = _quoted(_error_codes(response)), request_id_of(response)
            raise status_fault(response, provider=NAME, note=note, request_id=request_id)
        return response

    def _get(self, path: str, limits: Limits | None) -> Response:
        headers = {"Authorization": f"Bearer {self._key or self._token}"}
        own = limits or self._provider.connection.session.limits
        left = own.deadline - self._spent
        if left <= 0:
            raise ProviderUnavailable(self._provider.name, f"No complete answer within {own.deadline:g} s.")
        session = self._provider.connection.session
        started, waited = time.monotonic(), session.waited
        try:
            return self._provider.call("GET", path, headers=headers, limits=replace(own, deadline=left))
        finally:
            self._spent += time.monotonic() - started - (session.waited - waited)

    def _current(self, refused: str) -> str:
        provider = self._provider
        store = provider.connection.tokens
        return current_token(store, lambda: sign_in(provider), provider=provider.name, refused=refused).value


def read_json(response: Response) -> Any:
    try:
        return response.json(NAME)
    except UnreadableAnswer as error:
        detail = code_table(NAME).row("shape", "not_readable").detail(after=f"({error.detail})")
        raise UnreadableAnswer(NAME, detail, body=error.body, request_id=request_id_of(response)) from None


def read_pages(calls: "Calls", path: str) -> list[Any]:
    """All entries of a paged list: "follow ``_links.next``; do not compute the end from one page".

    Of the next link only ``skip`` and ``limit`` are taken, so that no link sends the key to another host. 404 is an
    empty list.
    """
    entries: list[Any] = []
    skip, query = 0, ""
    for _ in range(_MOST_PAGES):
        response = calls.get(path + query)
        if response.status == 404:
            return entries
        page = read_json(response)
        data = object_of(page).get("data")
        if not isinstance(data, list):
            detail, request_id = "A list has no data.", request_id_of(response)
            raise UnreadableAnswer(NAME, detail, body=response.body, request_id=request_id)
        entries += data
        following = _next_page(page)
        if following is None:
            return entries
        if following[0] <= skip:
            break
        skip, query = following[0], f"?skip={following[0]}" + (f"&limit={following[1]}" if following[1] else "")
    raise UnreadableAnswer(NAME, "The pages of a list form a circle.")


def sign_in(provider: Provider) -> Token:
    """A new OAuth token by client credentials. Raises ``CredentialsRefused`` or ``ProviderUnavailable``.

    "POST form-encoded grant_type=client_credentials", id and secret as HTTP Basic credentials.
    """
    client = provider.connection.credentials.get("client_id", "").strip()
    secret = provider.connection.credentials.get("client_secret", "").strip()
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode("ascii")
    response = request(
        "POST",
        str(provider.settings.get("token_url") or "") or provider.connection.base_url + TOKEN_PATH,
        provider=NAME,
        session=provider.connection.session,
        headers={"Authorization": f"Basic {basic}"},
        form={"grant_type": "client_credentials", "scope": SCOPE},
    )
    raise_for_common_faults(response, provider=NAME)
    if response.status in (400, 401, 403):
        word = _error_body(response).get("error")
        row = code_table(NAME).row("token_error", word if isinstance(word, str) else "*")
        raise CredentialsRefused(NAME, row.detail(after=_quoted([word])), request_id=request_id_of(response))
    try:
        token = _token(response.json(NAME)) if response.status == 200 else None
    except UnreadableAnswer:
        token = None
    if token is None:
        text = f"The sign-in answered HTTP {response.status} without a token."
        detail = Detail(text, admin_action="Check token_url and base URL.")
        raise ProviderUnavailable(NAME, detail, request_id=request_id_of(response))
    return token


def request_id_of(response: Response) -> str:
    """The support ID of an answer: from the header, else "treat ``request_id`` as optional" in an error's body."""
    if found := response.headers.get("Cko-Request-Id", ""):
        return _safe(found)
    return _safe(_error_body(response).get("request_id"))


def _error_body(response: Response) -> Mapping[str, Any]:
    """The error envelope; empty when the body is not one: "401, 404 and 5xx may have an empty or non-JSON body"."""
    try:
        return object_of(response.json(NAME)) if response.status >= 400 else {}
    except UnreadableAnswer:
        return {}


def _error_codes(response: Response) -> list[Any]:
    return list_of(_error_body(response).get("error_codes"))[:5]


def _quoted(words: list[Any]) -> str:
    """The error words of the answer for the admin. Free text is left out, because it may quote our request."""
    safe = [word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,79}", word)]
    return f"({', '.join(safe)})" if safe else ""


def _safe(value: Any) -> str:
    return re.sub(r"[^\x21-\x7e]", "", value)[:100] if isinstance(value, str) else ""


def _next_page(page: Mapping[str, Any]) -> tuple[int, int] | None:
    """(skip, limit or 0) of the next page; None at the end; skip 0 when the link cannot be read."""
    link = object_of(page.get("_links")).get("next")
    href = link.get("href") if isinstance(link, Mapping) else link
    if not href:
        return None
    try:
        query = parse_qs(urlsplit(href).query) if isinstance(href, str) else {}
    except ValueError:
        query = {}
    skip, limit = (query.get(name, ["0"])[0] for name in ("skip", "limit"))
    known = [int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else 0 for text in (skip, limit)]
    return known[0], known[1]


def _token(body: Any) -> Token | None:
    """``access_token`` with its end; "rely on ``expires_in``" (seconds), five minutes when it is missing."""
    value, seconds = object_of(body).get("access_token"), object_of(body).get("expires_in")
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,16384}", value):
        return None
    lifetime = timedelta(minutes=5)
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= 31_536_000:
        lifetime = timedelta(seconds=seconds)
    return Token(value=value, expires_at=datetime.now(UTC) + lifetime - min(_TOKEN_MARGIN, lifetime / 10))
