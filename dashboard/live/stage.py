"""The place of the picture: its shape, its poster and the row of buttons below it."""

from __future__ import annotations

import base64

import streamlit as st

from dashboard import navigation
from dashboard.live import connection
from dashboard.live.session import Session
from dashboard.live.stream import Stream

_ASSETS = navigation.PACKAGE / "assets"
_FREEZE_KEY = "F"
_look = st.components.v2.component(
    "fer_stage",
    css=(_ASSETS / "stage.css").read_text("utf-8"),
    js=(_ASSETS / "stage.js").read_text("utf-8"),
    isolate_styles=False,
)
_POSTER = base64.b64encode((_ASSETS / "poster.svg").read_bytes()).decode()
_INSIDE = {
    "css": (_ASSETS / "stage_inside.css").read_text("utf-8"),
    "poster": f"data:image/svg+xml;base64,{_POSTER}",
}


def show(session: Session, stream: Stream) -> bool:
    """The camera's picture with its buttons; returns whether a stream is sent or asked for.

    Raises what `connection.connect` raises.
    """
    with st.container(key="live-stage"):
        _look(key="live-stage-look", data=_INSIDE)
        connecting = connection.connect(stream)
        if connecting:
            st.button(
                "Freeze",
                icon=":material/photo_camera:",
                key="live-freeze",
                on_click=session.freeze,
                shortcut=_FREEZE_KEY,
                help="Keeps this frame with its analysis, below.",
            )
    return connecting
