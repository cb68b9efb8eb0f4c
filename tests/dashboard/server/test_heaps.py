"""Threads share a few heaps, whose pages come back."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

import pytest

from dashboard.server import heaps
from fer.storage import folders

THREADS = """
import ctypes, os, threading
from dashboard.server import heaps
heaps.bound()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
every = threading.Barrier(8)
def work():
    every.wait()
    libc.malloc(5000)
    every.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone has them")
def test_threads_have_few_heaps() -> None:
    done = subprocess.run(
        [sys.executable, "-c", THREADS], cwd=folders.ROOT, capture_output=True, text=True
    )
    assert 1 <= done.stdout.count("<heap nr=") <= heaps.MOST_HEAPS, done.stderr


def test_where_the_program_has_no_library_of_its_own_nothing_is_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on Windows: the pages must open all the same."""

    def library(name: str | None) -> None:
        raise TypeError("argument of type 'NoneType' is not iterable")

    monkeypatch.setattr(ctypes, "CDLL", library)
    heaps.bound()
    heaps.trim()
