"""ADVANCE.AI: results of the Non-Document verification (Get Result of IDV H5).

An access key and a secret key sign a request for a token; the token reads one verification per POST. Every answer has
HTTP 200; the envelope's ``code`` has the result of the call.
"""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, cast
from urllib.parse import quote

from providers.advance_ai.mapping import SIMILARITY_DECLINE_BELOW, assess
from providers.advance_ai.parse import (
    HEALTH_KEY,
    NAME,
    envelope_code,
    number_type,
    parse,
    raise_for_code,
    refuses_token,
)
from providers.contract.base import Provider, Rules, Setting
from providers.contract.code_table import code_table
from providers.contract.errors import (
    CredentialsRefused,
    NotFoundAtProvider,
    ProviderError,
    ReferenceMismatch,
    UnreadableAnswer,
    reworded,
)
from providers.contract.payload_values import object_of
from providers.contract.report import (
    Assessment,
    Download,
    Evidence,
    ImageTitle,
    Kind,
    Report,
    Subject,
    Topic,
    TopicSignals,
)
from providers.transport.downloads import MAX_FILE_BYTES, behind_link, copied, unavailable, unpacked
from providers.transport.http import Response, status_fault
from providers.transport.tokens import Token, current_token

TOKEN_PATH = "/openapi/auth/ticket/v1/generate-token"  # noqa: S105 - an address, no secret
RESULT_PATH = "/intl/openapi/identity-risk/idvs-h5/ekyc/v1/get-result"
HEALTH_PATH = "/intl/openapi/identity-risk/idvs-h5/ekyc/v1/non-doc-health-status"

PERIOD_SECONDS = 3600
"""``periodSecond``: "default 3600, minimum 60, maximum 86400"."""
_RENEW_EARLY = 60.0
_CLOCK_TOLERANCE = 300.0
"""Permitted clock difference in seconds; beyond it the answer is ``PARAMETER_ERROR``."""
_UNKNOWN_ID = "0000000000000000"
_HEALTH_SECONDS = 8.0
"""Short, because the register's health only explains a result."""
_SHORTEST_INLINE = 40
"""Fewer characters of base64 are never an image."""
_REGIONS = ("sg-api", "api", "my-api", "th-api", "ph-api", "mex-api", "col-api", "nga-api")
_SELFIES = {"faceImage": "", "faceImageNear": "near", "faceImageFar": "far", "silentImage": "unposed"}
"""The face from near and far, and one that was captured without a requested pose."""
_LINKS = ("faceImage", "faceImageFar", "faceImageNear", "silentImage", "auditImageUrl", "faceVideoUrl")


