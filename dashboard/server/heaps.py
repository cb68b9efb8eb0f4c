"""What glibc keeps of freed memory; other systems' allocators are left alone."""

from __future__ import annotations

import ctypes
from contextlib import suppress

MOST_HEAPS = 2
MAPPED_BYTES = 1024**2
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8


def bound() -> None:
    """Bounds the number of heaps, before threads are started, and what goes into them.

    glibc would make up to eight for each core, and each keeps pages of visitors who have left: ten
    visitors leave 87 MB, and 31 MB where there are two heaps. Blocks from 1 MB on are mapped by
    themselves, so that a picture's memory returns to the system.
    """
    _call("mallopt", _M_ARENA_MAX, MOST_HEAPS)
    _call("mallopt", _M_MMAP_THRESHOLD, MAPPED_BYTES)


def trim() -> None:
    """Gives what is free in the heaps back to the system, which glibc does for their ends alone."""
    _call("malloc_trim", 0)


def _call(function: str, *arguments: int) -> None:
    """Calls a function of glibc; other libraries lack it, and Windows refuses the None."""
    with suppress(OSError, AttributeError, TypeError):
        getattr(ctypes.CDLL(None), function)(*arguments)
