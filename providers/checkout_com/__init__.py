"""Checkout.com Identities: identity verification, face authentication, ID document verification, AML screening.

This file calls: keys and tokens, pages of attempts, evidence, and what each HTTP status means. What an answer says and
means is read in ``checkout_com_answer.py``.
"""

import base64
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from providers.checkout_com import images
from providers.checkout_com import parse as answer
from providers.contract.base import Provider, Rules
from providers.contract.errors import (
    CredentialsRefused,
    Detail,
    FaultCode,
    NotFoundAtProvider,
    ProviderThrottled,
    ProviderUnavailable,
    ReferenceMismatch,
    UnreadableAnswer,
)
from providers.contract.report import (
    Assessment,
    Download,
    Evidence,
    EvidenceKind,
    ImageTitle,
    Kind,
    Report,
    Subject,
    Topic,
    TopicSignals,
)
from providers.contract.settings import Setting
from providers.transport.downloads import (
    MAX_FILE_BYTES,
    behind_fresh_link,
    behind_link,
    held,
    kept,
    lost,
    lost_for_now,
    source_of,
)
from providers.transport.http import Limits, Response, parse_retry_after, raise_for_common_faults, request
from providers.transport.tokens import Token, current_token

SCOPE = "identity-verification"
"""The one scope of all Identities endpoints; none that only reads is known."""
TOKEN_PATH = "/connect/token"  # noqa: S105
_UNKNOWN_ID = "idv_0000000000000000000000zzzz"
_TOKEN_MARGIN = timedelta(seconds=60)
_MOST_PAGES = 50
_TOKEN_HOST = re.compile(r"(?:(?:pl-)?[a-z0-9]+\.)?access\.(?P<sandbox>sandbox\.)?checkout\.com")
"""``{prefix}.access.checkout.com``, prefix ``^(?:pl-)?[a-z0-9]+$``, or the older form without prefix."""


