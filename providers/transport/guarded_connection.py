"""Connections to permitted hosts and checked addresses, which a deadline can shut down.

``Guard`` knows the permitted hosts, the connection classes resolve, check and connect in one step (so that a second,
different answer of the name service has no effect), and ``Call`` is one call's deadline. One thread watches all
deadlines.
"""

import heapq
import itertools
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from providers.transport.guard import Guard, address_problem

IDLE_SECONDS = 60.0
"""An unused connection older than this is opened again: firewalls drop idle ones silently."""
_current = threading.local()


class Call:
    """One call with its deadline. While it runs, the connections it uses belong to it and can be shut down."""

    def __init__(self, seconds: float, *, connect: float) -> None:
        self.seconds = seconds
        self.connect = connect
        self.ends = time.monotonic() + seconds
        self.expired = False
        self.problem = ""
        """A sentence set by the connection, more specific than the exception."""
        self._connection: Guarded | None = None
        self._handles: list[socket.socket] = []
        self._over = False
        self._lock = threading.Lock()

    def __enter__(self) -> "Call":
        _current.call = self
        _watch.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        _current.call = None
        with self._lock:
            connection, self._connection = self._connection, None
            handles, self._handles = self._handles, []
            self._over = True
        if connection:
            connection.leave(self)
        for handle in handles:
            handle.close()

    @property
    def left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self.ends - time.monotonic())

    @property
    def too_late(self) -> str:
        """The sentence for a call that the deadline ended."""
        return f"No complete answer within {self.seconds:g} s."

    def takes(self, connection: "Guarded") -> None:
        """Register a connection that now serves this call."""
        with self._lock:
            self._connection = connection
            connection.enter(self)
            if self.expired:
                connection.shut_down(self)

    def keep(self, handle: socket.socket) -> None:
        """Take over the handle of a connection that was closed while its answer is still being read.

        The library closes the connection of every answer that ends with it.
        """
        with self._lock:
            if not self._over:
                self._handles.append(handle)
                if self.expired:
                    shut(handle)
                return
        handle.close()

    def expire(self) -> None:
        """Shut down the connections of the call."""
        with self._lock:
            self.expired = not self._over
            if self._connection:
                self._connection.shut_down(self)
            for handle in self._handles:
                shut(handle)


def shut(handle: socket.socket) -> None:
    with suppress(OSError):  # already closed by the other side
        handle.shutdown(socket.SHUT_RDWR)


