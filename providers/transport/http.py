"""One function for HTTP calls: a deadline, a size limit, no redirects, no retries, every failure with its own error.

``timeout=`` of requests does not limit a call, because it restarts with every byte. So one watching thread of the
process shuts sockets down at a wall-clock deadline. Addresses are resolved and checked here, so that the checked
address is the connected one.
"""

import copy
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError, IncompleteRead
from urllib3.response import BaseHTTPResponse

from providers.contract.code_table import code_table
from providers.contract.errors import (
    CredentialsRefused,
    Detail,
    FaultCode,
    NotFoundAtProvider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    ReferenceMismatch,
    UnreadableAnswer,
)
from providers.contract.report import EMPTY
from providers.transport import budget, strict_json
from providers.transport.guard import Guard
from providers.transport.guarded_connection import Call, pools_for
from providers.transport.network_errors import meaning_of

USER_AGENT = "kyc-review-desk/1.0 (server; status reader)"
MIB = 1024 * 1024
MAX_RETRY_AFTER = 3600.0
"""Seconds. A longer wait would let a provider block an account."""
_CHUNK = 64 * 1024
_POOL_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a call: seconds, and bytes after decoding."""

    connect: float = 5.0
    """For the name, the connection and each step of the TLS handshake."""
    read: float = 10.0
    """Between two reads from the socket."""
    deadline: float = 30.0
    """Wall clock for the whole call, first to last byte."""
    max_bytes: int = 5 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer, decoded from gzip. The provider's module interprets it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: EMPTY, repr=False)
    """Keys match in any letter case."""
    body: bytes = field(default=b"", repr=False)
    url: str = ""
    """Without the query."""

    @property
    def media_type(self) -> str:
        """The content type in lower case, without parameters: ``application/json``; empty if there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> float | None:
        """The requested wait in seconds, or None."""
        return parse_retry_after(self.headers.get("Retry-After"), now=datetime.now(UTC))

    def json(self, provider: str) -> Any:
        """The decoded JSON. Raises ``UnreadableAnswer``, which has the body, for anything else."""
        if problem := self._type_problem():
            raise UnreadableAnswer(provider, problem, body=self.body)
        meter = budget.current()
        try:
            with budget.one_at_a_time(len(self.body)):
                meter.charge_values(provider, strict_json.count_values(self.body, meter.budget.values))
                value = strict_json.loads(self.body)
        except strict_json.BadJson as error:
            raise UnreadableAnswer(provider, _http_error(self.status, f": {error}"), body=self.body) from None
        meter.charge_time(provider)
        return value

    def _type_problem(self) -> str:
        if not self.body:
            return _http_error(self.status, " with an empty body.")
        media_type = self.media_type
        if not re.fullmatch(r"(application|text)/([a-z0-9.+-]+\+)?json", media_type):
            found = _plain(media_type) or "no content type"
            return _http_error(self.status, f" with {found} where JSON was expected.")
        charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", self.headers.get("Content-Type", ""), re.IGNORECASE)
        if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
            return _http_error(self.status, f" with JSON in the character set {_plain(charset[1])}; JSON is UTF-8.")
        return ""


class Session:
    """The open connections of one account and the hosts that may be called. Threads may share it.

    ``allowed_hosts`` are called by https on port 443, at public addresses only. ``plain_hosts`` (``host`` for any port,
    or ``host:port``) are permitted by the operator: http or https, at any address. ``proxy`` is the URL of an HTTP
    proxy, which then resolves the names; none is taken from the environment. ``ca_file`` names a file of trusted
    certificates in place of the built-in ones.
    """

    def __init__(
        self,
        *,
        allowed_hosts: frozenset[str],
        plain_hosts: frozenset[str] = frozenset(),
        limits: Limits | None = None,
        proxy: str = "",
        ca_file: str = "",
    ) -> None:
        self.limits = limits or Limits()
        self.guard = Guard(allowed_hosts=allowed_hosts, plain_hosts=plain_hosts, proxy=proxy)
        self._proxies = {"http": proxy, "https": proxy} if proxy else None
        self._verify: str | bool = ca_file or True
        # No cookie jar, no netrc, no redirects, no environment: those are features of requests.Session, so requests'
        # adapter is used without it. That also halves the processor time of a call.
        self._adapter = _Adapter(self.guard)
        self._turn: Callable[[], None] | None = None
        self.waited = 0.0
        """Seconds that calls of this view have waited for rate slots, which does not count as a slow answer."""

    def paced(self, turn: Callable[[], None]) -> "Session":
        """The same connections, but every call first waits for a rate slot, outside the call's deadline."""
        view = copy.copy(self)
        view._turn, view.waited = turn, 0.0
        return view

    def wait_for_turn(self) -> None:
        """Return when the next call may be sent; raises the error of ``turn`` if it may not."""
        if self._turn:
            started = time.monotonic()
            self._turn()
            self.waited += time.monotonic() - started

    def close(self) -> None:
        """Close idle connections. The session can still be used afterwards."""
        self._adapter.close()

    def send(self, prepared: requests.PreparedRequest, limits: Limits) -> requests.Response:
        """One exchange up to the headers of the answer; the body is still to be read."""
        return self._adapter.send(
            prepared,
            stream=True,
            timeout=(limits.connect, limits.read),
            verify=self._verify,
            proxies=self._proxies,
        )

    def __repr__(self) -> str:
        return f"<Session for {', '.join(sorted(self.guard.allowed_hosts | self.guard.plain_hosts)) or 'no host'}>"


