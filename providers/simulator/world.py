"""The state of a running simulator: time, who was seen when, tokens, and what a test changed."""

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
"""Calls kept in memory. A simulator may run for weeks; the access log file has them all."""


@dataclass(slots=True)
class _Seen:
    """What is remembered of a reference."""

    since: float
    born: datetime
    scenario: "Scenario | None" = None
    """Another one than the reference names, set by a test."""
    told: Mapping[str, Any] | None = None
    """What it is answered with instead of its scenario's body."""
    reads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issued:
    provider: str
    owner: str
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One call as the access log tells it: no credentials, no body, no query."""

    at: str
    provider: str
    method: str
    path: str
    status: int
    reference: str
    scenario: str

    def text(self) -> str:
        """The line of the log file: seven words, ``-`` for what is missing."""
        words = (self.at, self.provider, self.method, self.path, str(self.status), self.reference, self.scenario)
        return " ".join(word.replace(" ", "%20") or "-" for word in words)


class World:
    """Shared by all threads of one server. ``speed`` makes flows (not tokens) run that much faster than the clock."""

    def __init__(self, *, speed: float = 1.0, seed: int = 0, delay: float = 0.0) -> None:
        if speed <= 0:
            raise ValueError("speed must be above 0")
        self.speed = speed
        self.seed = seed
        self.delay = delay
        """Seconds that every answer takes; may be changed while the server runs."""
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
        """Scenario and serial of a reference now: what a test set, else what the reference names. None if unknown."""
        found = simulator.scenario_of(reference)
        with self._lock:
            seen = self._seen.get((simulator.name, reference))
        if seen and seen.scenario:
            return seen.scenario, found[1] if found else 0
        return found

    def state_of(self, simulator: "ProviderSimulator", reference: str) -> Mapping[str, Any] | None:
        """The state in which a reference is now, or None if the provider does not know it. The first call starts it."""
        steps = self.steps_so_far(simulator, reference)
        return steps[-1].state if steps else None

    def steps_so_far(self, simulator: "ProviderSimulator", reference: str) -> "tuple[Step, ...]":
        """The steps reached, oldest first: those before the last one are history (earlier attempts, for instance)."""
        found = self.scenario(simulator, reference)
        if not found:
            return ()
        age = self.age(simulator, reference)
        return tuple(step for step in found[0].steps if step.after <= age)

    def born(self, simulator: "ProviderSimulator", reference: str) -> datetime:
        """When the check was made there (UTC): a while before it was first asked about."""
        return self._entry(simulator.name, reference).born

    def age(self, simulator: "ProviderSimulator", reference: str) -> float:
        """Simulated seconds since the reference was first seen or set."""
        since = self._entry(simulator.name, reference).since
        return self.now() - since

    def reads(self, provider: str, reference: str) -> int:
        """How many calls named this reference so far, the current one included."""
        with self._lock:
            seen = self._seen.get((provider, reference))
            return seen.reads if seen else 0

    def count_read(self, provider: str, reference: str) -> None:
        """The server's note that a call names this reference."""
        entry = self._entry(provider, reference)
        with self._lock:
            entry.reads += 1

    def set_scenario(self, provider: str, reference: str, scenario: "Scenario | None") -> None:
        """Let a reference play another scenario from now on; None for the one that it names. Time starts anew."""
        entry = self._entry(provider, reference)
        now = self.now()
        with self._lock:
            entry.scenario, entry.since, entry.reads = scenario, now, 0

    def tell(self, provider: str, reference: str, body: Mapping[str, Any] | None) -> None:
        """Let a reference be answered with this body from now on; None for the one of its scenario."""
        entry = self._entry(provider, reference)
        with self._lock:
            entry.told = body

    def told(self, provider: str, reference: str) -> Mapping[str, Any] | None:
        """The body with which a reference is answered, if a test set one."""
        with self._lock:
            seen = self._seen.get((provider, reference))
        return seen.told if seen else None

    def grow_older(self, provider: str, reference: str, seconds: float) -> None:
        """Let simulated time pass for one reference, as if it had been first seen that much earlier."""
        entry = self._entry(provider, reference)
        with self._lock:
            entry.since -= seconds

    def _entry(self, provider: str, reference: str) -> _Seen:
        now = self.now()
        with self._lock:
            key = (provider, reference)
            if key not in self._seen:
                born = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=11)
                self._seen[key] = _Seen(since=now, born=born)
            return self._seen[key]

    # --- tokens ---

    def issue_token(self, provider: str, *, owner: str = "demo", seconds: float, prefix: str = "sim") -> str:
        """A new bearer token that ``token_state`` knows for ``seconds`` (real ones). Older ones stay as they are."""
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
        """Make every token of a provider end now; returns how many."""
        now = time.monotonic()
        with self._lock:
            mine = {key: one for key, one in self._tokens.items() if one.provider == provider and one.ends > now}
            for key, one in mine.items():
                self._tokens[key] = _Issued(provider=one.provider, owner=one.owner, ends=now)
        return len(mine)

    # --- log ---

    def record(self, line: LogLine) -> None:
        """Keep a call for ``/_simulator/log.json``."""
        with self._lock:
            self._log.append(line)
            self._logged += 1

    def log(self, since: int = 0) -> list[LogLine]:
        """The calls from number ``since`` on, oldest first, as far back as they are kept."""
        return self.log_page(since)[1]

    def log_page(self, since: int = 0) -> tuple[int, list[LogLine]]:
        """The same with the number from which to ask on."""
        with self._lock:
            forgotten = self._logged - len(self._log)
            return self._logged, list(islice(self._log, max(0, since - forgotten), None))
