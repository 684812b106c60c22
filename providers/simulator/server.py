"""The server: HTTP/1.1 over plain sockets, because faults have to violate HTTP."""

import logging
import select
import socket
import socketserver
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qsl, unquote, urlsplit

from providers.simulator import faults
from providers.simulator.control import Control
from providers.simulator.messages import SimRequest, SimResponse
from providers.simulator.scenarios import ProviderSimulator, Scenario
from providers.simulator.world import LogLine, World

_log = logging.getLogger(__name__)
_MAX_HEAD = 64 * 1024
_MAX_BODY = 1024 * 1024
_IDLE_SECONDS = 120.0


class Simulator:
    """All providers on one port. ``start`` returns at once; ``stop`` ends the thread and every connection."""

    def __init__(
        self,
        providers: tuple[ProviderSimulator, ...],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        world: World | None = None,
        access_log: Path | None = None,
    ) -> None:
        self.world = world or World()
        self.providers = {provider.name: provider for provider in providers}
        self.stopping = threading.Event()
        self._log_lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._host = host
        self._server = _Server((host, port), _Connection)
        self._server.simulator = self
        self.control = Control(self.providers, self.world, self.url)
        self._access_log: TextIO | None = access_log.open("a", encoding="utf-8", buffering=1) if access_log else None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="simulator", daemon=True)

    @property
    def port(self) -> int:
        """The port in use, also if 0 was given."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Base URL of all simulated APIs."""
        return f"http://{self._host}:{self.port}"

    def start(self) -> "Simulator":
        """Listen in a thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop the server and close every connection, slow faults included."""
        self.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        if self._access_log:
            self._access_log.close()

    def add_connection(self, connection: socket.socket) -> None:
        """Register a connection that ``stop`` has to close."""
        with self._open_lock:
            self._open.add(connection)

    def remove_connection(self, connection: socket.socket) -> None:
        """Remove a closed connection."""
        with self._open_lock:
            self._open.discard(connection)

    def answer(self, request: SimRequest) -> tuple[SimResponse, Scenario | None]:
        """The provider's answer, and the scenario if the call has a known reference. Logs the call."""
        if request.path.startswith("/_simulator/"):
            return self.control.handle(request), None
        provider = next((one for one in self.providers.values() if one.owns(request)), None)
        if provider is None:
            self._record(request, 404, "", "", "")
            return SimResponse(status=404, body={"message": "no such path; see /_simulator/"}), None
        reference = provider.reference_of(request) or ""
        if reference:
            self.world.count_read(provider.name, reference)
        found = self.world.scenario(provider, reference) if reference else None
        scenario = found[0] if found else None
        response = provider.handle(request, self.world)
        if scenario and scenario.fault:
            reads = self.world.reads(provider.name, reference)
            response = faults.apply(scenario.fault, response, reads)
        self._record(request, response.status, provider.name, reference, scenario.name if scenario else "")
        return response, scenario

    def _record(self, request: SimRequest, status: int, provider: str, reference: str, scenario: str) -> None:
        line = LogLine(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            provider=provider,
            method=request.method,
            path=request.path,
            status=status,
            reference=reference,
            scenario=scenario,
        )
        self.world.record(line)
        if self._access_log:
            with self._log_lock:
                self._access_log.write(line.text() + "\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    simulator: Simulator

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log defects of the simulator; closed connections do not get here."""
        _log.exception("the simulator failed to answer")


class _Connection(socketserver.StreamRequestHandler):
    """One connection: one call after the other until the caller closes it."""

    server: _Server
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS

    def handle(self) -> None:
        self.server.simulator.add_connection(self.connection)
        with suppress(OSError, _Malformed):  # the caller closed the connection, or does not speak HTTP
            while not self.server.simulator.stopping.is_set() and self._one_call():
                pass

    def finish(self) -> None:
        self.server.simulator.remove_connection(self.connection)
        with suppress(OSError):
            super().finish()

    def _one_call(self) -> bool:
        """Read a call and answer it. False at the end of the connection."""
        request = self._read_request()
        if request is None:
            return False
        response, scenario = self._answered(request)
        if delay := self._delay_of(request):
            self.wait(delay)
        fault = scenario.fault if scenario else None
        if fault and fault.needs_wire:
            faults.send_over(fault, response, self)
            return False
        self.send(_packed(response, head_only=request.method == "HEAD"))
        return request.header("connection").lower() != "close"

    def _delay_of(self, request: SimRequest) -> float:
        return 0.0 if request.path.startswith("/_simulator/") else self.server.simulator.world.delay

    def _answered(self, request: SimRequest) -> tuple[SimResponse, Scenario | None]:
        try:
            return self.server.simulator.answer(request)
        except Exception:
            _log.exception("the simulator failed at %s %s", request.method, request.path)
            return SimResponse(status=500, body={"message": "defect of the simulator, see its log"}), None

    def _read_request(self) -> SimRequest | None:
        line = self.rfile.readline(_MAX_HEAD)
        words = line.decode("latin-1").split()
        if not words:
            return None
        if len(words) != 3:
            raise _Malformed
        headers = self._read_headers()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _MAX_BODY or "transfer-encoding" in headers:
            raise _Malformed
        parts = urlsplit(words[1])
        return SimRequest(
            method=words[0].upper(),
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers,
            body=self.rfile.read(int(length)),
            at=self.server.simulator.world.now(),
        )

    def _read_headers(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        size = 0
        while (line := self.rfile.readline(_MAX_HEAD)) not in (b"\r\n", b"\n"):
            size += len(line)
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or size > _MAX_HEAD:
                raise _Malformed
            headers[name.strip().lower()] = value.strip()
        return headers

    # --- the wire for faults ---

    def send(self, content: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(content)

    def wait(self, seconds: float) -> bool:
        """True after ``seconds``, False as soon as the caller closes the connection or the server stops."""
        left = seconds
        while left > 0 and not self.server.simulator.stopping.is_set():
            step = min(left, 0.25)
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return False
            self.server.simulator.stopping.wait(step)
            left -= step
        return not self.server.simulator.stopping.is_set()

    def reset(self) -> None:
        """End the connection with a reset."""
        faults.reset_on_close(self.connection)
        self.connection.close()


class _Malformed(Exception):
    """The bytes received are not a call."""


def _packed(response: SimResponse, *, head_only: bool) -> bytes:
    content = response.content()
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = {"Content-Type": response.media_type, "Content-Length": str(len(content)), **response.headers}
    lines = (f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", "")
    return "\r\n".join(lines).encode("latin-1") + (b"" if head_only else content)
