"""When no picture comes: what is wrong in words, as far as browser and server know, and what to
do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import navigation
from dashboard.live import connection
from dashboard.live.stream import Stream

PATIENCE_SECONDS = 5.0
_CAMERA = "live-camera"
_SCRIPT = (navigation.ROOT / "dashboard" / "assets" / "camera.js").read_text("utf-8")
_browser = st.components.v2.component("fer_camera", js=_SCRIPT)


def camera_facts() -> Mapping[str, Any]:
    """What the browser says of its camera: `secure`, `cameras` and `permission`; empty before it
    has said anything."""
    before = st.session_state.get(_CAMERA, {})
    told = before.get("camera") if isinstance(before, Mapping) else None
    answer = _browser(key=_CAMERA, data={"told": told}, on_camera_change=lambda: None)
    return answer.get("camera") or {}


def camera_sentence(facts: Mapping[str, Any], address: str | None) -> str | None:
    """Why this browser will not give a camera; None where nothing speaks against it."""
    if not connection.camera_allowed(address) or facts.get("secure") is False:
        return (
            "**This page was not opened over https.** Browsers give the camera to pages on https "
            "or on this computer (localhost) alone. Ask whoever runs this server for its https "
            "address."
        )
    if facts.get("permission") == "denied":
        return (
            "**The camera was refused to this page.** Allow it with the symbol beside the "
            "browser's address, then press START again."
        )
    if facts.get("cameras") == 0:
        return "**This browser finds no camera.** Connect one, or use a phone or laptop that has."
    return None


def stream_sentence(stream: Stream, connecting: bool) -> str | None:
    """Why no picture comes although START was pressed; None while all is well."""
    if not connecting:
        return None
    if stream.waiting_seconds() > PATIENCE_SECONDS:
        return (
            "**The camera's picture does not reach this server.** A firewall or network between "
            "the two blocks video. Try another network, or ask whoever runs this server to set "
            "up a TURN server (docs/live.md says how)."
        )
    if stream.frames and stream.silent_seconds() > PATIENCE_SECONDS:
        return (
            f"**No picture has come for {stream.silent_seconds():.0f} seconds.** The camera was "
            "unplugged, taken by another program, or the network broke. Press STOP, then START."
        )
    return None
