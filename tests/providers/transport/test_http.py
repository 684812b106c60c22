"""HTTP calls over real sockets: answers, names of failures, and limits of time."""

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import ProviderError, ProviderThrottled, ProviderUnavailable, Session, UnreadableAnswer
from providers.transport.http import MIB, Limits, Response, parse_retry_after, raise_for_common_faults, request
from tests.providers.conftest import LATE
from tests.providers.transport.raw_http import CANARY, LOCAL, RawServer, answer, dripping, get, problem
from tests.sampling import examples

# --- what is sent and delivered ---------------------------------------------------------------------------------------


def test_a_call_sends_honest_headers_and_delivers_status_headers_and_body(raw_server: RawServer) -> None:
    heads: list[bytes] = []

    def handler(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer(b'{"name": "Zo\xc3\xab"}', "404 Not Found", X_Request_Id="r-1"))

    url = raw_server(handler)
    response = get(url)
    assert (response.status, response.json("somebody"), response.headers["x-request-ID"]) == (
        404,
        {"name": "Zoë"},
        "r-1",
    )
    assert (response.url, response.media_type) == (f"{url}/check", "application/json")
    assert response.body == '{"name": "Zoë"}'.encode()
    lines = heads[0].decode().split("\r\n")
    assert lines[0] == f"GET /check?secret={CANARY} HTTP/1.1"
    sent = dict(line.split(": ", 1) for line in lines[1:] if line)
    assert sent["Accept"] == "application/json"
    assert sent["Accept-Encoding"] == "gzip, identity"
    assert sent["User-Agent"].startswith("kyc-review-desk/")
    assert sent["Authorization"] == f"Bearer {CANARY}"
    assert "Cookie" not in sent


def test_a_body_is_sent_as_json_with_its_type(raw_server: RawServer) -> None:
    heads: list[bytes] = []

    def handler(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer())

    session = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)
    request("POST", raw_server(handler) + "/x", provider="p", session=session, json_body={"id": "ü"})
    head, _, body = heads[0].partition(b"\r\n\r\n")
    assert b"Content-Type: application/json" in head
    assert json.loads(body) == {"id": "ü"}


def test_headers_of_the_caller_stand_before_our_own(raw_server: RawServer) -> None:
    heads: list[bytes] = []

    def handler(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer())

    session = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)
    request("GET", raw_server(handler), provider="p", session=session, headers={"Accept": "image/png"})
    assert b"Accept: image/png" in heads[0]
    assert b"application/json" not in heads[0]


def test_no_cookie_is_kept_from_one_applicants_answer_to_the_next_call(raw_server: RawServer) -> None:
    heads: list[bytes] = []

    def handler(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer(Set_Cookie="sid=1; Path=/", Connection="close"))

    url, session = raw_server(handler), Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)
    get(url, session=session)
    get(url, session=session)
    assert len(heads) == 2
    assert not any(b"sid=1" in head for head in heads)


def test_environment_and_netrc_change_nothing(raw_server: RawServer, tmp_path: Path) -> None:
    heads: list[bytes] = []

    def handler(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer())

    url = raw_server(handler)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login stolen password stolen\n")
    code = (
        "from providers.transport.http import Session, request\n"
        "s = Session(allowed_hosts=frozenset(), plain_hosts=frozenset({'127.0.0.1'}))\n"
        f"print(request('GET', '{url}/x', provider='p', session=s).status)"
    )
    hostile = {**os.environ, "HOME": str(tmp_path), "NETRC": str(tmp_path / ".netrc")}
    hostile |= dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run([sys.executable, "-c", code], env=hostile, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("200\n", 0), done.stderr
    assert b"authorization" not in heads[0].lower()


def test_gzip_is_opened_also_in_several_members(raw_server: RawServer) -> None:
    body = gzip.compress(b'{"a": ') + gzip.compress(b'"' + b"x" * 200_000 + b'"}')
    response = get(raw_server(answer(body, Content_Encoding="gzip")))
    assert response.json("p") == {"a": "x" * 200_000}


def test_a_connection_is_reused_and_reopened_after_the_server_closed_it(raw_server: RawServer) -> None:
    connections: list[int] = []

    def handler(connection: socket.socket, _: bytes) -> None:
        connections.append(1)
        for _number in range(3):
            connection.sendall(answer())
            if not connection.recv(65536):
                return

    url, session = raw_server(handler), Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)
    for _ in range(3):
        get(url, session=session)
    assert len(connections) == 1
    session.close()
    get(url, session=session)
    assert len(connections) == 2


