"""The wall-clock deadline of a call, enforced by one watching thread for the whole process."""

import heapq
import itertools
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Protocol

current = threading.local()


class GuardedConnection(Protocol):
    """A connection that works for one call at a time and can be shut down."""

    def enter(self, call: "Call") -> None:
        """Start to work for this call."""

    def leave(self, call: "Call") -> None:
        """Stop working for this call."""

    def shut_down(self, call: "Call") -> None:
        """End both directions of the socket, if it still works for this call."""


class Call:
    """One call with its deadline. While it runs, the connections it uses belong to it and can be shut down."""

    def __init__(self, seconds: float, *, connect: float) -> None:
        self.seconds = seconds
        self.connect = connect
        self.ends = time.monotonic() + seconds
        self.expired = False
        self.problem = ""
        """A sentence that the connection left because it knew better than the exception."""
        self._connection: GuardedConnection | None = None
        self._handles: list[socket.socket] = []
        self._over = False
        self._lock = threading.Lock()

    def __enter__(self) -> "Call":
        current.call = self
        _watch.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        current.call = None
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

    def takes(self, connection: "GuardedConnection") -> None:
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
                    shut(handle)
                return
        handle.close()

    def expire(self) -> None:
        """Shut down the connections of the call."""
        with self._lock:
            self.expired = not self._over
            if self._connection:
                self._connection.shut_down(self)
            for handle in self._handles:
                shut(handle)


def shut(handle: socket.socket) -> None:
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
