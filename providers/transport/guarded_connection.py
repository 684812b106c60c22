"""Connections that go only where they may, to an address that was checked, and that a deadline can shut down.

Three parts: ``Guard`` knows the permitted hosts, the connection classes resolve, check and connect in one step (so that
a second, different answer of the name service finds no use), and ``Call`` is one call's deadline, kept by one watching
thread for the whole process.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    NewConnectionError,
)

from providers.transport.deadline import Call, current, shut
from providers.transport.guard import Guard, address_problem
from providers.transport.network_errors import socket_meaning

IDLE_SECONDS = 60.0
"""An unused connection older than this is opened anew: firewalls forget idle ones without telling."""


class Guarded:
    """What plain and TLS connections share. Mixed in before urllib3's class."""

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
        """End both directions of the socket, if it still works for this call. Wakes a thread that waits on it."""
        with self._handle_lock:
            if self._call is call and self._handle:
                shut(self._handle)

    def request(self, *args: Any, **kwargs: Any) -> Any:
        if call := getattr(current, "call", None):
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
        call: Call = current.call
        host, port = self._dns_host, self.port  # type: ignore[attr-defined]
        free = self.guard.is_proxy(host, port) or self.guard.is_plain(host, port)
        if not free and (problem := self.guard.problem(self.scheme, host, port)):
            raise self._refusal(call, problem)
        made = self._connected(call, _resolve(host, port, min(call.connect, call.left)), check=not free)
        # A second handle on the same connection: TLS takes the first one away during its handshake.
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
                problem = socket_meaning(error, call.connect)
        raise self._refusal(call, problem)

    def _refusal(self, call: Call, problem: str) -> NewConnectionError:
        call.problem = problem
        return NewConnectionError(self, problem)  # type: ignore[arg-type]


_Info = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


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
    """Addresses of a host, or a sentence why there are none. A name service that hangs is left after ``seconds``."""
    with suppress(OSError):  # a name, so it has to be asked for
        return list(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    answer: list[list[_Info] | str] = []

    def ask() -> None:
        try:
            answer.append(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError):
            answer.append(f"The name {host} was not found.")

    # Only new connections come here; the call cannot be interrupted, so it gets a thread that may outlive us.
    asking = threading.Thread(target=ask, name="http-resolve", daemon=True)
    asking.start()
    asking.join(seconds)
    return answer[0] if answer else f"The name service did not answer about {host} within {seconds:.0f} s."


class _PlainConnection(Guarded, HTTPConnection):
    scheme = "http"


class _TlsConnection(Guarded, HTTPSConnection):
    scheme = "https"


def pools_for(guard: Guard) -> dict[str, Any]:
    """urllib3's pool classes by scheme, over connections that ask this guard."""
    plain = type("PlainConnection", (_PlainConnection,), {"guard": guard})
    tls = type("TlsConnection", (_TlsConnection,), {"guard": guard})
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }
