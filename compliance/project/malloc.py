"""Settings of glibc's malloc for processes that buffer large files or answers, and the memory of a process."""

import ctypes
import os
import sys
from pathlib import Path

_MMAP_THRESHOLD = -3
_LARGE = 1024 * 1024


def release_large_blocks() -> bool:
    """Return freed blocks of a megabyte or more to the system; False where malloc is not glibc's.

    By default glibc adapts its threshold to the first large blocks and then keeps such memory in one arena per thread:
    a web process that has received files would hold several times the upload budget.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE))
    except (AttributeError, OSError, TypeError):
        return False  # not glibc


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not report it."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def share_process(**_: object) -> None:
    """Prepare a worker for large answers: they must not stay in the arenas of the threads that read them, and a thread
    that parses one must not make the others wait for 5 ms after each statement."""
    release_large_blocks()
    sys.setswitchinterval(0.001)
