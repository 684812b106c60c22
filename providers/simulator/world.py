"""The state of a running simulator: time, references, tokens, and changes made by tests."""

import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from providers.simulator.scenarios import ProviderSimulator, Scenario, Step

_LOG_LINES = 100_000
"""Calls in memory. A simulator may run for weeks; the access log file has all calls."""


@dataclass(slots=True)
class _Seen:
    """The state of a reference."""

    since: float
    created_at: datetime
    scenario: "Scenario | None" = None
    """Set by a test, instead of the one that the reference names."""
    body: Mapping[str, Any] | None = None
    """Set by a test, instead of the scenario's body."""
    reads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issued:
    provider: str
    owner: str
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One call of the access log, without credentials, body and query."""

    at: str
    provider: str
    method: str
    path: str
    status: int
    reference: str
    scenario: str

    def text(self) -> str:
        """The line of the log file: seven words, ``-`` for a missing one."""
        words = (self.at, self.provider, self.method, self.path, str(self.status), self.reference, self.scenario)
        return " ".join(word.replace(" ", "%20") or "-" for word in words)


class World:
    """Shared by all threads of one server. ``speed`` makes flows, but not tokens, faster than the clock."""

    def __init__(self, *, speed: float = 1.0, seed: int = 0, delay: float = 0.0) -> None:
        if speed <= 0:
            raise ValueError("speed must be above 0")
        self.speed = speed
        self.seed = seed
        self.delay = delay
        """Seconds before every answer; may be changed while the server runs."""
        self.started = datetime.now(UTC)
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._tokens: dict[str, _Issued] = {}
        self._log: deque[LogLine] = deque(maxlen=_LOG_LINES)
        self._logged = 0

    def now(self) -> float:
        """Simulated seconds since the start."""
        return (time.monotonic() - self._start) * self.speed

    # --- references ---

    def scenario(self, simulator: "ProviderSimulator", reference: str) -> "tuple[Scenario, int] | None":
        """Current scenario and serial of a reference: set by a test, else named by the reference. None if unknown."""
        found = simulator.scenario_of(reference)
        with self._lock:
            seen = self._seen.get((simulator.name, reference))
        if seen and seen.scenario:
            return seen.scenario, found[1] if found else 0
        return found

    def state_of(self, simulator: "ProviderSimulator", reference: str) -> Mapping[str, Any] | None:
        """The current state of a reference, or None if it is unknown. The first call starts its time."""
        steps = self.steps_so_far(simulator, reference)
        return steps[-1].state if steps else None

    def steps_so_far(self, simulator: "ProviderSimulator", reference: str) -> "tuple[Step, ...]":
        """The steps reached, oldest first; those before the last are history, such as earlier attempts."""
        found = self.scenario(simulator, reference)
        if not found:
            return ()
        age = self.age(simulator, reference)
        return tuple(step for step in found[0].steps if step.after <= age)

    def created_at(self, simulator: "ProviderSimulator", reference: str) -> datetime:
        """When the check was created at the provider (UTC), some minutes before its first read."""
        return self._entry(simulator.name, reference).created_at

    def age(self, simulator: "ProviderSimulator", reference: str) -> float:
        """Simulated seconds since the first read of the reference, or since its scenario was set."""
        since = self._entry(simulator.name, reference).since
        return self.now() - since

    def reads(self, provider: str, reference: str) -> int:
        """The number of calls about this reference so far, the current one included."""
        with self._lock:
            seen = self._seen.get((provider, reference))
            return seen.reads if seen else 0

    def count_read(self, provider: str, reference: str) -> None:
        """Count a call about this reference."""
        entry = self._entry(provider, reference)
        with self._lock:
            entry.reads += 1

    def set_scenario(self, provider: str, reference: str, scenario: "Scenario | None") -> None:
        """Change the scenario of a reference and restart its time; None restores the one that it names."""
        entry = self._entry(provider, reference)
        now = self.now()
        with self._lock:
            entry.scenario, entry.since, entry.reads = scenario, now, 0

    def set_body(self, provider: str, reference: str, body: Mapping[str, Any] | None) -> None:
        """Change the body of the answers about a reference; None restores the scenario's."""
        entry = self._entry(provider, reference)
        with self._lock:
            entry.body = body

    def body_of(self, provider: str, reference: str) -> Mapping[str, Any] | None:
        """The body that a test set for a reference, or None."""
        with self._lock:
            seen = self._seen.get((provider, reference))
        return seen.body if seen else None

    def advance(self, provider: str, reference: str, seconds: float) -> None:
        """Advance the simulated time of one reference."""
        entry = self._entry(provider, reference)
        with self._lock:
            entry.since -= seconds

    def _entry(self, provider: str, reference: str) -> _Seen:
        now = self.now()
        with self._lock:
            key = (provider, reference)
            if key not in self._seen:
                created_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=11)
                self._seen[key] = _Seen(since=now, created_at=created_at)
            return self._seen[key]

    # --- tokens ---

    def issue_token(self, provider: str, *, owner: str = "demo", seconds: float, prefix: str = "sim") -> str:
        """A new bearer token, valid for ``seconds`` of real time. Older ones stay valid."""
        value = f"{prefix}.{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens[value] = _Issued(provider=provider, owner=owner, ends=time.monotonic() + seconds)
        return value

    def token_state(self, provider: str, value: str) -> str:
        """``valid``, ``expired`` or ``unknown`` (also for a token of another provider)."""
        with self._lock:
            issued = self._tokens.get(value)
        if issued is None or issued.provider != provider:
            return "unknown"
        return "valid" if time.monotonic() < issued.ends else "expired"

    def token_owner(self, provider: str, value: str) -> str:
        """The ``owner`` that a token was issued to, or empty."""
        with self._lock:
            issued = self._tokens.get(value)
        return issued.owner if issued and issued.provider == provider else ""

    def revoke_tokens(self, provider: str) -> int:
        """Expire every valid token of a provider and return their number."""
        now = time.monotonic()
        with self._lock:
            mine = {key: one for key, one in self._tokens.items() if one.provider == provider and one.ends > now}
            for key, one in mine.items():
                self._tokens[key] = _Issued(provider=one.provider, owner=one.owner, ends=now)
        return len(mine)

    # --- log ---

    def record(self, line: LogLine) -> None:
        """Add a call to ``/_simulator/log.json``."""
        with self._lock:
            self._log.append(line)
            self._logged += 1

    def log(self, since: int = 0) -> list[LogLine]:
        """The calls from number ``since`` on, oldest first, as far as they are in memory."""
        return self.log_page(since)[1]

    def log_page(self, since: int = 0) -> tuple[int, list[LogLine]]:
        """The same, with the number for the next call of this function."""
        with self._lock:
            dropped = self._logged - len(self._log)
            return self._logged, list(islice(self._log, max(0, since - dropped), None))
