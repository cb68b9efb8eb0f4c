"""Pictures that the server hands out under an address, without asking who wants them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.scriptrunner import StopException

from dashboard.server.compatibility import ForeignName, require

_MANAGER = "streamlit.runtime.media_file_manager:MediaFileManager"
FOREIGN_NAMES = (
    ForeignName("streamlit", "1.67", "streamlit.runtime.runtime:Runtime.media_file_mgr"),
    ForeignName("streamlit", "1.67", f"{_MANAGER}.remove_orphaned_files"),
    ForeignName("streamlit", "1.67", f"{_MANAGER}._remove_orphaned_deferred_callables"),
    ForeignName("streamlit", "1.67", f"{_MANAGER}._drop_deferred_id"),
)
CLICK_SECONDS = 20.0
_REMOVED = "_something_was_removed"
_drop_unused = MediaFileManager._remove_orphaned_deferred_callables
_unused_since: dict[str, float] = {}


def keep_clicked_downloads() -> None:
    """Keeps what a button would download for some seconds after the next run of its page has made
    that button anew, since it may have been clicked meanwhile; may be called again.

    Streamlit drops it with the end of that run, and the click ends in an error.
    """
    require(*FOREIGN_NAMES)
    MediaFileManager._remove_orphaned_deferred_callables = _drop_long_unused  # type: ignore[method-assign, assignment]


def _drop_long_unused(manager: MediaFileManager) -> None:
    used = {one for ids in manager._files_by_session_and_coord.values() for one in ids.values()}
    now, server = time.monotonic(), runtime.get_instance()
    for one, entry in list(manager._deferred_callables.items()):
        if one in used or (
            server.is_active_session(entry["session_id"])
            and now - _unused_since.setdefault(one, now) < CLICK_SECONDS
        ):
            continue
        manager._drop_deferred_id(one)
    for one in _unused_since.keys() - manager._deferred_callables.keys():
        del _unused_since[one]


def forget_removed() -> None:
    """To be called when a visitor removes pictures: their addresses end with this very run."""
    st.session_state[_REMOVED] = True


@contextmanager
def removed_ones_forgotten() -> Iterator[None]:
    """Around a page. Streamlit deletes what no page shows after each run, but a picture that was
    downloaded only after the second one, for which it may wait for hours."""
    try:
        yield
    except StopException:
        _forget()
        raise
    _forget()


def _forget() -> None:
    if st.session_state.pop(_REMOVED, False) and runtime.exists():
        require(*FOREIGN_NAMES)
        manager = runtime.get_instance().media_file_mgr
        with manager._lock:
            _drop_unused(manager)
        manager.remove_orphaned_files()