class _Adapter(HTTPAdapter):
    """requests' adapter with connections that check addresses and that the deadline can shut down."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__(pool_connections=8, pool_maxsize=_POOL_SIZE, max_retries=0, pool_block=False)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = pools_for(self._guard)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = pools_for(self._guard)
        return manager


def url_problem(url: str, *, allowed_hosts: frozenset[str], plain_hosts: frozenset[str] = frozenset()) -> str | None:
    """Why this URL may not be called, as a sentence, or None. The same rule that a call applies; opens no socket."""
    return Guard(allowed_hosts=allowed_hosts, plain_hosts=plain_hosts).url_problem(url)


def request(
    method: str,
    url: str,
    *,
    provider: str,
    session: Session,
    headers: Mapping[str, str] = EMPTY,
    json_body: Any = None,
    form: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Response:
    """One call; returns an answer with any status but 3xx; never retries.

    ``form`` is sent form-encoded (OAuth asks so).

    Raises ``ProviderUnavailable`` for network faults (host not permitted, name, connection, TLS, deadline, redirect,
    answer cut short) and ``UnreadableAnswer`` for a body that is too large, exceeds the budget of the read or has an
    encoding that was not requested.
    No message quotes a query, a header or a body.
    """
    limits = limits or session.limits
    if problem := session.guard.url_problem(url):
        raise ProviderUnavailable(provider, problem)
    prepared = _prepare(method, url, headers, json_body, form, provider)
    session.wait_for_turn()
    budget.current().charge_call(provider)
    with Call(limits.deadline, connect=limits.connect) as call:
        try:
            response = _exchange(session, prepared, limits, provider, url)
        except (requests.RequestException, HTTPError, OSError) as error:
            # ``from None``: the library's exception holds the URL with its query and the headers.
            raise ProviderUnavailable(provider, meaning_of(error, call, limits.read)) from None
    if call.expired:
        # The library takes headers or a body without length for complete when the deadline cuts them off.
        raise ProviderUnavailable(provider, call.too_late)
    return response


def _prepare(
    method: str,
    url: str,
    headers: Mapping[str, str],
    json_body: Any,
    form: Mapping[str, str] | None,
    provider: str,
) -> requests.PreparedRequest:
    sent = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, identity",
        "User-Agent": USER_AGENT,
        **headers,
    }
    try:
        return requests.Request(method, url, headers=sent, json=json_body, data=form).prepare()
    except (requests.RequestException, ValueError):
        # A header value with a line break in it, for instance: a credential pasted with its newline.
        raise ProviderUnavailable(
            provider,
            "The request could not be built: the address or a credential contains characters that cannot be sent.",
        ) from None


def _exchange(
    session: Session, prepared: requests.PreparedRequest, limits: Limits, provider: str, url: str
) -> Response:
    answer = session.send(prepared, limits)
    raw: BaseHTTPResponse = answer.raw
    whole = False
    try:
        if 300 <= answer.status_code < 400:
            detail = f"HTTP {answer.status_code}: a redirect, which is never followed."
            raise ProviderUnavailable(provider, Detail(detail, FaultCode.REDIRECTED))
        body = _read(raw, answer.headers, limits.max_bytes, provider)
        whole = True
    finally:
        if whole:
            raw.release_conn()
        else:
            # Unread bytes would be taken for the next answer, so this connection is not reused.
            raw.close()
    return Response(status=answer.status_code, headers=answer.headers, body=body, url=url.partition("?")[0])


def _read(raw: BaseHTTPResponse, headers: CaseInsensitiveDict[str], max_bytes: int, provider: str) -> bytes:
    encoding = headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnreadableAnswer(provider, f"The answer is encoded as {_plain(encoding)}, which was not requested.")
    meter = budget.current()
    pieces = _received(raw, meter, max_bytes, provider)
    chunks = bytearray()
    for chunk in _unpacked(pieces, meter, provider) if encoding.endswith("gzip") else pieces:
        meter.charge_decoded(provider, len(chunk))
        chunks += chunk
        if len(chunks) > max_bytes:
            _too_large(meter, max_bytes, provider, bytes(chunks[:_CHUNK]))
    return bytes(chunks)


def _received(raw: BaseHTTPResponse, meter: budget.Meter, max_bytes: int, provider: str) -> Iterator[bytes]:
    """The body as sent. What is packed may not be larger than what it may unpack to."""
    count = 0
    for piece in raw.stream(_CHUNK, decode_content=False):
        meter.charge_received(provider, len(piece))
        count += len(piece)
        if count > max_bytes + _CHUNK:
            _too_large(meter, max_bytes, provider, b"")
        yield piece


def _too_large(meter: budget.Meter, max_bytes: int, provider: str, body: bytes) -> None:
    meter.exceed(provider, f"The answer is larger than {_size(max_bytes)}.", body=body)


def _unpacked(pieces: Iterator[bytes], meter: budget.Meter, provider: str) -> Iterator[bytes]:
    """The gzip body in pieces of bounded size, so that a bomb is stopped while it is unpacked."""
    unpacker = zlib.decompressobj(wbits=31)
    members = 1
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(wbits=31)
                    members += 1
                    if members > budget.MAX_GZIP_MEMBERS:
                        meter.exceed(provider, f"The answer has more than {budget.MAX_GZIP_MEMBERS:,} gzip members.")
                yield unpacker.decompress(rest, _CHUNK)
                rest = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error:
        raise UnreadableAnswer(provider, "The answer is marked as gzip but cannot be unpacked.") from None
    if not unpacker.eof:
        raise IncompleteRead(0, 1)


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds to wait, within [0, 3600], from ``120``, an HTTP date, or digits with a unit letter (``10s``).

    None for anything else, negative numbers included: the caller then uses its own backoff. ``now`` is
    aware. A date in the past means now.
    """
    text = (value or "").strip()
    if found := re.fullmatch(r"([0-9]{1,20})(?:\.[0-9]{1,20})?\s*(?:s|sec|seconds?)?", text, re.IGNORECASE | re.ASCII):
        return min(float(found[1]), MAX_RETRY_AFTER)
    if not re.match(r"[A-Za-z]{3,9},? ", text) or len(text) > 64:
        return None
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(0.0, min(seconds, MAX_RETRY_AFTER))


