"""Bounds on processor time that hold on a slow or busy machine: relative to a reference measured at the same moment."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_REFERENCE = [{"name": f"row {number}", "seen": number, "text": "x" * 20} for number in range(50_000)]
"""Written as indented JSON in some 0.15 s on a fast machine: work of the interpreter, as the measured work is."""
RUNS = 3


def within(units: float, job: Callable[[], T]) -> T:
    """The result of the job, which costs at most this many times the processor time of writing the reference.

    The fastest of up to three runs counts: other processes slow down the rest.
    """
    jobs, references = [], []
    for _ in range(RUNS):
        seconds, result = _timed(job)
        jobs.append(seconds)
        references.append(_timed(lambda: json.dumps(_REFERENCE, indent=1))[0])
        if min(jobs) <= units * min(references):
            return result
    raise AssertionError(f"{min(jobs):.2f} s, {min(jobs) / min(references):.1f} references instead of {units}")


def _timed(job: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = job()
    return time.process_time() - started, result
