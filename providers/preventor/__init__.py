"""Preventor: identity tickets, parsed leniently, and their images by type.

Source: the public page "IDV Tickets" (two GETs: ticket details and images) and the token request of the security page.
Neither page shows a body, so values are found by key name (``status_words``, ``parts``) and images by their form
(``images``).
"""

import base64
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from providers.contract.base import Provider, Rules, Setting
from providers.contract.code_table import code_table
from providers.contract.errors import (
    CredentialsRefused,
    Detail,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    ReferenceMismatch,
    UnreadableAnswer,
    reworded,
)
from providers.contract.payload_values import object_of
from providers.contract.report import (
    EMPTY,
    Assessment,
    Download,
    Evidence,
    EvidenceKind,
    ImageTitle,
    Kind,
    Outcome,
    Report,
    Subject,
    Topic,
    TopicSignals,
    Verdict,
)
from providers.preventor.images import (
    IMAGE_TYPES,
    Found,
    decoded,
    describe,
    evidence_in,
    images_in,
    says_there_is_none,
)
from providers.preventor.mapping import assess
from providers.preventor.parse import NAME, envelope_code, envelope_fault, parse
from providers.preventor.status_words import read_words
from providers.preventor.tokens import read_token
from providers.transport import file_types, strict_json
from providers.transport.downloads import (
    MAX_FILE_BYTES,
    already_copied,
    behind_fresh_link,
    behind_link,
    copied,
    host_problem,
    source_of,
    unavailable,
    unavailable_for_now,
)
from providers.transport.http import Limits, Response, status_fault
from providers.transport.tokens import Token, current_token

TICKETS = "/id/v1/identity/transactions"
SIGN_IN = "/id/v1/identity/auth/token"
_SIGN_IN_KEYS = ("api_key", "secret", "tenant", "env", "banknu")


