"""Sentences for errors of the network libraries."""

import http.client
import ssl
from typing import Any

from requests import RequestException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, IncompleteRead, ReadTimeoutError

from providers.transport.guarded_connection import Call


def meaning_of(error: Exception, call: Call, read_seconds: float) -> str:
    """A sentence for an exception of the libraries, without URL, header or body."""
    if call.expired or call.left <= 0:
        return call.too_late
    if call.problem:
        return call.problem
    chain = tuple(_chain(error))
    if tls_error := next((one for one in chain if isinstance(one, ssl.SSLError)), None):
        return _tls_meaning(tls_error)
    if any(isinstance(one, ConnectTimeoutError) for one in chain):
        return f"No connection within {call.connect:g} s."
    if any(isinstance(one, ReadTimeoutError | TimeoutError) for one in chain):
        return f"No answer: no data for {read_seconds:g} s."
    if any(isinstance(one, IncompleteRead | http.client.IncompleteRead) for one in chain):
        return "The answer was cut short."
    if any(isinstance(one, ConnectionError) for one in chain):
        return "The connection was closed before the answer was complete."
    return "The answer was not HTTP."


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and its causes, from ``__cause__``, ``args`` and ``reason``."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or one in found or len(found) > 30:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None)]
        waiting += one.args if isinstance(one, RequestException | HTTPError) else ()
    return found


def _tls_meaning(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate is not trusted: {error.verify_message.rstrip('.')}."
    return "No secure connection: the TLS handshake or stream failed."
