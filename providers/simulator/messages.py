"""One call to a simulated provider and its answer, before a fault changes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SimRequest:
    """One call as received. Header names are lower case; ``query`` has the last value of a repeated name."""

    method: str
    path: str
    """Percent-decoded, without the query, with its leading slash."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    at: float
    """Simulated seconds since the start of the server, as ``World.now()``."""

    def json(self) -> Any:
        """The body as JSON, or None if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; empty for anything else."""
        value = self.json()
        return value if isinstance(value, dict) else {}

    def header(self, name: str) -> str:
        """A header's value, found in any letter case; empty when absent."""
        return self.headers.get(name.lower(), "")

    @property
    def bearer(self) -> str:
        """The token of ``Authorization: Bearer ...``, empty without one."""
        scheme, _, token = self.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimResponse:
    """An answer. A mapping or list is sent as JSON, text and bytes unchanged."""

    status: int = 200
    body: Mapping[str, Any] | list[Any] | str | bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    def content(self) -> bytes:
        """The body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()
