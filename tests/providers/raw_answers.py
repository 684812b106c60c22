"""Answers as bytes, for a server that sends any bytes."""

import json
from collections.abc import Callable
from typing import Any

RawServer = Callable[[Any], str]


def as_json(status: int, body: Any, **headers: str) -> bytes:
    """A whole HTTP answer; ``body`` is bytes as they are, or a value to encode. ``Retry_After`` is Retry-After."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "Connection: close", "", "")).encode() + content