def test_32_threads_share_a_session_and_each_gets_its_own_answer(raw_server: RawServer) -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        while head:
            body = json.dumps({"path": head.split(b" ")[1].decode()}).encode()
            connection.sendall(answer(body))
            head = connection.recv(65536)

    url, session = raw_server(handler), Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)

    def ask(number: int) -> bool:
        answer = request("GET", f"{url}/{number}", provider="p", session=session, limits=Limits())
        return bool(answer.json("p") == {"path": f"/{number}"})

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(ask, range(1500)))


def test_calls_leave_no_thread_each_behind(raw_server: RawServer) -> None:
    url, session = raw_server(answer(Connection="close")), Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)
    get(url, session=session)
    for _ in range(20):
        get(url, session=session)
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("http-deadlines") == 1
    assert not [name for name in names if name == "http-resolve"]


def test_a_response_and_a_session_show_nothing_of_what_they_carry() -> None:
    response = Response(status=200, headers={"X": CANARY}, body=CANARY.encode(), url="https://a.example/x")
    assert CANARY not in repr(response)
    assert repr(Session(allowed_hosts=frozenset({"a.example"}))) == "<Session for a.example>"


def test_an_unsendable_header_is_named_without_its_value() -> None:
    session = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)
    for value in (f"Bearer {CANARY}\r\nX: y", f"{CANARY}\n", f" {CANARY}"):
        with pytest.raises(ProviderUnavailable) as caught:
            request("GET", "http://127.0.0.1:9/", provider="p", session=session, headers={"Authorization": value})
        assert CANARY not in repr(caught.value)


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/problem+json",
        "text/json",
        "application/json;x=y",
    ],
)
def test_json_types_are_read(media_type: str) -> None:
    assert Response(status=200, headers={"Content-Type": media_type}, body=b"[1]").json("p") == [1]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/html", b"<html></html>"),
        ("text/html", b'{"a": 1}'),
        ("", b'{"a": 1}'),
        ("application/jsonp", b'{"a": 1}'),
        ("application/json; charset=iso-8859-1", b'{"a": 1}'),
        ("application/json; charset=utf-16", b'{"a": 1}'),
        ("application/json", b""),
        ("application/json", b'{"a": '),
        ("application/json", b'{"a": NaN}'),
    ],
)
def test_anything_but_good_json_is_unreadable_and_kept_for_inspection(media_type: str, body: bytes) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        Response(status=200, headers={"Content-Type": media_type}, body=body).json("p")
    assert caught.value.body == body
    assert caught.value.detail.startswith("HTTP 200")


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.promise("G11")
@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nX-Filler: ",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"a" * 1000)[:20],
    ],
    ids=["status", "phrase", "header", "length", "no-length", "closing", "http-1.0", "chunk", "chunk-size", "gzip"],
)
def test_a_dripping_answer_ends_at_the_deadline(raw_server: RawServer, start: bytes) -> None:
    assert problem(raw_server(dripping(start)), ProviderUnavailable) == "No complete answer within 1.5 s."


def test_an_endless_row_of_continue_ends_at_the_deadline(raw_server: RawServer) -> None:
    url = raw_server(dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))
    assert problem(url, ProviderUnavailable) == "No complete answer within 1.5 s."


def test_a_silent_server_is_abandoned_after_the_read_limit(raw_server: RawServer) -> None:
    url = raw_server(lambda connection, _: time.sleep(5))
    limits = Limits(connect=1.0, read=0.5, deadline=5.0)
    started = time.monotonic()
    assert problem(url, ProviderUnavailable, limits=limits) == "No answer: no data for 0.5 s."
    assert time.monotonic() - started < LATE


