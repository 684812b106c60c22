"""The budget of a read: what all its calls together may send, and the processor time that reading it may take.

``spend`` starts a budget for the current thread; calls and the JSON parser charge it. Outside of ``spend`` every call
has a budget of its own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from providers.contract.errors import UnreadableAnswer

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits of all calls of one read together."""

    calls: int
    """Pages, sign-ins and repetitions included."""
    received_bytes: int
    """As sent, before decoding."""
    decoded_bytes: int
    values: int
    """Elements of lists and members of objects."""
    cpu_seconds: float
    """Of the reading thread."""


READ = Budget(calls=60, received_bytes=8 * MIB, decoded_bytes=8 * MIB, values=25_000, cpu_seconds=3.0)
COPY = Budget(calls=200, received_bytes=512 * MIB, decoded_bytes=512 * MIB, values=25_000, cpu_seconds=120.0)
"""Of the copy of one piece of evidence, which can be an archive of many images."""
MAX_GZIP_MEMBERS = 1000
"""Of one answer: a stream of empty members decodes to nothing and never reaches a limit of bytes."""


LARGE = 256 * 1024
"""Bytes of an answer above which only one thread of the process works on it."""
_one_large = threading.RLock()


def one_at_a_time(size: int) -> AbstractContextManager[Any]:
    """Work on answers of this size in turn, so that neither their copies nor their threads crowd out other reads."""
    return _one_large if size > LARGE else nullcontext()


class Meter:
    """What one read has used of its budget. Each charge raises ``UnreadableAnswer`` above a limit."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.problem = ""
        """The limit that was exceeded, as a sentence; it stays when a client handles the error."""
        self._calls = self._received = self._decoded = self._values = 0
        self._started = time.thread_time()

    @property
    def cpu_seconds(self) -> float:
        """Processor time of this thread since the beginning of the read."""
        return time.thread_time() - self._started

    @property
    def decoded_bytes(self) -> int:
        """Bytes of all answers so far."""
        return self._decoded

    def charge_call(self, provider: str) -> None:
        self._calls += 1
        if self._calls > self.budget.calls:
            self.exceed(provider, f"Reading this check takes more than {self.budget.calls} calls.")
        self.charge_time(provider)

    def charge_received(self, provider: str, count: int) -> None:
        self._received += count
        if self._received > self.budget.received_bytes:
            limit = self.budget.received_bytes // MIB
            self.exceed(provider, f"The answers about this check are larger than {limit} MiB.")
        self.charge_time(provider)

    def charge_decoded(self, provider: str, count: int) -> None:
        self._decoded += count
        if self._decoded > self.budget.decoded_bytes:
            limit = self.budget.decoded_bytes // MIB
            self.exceed(provider, f"The answers about this check decode to more than {limit} MiB.")

    def charge_values(self, provider: str, count: int) -> None:
        self._values += count
        if self._values > self.budget.values:
            self.exceed(provider, f"The answers about this check hold more than {self.budget.values:,} values.")

    def charge_time(self, provider: str) -> None:
        if self.cpu_seconds > self.budget.cpu_seconds:
            limit = f"{self.budget.cpu_seconds:g}"
            self.exceed(provider, f"Reading this check takes more than {limit} s of processor time.")

    def exceed(self, provider: str, problem: str, *, body: bytes = b"") -> None:
        """Note a limit that was exceeded. Raises ``UnreadableAnswer``, always."""
        self.problem = self.problem or problem
        raise UnreadableAnswer(provider, problem, body=body)


_current = threading.local()


def current() -> Meter:
    """The meter of the read in this thread; a new one outside of ``spend``."""
    return getattr(_current, "meter", None) or Meter(COPY)


@contextmanager
def spend(budget: Budget) -> Iterator[Meter]:
    """All calls of this thread inside the context share one budget."""
    before = getattr(_current, "meter", None)
    _current.meter = meter = Meter(budget)
    try:
        yield meter
    finally:
        _current.meter = before