class Preventor(Provider):
    """Reads a ticket, and its images with one call a type."""

    name = NAME
    label = "Preventor"
    kinds = (Kind.IDENTITY,)
    # The live host is documented for an older API only; the sandbox's is on the page itself.
    official_hosts = {"sandbox": ("api-sandbox.preventor.com",), "live": ("api.preventor.com",)}
    # The page shows the token alone or with the header x-api-key beside it.
    credential_keys = (("token",), ("token", "api_key"), _SIGN_IN_KEYS)
    # "user-agent" is an optional header of both calls; whether it is evaluated is not documented. Neither is whether
    # ticket calls need the tenant headers of the sign-in.
    account_settings: ClassVar[Mapping[str, Setting]] = {
        "user_agent": Setting(
            label="User agent",
            help="Sent with every call. Empty sends the application's own.",
            pattern=r"[\x20-\x7e]{0,200}",
        ),
        "send_tenant_headers": Setting(
            label="Send tenant headers",
            default=False,
            help="Send the tenant headers of the sign-in with every ticket call, too.",
        ),
        "image_requests": Setting(
            label="Image requests",
            help="One request for each type keeps the other images when one is too large.",
            choices=(
                ("", "One request for each type"),
                ("joined", "One request for all types, joined with commas"),
                ("ALL", "One request for ALL"),
            ),
        ),
    }
    poll_seconds = 120
    topic_signals = TopicSignals(
        against={Topic.FACE: ("PVT_PM_E001",), Topic.DOCUMENT: ("PVT-NVLD-STTS", "PVT_IP_E008")},
        passes={Kind.IDENTITY: (Topic.FACE, Topic.DOCUMENT)},
        explains={("OK", "document check"): {Topic.DOCUMENT: "no remark"}},
    )
    volatile = ("**.token", "**.expiracy", "**.expires_at", "**?query")
    secrets = (
        "**.token", "**.access_token", "**.secret", "**.api_key", "**.authorization", "**.Authorization",
        "**.x-api-key", "**.x-tenant", "**.x-env", "**.x-banknu",
    )  # fmt: skip

    has_any_spelling = True
    shown_elsewhere = ("**",)
    """The ticket has a card of its own with its whole answer."""

    def fetch(self, subject: Subject) -> Report:
        """Read the ticket."""
        response = self._get(self._ticket_path(subject.reference), self._until())
        return parse(response.json(NAME), subject, body=response.body)

    def normalise(self, report: Report, rules: Rules) -> Assessment:
        """The ordered rules over flow and disposition; codes decide only if both are missing."""
        return assess(read_words(report.payload), rules.codes)

    @classmethod
    def reference_problem(cls, kind: Kind, reference: str, settings: Mapping[str, Any]) -> str | None:
        """A ticket id may be any text that fits into a path; its format is not documented."""
        if not reference.strip():
            return "The ticket id is empty."
        if reference.strip() in (".", "..") or not reference.isprintable():
            return "This is not a valid ticket id."
        return None

    # --- evidence ---

    def list_evidence(self, report: Report) -> tuple[Evidence, ...]:
        """The five types, after the ticket has a result; before that the applicant may still repeat an image.

        A failed last step without attempts left counts as a result, a step to be repeated does not.
        """
        assessment = self.normalise(report, self.rules())
        underway = assessment.outcome is Outcome.IN_PROGRESS or (
            assessment.outcome is Outcome.PENDING and assessment.verdict is not Verdict.NEGATIVE
        )
        inside = evidence_in(report.payload, holds_evidence=lambda url: not host_problem(url, self.connection))
        return tuple(inside) if underway else (*self.evidence_types(self.settings), *inside)

    @classmethod
    def describe_image(cls, label: str, kind: str, name: str = "") -> ImageTitle:
        """The path of an image of unknown type that the ticket itself contains."""
        return describe(label, kind)

    @classmethod
    def evidence_types(cls, settings: Mapping[str, Any] = EMPTY) -> tuple[Evidence, ...]:
        """The documented image types: one request each, or one request for all as the account's settings say."""
        if how := settings.get("image_requests"):
            return (Evidence(kind=EvidenceKind.OTHER, label="ALL" if how == "ALL" else ",".join(IMAGE_TYPES)),)
        return tuple(Evidence(kind=kind, label=image_type) for image_type, kind in IMAGE_TYPES.items())

    @classmethod
    def can_ask_for(cls, label: str) -> bool:
        """Whether the label is a type, ALL, or types joined with commas."""
        return all(image_type in (*IMAGE_TYPES, "ALL") for image_type in label.split(","))

    def fetch_evidence(self, item: Evidence, subject: Subject) -> Iterator[Download]:
        """The images of one type (``item.label``), or the one inside the ticket or behind one of its links.

        Raises ``NotFoundAtProvider`` for an expired link of the ticket: reading the ticket again returns a fresh one.
        """
        if item.url:
            yield _of_a_kind(behind_link(item, self.connection, provider=NAME))
            return
        if item.inline:
            content, problem = decoded(item.inline, item.kind)
            yield self._download_of(Found(kind=item.kind, label=item.label, content=content, problem=problem))
            return
        if self.can_ask_for(item.label):
            yield from self.fetch_images(subject.reference, *item.label.split(","), here=item.here)

    def fetch_images(
        self, reference: str, *types: str, here: frozenset[tuple[str, str]] = frozenset()
    ) -> Iterator[Download]:
        """The images of the named types in one call: "concatenated with a comma (,); no spaces inbetween".

        An image that is too large, damaged, not recognised or behind a forbidden link has a ``problem``, and a fault if
        a retry may solve it. Images that are ``here`` with the same link are not copied again.
        """
        # Built by hand, because a library would send the comma as %2C.
        path = f"{self._ticket_path(reference)}/images?type={','.join(types)}"
        try:
            response = self._get(path, self._until(), max_bytes=MAX_FILE_BYTES)
        except NotFoundAtProvider:
            # The ticket could be read before, so this means that the image does not exist, or no longer.
            return
        except UnreadableAnswer as error:
            item = Evidence(kind=IMAGE_TYPES.get(types[0], EvidenceKind.OTHER), label=types[0])
            yield unavailable(item, error.detail)
            return
        answer = response.json(NAME)
        if says_there_is_none(answer, types, reference):
            return
        if isinstance(answer, Mapping) and (code := envelope_code(answer)) is not None:
            raise envelope_fault(code, b"")
        del response  # identical bytes are stored once
        answered = images_in(answer, tuple(IMAGE_TYPES) if "ALL" in types else types)
        # Name and source do not identify an image if another one shares them.
        marks = Counter((found.label, source_of(found.link)) for found in answered)
        for found in answered:
            item = Evidence(kind=found.kind, label=found.label, url=found.link)
            mark = (found.label, source_of(found.link))
            if found.link and mark in here and marks[mark] == 1:
                yield already_copied(item)
                continue
            try:
                yield self._download_of(found)
            except (ProviderUnavailable, UnreadableAnswer) as error:
                yield unavailable_for_now(item, error)

    def _download_of(self, found: Found) -> Download:
        item = Evidence(kind=found.kind, label=found.label, url=found.link)
        if found.problem:
            return unavailable(item, found.problem)
        if found.link:
            return _of_a_kind(behind_fresh_link(item, self.connection, provider=NAME))
        return copied(item, found.content, media_type=file_types.media_type(found.content), source=_source(found))

    # --- the connection test ---

    def test_connection(self, reference: str = "") -> str:
        """Sign in with the five credentials; with a fixed token read a ticket, known or not."""
        token, until = self._fixed_token, self._until()
        if not token:
            token = self._sign_in(until).value
            if not reference:
                return "Preventor accepted the credentials and gave a token."
        asked = reference or str(uuid.uuid4())
        response = self._send("GET", self._ticket_path(asked), until, headers=self._ticket_headers(token))
        if response.status == 404:
            return "Preventor accepted the token; it does not know the requested ticket."
        if response.status != 200:
            raise _fault_of(response)
        answer = response.json(NAME)
        if not isinstance(answer, Mapping):
            raise UnreadableAnswer(NAME, "Preventor answered, but not with a JSON object.", body=response.body)
        return "Preventor accepted the token and answered about a ticket."

    # --- calls ---

    @property
    def _fixed_token(self) -> str:
        return str(self.connection.credentials.get("token", "")).strip()

    def _ticket_path(self, reference: str) -> str:
        if problem := self.reference_problem(Kind.IDENTITY, reference, EMPTY):
            raise ReferenceMismatch(NAME, problem)
        return f"{TICKETS}/{quote(reference.strip(), safe='')}"

    def _until(self) -> float:
        """The common deadline of sign-in, read and repetition: the limit of one call."""
        return time.monotonic() + self.connection.session.limits.deadline

    def _limits(self, until: float, max_bytes: int | None = None) -> Limits:
        own = self.connection.session.limits
        left = until - time.monotonic()
        if left <= 0:
            raise ProviderUnavailable(NAME, f"No complete answer within {own.deadline:g} s.")
        return replace(own, deadline=min(left, own.deadline), max_bytes=max_bytes or own.max_bytes)

    def _get(self, path: str, until: float, *, max_bytes: int | None = None) -> Response:
        """A GET with a token that was answered with 200; uses at most one fresh token."""
        token = self._token(until)
        response = self._send("GET", path, until, headers=self._ticket_headers(token), max_bytes=max_bytes)
        if response.status == 401 and not self._fixed_token:
            token = self._token(until, refused=token)
            response = self._send("GET", path, until, headers=self._ticket_headers(token), max_bytes=max_bytes)
        if response.status != 200:
            raise _fault_of(response)
        return response

    def _send(
        self, method: str, path: str, until: float, *, headers: Mapping[str, str], max_bytes: int | None = None
    ) -> Response:
        return self.call(method, path, headers=headers, limits=self._limits(until, max_bytes))

    def _ticket_headers(self, token: str) -> dict[str, str]:
        credentials = self.connection.credentials
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, */*", **self._agent()}
        if api_key := credentials.get("api_key"):
            headers["x-api-key"] = api_key
        if self.settings["send_tenant_headers"]:
            headers |= {f"x-{key}": credentials[key] for key in ("tenant", "env", "banknu") if credentials.get(key)}
        return headers

    def _agent(self) -> dict[str, str]:
        agent = str(self.settings["user_agent"] or "").strip()
        return {"User-Agent": agent} if agent else {}

    def _token(self, until: float, *, refused: str = "") -> str:
        if self._fixed_token:
            return self._fixed_token
        # Waiting for another worker's sign-in counts as well; some time is reserved for the read itself.
        wait_seconds = max(0.0, until - time.monotonic() - 1)
        return current_token(
            self.connection.tokens,
            lambda: self._sign_in_for_reading(until),
            provider=NAME,
            refused=refused,
            wait_seconds=wait_seconds,
        ).value

    def _sign_in_for_reading(self, until: float) -> Token:
        """Sign in; an unreadable answer is a fault of the account, not of the ticket being read."""
        try:
            return self._sign_in(until)
        except UnreadableAnswer as error:
            raise ProviderUnavailable(NAME, reworded(error.detail, f"Sign-in: {error.detail}")) from None

    def _sign_in(self, until: float) -> Token:
        """POST with "Basic base64(api_key:secret)" and the five values as headers; the table calls them optional, the
        text does not. The page has a heading "Body" and nothing below it: the body stays empty."""
        credentials = {key: str(self.connection.credentials.get(key, "")) for key in _SIGN_IN_KEYS}
        basic = base64.b64encode(f"{credentials['api_key']}:{credentials['secret']}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/json",
            "x-api-key": credentials["api_key"],
            "x-tenant": credentials["tenant"],
            "x-env": credentials["env"],
            "x-banknu": credentials["banknu"],
            **self._agent(),
        }
        response = self._send("POST", SIGN_IN, until, headers=headers)
        if response.status in (400, 401, 403):
            detail = f"HTTP {response.status} at sign-in: the credentials were refused. {_mnemonic_of(response)}"
            raise CredentialsRefused(NAME, detail.strip())
        if response.status == 404:
            detail = "HTTP 404 at sign-in: there is no such address."
            raise ProviderUnavailable(NAME, Detail(detail, admin_action="Check the base URL."))
        if response.status not in (200, 201):
            raise _fault_of(response)
        token = read_token(response.json(NAME), now=datetime.now(UTC))
        if token is None:
            raise UnreadableAnswer(NAME, "The sign-in answer contains no token.")
        return token


def _of_a_kind(download: Download) -> Download:
    """The file behind a link; a problem if it is of no known type, such as a web page."""
    if download.problem or file_types.is_known(download.content):
        return download
    problem = "The link leads to no known type of image or file."
    return replace(download, content=b"", problem=problem)


def _source(found: Found) -> str:
    """The line below an image that was inside an answer."""
    means = f" {code_table(NAME).row('image_type', found.image_type).summary}" if found.image_type else ""
    return f"Preventor, {found.label}.{means}"


def _fault_of(response: Response) -> ProviderError:
    note = _mnemonic_of(response) if response.status == 400 else ""
    return status_fault(response, provider=NAME, note=note)


def _mnemonic_of(response: Response) -> str:
    """The mnemonic of an error envelope, such as BDRQST, in brackets; not the message, which may name a person."""
    try:
        code = object_of(strict_json.loads(response.body)).get("code")
    except ValueError:
        return ""
    return f"({code})" if isinstance(code, str) and re.fullmatch(r"[A-Z0-9_-]{2,20}", code) else ""
