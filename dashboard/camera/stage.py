"""The place of the picture: its shape, its poster and the row of buttons below it."""

from __future__ import annotations

import base64
from collections.abc import Callable

import streamlit as st

from dashboard import navigation
from dashboard.camera import connection
from dashboard.camera.stream import Stream

_ASSETS = navigation.PACKAGE / "assets"
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


def show(stream: Stream, page: str, beside: Callable[[], None] | None = None) -> bool:
    """The camera's picture with its buttons; returns whether a stream is sent or asked for.

    `page` tells the stages of pages apart; `beside` adds to the buttons while a stream is sent.
    Raises what `connection.connect` raises.
    """
    with st.container(key=f"{page}-stage"):
        _look(key=f"{page}-stage-look", data={**_INSIDE, "stage": f".st-key-{page}-stage"})
        connecting = connection.connect(stream, page)
        if connecting and beside is not None:
            beside()
    return connecting