class CheckoutCom(Provider):
    """Four read APIs below one host, by a secret key or an OAuth token. There is no call that lists checks."""

    name = answer.NAME
    label = "Checkout.com"
    kinds: ClassVar[tuple[Kind, ...]] = tuple(answer.PRODUCTS)
    official_hosts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "live": ("identity-verification.checkout.com",),
        "sandbox": ("identity-verification.sandbox.checkout.com",),
    }
    credential_keys: ClassVar[tuple[tuple[str, ...], ...]] = (("secret_key",), ("client_id", "client_secret"))
    account_settings: ClassVar[Mapping[str, Setting]] = {
        "token_url": Setting(
            label="Token URL",
            help="Where client ID and secret are exchanged for a token. Empty: below the base URL.",
            is_url=True,
        )
    }
    rhythm_seconds = 300
    topic_signals = TopicSignals(
        against={
            Topic.FACE: ("62304", "62321"),
            Topic.LIVENESS: ("62305",),
            Topic.DOCUMENT: ("62201", "62202", "62301", "62302", "62303"),
        },
        passes={
            Kind.IDENTITY: (Topic.FACE, Topic.LIVENESS, Topic.DOCUMENT),
            Kind.FACE: (Topic.FACE, Topic.LIVENESS),
            Kind.DOCUMENT: (Topic.DOCUMENT,),
        },
        fails={Kind.FACE: Topic.FACE, Kind.DOCUMENT: Topic.DOCUMENT},
    )
    # Links are signed anew at every read; whoever opens a verification_url acts as the applicant.
    volatile: ClassVar[tuple[str, ...]] = (
        "**.image_signed_url?query",
        "**.front_image_signed_url?query",
        "**.back_image_signed_url?query",
        "**.signature_image_signed_url?query",
        "**.asset_url.href?query",
        "**.pdf_report?query",
        "**.signed_url?query",
        "**._links.verification_url",
    )
    secrets: ClassVar[tuple[str, ...]] = ("**.verification_url", "**.access_token", "**.redirect_url?query")

    # --- a check --------------------------------------------------------------------------------------------------

    def fetch(self, subject: Subject) -> Report:
        """One read of the check and, but for AML, of all pages of its attempts. Raises a ``ProviderError``."""
        product = self._product(subject.kind)
        if problem := self.reference_problem(subject.kind, subject.reference, subject.settings):
            raise ReferenceMismatch(self.name, problem)
        visit = _Visit(self)
        response = visit.get(_path(subject))
        if response.status == 404:
            raise NotFoundAtProvider(self.name, _not_found(subject), request_id=request_id_of(response))
        payload: dict[str, Any] = {"check": self._json(response)}
        if product.has_attempts and isinstance(payload["check"], Mapping):
            # Read before the attempts are asked for, so that another check's answer costs no second call.
            answer.parse(payload, subject, request_id=request_id_of(response))
            payload["attempts"] = answer.in_order(self._pages(visit, f"{_path(subject)}/attempts"))
        return answer.parse(payload, subject, request_id=request_id_of(response))

    def normalise(self, report: Report, rules: Rules) -> Assessment:
        """The status of the check decides, nothing else; see ``checkout_com_answer.assess``."""
        return answer.assess(report, rules.codes)

    @classmethod
    def reference_problem(cls, kind: Kind, reference: str, settings: Mapping[str, Any]) -> str | None:
        """Ids are opaque text, prefixes may vanish: refused is only what cannot stand in a path."""
        if not reference.strip():
            return "The reference is empty."
        if len(reference) > 512:
            return "The reference is longer than 512 characters."
        if reference in (".", "..") or not reference.isprintable() or re.search(r"\s", reference):
            return "The reference holds blanks or characters that no id of Checkout.com has."
        if re.search("[\ud800-\udfff]", reference):
            return "The reference is not valid text."
        return None

    @classmethod
    def sign_in_hosts(cls, environment: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """The official host that ``token_url`` names, to be allowed beside the base URL's; none when it is another.

        Live accounts sign in at ``access.checkout.com``, others at ``access.sandbox.checkout.com``, with or without the
        account's prefix. The client's secret goes there, so a host that is not on the list must not be called.
        """
        parts = urlsplit(str(settings.get("token_url") or ""))
        found = _TOKEN_HOST.fullmatch(parts.hostname or "")
        right = found and bool(found["sandbox"]) == (environment != "live")
        return (str(parts.hostname),) if right and parts.scheme == "https" else ()

    def test_connection(self, reference: str = "") -> str:
        """With OAuth a sign-in, then a read of an id that nobody has: 404 says that everything works.

        Raises ``CredentialsRefused`` for authentication, ``ProviderUnavailable`` for the network and
        ``UnreadableAnswer`` for an answer of another shape.
        """
        visit = _Visit(self, fresh=True)
        response = visit.get(f"/identity-verifications/{_UNKNOWN_ID}", expected=None)
        foreign = response.media_type == "text/html" and not request_id_of(response)
        if response.status != 404 or foreign:
            page = " with a web page" if foreign else ""
            raise UnreadableAnswer(
                self.name,
                f"Reached, but it answered HTTP {response.status}{page} in place of 404. Admin: check the base URL.",
                body=response.body,
                request_id=request_id_of(response),
            )
        signed = "The sign-in worked" if visit.uses_oauth else "The secret key was accepted"
        return f"{signed}, and Checkout.com answered as documented for an id that does not exist."

    # --- evidence -------------------------------------------------------------------------------------------------

    @classmethod
    def describe_image(cls, label: str, kind: str, name: str = "") -> ImageTitle:
        """The part of the check and the attempt that an image belongs to."""
        return images.describe(label, kind, name)

    @classmethod
    def can_ask_for(cls, label: str) -> bool:
        """Everything: report and assets by their addresses, pictures by reading the check again."""
        return True

    def fetch_evidence(self, item: Evidence, subject: Subject) -> Iterator[Download]:
        """The bytes of a picture, of a PDF report, or of all assets of an attempt, one after the other.

        Links are asked for anew when they have run out. Nothing: it does not exist (yet).
        """
        self._product(subject.kind)
        visit = _Visit(self)
        if item.label == answer.PDF_LABEL:
            yield from self._pdf(visit, item, subject)
        elif attempt_id := _attempt_of(item.label):
            yield from self._assets(visit, subject, attempt_id, item.here)
        else:
            yield from self._picture(visit, subject, item)

    def _picture(self, visit: "_Visit", subject: Subject, item: Evidence) -> Iterator[Download]:
        if item.url:
            try:
                yield behind_link(item, self.connection, provider=self.name)
                return
            except NotFoundAtProvider:
                pass  # its time has run out
        response = visit.get(_path(subject))
        if response.status == 404:
            raise UnreadableAnswer(self.name, "Checkout.com no longer knows the check that this picture belongs to.")
        report = answer.parse({"check": self._json(response)}, subject)
        fresh = (picture for picture in answer.pictures(report.payload["check"]) if picture.label == item.label)
        for picture in islice(fresh, 1):
            yield self._fresh(picture)

    def _assets(
        self, visit: "_Visit", subject: Subject, attempt_id: str, here: frozenset[tuple[str, str]]
    ) -> Iterator[Download]:
        path = f"{_path(subject)}/attempts/{quote(attempt_id, safe='')}/assets"
        for asset in answer.assets(self._pages(visit, path), attempt_id):
            if (asset.label, source_of(asset.url)) in here:
                yield kept(asset)
                continue
            try:
                yield self._fresh(asset)
            except (ProviderUnavailable, UnreadableAnswer) as error:
                yield lost_for_now(asset, error)

    def _pdf(self, visit: "_Visit", item: Evidence, subject: Subject) -> Iterator[Download]:
        path = f"{_path(subject)}/pdf-report"
        item = replace(item, kind=EvidenceKind.REPORT_PDF)
        try:
            response = visit.get(path, limits=replace(self.connection.session.limits, max_bytes=MAX_FILE_BYTES))
        except UnreadableAnswer as error:
            yield lost(item, error.detail)
            return
        if response.status == 404:
            return
        if response.media_type == "application/pdf":
            # One official client treats the answer as the file itself.
            yield held(item, response.body, media_type=response.media_type, source=source_of(response.url))
            return
        link = answer.report_link(self._json(response))
        if not link:
            raise UnreadableAnswer(self.name, "The answer names no PDF report.", request_id=request_id_of(response))
        yield self._fresh(replace(item, url=link))

    def _fresh(self, item: Evidence) -> Download:
        return behind_fresh_link(item, self.connection, provider=self.name)

    # --- calls ----------------------------------------------------------------------------------------------------

    def _product(self, kind: Kind) -> answer.Product:
        if product := answer.PRODUCTS.get(kind):
            return product
        raise ReferenceMismatch(self.name, f"Checkout.com has no check of the kind {kind}.")

    def _json(self, response: Response) -> Any:
        try:
            return response.json(self.name)
        except UnreadableAnswer as error:
            sentence = answer.table_sentence("shape", "not_readable")
            raise UnreadableAnswer(
                self.name, f"{sentence} ({error.detail})", body=error.body, request_id=request_id_of(response)
            ) from None

    def _pages(self, visit: "_Visit", path: str) -> list[Any]:
        """All entries of a paged list: "follow ``_links.next``; do not compute the end from one page".

        Of the next link only ``skip`` and ``limit`` are taken, so that no link leads the key to another host. 404 is an
        empty list: there is nothing of this kind.
        """
        entries: list[Any] = []
        skip, query = 0, ""
        for _ in range(_MOST_PAGES):
            response = visit.get(path + query)
            if response.status == 404:
                return entries
            page = self._json(response)
            data = page.get("data") if isinstance(page, Mapping) else None
            if not isinstance(data, list):
                raise UnreadableAnswer(
                    self.name, "A list came without its data.", body=response.body, request_id=request_id_of(response)
                )
            entries += data
            following = _next_page(page)
            if following is None:
                return entries
            if following[0] <= skip:
                break
            skip, query = following[0], f"?skip={following[0]}" + (f"&limit={following[1]}" if following[1] else "")
        raise UnreadableAnswer(self.name, "The pages of a list lead in a circle.")

    def sign_in(self) -> Token:
        """A new OAuth token by client credentials. Raises ``CredentialsRefused`` or ``ProviderUnavailable``.

        "POST form-encoded grant_type=client_credentials", id and secret as HTTP Basic credentials.
        """
        client = self.connection.credentials.get("client_id", "").strip()
        secret = self.connection.credentials.get("client_secret", "").strip()
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode("ascii")
        response = request(
            "POST",
            str(self.settings.get("token_url") or "") or self.connection.base_url + TOKEN_PATH,
            provider=self.name,
            session=self.connection.session,
            headers={"Authorization": f"Basic {basic}"},
            form={"grant_type": "client_credentials", "scope": SCOPE},
        )
        raise_for_common_faults(response, provider=self.name)
        if response.status in (400, 401, 403):
            raise CredentialsRefused(self.name, self._sign_in_refusal(response), request_id=request_id_of(response))
        try:
            token = _token(response.json(self.name)) if response.status == 200 else None
        except UnreadableAnswer:
            token = None
        if token is None:
            raise ProviderUnavailable(
                self.name,
                f"The sign-in answered HTTP {response.status} without a token. Admin: check token_url and base URL.",
                request_id=request_id_of(response),
            )
        return token

    def _sign_in_refusal(self, response: Response) -> str:
        try:
            body = response.json(self.name)
        except UnreadableAnswer:
            body = None
        word = body.get("error") if isinstance(body, Mapping) else None
        sentence = answer.table_sentence("token_error", word if isinstance(word, str) else "*")
        return f"{sentence}{_quoted([word])}"


class _Visit:
    """The calls of one fetch: they share a token, of which at most one fresh one is asked for, and one deadline.

    A provider that drips may delay every page by almost the limit of a call; together they last no longer than one.
    """

    def __init__(self, provider: CheckoutCom, *, fresh: bool = False) -> None:
        self._provider = provider
        self._key = provider.connection.credentials.get("secret_key", "").strip()
        self._token = ""
        self._renewed = fresh
        self._spent = 0.0
        if self._key:
            return
        if not all(provider.connection.credentials.get(name, "").strip() for name in ("client_id", "client_secret")):
            raise CredentialsRefused(provider.name, "The account has neither a secret key nor client id and secret.")
        self._token = provider.sign_in().value if fresh else self._current("")

    @property
    def uses_oauth(self) -> bool:
        return not self._key

    def get(
        self, path: str, *, expected: frozenset[int] | None = frozenset({200, 404}), limits: Limits | None = None
    ) -> Response:
        """One authorised GET: 200 or 404, anything else raised by its meaning; ``None`` lets other statuses pass."""
        response = self._get(path, limits)
        if response.status == 401 and self.uses_oauth and not self._renewed:
            self._renewed = True
            self._token = self._current(self._token)
            response = self._get(path, limits)
        raise_for_status(response, expected)
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
        return current_token(store, provider.sign_in, provider=provider.name, refused=refused).value


def raise_for_status(response: Response, expected: frozenset[int] | None) -> None:
    """Raise what an HTTP status means, with the sentence of its row and the codes of the error envelope."""
    status = response.status
    if expected is not None and status in expected:
        return
    sentence = answer.table_sentence("http_status", str(status))
    detail = Detail(f"HTTP {status}: {sentence}{_quoted(_error_codes(response))}", FaultCode.HTTP_ERROR)
    request_id = request_id_of(response)
    if status in (401, 403):
        raise CredentialsRefused(answer.NAME, detail, request_id=request_id)
    if status == 429:
        wait = parse_retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
        raise ProviderThrottled(answer.NAME, detail, retry_after=wait, request_id=request_id)
    if status >= 500:
        raise ProviderUnavailable(answer.NAME, detail, request_id=request_id)
    if expected is None:
        return
    if status in (400, 422):
        raise ReferenceMismatch(answer.NAME, detail, request_id=request_id)
    raise ProviderUnavailable(answer.NAME, detail, request_id=request_id)


def request_id_of(response: Response) -> str:
    """What Checkout.com's support asks for: the header, else "treat ``request_id`` as optional" in an error's body."""
    if found := response.headers.get("Cko-Request-Id", ""):
        return _safe(found)
    body = _error_body(response)
    return _safe(body.get("request_id")) if response.status >= 400 else ""


def _error_body(response: Response) -> Mapping[str, Any]:
    """The error envelope; empty when the body is none: "401, 404 and 5xx may have an empty or non-JSON body"."""
    try:
        body = response.json(answer.NAME) if response.status >= 400 else None
    except UnreadableAnswer:
        body = None
    return body if isinstance(body, Mapping) else {}


def _error_codes(response: Response) -> list[Any]:
    codes = _error_body(response).get("error_codes")
    return codes[:5] if isinstance(codes, list) else []


def _quoted(words: list[Any]) -> str:
    """Their error words for the admin, only those that look like words: text of theirs may quote what we sent."""
    safe = [word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,79}", word)]
    return f" ({', '.join(safe)})" if safe else ""


def _safe(value: Any) -> str:
    return re.sub(r"[^\x21-\x7e]", "", value)[:100] if isinstance(value, str) else ""


def _path(subject: Subject) -> str:
    return f"/{answer.PRODUCTS[subject.kind].collection}/{quote(subject.reference, safe='')}"


def _not_found(subject: Subject) -> str:
    sentence = answer.table_sentence("http_status", "404")
    for kind, product in answer.PRODUCTS.items():
        if kind != subject.kind and subject.reference.startswith(product.prefix):
            return f"{sentence} The id looks like one of the kind {kind}, the check says {subject.kind}."
    return sentence


def _attempt_of(label: str) -> str:
    head, tail = answer.ASSETS_LABEL.split("{}")
    return label[len(head) : -len(tail)] if label.startswith(head) and label.endswith(tail) else ""


def _next_page(page: Mapping[str, Any]) -> tuple[int, int] | None:
    """(skip, limit or 0) of the next page; None at the end; skip 0 when the link cannot be read."""
    links = page.get("_links")
    link = links.get("next") if isinstance(links, Mapping) else None
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
    value = body.get("access_token") if isinstance(body, Mapping) else None
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,16384}", value):
        return None
    seconds = body.get("expires_in")
    usable = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= 31_536_000
    lifetime = timedelta(seconds=seconds if usable else 300)
    return Token(value=value, expires_at=datetime.now(UTC) + lifetime - min(_TOKEN_MARGIN, lifetime / 10))
