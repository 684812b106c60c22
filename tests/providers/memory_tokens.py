"""A token store in memory, with the promises of the one in PostgreSQL."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

from providers import Lease, Token


class MemoryTokens:
    """Satisfies ``providers.TokenStore``; ``writes`` counts the tokens stored."""

    def __init__(self, token: Token | None = None) -> None:
        self.token = token
        self.writes = 0
        self._lease: Lease | None = None
        self._lock = threading.Lock()

    def read(self) -> Token | None:
        with self._lock:
            return self.token

    def lease(self, seconds: float) -> Lease | None:
        now = datetime.now(UTC)
        with self._lock:
            if self._lease and self._lease.until > now:
                return None
            self._lease = Lease(owner=uuid.uuid4().hex, until=now + timedelta(seconds=seconds))
            return self._lease

    def write(self, token: Token, lease: Lease) -> bool:
        with self._lock:
            if self._lease is None or self._lease.owner != lease.owner:
                return False
            self.token, self._lease = token, None
            self.writes += 1
            return True

    def release(self, lease: Lease) -> None:
        with self._lock:
            if self._lease and self._lease.owner == lease.owner:
                self._lease = None
