"""A snapshot instead of a live connection: one picture from the camera, read at once."""

from __future__ import annotations

import streamlit as st

from dashboard import errors, navigation
from dashboard.model_picker import Reader
from dashboard.photos import view
from dashboard.photos.session import current_session


def instead(reader: Reader, style: str) -> None:
    """The ways that need no live connection: a snapshot, read at once, or a picture file."""
    session = current_session()
    if not st.toggle(
        "Take a snapshot instead",
        key="live-snapshot",
        help="One picture from the camera, analysed like those on Photos, where it stays until "
        "you remove it or close this tab.",
    ):
        st.page_link(
            navigation.page("photos"), label="No camera here? Use a picture file on Photos"
        )
        return
    view.snapshot(session)
    with errors.show_errors():
        for _ in session.read_waiting(reader):
            pass
    taken = [picture for picture in session.pictures if picture.name.startswith("snapshot-")]
    if taken:
        view.panel(session, taken[-1], reader, style)
