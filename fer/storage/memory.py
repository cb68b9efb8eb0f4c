"""A limit to the memory that this process takes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def limited(most_bytes: int) -> Iterator[None]:
    """Inside, this process cannot take more than that beside what it has: `MemoryError` is raised
    where it tries. Linux only; elsewhere nothing is limited."""
    taken = _data_bytes()
    if sys.platform != "linux" or taken is None:
        yield
        return
    import resource

    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = taken + most_bytes
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, hard))


def _data_bytes() -> int | None:
    """What `RLIMIT_DATA` counts of this process; None where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
    except (OSError, ValueError, StopIteration):
        return None
