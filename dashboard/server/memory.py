"""Where a visitor's pictures are kept while they are analysed: in memory, and not for longer."""

from __future__ import annotations

import ctypes
import gc
import threading
from contextlib import suppress

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit import runtime

from dashboard.server import timers

LARGEST_UPLOAD = 1024**3
FREEZE_SECONDS = 300.0
_LOOP_SECONDS = 10.0
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
    What is frozen is never collected, and a visitor who is here now goes some time, so a timer
    freezes anew. And glibc is told to map blocks from 1 MB on by themselves, so that a picture's
    memory returns to the system; its heaps would keep 100 MB."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1024**2)
    freeze_anew()
    timers.once_a_process(FREEZE_SECONDS, forget_the_gone, "memory of gone visitors")


def freeze_anew() -> None:
    """Frees what was frozen and is garbage since; freezes what is left."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def forget_the_gone() -> None:
    """Frees what belonged to visitors who left more than two minutes ago."""
    _expire_sessions()
    freeze_anew()


def _expire_sessions() -> None:
    """Streamlit keeps a gone session for two minutes, in case its visitor reconnects, but lets go
    of it only when the next one leaves, and its loop holds the last one until somebody comes: so
    what is in it is cleared. Only its event loop may touch it."""
    if not runtime.exists():
        return
    server = runtime.get_instance()
    done = threading.Event()

    def expire() -> None:
        try:
            for _, stored in server._session_mgr._session_storage._cache.expire():  # type: ignore[attr-defined]
                stored.session.shutdown()
                stored.session.session_state.clear()
                stored.session._fragment_storage.clear()
        finally:
            done.set()

    with suppress(RuntimeError):  # the loop is closed: the server is ending
        server._get_async_objs().eventloop.call_soon_threadsafe(expire)
        done.wait(_LOOP_SECONDS)