def test_a_body_that_stops_half_way_is_left_after_the_read_limit(raw_server: RawServer) -> None:
    def handler(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer(Content_Length="1000"))
        time.sleep(5)

    limits = Limits(connect=1.0, read=0.5, deadline=5.0)
    assert problem(raw_server(handler), ProviderUnavailable, limits=limits) == "No answer: no data for 0.5 s."


def test_a_full_backlog_is_left_after_the_connect_limit() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        try:
            limits = Limits(connect=0.5, read=5.0, deadline=5.0)
            sentence = problem(f"http://127.0.0.1:{port}", ProviderUnavailable, limits=limits)
        finally:
            for one in waiting:
                one.close()
    assert sentence == "No connection within 0.5 s."


def test_a_tls_handshake_that_hangs_or_drips_ends_in_time(raw_server: RawServer) -> None:
    for handler in (dripping(b"", b"\x16"), dripping(b"\x16\x03\x03\x40\x00", b"\x00"), lambda *_: time.sleep(5)):
        url = raw_server(handler).replace("http:", "https:")
        problem(url, ProviderUnavailable)


def test_the_deadline_of_one_call_leaves_the_next_on_the_same_session_alone(raw_server: RawServer) -> None:
    slow = raw_server(dripping(b"HTTP/1.1 200 OK\r\nX: "))
    good = raw_server(answer(Connection="close"))
    session = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)
    with ThreadPoolExecutor(8) as pool:
        fates = [pool.submit(problem, slow, ProviderUnavailable, session=session) for _ in range(4)]
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            assert get(good, session=session).status == 200
        assert {fate.result() for fate in fates} == {"No complete answer within 1.5 s."}


def test_the_deadline_holds_in_a_forked_worker_too(raw_server: RawServer) -> None:
    good, slow = raw_server(answer(Connection="close")), raw_server(dripping(b"HTTP/1.1 200 OK\r\nX: "))
    code = (
        "import os, time\n"
        "from providers import ProviderUnavailable\n"
        "from providers.transport.http import Limits, Session, request\n"
        "s = Session(allowed_hosts=frozenset(), plain_hosts=frozenset({'127.0.0.1'}), limits=Limits(deadline=1.0))\n"
        f"request('GET', '{good}/x', provider='p', session=s)\n"
        "if child := os.fork():\n"
        "    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "started = time.monotonic()\n"
        "try:\n"
        f"    request('GET', '{slow}/x', provider='p', session=s)\n"
        "except ProviderUnavailable as error:\n"
        "    print(error.detail, time.monotonic() - started < 30.0, flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("No complete answer within 1 s. True\n", 0), done.stderr


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_is_counted_as_it_comes_and_may_not_pass_the_limit(raw_server: RawServer, packed: bool) -> None:
    limits = Limits(deadline=10.0, max_bytes=MIB)

    def sized(size: int) -> bytes:
        body = b'"' + b"a" * (size - 2) + b'"'
        return answer(gzip.compress(body), Content_Encoding="gzip") if packed else answer(body)

    assert len(get(raw_server(sized(MIB)), limits=limits).body) == MIB
    assert problem(raw_server(sized(MIB + 1)), UnreadableAnswer, limits=limits) == "The answer is larger than 1 MiB."


@pytest.mark.promise("G11")
def test_a_gzip_bomb_is_stopped_before_it_fills_the_memory(raw_server: RawServer) -> None:
    packer = gzip.compress(b"a" * (300 * MIB), 1)
    url = raw_server(answer(packer, Content_Encoding="gzip"))
    code = (
        "import resource\n"
        "from providers import UnreadableAnswer\n"
        "from providers.transport.http import Session, request\n"
        "s = Session(allowed_hosts=frozenset(), plain_hosts=frozenset({'127.0.0.1'}))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        f"    request('GET', '{url}/x', provider='p', session=s)\n"
        "except UnreadableAnswer as error:\n"
        "    print(error.detail, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024 < 64)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "The answer is larger than 5 MiB. True\n", done.stderr


# --- failures by name -------------------------------------------------------------------------------------------------


@pytest.mark.promise("G30")
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "304 Not Modified", "307 X", "308 X"])
def test_a_redirect_is_never_followed(raw_server: RawServer, status: str) -> None:
    calls: list[bytes] = []

    def handler(connection: socket.socket, head: bytes) -> None:
        calls.append(head)
        connection.sendall(answer(b"", status, Location="/elsewhere"))

    sentence = problem(raw_server(handler), ProviderUnavailable)
    assert sentence == f"HTTP {status[:3]}: a redirect, which is never followed."
    assert len(calls) == 1


