"""The budget of a read, shared by all its calls, over a real socket."""

import gzip
import json
from collections.abc import Callable

import pytest

from providers import Session, UnreadableAnswer
from providers.transport import strict_json
from providers.transport.budget import MIB, Budget, Meter, current, spend
from providers.transport.http import Limits, Response, request
from tests.providers.raw_answers import as_json

RawServer = Callable[[bytes], str]
SMALL = Budget(calls=3, received_bytes=2 * MIB, decoded_bytes=2 * MIB, values=100, cpu_seconds=5.0)


def read(url: str, limits: Limits | None = None) -> Response:
    session = Session(allowed_hosts=frozenset(), plain_hosts=frozenset({url.split("//", 1)[1]}))
    return request("GET", url + "/", provider="bank131", session=session, limits=limits)


def test_calls_of_one_read_are_counted_together(raw_server: RawServer) -> None:
    url = raw_server(as_json(200, {"page": 1}))
    with spend(SMALL) as meter, pytest.raises(UnreadableAnswer, match="more than 3 calls"):
        while True:
            read(url)
    assert meter.problem == "Reading this check takes more than 3 calls."


def test_bytes_and_values_of_one_read_are_counted_together(raw_server: RawServer) -> None:
    url = raw_server(as_json(200, {"text": "a" * MIB}))
    with spend(SMALL), pytest.raises(UnreadableAnswer, match="larger than 2 MiB"):
        read(url)
        read(url)
    url = raw_server(as_json(200, list(range(60))))
    with spend(SMALL), pytest.raises(UnreadableAnswer, match="more than 100 values"):
        read(url).json("bank131")
        read(url).json("bank131")


@pytest.mark.parametrize("members", [b"", b"[]"])
def test_a_stream_of_gzip_members_ends(raw_server: RawServer, members: bytes) -> None:
    url = raw_server(as_json(200, gzip.compress(members) * 20_000, Content_Encoding="gzip"))
    with pytest.raises(UnreadableAnswer, match="more than 1,000 gzip members"):
        read(url)


def test_packed_bytes_count_against_the_size_of_an_answer(raw_server: RawServer) -> None:
    endless_name = b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * MIB
    url = raw_server(as_json(200, endless_name, Content_Encoding="gzip"))
    with pytest.raises(UnreadableAnswer, match="larger than 262144 bytes"):
        read(url, Limits(max_bytes=MIB // 4))


def test_a_budget_ends_with_its_context() -> None:
    outer = current()
    with spend(SMALL) as meter:
        assert current() is meter
    assert current() is not outer
    assert current().problem == ""


def test_processor_time_is_charged() -> None:
    meter = Meter(Budget(calls=1, received_bytes=1, decoded_bytes=1, values=1, cpu_seconds=0.0))
    with pytest.raises(UnreadableAnswer, match="processor time"):
        meter.charge_time("bank131")


COUNTS = [
    (b"{}", 1), (b"[1,2,3]", 3), (b'{"a": [1, 2], "b": {}}', 5), (b"[" + b"1," * 5000 + b"1]", 5001),
    (json.dumps(["a,b[{"] * 2000).encode(), 2000), (json.dumps(['\\",,"'] * 2000).encode(), 2000),
]  # fmt: skip


@pytest.mark.parametrize(("data", "count"), COUNTS)
def test_values_are_counted_before_they_are_built(data: bytes, count: int) -> None:
    assert strict_json.count_values(data, 25_000) == count
