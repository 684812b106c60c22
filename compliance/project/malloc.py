"""Settings of glibc's malloc for processes that buffer large files."""

import ctypes

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