@pytest.mark.promise("G31")
@given(st.binary(max_size=400))
@settings(max_examples=examples(150), deadline=None)
def test_no_bytes_on_the_wire_raise_anything_but_a_provider_error(body: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n" * (len(body) % 2) + body)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            assert isinstance(get(f"http://127.0.0.1:{listener.getsockname()[1]}"), Response)
        except ProviderError as error:
            assert error.detail
        thread.join(5)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("2", 2.0),
        (" 120 ", 120.0),
        ("10s", 10.0),
        ("10 seconds", 10.0),
        ("1.5", 1.0),
        ("3600", 3600.0),
        ("99999", 3600.0),
        ("9" * 20, 3600.0),
        ("9" * 30, None),
        ("-5", None),
        ("+5", None),
        ("1e3", None),
        ("0x10", None),
        ("inf", None),
        ("nan", None),
        ("10m", None),
        ("soon", None),
        ("１０", None),
        ("10, 20", None),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2026 11:00:30 +0100", 30.0),
        ("Saturday, 21-Nov-26 10:00:30 GMT", 30.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("Fri, 31 Dec 9999 23:59:59 -1400", 3600.0),
        ("Mon, 99 Foo 2026 10:00:30 GMT", None),
        ("Sat, " + "9" * 10_000, None),
    ],
)
def test_retry_after_is_read_within_bounds(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, now=datetime(2026, 11, 21, 10, 0, tzinfo=UTC)) == seconds


@given(st.text(max_size=60))
def test_no_retry_after_breaks_or_parks_the_caller(value: str) -> None:
    seconds = parse_retry_after(value, now=datetime.now(UTC))
    assert seconds is None or 0 <= seconds <= 3600


def test_429_and_5xx_are_raised_and_nothing_else() -> None:
    with pytest.raises(ProviderThrottled) as throttled:
        raise_for_common_faults(Response(status=429, headers={"Retry-After": "10s"}), provider="p")
    assert throttled.value.retry_after == 10.0
    for status in (500, 502, 503, 504, 599):
        with pytest.raises(ProviderUnavailable):
            raise_for_common_faults(Response(status=status), provider="p")
    for status in (200, 201, 204, 400, 401, 403, 404, 405, 409, 422):
        raise_for_common_faults(Response(status=status), provider="p")


# --- turns ------------------------------------------------------------------------------------------------------------


def test_every_call_of_a_paced_caller_waits_for_its_own_rate_slot_only(raw_server: RawServer) -> None:
    # The connection is closed: whether it is still open for the next call would be random.
    url, turns = raw_server(answer(Connection="close")), []
    session = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)
    paced = session.paced(lambda: turns.append(time.monotonic()))
    for _ in range(2):
        assert get(url, session=paced).status == 200
    assert get(url, session=session).status == 200
    assert len(turns) == 2


def test_a_refused_rate_slot_sends_nothing_and_waiting_is_outside_the_deadline(
    raw_server: RawServer,
) -> None:
    heads: list[bytes] = []

    def note(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer())

    url, session = raw_server(note), Session(allowed_hosts=frozenset(), plain_hosts=LOCAL)

    def refuse() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        get(url, session=session.paced(refuse))
    assert heads == []
    slow = session.paced(lambda: time.sleep(1.8))  # longer than the deadline of these calls
    assert get(url, session=slow).status == 200
