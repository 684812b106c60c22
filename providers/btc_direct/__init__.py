"""BTC Direct: the liveness check of a buy order.

``GET /api/v2/buy/{id}/identification/liveness`` answers ``{name, type, status, data}``, or a map of error codes under
``errors``. A read authenticates twice: the partner (a token of one hour from ``POST /api/v1/authenticate``, or an API
key) and the owner of the order (the header ``User-Identifier``).

Documented: the path, the fields, thirteen error codes, the expired token (HTTP 400 with ER801). Not documented: the
values of ``status``, and which error code comes with which HTTP status. So the body is decoded for every HTTP status,
and the approving words are a setting of the account.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from providers.btc_direct.errors import NAME, ErrorCode, Redaction, codes_of, fault_of, only_stale_token
from providers.btc_direct.mapping import APPROVED_STATUSES, assess
from providers.btc_direct.parse import parse, unreadable
from providers.contract.base import Provider, Rules, Setting
from providers.contract.errors import (
    CredentialsRefused,
    ProviderUnavailable,
    ReferenceMismatch,
    UnreadableAnswer,
    reworded,
)
from providers.contract.payload_values import object_of
from providers.contract.report import Assessment, Kind, Report, Subject, Topic, TopicSignals
from providers.transport.http import Response, status_fault
from providers.transport.tokens import Token, current_token

_TOKEN_LIFE = timedelta(minutes=55)
"""The token is valid for one hour; it is renewed a little earlier."""
_ORDER_NUMBER = re.compile(r"[0-9]{1,100}", re.ASCII)
_HEADER_VALUE = re.compile(r"[\x21-\x7e]+", re.ASCII)
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)
_KEY_ACCEPTED = frozenset({"ER033", "ER034", "ER035", "ER700", "ER704"})
"""Codes about order or user, which prove that the key was accepted."""
_PARTNER_HEADERS = frozenset({"authorization", "x-api-key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """One HTTP answer, decoded as far as possible."""

    response: Response
    body: Any = field(default=None, repr=False)
    codes: tuple[ErrorCode, ...] = field(default=(), repr=False)
    problem: UnreadableAnswer | None = None
    redaction: Redaction = field(repr=False)

    @property
    def refuses_token(self) -> bool:
        """Whether only the partner token was refused: by the documented codes, or by a 401 without codes."""
        return only_stale_token(self.codes) or (self.response.status == 401 and not self.codes)


class BTCDirect(Provider):
    """Partner token or API key, one read per order, errors as a map of codes."""

    name = NAME
    label = "BTC Direct"
    kinds = (Kind.LIVENESS,)
    official_hosts = {"live": ("api.btcdirect.eu",), "sandbox": ("api-sandbox.btcdirect.eu",)}
    credential_keys = (("username", "password"), ("api_key",))
    account_settings: ClassVar[Mapping[str, Setting]] = {
        "approved_statuses": Setting(
            label="Approved statuses",
            default=list(APPROVED_STATUSES),
            help="Status words that count as passed, separated by commas. Any other word needs a manual review.",
        ),
        "user_identifier_header": Setting(
            label="User identifier header",
            default="User-Identifier",
            help="Name of the header that carries the check's user identifier.",
            pattern=r"[A-Za-z][A-Za-z0-9-]{0,63}",
        ),
    }
    check_settings: ClassVar[Mapping[str, Setting]] = {
        "user_identifier": Setting(label="User identifier", help="The identifier of the order’s user.")
    }
    poll_seconds = 120
    topic_signals = TopicSignals(passes={Kind.LIVENESS: (Topic.LIVENESS,)})
    # "data.accessToken" belongs to the supplier of the verification: a live secret that may differ at every read.
    volatile = ("**.accessToken",)
    secrets = ("**.accessToken", "**.token", "**.refreshToken")

    shown_elsewhere = ("name", "type", "status", "errors.*.code")

    def fetch(self, subject: Subject) -> Report:
        """Read one order with one call, repeated once after a fresh sign-in if the partner token is refused."""
        if problem := self.reference_problem(subject.kind, subject.reference, subject.settings):
            raise ReferenceMismatch(self.name, problem)
        identifier = str(subject.settings["user_identifier"]).strip()
        answer = self._read(subject.reference, {self._identifier_header(): identifier})
        status = answer.response.status
        if status == 429 or (status != 200 and not answer.codes):
            raise status_fault(answer.response, provider=self.name)
        if answer.problem:
            raise answer.problem
        return parse(answer.body, subject, answer.redaction)

    def normalise(self, report: Report, rules: Rules) -> Assessment:
        """By the status word; ER124 is the one code with an outcome."""
        return assess(report, rules)

    def test_connection(self, reference: str = "") -> str:
        """Sign in with user name and password, or read order 0 with the API key; ``reference`` is not needed.

        Raises ``CredentialsRefused`` for credentials, ``ProviderUnavailable`` for the network and for a failure at the
        provider, ``UnreadableAnswer`` for an answer that is not from this API.
        """
        if not self._signs_in():
            return self._test_api_key()
        self._sign_in()
        return "BTC Direct accepts the user name and password."

    @classmethod
    def reference_problem(cls, kind: Kind, reference: str, settings: Mapping[str, Any]) -> str | None:
        """Order numbers are digits only, and every read names the owner of the order."""
        if kind not in cls.kinds:
            return "BTC Direct only has liveness checks."
        if not _ORDER_NUMBER.fullmatch(reference):
            return (
                "The reference must be BTC Direct's order number: digits only. A partner order identifier does not fit."
            )
        identifier = settings.get("user_identifier")
        if not isinstance(identifier, str) or not identifier.strip():
            return "The setting user_identifier of this check is missing: BTC Direct reads an order only for its user."
        if len(identifier.strip()) > 255 or not _HEADER_VALUE.fullmatch(identifier.strip()):
            return "The setting user_identifier of this check is too long or has invalid characters."
        return None

    # --- calls ---

    def _read(self, order: str, user_header: Mapping[str, str]) -> _Answer:
        path = f"/api/v2/buy/{order}/identification/liveness"
        if not self._signs_in():
            return self._ask("GET", path, {"X-Api-Key": self._api_key(), **user_header})
        token = self._token()
        answer = self._ask("GET", path, {"Authorization": f"Bearer {token}", **user_header})
        if not answer.refuses_token:
            return answer
        # ER801, "Authorization token has expired", comes with HTTP 400, so the code decides. One fresh token, one
        # repetition.
        token = self._token(refused=token)
        return self._ask("GET", path, {"Authorization": f"Bearer {token}", **user_header})

    def _ask(self, method: str, path: str, headers: Mapping[str, str], json_body: Any = None) -> _Answer:
        sent = (value.removeprefix("Bearer ") for value in headers.values())
        redaction = Redaction(secrets=(*self.connection.credentials.values(), *sent))
        try:
            response = self.call(method, path, headers=headers, json_body=json_body)
        except UnreadableAnswer as error:
            # Too large, or compressed in an unknown way; the received part may contain a token.
            raise UnreadableAnswer(self.name, error.detail, body=redaction.body(error.body)) from None
        try:
            body = response.json(self.name)
        except UnreadableAnswer as error:
            problem = unreadable("not_readable", error.body, redaction, error.detail)
            return _Answer(response=response, problem=problem, redaction=redaction)
        return _Answer(response=response, body=body, codes=codes_of(body), redaction=redaction)

    def _raise_for_account(self, answer: _Answer) -> None:
        """Raise an account fault that codes or HTTP status name, ``UnreadableAnswer`` for any other code."""
        if answer.codes:
            fault = fault_of(answer.codes, answer.redaction)
            raise fault if fault.scope == "account" else UnreadableAnswer(self.name, fault.detail)
        status = answer.response.status
        if status in (401, 403, 429) or status >= 500:
            raise status_fault(answer.response, provider=self.name)

    # --- the partner's side ---

    def _signs_in(self) -> bool:
        """True for user name and password. If an account has an API key as well, only one of them is sent."""
        if all(self.connection.credentials.get(key) for key in ("username", "password")):
            return True
        if self.connection.credentials.get("api_key"):
            return False
        raise CredentialsRefused(self.name, "The account has neither user name and password nor an API key.")

    def _api_key(self) -> str:
        key = self.connection.credentials["api_key"].strip()
        if not _HEADER_VALUE.fullmatch(key):
            raise CredentialsRefused(self.name, "The API key contains characters that cannot be sent: enter it again.")
        return key

    def _identifier_header(self) -> str:
        name = self.settings.get("user_identifier_header")
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name) or name.lower() in _PARTNER_HEADERS:
            raise CredentialsRefused(
                self.name, "The setting User identifier header is no usable header name (User-Identifier or XPUB)."
            )
        return name

    def _token(self, refused: str = "") -> str:
        store = self.connection.tokens
        try:
            return current_token(store, self._sign_in, provider=self.name, refused=refused).value
        except UnreadableAnswer as error:
            # A fault of the sign-in is a fault of the account, not of the check that needed it.
            detail = reworded(error.detail, f"The sign-in was not answered as documented. {error.detail}")
            raise ProviderUnavailable(self.name, detail) from None

    def _sign_in(self) -> Token:
        """The token of ``{"token", "refreshToken"}``; the second is not used, as a new sign-in replaces it.

        Raises an account error for codes and HTTP statuses that name one, ``UnreadableAnswer`` for everything else.
        """
        credentials = {key: self.connection.credentials[key] for key in ("username", "password")}
        answer = self._ask("POST", "/api/v1/authenticate", {}, json_body=credentials)
        self._raise_for_account(answer)
        token = object_of(answer.body).get("token")
        if answer.response.status >= 300 or not isinstance(token, str) or not _HEADER_VALUE.fullmatch(token):
            detail = answer.problem.detail if answer.problem else "It contains no token."
            text = f"HTTP {answer.response.status} to the sign-in. {detail}"
            raise UnreadableAnswer(self.name, reworded(detail, text))
        return Token(value=token, expires_at=datetime.now(UTC) + _TOKEN_LIFE)

    def _test_api_key(self) -> str:
        """Read order 0, which never exists: "not found" or a missing user identifier proves an accepted key."""
        answer = self._ask("GET", "/api/v2/buy/0/identification/liveness", {"X-Api-Key": self._api_key()})
        if not answer.codes or not {found.code for found in answer.codes} <= _KEY_ACCEPTED:
            self._raise_for_account(answer)
            if answer.response.status != 200:
                raise UnreadableAnswer(self.name, status_fault(answer.response, provider=self.name).detail)
            if answer.problem:
                raise answer.problem
            parse(answer.body, Subject(kind=Kind.LIVENESS, reference="0"), answer.redaction)
        return "BTC Direct accepts the API key."
