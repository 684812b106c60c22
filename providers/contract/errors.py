"""Errors of reads from providers.

A fault is never an outcome: none of these is about the applicant. ``scope`` is what is affected: the whole account, or
one reference. ``retryable`` is whether a later retry can succeed. ``detail`` is a plain technical sentence without
personal data and without secrets, ``admin_action`` what an admin has to do.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Literal

Scope = Literal["account", "reference"]


class FaultCode(StrEnum):
    """Why a file was not copied, for code and storage; ``compliance.evidence.fault_labels`` has the sentences."""

    HOST_NOT_ALLOWED = "host_not_allowed"
    """Parameter ``host``."""
    LINK_NOT_ALLOWED = "link_not_allowed"
    LINK_EXPIRED = "link_expired"
    FRESH_LINK_REFUSED = "fresh_link_refused"
    NO_FILE_BEHIND_LINK = "no_file_behind_link"
    NOT_BASE64 = "not_base64"
    REDIRECTED = "redirected"
    HTTP_ERROR = "http_error"
    """The provider answered, but with an HTTP status or a content type other than the documented ones."""


class Detail(str):
    """A technical sentence with the code of its fault, if it has one, and the parameters of the sentence for analysts.

    The parameter ``admin_action`` is what an admin has to do, as a sentence of its own.
    """

    code: FaultCode | None
    params: Mapping[str, str]

    def __new__(cls, text: str, code: FaultCode | None = None, **params: str) -> "Detail":
        detail = super().__new__(cls, text)
        detail.code, detail.params = code, MappingProxyType(params)
        return detail


def code_of(detail: str) -> FaultCode | None:
    """The fault code of a technical sentence, or None."""
    return detail.code if isinstance(detail, Detail) else None


def params_of(detail: str) -> Mapping[str, str]:
    """The parameters of a technical sentence."""
    return detail.params if isinstance(detail, Detail) else {}


def reworded(detail: str, text: str, **params: str) -> Detail:
    """Another sentence with the code and the parameters of a detail, and with more parameters."""
    return Detail(text, code_of(detail), **{**params_of(detail), **params})


class ProviderError(Exception):
    """A provider could not be read. ``body`` is the received answer, stored for inspection and never logged."""

    scope: ClassVar[Scope]
    retryable: ClassVar[bool]
    code: ClassVar[str]
    """Stored with checks, accounts and events, so it stays when the class is renamed."""
    fails_account: ClassVar[bool] = False
    """Whether the fault of a reference marks its account as failing, because the provider burdens all others."""
    of_piece = False
    """Whether it is the fault of one piece of a copy, whose row has it already."""

    def __init_subclass__(cls, *, code: str, scope: Scope, retryable: bool) -> None:
        cls.code, cls.scope, cls.retryable = code, scope, retryable

    def __init__(
        self,
        provider: str,
        detail: str,
        *,
        retry_after: float | None = None,
        body: bytes = b"",
        request_id: str = "",
    ) -> None:
        super().__init__(f"{provider}: {detail}")
        self.provider = provider
        self.detail = detail
        self.retry_after = retry_after
        self.body = body
        self.request_id = request_id

    @property
    def admin_action(self) -> str:
        """What an admin has to do, or empty."""
        return params_of(self.detail).get("admin_action", "")


class ProviderUnavailable(ProviderError, code="ProviderUnavailable", scope="account", retryable=True):
    """Network, deadline, redirect, TLS, 5xx, or a wrong base URL."""


class ProviderThrottled(ProviderError, code="ProviderThrottled", scope="account", retryable=True):
    """Too many requests: HTTP 429 or an envelope code. ``retry_after`` in seconds, as reported, or None."""


class StoreThrottled(ProviderThrottled, code="StoreThrottled", scope="account", retryable=True):
    """The file store behind a link asked for a pause, which does not affect the account's own service."""


class CredentialsRefused(ProviderError, code="CredentialsRefused", scope="account", retryable=False):
    """The provider does not accept the credentials, after the one fresh token."""


class QuotaExhausted(ProviderError, code="QuotaExhausted", scope="account", retryable=False):
    """The account's quota or balance is used up."""


class NotFoundAtProvider(ProviderError, code="NotFoundThere", scope="reference", retryable=False):
    """The provider does not know that id."""


class ReferenceMismatch(ProviderError, code="WrongPairing", scope="reference", retryable=False):
    """The id does not match applicant, project or kind, or a pointer has no usable target."""


class UnreadableAnswer(ProviderError, code="UnreadableAnswer", scope="reference", retryable=True):
    """Not JSON, too big, or not the documented shape."""


class BudgetExceeded(UnreadableAnswer, code="BudgetExceeded", scope="reference", retryable=True):
    """Reading the check exceeds a limit of bytes, values, calls or processor time. The account fails, too."""

    fails_account = True
