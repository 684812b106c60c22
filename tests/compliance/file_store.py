"""A local file store for links of reports, and files for it."""

import io
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

MIB = 1024 * 1024
Answer = tuple[int, bytes, Mapping[str, str]]


class FileStore(ThreadingHTTPServer):
    """Answers every path by a function; records connections and requests."""

    daemon_threads = True

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.connections = 0
        self.heads: list[dict[str, str]] = []
        self.arrivals: list[float] = []

    @property
    def host(self) -> str:
        """``127.0.0.1:port``."""
        return f"127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore closed connections."""


class _Handler(BaseHTTPRequestHandler):
    server: FileStore
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.heads.append({name.lower(): value for name, value in self.headers.items()})
        self.server.arrivals.append(time.time())
        status, content, headers = self.server.answer(self.path)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Log nothing."""


@contextmanager
def file_store(answer: Callable[[str], Answer]) -> Iterator[FileStore]:
    """A running store for the duration of the block."""
    running = FileStore(answer)
    thread = threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def jpeg(size: tuple[int, int] = (60, 90), *, noise: bool = False, quality: int = 90) -> bytes:
    """A valid JPEG; with noise it has a size in proportion to its pixels."""
    out = io.BytesIO()
    picture = Image.new("RGB", size, "navy")
    if noise:
        picture = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


@cache
def _noise() -> bytes:
    return jpeg((2400, 1900), noise=True, quality=94)


def large_jpeg(number: int, size: int = 10 * MIB) -> bytes:
    """A photo of at least so many bytes, a different one for each number, which is in a comment."""
    noise = _noise()
    comment = b"\xff\xfe" + (10).to_bytes(2, "big") + number.to_bytes(8, "big")
    room = max(0, size - len(noise) - len(comment))
    blanks = b"".join(b"\xff\xfe\xff\xff" + bytes(65533) for _ in range(-(-room // 65537)))
    return noise[:2] + comment + blanks + noise[2:]