class _Watch:
    """One thread that ends all calls whose deadline has passed."""

    def __init__(self) -> None:
        self._order = itertools.count()
        self._fresh()
        # A forked child has the objects but not the thread.
        os.register_at_fork(after_in_child=self._fresh)

    def _fresh(self) -> None:
        self._wake = threading.Condition(threading.Lock())
        self._heap: list[tuple[float, int, Call]] = []
        self._thread: threading.Thread | None = None

    def add(self, call: Call) -> None:
        """Watch a call. Wakes the thread only if this deadline is the earliest."""
        with self._wake:
            heapq.heappush(self._heap, (call.ends, next(self._order), call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="http-deadlines", daemon=True)
                self._thread.start()
            elif self._heap[0][2] is call:
                self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    self._wake.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
                _, _, call = heapq.heappop(self._heap)
            call.expire()


_watch = _Watch()


class Guarded:
    """The common part of plain and TLS connections. Mixed in before urllib3's class."""

    guard: Guard
    scheme: str
    host: str
    port: int
    timeout: Any
    socket_options: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._used = time.monotonic()
        self._handle: socket.socket | None = None
        self._handle_lock = threading.Lock()
        self._call: Call | None = None

    def enter(self, call: Call) -> None:
        with self._handle_lock:
            self._call = call

    def leave(self, call: Call) -> None:
        with self._handle_lock:
            if self._call is call:
                self._call = None
                self._used = time.monotonic()

    def shut_down(self, call: Call) -> None:
        """End both directions of the socket if it still serves this call. Wakes a thread that waits on it."""
        with self._handle_lock:
            if self._call is call and self._handle:
                shut(self._handle)

    def request(self, *args: Any, **kwargs: Any) -> Any:
        if call := getattr(_current, "call", None):
            call.takes(self)
        return super().request(*args, **kwargs)  # type: ignore[misc]

    def close(self) -> None:
        with self._handle_lock:
            handle, self._handle = self._handle, None
            call = self._call
        if handle and call:
            call.keep(handle)
        elif handle:
            handle.close()
        super().close()  # type: ignore[misc]

    @property
    def is_connected(self) -> bool:
        return bool(super().is_connected) and time.monotonic() - self._used < IDLE_SECONDS  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        call: Call = _current.call
        host, port = self._dns_host, self.port  # type: ignore[attr-defined]
        free = self.guard.is_proxy(host, port) or self.guard.is_plain(host, port)
        if not free and (problem := self.guard.problem(self.scheme, host, port)):
            raise self._refusal(call, problem)
        made = self._connected(call, _resolve(host, port, min(call.connect, call.left)), check=not free)
        # A second handle on the same connection: TLS detaches the first one during its handshake.
        with self._handle_lock:
            self._handle = made.dup()
        call.takes(self)
        return made

    def _connected(self, call: Call, addresses: "list[_Info] | str", *, check: bool) -> socket.socket:
        if isinstance(addresses, str):
            raise self._refusal(call, addresses)
        for info in addresses if check else ():
            if problem := address_problem(str(info[4][0])):
                raise self._refusal(call, problem)
        problem = "The name has no address."
        for info in addresses:
            try:
                return _open(info, min(call.connect, call.left), self.timeout, self.socket_options)
            except OSError as error:
                problem = _socket_meaning(error, call.connect)
        raise self._refusal(call, problem)

    def _refusal(self, call: Call, problem: str) -> NewConnectionError:
        call.problem = problem
        return NewConnectionError(self, problem)  # type: ignore[arg-type]


_Info = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


def _socket_meaning(error: OSError, seconds: float) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused."
    if isinstance(error, TimeoutError):
        return f"No connection within {seconds:g} s."
    if isinstance(error, ConnectionError):
        return "The connection was closed at once."
    return "The host cannot be reached."


def _open(info: _Info, seconds: float, timeout: Any, options: Any) -> socket.socket:
    family, kind, protocol, _, address = info
    if seconds <= 0:
        raise TimeoutError
    made = socket.socket(family, kind, protocol)
    try:
        for option in options or ():
            made.setsockopt(*option)
        made.settimeout(seconds)
        made.connect(address)
        made.settimeout(timeout if isinstance(timeout, int | float) else seconds)
    except BaseException:
        made.close()
        raise
    return made


def _resolve(host: str, port: int, seconds: float) -> "list[_Info] | str":
    """Addresses of a host, or a sentence why there are none. Returns after ``seconds`` if the name service hangs."""
    with suppress(OSError):  # a name, to be resolved
        return list(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    answer: list[list[_Info] | str] = []

    def ask() -> None:
        try:
            answer.append(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError):
            answer.append(f"The name {host} was not found.")

    # Runs for new connections only. The call cannot be interrupted, so it has a thread that may outlive the caller.
    asking = threading.Thread(target=ask, name="http-resolve", daemon=True)
    asking.start()
    asking.join(seconds)
    return answer[0] if answer else f"The name service did not answer about {host} within {seconds:.0f} s."


class _PlainConnection(Guarded, HTTPConnection):
    scheme = "http"


class _TlsConnection(Guarded, HTTPSConnection):
    scheme = "https"


def pools_for(guard: Guard) -> dict[str, Any]:
    """urllib3's pool classes by scheme, with connections that use this guard."""
    plain = type("PlainConnection", (_PlainConnection,), {"guard": guard})
    tls = type("TlsConnection", (_TlsConnection,), {"guard": guard})
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }
