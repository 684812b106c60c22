"""Memory of a process that holds files of megabytes for a moment."""

import ctypes

_MMAP_THRESHOLD = -3
_LARGE = 1024 * 1024


def give_large_pieces_back() -> bool:
    """Let every piece of a megabyte or more go back to the system when it is free; False where that cannot be said.

    Otherwise glibc learns from the first large pieces to keep the place of such ones, for each thread its own: a web
    process that has taken in files would go on holding several times of what it may hold at one moment.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE))
    except (AttributeError, OSError, TypeError):
        return False  # no glibc: another allocator has its own ways
