"""Where a visitor's pictures are kept while they are analysed: in memory, and not for longer."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

import streamlit as st
from starlette.formparsers import MultiPartParser

LARGEST_UPLOAD = 1024**3
_M_MMAP_THRESHOLD = -3


def keep_uploads_off_the_disk() -> None:
    """The server's form parser moves uploads above 1 MB to a temporary file on the disk; with a
    limit beyond the largest upload it never does."""
    MultiPartParser.spool_max_size = 2 * LARGEST_UPLOAD


@st.cache_resource(show_spinner=False)
def settle(when: str = "loaded") -> None:
    """Once a process when a model is `loaded`, and once more when a stream has been `streaming`.

    Streamlit collects garbage after every run, and every thread waits for it; freezing what stays
    for good keeps that short: with three live visitors 3 ms, but 35 ms without the second time.
    And glibc is told to map blocks from 1 MB on by themselves, so that a picture's memory returns
    to the system; its heaps would keep 100 MB."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1024**2)
    gc.collect()
    gc.freeze()
