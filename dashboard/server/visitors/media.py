"""Pictures that the server hands out under an address, without asking who wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import StopException

from dashboard.server.compatibility import ForeignName, require

FOREIGN_NAMES = (
    ForeignName("streamlit", "1.67", "streamlit.runtime.runtime:Runtime.media_file_mgr"),
    ForeignName(
        "streamlit",
        "1.67",
        "streamlit.runtime.media_file_manager:MediaFileManager.remove_orphaned_files",
    ),
)
_REMOVED = "_something_was_removed"


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
        runtime.get_instance().media_file_mgr.remove_orphaned_files()