def raise_for_common_faults(response: Response, *, provider: str) -> None:
    """Raise ``ProviderThrottled`` for 429 and ``ProviderUnavailable`` for 5xx; nothing for other statuses."""
    if response.status == 429:
        detail = _http_error(429, ": too many requests.")
        raise ProviderThrottled(provider, detail, retry_after=response.retry_after)
    if response.status >= 500:
        raise ProviderUnavailable(provider, _http_error(response.status, ": a failure on the provider's side."))


def status_fault(response: Response, *, provider: str, note: str = "", request_id: str = "") -> ProviderError:
    """The fault of an HTTP status, in the words of the provider's code table, followed by a note.

    The row of the status has the scope, account or reference, and what an admin has to do.
    """
    status, row = response.status, code_table(provider).row("http_status", str(response.status))
    kind: type[ProviderError] = ProviderUnavailable
    if status == 429:
        kind = ProviderThrottled
    elif status in (401, 403):
        kind = CredentialsRefused
    elif row.fault == "reference":
        kind = NotFoundAtProvider if status == 404 else ReferenceMismatch
    detail = row.detail(f"HTTP {status}:", note, FaultCode.HTTP_ERROR)
    return kind(provider, detail, retry_after=response.retry_after, request_id=request_id)


def _http_error(status: int, rest: str) -> Detail:
    return Detail(f"HTTP {status}{rest}", FaultCode.HTTP_ERROR)


def _plain(text: str) -> str:
    """A header value for a sentence: printable ASCII, shortened."""
    return re.sub(r"[^\x21-\x7e]", "", text)[:40]


def _size(count: int) -> str:
    return f"{count // MIB} MiB" if count >= MIB else f"{count} bytes"
