"""Concurrent jobs, each in a thread with its own connection."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections


def at_once(jobs: Sequence[Callable[[], Any]], *, refusals: type[Exception] | None = None) -> list[Any]:
    """Run all jobs at the same moment; their results, in order.

    An exception of a job is raised when all have ended, so that no failure is hidden. ``refusals`` are exceptions that
    are expected, for instance of the jobs that were not first: they replace the result.
    """
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            gate.wait(timeout=60)
            return job()
        except Exception as refusal:
            if refusals is None or not isinstance(refusal, refusals):
                raise
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        running = [pool.submit(run, job) for job in jobs]
    return [done.result() for done in running]