class AdvanceAI(Provider):
    """Signed token request, one POST per verification, an envelope code in HTTP 200."""

    name = NAME
    label = "ADVANCE.AI"
    kinds = (Kind.DATABASE,)
    # Get Result of this flavour is documented at sg-api only; the others take tokens and serve the document flavours.
    official_hosts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "live": tuple(f"{region}.advance.ai" for region in _REGIONS)
    }
    credential_keys = (("access_key", "secret_key"),)
    topic_signals = TopicSignals(
        against={Topic.FACE: ("SIMILARITY_FAILED",), Topic.LIVENESS: ("LIVENESS_ATTACK",)},
        explains={("PASS", "face"): {Topic.FACE: "match", Topic.LIVENESS: "live"}},
    )
    account_settings: ClassVar[Mapping[str, Setting]] = {
        "similarity_decline_below": Setting(
            label="Similarity declines below",
            default=SIMILARITY_DECLINE_BELOW,
            help="A face comparison with a lower score (0 to 100) is declined.",
            low=0,
            high=100,
        )
    }
    poll_seconds = 600
    # "User did not complete the operation within the specified time(1 hour)": an older open check is overdue.
    overdue_hours = 1
    volatile = (
        "transactionId",
        "message",
        "extra",
        "pricingStrategy",
        HEALTH_KEY,
        *(f"data.faceDetail.{key}?query" for key in _LINKS),
        "data.**?query",
    )
    secrets = (
        "data.inputParameters.callbackUrl",
        "**.token",
        "**.accessKey",
        "**.signature",
        "**.X-ACCESS-TOKEN",
    )

    score_scales: ClassVar[Mapping[str, str]] = {
        "liveness": "of 100; below 50 may be an attack",
        "similarity": "of 100; below 70 may be another person, the account's own limit may differ",
    }
    shown_elsewhere = (
        "data.overallResult",
        "data.docDatabaseDetail.address.number",
        "data.docDatabaseDetail.address.state",
        "data.docDatabaseDetail.verification",
        "data.faceDetail.faceResult",
        "data.faceDetail.faceLivenessScore",
        "data.faceDetail.faceSimilarityScore",
        "data.faceDetail.livenessAttackType",
        "data.faceDetail.livenessType",
        "data.faceDetail.eventDetails[].event",
        "data.faceDetail.eventDetails[].result",
        "data.faceDetail.eventDetails[].createTimestamp",
    )

    # --- the small interface ------------------------------------------------------------------------------------------

    def fetch(self, subject: Subject) -> Report:
        """Read one verification; if the register was not usable, read its health as well.

        Raises a ``ProviderError``; the last outcome is unchanged then.
        """
        if problem := self.reference_problem(subject.kind, subject.reference, subject.settings):
            raise ReferenceMismatch(self.name, problem)
        token = self._token()
        response = self._read(subject.reference, token)
        if _refuses_token(response):
            # "expired" and "disabled" share one code: exactly one fresh token distinguishes them.
            token = self._token(refused=token)
            response = self._read(subject.reference, token)
        try:
            return self._report_of(response, subject, token)
        except UnreadableAnswer as error:
            raise UnreadableAnswer(
                self.name, error.detail, body=error.body or response.body, request_id=error.request_id
            ) from None

    def normalise(self, report: Report, rules: Rules) -> Assessment:
        """Ordered rules: result word, error code, then score, attack type, tax number and entries."""
        return assess(report, rules)

    def test_connection(self, reference: str = "") -> str:
        """Sign in and read an unknown id: the answer "not known" proves token, address and entitlement.

        Raises ``CredentialsRefused`` for keys or token, ``ProviderUnavailable`` for the network, ``UnreadableAnswer``
        for another shape.
        """
        token = self._sign_in()
        response = self._read(reference or _UNKNOWN_ID, token.value)
        try:
            _opened(response)
        except NotFoundAtProvider:
            found = "an unknown verification id was answered as documented"
        else:
            found = "a verification was read"
        return f"ADVANCE.AI accepted the keys, and {found}."

    @classmethod
    def reference_problem(cls, kind: Kind, reference: str, settings: Mapping[str, Any]) -> str | None:
        """The problem of a ``signatureId``: opaque text (16 hex digits in the samples), sent in a body."""
        if kind not in cls.kinds:
            return f"ADVANCE.AI reads checks of the kind database, not {kind}."
        if not reference:
            return "The verification id is empty."
        if len(reference) > 128 or not reference.isprintable() or re.search(r"\s", reference):
            return "A verification id has up to 128 visible characters without spaces."
        return None

    @classmethod
    def describe_image(cls, label: str, kind: str, name: str = "") -> ImageTitle:
        """Which selfie an image is."""
        part = _SELFIES.get(label.rpartition(".")[2].partition("[")[0], "")
        return ImageTitle(part=part, order=1 if part == "far" else 0)

    def fetch_evidence(self, item: Evidence, subject: Subject) -> tuple[Download, ...]:
        """An image, archive or video: decoded if it was inside the answer, else copied from its link.

        Links are valid for one day; the next Get Result returns fresh ones.
        """
        if item.inline:
            return (_inside(item),)
        return (behind_link(item, self.connection, provider=self.name),) if item.url else ()

    # --- signing in ---------------------------------------------------------------------------------------------------

    def _token(self, *, refused: str = "") -> str:
        return current_token(self.connection.tokens, self._sign_in, provider=self.name, refused=refused).value

    def _sign_in(self) -> Token:
        """A new token. Older ones stay valid, and there is no refresh call."""
        keys = self.connection.credentials
        access_key, secret_key = keys.get("access_key", ""), keys.get("secret_key", "")
        if not (access_key and secret_key):
            raise CredentialsRefused(self.name, "The account has no access key or no secret key.")
        asked_at = time.time()
        timestamp = int(asked_at * 1000)
        body = {
            "accessKey": access_key,
            "signature": signature(access_key, secret_key, timestamp),
            "timestamp": timestamp,
            "periodSecond": PERIOD_SECONDS,
        }
        try:
            response = self.call("POST", TOKEN_PATH, json_body=body)
            envelope = _opened(response, hint=_clock_hint(response, asked_at))
            return _token_of(envelope, asked_at)
        except UnreadableAnswer as error:
            # Raised without its body, which may contain a live token.
            detail = reworded(error.detail, f"Sign-in: {error.detail}")
            raise UnreadableAnswer(self.name, detail, request_id=error.request_id) from None

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, reference: str, token: str) -> Response:
        # "link valid one day, or base64, depending on returnImageType": an answer may contain its images.
        limits = replace(self.connection.session.limits, max_bytes=MAX_FILE_BYTES)
        headers = {"X-ACCESS-TOKEN": token}
        return self.call("POST", RESULT_PATH, headers=headers, json_body={"signatureId": reference}, limits=limits)

    def _report_of(self, response: Response, subject: Subject, token: str) -> Report:
        envelope = _opened(response)
        report = parse(envelope, subject)
        if "CAN_NOT_VERIFY" in report.codes and (health := self._health(envelope, token)):
            return parse({**envelope, HEALTH_KEY: health}, subject)
        return report

    def _health(self, envelope: Mapping[str, Any], token: str) -> Mapping[str, Any] | None:
        """The register's health, or None when it is not available. It explains the result only."""
        asked = number_type(envelope["data"])
        if not code_table(self.name).find("number_type", asked):
            return None
        ours = self.connection.session.limits
        limits = replace(ours, read=min(ours.read, _HEALTH_SECONDS), deadline=min(ours.deadline, _HEALTH_SECONDS))
        path = f"{HEALTH_PATH}?numberType={quote(asked, safe='')}"
        try:
            return _opened(self.call("GET", path, headers={"X-ACCESS-TOKEN": token}, limits=limits))
        except ProviderError:
            return None


