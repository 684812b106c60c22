"""Real sockets for the provider tests: the simulator on a free port, and a server that sends any bytes."""

import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import pytest

from providers import Connection, Provider, Session, connect
from providers.simulator.server import Simulator
from providers.transport.http import Limits
from tests.providers.memory_tokens import MemoryTokens

QUICK = Limits(connect=1.0, read=1.0, deadline=1.5)
"""Limits under which a fault that never ends is over soon."""
LATE = 30.0
"""Seconds after which a call hangs: more than any takes on a busy machine, and fewer than the faults last."""

Handler = Callable[[socket.socket, bytes], None]


class ClientFactory(Protocol):
    """Builds a client of the simulator's demonstration account of a provider."""

    def __call__(
        self,
        name: str,
        *,
        credentials: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
        base_url: str | None = None,
        environment: str = "simulator",
        limits: Limits | None = None,
        tokens: MemoryTokens | None = None,
        evidence_hosts: frozenset[str] = frozenset(),
    ) -> Provider: ...


@pytest.fixture
def client(simulator: Simulator) -> Iterator[ClientFactory]:
    """``client("bank131")`` is connected to the simulator; every part can be given otherwise."""
    sessions: list[Session] = []

    def make(name: str, **given: Any) -> Provider:
        base_url = given.get("base_url") or simulator.url
        played = simulator.providers[name]
        own = given.get("credentials")
        overrides = given.get("settings")
        hosts = frozenset({base_url.split("//", 1)[1]})
        session = Session(allowed_hosts=frozenset(), plain_hosts=hosts, limits=given.get("limits"))
        sessions.append(session)
        return connect(
            name,
            Connection(
                base_url=base_url,
                environment=given.get("environment", "simulator"),
                credentials=dict(played.credentials) if own is None else own,
                settings=dict(played.settings) if overrides is None else {**played.settings, **overrides},
                tokens=given.get("tokens") or MemoryTokens(),
                session=session,
                evidence_hosts=given.get("evidence_hosts", frozenset()) | hosts,
            ),
        )

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def raw_server() -> Iterator[Callable[[bytes | Handler], str]]:
    """``raw_server(answer)`` gives a base URL; ``answer`` is bytes for every call, or a function of (socket, head)."""
    listeners: list[socket.socket] = []
    ended = threading.Event()

    def serve(listener: socket.socket, answer: bytes | Handler) -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_answer, args=(connection, answer), daemon=True).start()

    def start(answer: bytes | Handler) -> str:
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, answer), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    ended.set()
    for listener in listeners:
        # Closing alone does not wake a thread that accepts.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _answer(connection: socket.socket, answer: bytes | Handler) -> None:
    with connection:
        try:
            head = _head(connection)
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection, head)
        except OSError:
            pass  # the caller may disconnect


def _head(connection: socket.socket) -> bytes:
    """Head and body of one request, as they came."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            break
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    # Head and body may arrive apart.
    while length and len(body) < int(length[1]) and (piece := connection.recv(65536)):
        body += piece
        received += piece
    return received
