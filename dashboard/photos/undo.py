"""A button that brings removed pictures back, for a minute."""

from __future__ import annotations

import streamlit as st

from dashboard.photos.session import PhotoSession
from dashboard.text import count, escape_markdown

_EXPIRY_SECONDS = 10.0


def offer(session: PhotoSession) -> None:
    """Undoes what was removed last, where there is something; once more for what was removed
    before that."""
    if session.removals:
        with st.container(width="content"):
            st.fragment(_button, run_every=_EXPIRY_SECONDS)(session)


def _button(session: PhotoSession) -> None:
    if session.forget_removed() or not session.removals:
        st.rerun()
    removed = session.removals[-1].pictures
    name = escape_markdown(removed[0][1].name)
    what = name if len(removed) == 1 else count(len(removed), "picture")
    if st.button(
        "Undo",
        icon=":material/undo:",
        key="photo-undo",
        help=f"Brings back {what}. Removed pictures are forgotten after a minute.",
        on_click=session.undo,
    ):
        st.rerun()
