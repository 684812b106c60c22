"""Connections that go only where they may, to an address that was checked, and that a deadline can shut down.

Three parts: ``Guard`` knows the permitted hosts, the connection classes resolve, check and connect in one step (so that
a second, different answer of the name service finds no use), and ``Call`` is one call's deadline, kept by one watching
thread for the whole process.
"""

import heapq
import http.client
import ipaddress
import itertools
import os
import re
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from requests import RequestException
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    NewConnectionError,
    ReadTimeoutError,
)

IDLE_SECONDS = 60.0
"""An unused connection older than this is opened anew: firewalls forget idle ones without telling."""

# Strict on purpose: what passes reads the same to every URL parser. No login, no backslash, no escape in the host.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?",
    re.ASCII,
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Guard:
    """Which hosts may be called, and at which addresses."""

    def __init__(
        self, *, allowed_hosts: frozenset[str], plain_hosts: frozenset[str] = frozenset(), proxy: str = ""
    ) -> None:
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self.plain_hosts = frozenset(host.lower() for host in plain_hosts)
        parts = urlsplit(proxy)
        self.proxy = (parts.hostname or "", parts.port or 80) if proxy else None

    def url_problem(self, url: str) -> str | None:
        """Why this URL may not be called, as a sentence without its path and query, or None."""
        found = _URL.fullmatch(url)
        if not found:
            return "The address is not a plain http or https URL."
        scheme, host = found["scheme"], found["host"].lower()
        port = int(found["port"] or (443 if scheme == "https" else 80))
        if not 0 < port < 65536:
            return "The address names an impossible port."
        return self.problem(scheme, host, port)

    def problem(self, scheme: str, host: str, port: int) -> str | None:
        """The same for the three parts that a connection is made of."""
        if self.is_plain(host, port):
            return None
        if host.strip("[]") not in self.allowed_hosts:
            return f"The host {host} is not one of the hosts that may be called."
        if scheme != "https" or port != 443:
            return f"The host {host} may be called by https on port 443 only."
        return None

    def is_plain(self, host: str, port: int) -> bool:
        """True for a host of the operator's own list, where http and any address are fine."""
        bare = host.strip("[]")
        shown = f"[{bare}]" if ":" in bare else bare
        return not self.plain_hosts.isdisjoint({bare, shown, f"{shown}:{port}"})

    def is_proxy(self, host: str, port: int) -> bool:
        """True for the proxy itself, which the operator trusts with every connection."""
        return self.proxy == (host.strip("[]"), port)


def address_problem(text: str) -> str | None:
    """Why no provider can live at this IP address, or None. IPv4 inside IPv6 forms is unwrapped and judged, too."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    for inner in (address, *_unwrapped(address)):
        if not inner.is_global or inner.is_multicast or (inner.version == 4 and inner in _SHARED):
            return f"The name leads to {address}, which is not a public address."
    return None


def _unwrapped(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses that an IPv6 address carries: mapped, compatible, NAT64, 6to4, Teredo (server and client)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return ()
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    found: list[Address] = [inner for inner in (address.ipv4_mapped, address.sixtofour) if inner]
    found.extend(address.teredo or ())
    if address in _NAT64 or address in _NAT64_LOCAL or address in _IPV4_COMPATIBLE:
        found.append(last)
    return tuple(found)


# --- one call's deadline ----------------------------------------------------------------------------------------------

_current = threading.local()


class Call:
    """One call with its deadline. While it runs, the connections it uses belong to it and can be shut down."""

    def __init__(self, seconds: float, *, connect: float) -> None:
        self.seconds = seconds
        self.connect = connect
        self.ends = time.monotonic() + seconds
        self.expired = False
        self.problem = ""
        """A sentence that the connection left because it knew better than the exception."""
        self._connection: _Guarded | None = None
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
        """What to say when the deadline has ended the call."""
        return f"No complete answer within {self.seconds:g} s."

    def takes(self, connection: "_Guarded") -> None:
        """This connection now works for this call."""
        with self._lock:
            self._connection = connection
            connection.enter(self)
            if self.expired:
                connection.shut_down(self)

    def keep(self, handle: socket.socket) -> None:
        """Take over the handle of a connection that was closed while its answer is still being read.

        The library does so with every answer that ends with its connection.
        """
        with self._lock:
            if not self._over:
                self._handles.append(handle)
                if self.expired:
                    _shut(handle)
                return
        handle.close()

    def expire(self) -> None:
        """The deadline has come: whatever the call waits for ends now."""
        with self._lock:
            self.expired = not self._over
            if self._connection:
                self._connection.shut_down(self)
            for handle in self._handles:
                _shut(handle)


def _shut(handle: socket.socket) -> None:
    with suppress(OSError):  # already closed by the other side
        handle.shutdown(socket.SHUT_RDWR)


class _Watch:
    """One thread that ends calls whose deadline has come, however many run."""

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
        """Watch a call. Wakes the thread only when this deadline comes before all others."""
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


# --- connections ------------------------------------------------------------------------------------------------------


class _Guarded:
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
                _shut(self._handle)

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
                problem = _socket_meaning(error, call.connect)
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


class _PlainConnection(_Guarded, HTTPConnection):
    scheme = "http"


class _TlsConnection(_Guarded, HTTPSConnection):
    scheme = "https"


def pools_for(guard: Guard) -> dict[str, Any]:
    """urllib3's pool classes by scheme, over connections that ask this guard."""
    plain = type("PlainConnection", (_PlainConnection,), {"guard": guard})
    tls = type("TlsConnection", (_TlsConnection,), {"guard": guard})
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }


# --- what went wrong, in words ----------------------------------------------------------------------------------------


def meaning_of(error: Exception, call: Call, read_seconds: float) -> str:
    """A sentence for people from whatever the libraries raised. Quotes neither URL nor header nor body."""
    if call.expired or call.left <= 0:
        return call.too_late
    if call.problem:
        return call.problem
    chain = tuple(_chain(error))
    if any(isinstance(one, ssl.SSLError) for one in chain):
        return _tls_meaning(next(one for one in chain if isinstance(one, ssl.SSLError)))
    if any(isinstance(one, ConnectTimeoutError) for one in chain):
        return f"No connection within {call.connect:g} s."
    if any(isinstance(one, ReadTimeoutError | TimeoutError) for one in chain):
        return f"No answer: nothing came for {read_seconds:g} s."
    if any(isinstance(one, IncompleteRead | http.client.IncompleteRead) for one in chain):
        return "The answer was cut short."
    if any(isinstance(one, ConnectionError) for one in chain):
        return "The connection was closed before the answer was complete."
    return "What came back was not HTTP."


def _chain(error: BaseException) -> "list[BaseException]":
    """The exception with all that it was raised from, wraps in ``args`` or names as ``reason``."""
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


def _socket_meaning(error: OSError, seconds: float) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused."
    if isinstance(error, TimeoutError):
        return f"No connection within {seconds:g} s."
    if isinstance(error, ConnectionError):
        return "The connection was closed at once."
    return "The host cannot be reached."