def signature(access_key: str, secret_key: str, timestamp: int) -> str:
    """Lower-case hex SHA-256 of access key, secret key and milliseconds, concatenated: a plain hash, not an HMAC.

    Token Authentication page.
    """
    return hashlib.sha256(f"{access_key}{secret_key}{timestamp}".encode()).hexdigest()


def _refuses_token(response: Response) -> bool:
    if response.status != 200:
        return response.status == 401
    try:
        return refuses_token(envelope_code(response.json(NAME)))
    except UnreadableAnswer:
        return False  # raised where the answer is opened, with its body


def _opened(response: Response, *, hint: str = "") -> Mapping[str, Any]:
    """The envelope of a successful call; raises the fault of its status or code otherwise."""
    if response.status != 200:
        # Only HTTP 200 has an envelope; every other status is a fault of the account.
        raise status_fault(response, provider=NAME)
    envelope = response.json(NAME)
    raise_for_code(envelope, retry_after=response.retry_after, hint=hint)
    return cast("Mapping[str, Any]", envelope)


def _clock_hint(response: Response, asked_at: float) -> str:
    """A hint about the clock: a difference above 300 s causes a parameter error that does not mention time."""
    try:
        theirs = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return ""
    off = asked_at - theirs
    if abs(off) <= _CLOCK_TOLERANCE:
        return ""
    return f"This server's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} theirs; 300 s are allowed."


def _token_of(envelope: Mapping[str, Any], asked_at: float) -> Token:
    """``token`` and ``expiredTime`` in milliseconds; counted from our own clock, at most the period asked for."""
    data = object_of(envelope.get("data"))
    value = data.get("token")
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,8192}", value):
        raise UnreadableAnswer(NAME, "the answer contains no usable token.")
    ends = asked_at + PERIOD_SECONDS
    reported = data.get("expiredTime")
    if isinstance(reported, int | str) and re.fullmatch(r"[0-9]{12,14}", str(reported)):
        ends = min(ends, int(reported) / 1000)
    lifetime = max(0.0, ends - asked_at)
    usable = lifetime - min(_RENEW_EARLY, lifetime / 2)
    return Token(value=value, expires_at=datetime.fromtimestamp(asked_at, UTC) + timedelta(seconds=usable))


def _inside(item: Evidence) -> Download:
    """An image inside the answer itself. A word or a number there may be valid base64, but is no image."""
    if item.inline[:5].lower() != "data:" and len(item.inline) < _SHORTEST_INLINE:
        return unavailable(item, "The value is neither a link nor an image.")
    content, problem = unpacked(item.inline, item.kind)
    head, comma, _ = item.inline.partition(",")
    media_type = head.removeprefix("data:").partition(";")[0] if comma else ""
    return unavailable(item, problem) if problem else copied(item, content, media_type=media_type)
