"""Calls and answers for the tests of the HTTP client."""

import socket
import time
from collections.abc import Callable

import pytest

from providers import ProviderError, Session
from providers.transport.http import Limits, Response, request
from tests.providers.conftest import LATE, QUICK, Handler

RawServer = Callable[[bytes | Handler], str]
LOCAL = frozenset({"127.0.0.1"})
CANARY = "canary-8f2e"


def answer(body: bytes = b'{"a": 1}', status: str = "200 OK", **headers: str) -> bytes:
    given_headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    given_headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in given_headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def get(url: str, *, limits: Limits = QUICK, session: Session | None = None) -> Response:
    return request(
        "GET",
        f"{url}/check?secret={CANARY}",
        provider="somebody",
        session=session or Session(allowed_hosts=frozenset(), plain_hosts=LOCAL),
        headers={"Authorization": f"Bearer {CANARY}"},
        limits=limits,
    )


def problem(url: str, error: type[ProviderError], *, limits: Limits = QUICK, session: Session | None = None) -> str:
    """The sentence of the error of a call; also asserts its duration and that it contains no secret."""
    started = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        get(url, limits=limits, session=session)
    assert time.monotonic() - started < LATE
    assert type(caught.value) is error
    assert CANARY not in f"{caught.value!r} {caught.value} {caught.value.detail}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.detail


def dripping(start: bytes, drop: bytes = b"a") -> Handler:
    def handler(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        while True:
            time.sleep(0.05)
            connection.sendall(drop)

    return handler
