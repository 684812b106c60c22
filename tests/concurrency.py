"""Several jobs at the same moment, each in a thread with a connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections


def at_once(jobs: Sequence[Callable[[], Any]], *, refusals: type[Exception] | None = None) -> list[Any]:
    """Run all jobs at the same moment; what each gave, in their order.

    What a job raises is raised here when all have ended, so that no failure goes unseen. ``refusals`` names what is an
    ordinary answer, for instance of the jobs that were not first: it replaces the result.
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
