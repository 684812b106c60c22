"""Sentences for answers and connections that break."""

import gzip
import socket

import pytest

from providers import ProviderError, ProviderUnavailable, Session, UnreadableAnswer
from providers.transport.http import Limits
from tests.providers.transport.raw_http import RawServer, answer, problem


@pytest.mark.parametrize(
    ("sent", "error", "sentence"),
    [
        (b"", ProviderUnavailable, "The connection was closed before the answer was complete."),
        (answer(Content_Length="1000"), ProviderUnavailable, "The answer was cut short."),
        (
            answer(gzip.compress(b"a" * 100)[:-9], Content_Encoding="gzip"),
            ProviderUnavailable,
            "The answer was cut short.",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            ProviderUnavailable,
            "The answer was cut short.",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ProviderUnavailable, "The answer was not HTTP."),
        (
            answer(b"not gzip", Content_Encoding="gzip"),
            UnreadableAnswer,
            "The answer is marked as gzip but cannot be unpacked.",
        ),
        (
            answer(Content_Encoding="br"),
            UnreadableAnswer,
            "The answer is encoded as br, which was not requested.",
        ),
        (
            answer(Content_Encoding="gzip, gzip"),
            UnreadableAnswer,
            "The answer is encoded as gzip,gzip, which was not requested.",
        ),
    ],
    ids=["closed", "short", "short-gzip", "short-chunk", "ssh", "no-gzip", "brotli", "twice"],
)
def test_a_broken_answer_is_named(
    raw_server: RawServer, sent: bytes, error: type[ProviderError], sentence: str
) -> None:
    assert problem(raw_server(sent), error) == sentence


def test_a_reset_is_named(raw_server: RawServer) -> None:
    def reset(connection: socket.socket, _: bytes) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    sentence = problem(raw_server(reset), ProviderUnavailable)
    assert sentence == "The connection was closed before the answer was complete."


def test_a_refused_connection_and_an_unknown_name_are_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert problem(f"http://127.0.0.1:{port}", ProviderUnavailable) == "The connection was refused."
    session = Session(allowed_hosts=frozenset(), plain_hosts=frozenset({"nowhere.invalid"}))
    limits = Limits(connect=10.0, deadline=15.0)
    sentence = problem("http://nowhere.invalid", ProviderUnavailable, limits=limits, session=session)
    assert sentence in (
        "The name nowhere.invalid was not found.",
        "The name service did not answer about nowhere.invalid within 10 s.",
    )
