"""A snapshot instead of a live connection: one picture from the camera, read at once."""

from __future__ import annotations

import streamlit as st

from dashboard import errors, navigation
from dashboard.model_picker import Reader
from dashboard.photos import view
from dashboard.photos.session import current_session


def offer() -> bool:
    """The ways that need no live connection; returns whether a snapshot is wanted."""
    is_wanted = st.toggle(
        "Take a snapshot instead",
        key="live-snapshot",
        help="One picture from the camera, analysed like those on Photos, where it stays until "
        "you remove it or close this tab.",
    )
    if not is_wanted:
        st.page_link(navigation.page("photos"), label="No camera here? Use a photo")
    return is_wanted


def show(reader: Reader, style: str) -> None:
    """The camera for one picture, and the newest snapshot."""
    session = current_session()
    with st.container(width=480):
        view.snapshot(session)
    with errors.show_errors():
        for _ in session.read_waiting(reader):
            pass
    taken = [picture for picture in session.pictures if picture.name.startswith("snapshot-")]
    if taken:
        view.panel(session, taken[-1], reader, style)
