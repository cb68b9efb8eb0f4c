"""When no picture comes: what is wrong in words, as far as browser and server know, and what to
do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import browser
from dashboard.camera import connection
from dashboard.camera.stream import Stream
from dashboard.text import escape_markdown

PATIENCE_SECONDS = 5.0
DARK_BRIGHTNESS = 20.0
"""The mean brightness of a frame, of 255, below which faces are missed: see docs/live.md."""
SETTLED_FRAMES = 30
"""Cameras adjust to the light during the first second."""
_CAMERA, _CHECKS = "camera-browser", "live-camera-checks"
_BUSY = ("NotReadableError", "TrackStartError", "AbortError")


def camera_facts() -> Mapping[str, Any]:
    """What the browser reports of its camera, see `browser.facts`."""
    return browser.facts(_CAMERA, st.session_state.get(_CHECKS, 0))


def camera_check() -> None:
    """A button that opens the camera for a moment in the browser, to find out why none comes."""

    def count() -> None:
        st.session_state[_CHECKS] = st.session_state.get(_CHECKS, 0) + 1

    st.button(
        "Check the camera",
        icon=":material/search:",
        on_click=count,
        help="Opens the camera in the browser for a moment. No picture leaves it.",
    )


def show_camera(facts: Mapping[str, Any], address: str | None, connecting: bool) -> None:
    """What keeps the camera away, and notes; the result of a check goes once the camera starts."""
    if connecting:
        facts = {**facts, "checked": None}
    refusal = camera_sentence(facts, address)
    if refusal:
        st.warning(refusal, icon=":material/photo_camera:")
    note = None if connecting else camera_note(facts)
    if note:
        st.info(note, icon=":material/info:")


def camera_sentence(facts: Mapping[str, Any], address: str | None) -> str | None:
    """Why this browser will not give a camera; None where nothing speaks against it."""
    if not connection.camera_allowed(address) or facts.get("secure") is False:
        return (
            "**This page was not opened over https.** Browsers give the camera to pages on https "
            "or on this computer (localhost) alone. Ask whoever runs this server for its https "
            "address."
        )
    if facts.get("policy") == "blocked":
        return (
            "**The page around this one keeps the camera from it.** Open this page in a tab of its "
            'own, or ask whoever runs the outer page to write allow="camera" in its iframe.'
        )
    if facts.get("permission") == "denied":
        return (
            "**The camera was refused to this page.** Allow it with the symbol beside the "
            "browser's address, then press *Start camera* again."
        )
    if facts.get("cameras") == 0:
        return "**This browser finds no camera.** Connect one, or use a phone or laptop that has."
    return _failed_check(facts.get("checked"))


def _failed_check(checked: object) -> str | None:
    if checked in (None, "works"):
        return None
    if checked in _BUSY:
        return (
            "**Another program is using the camera.** Close video calls, camera apps and other "
            "tabs that show it, then press *Start camera*."
        )
    if checked == "NotAllowedError":
        return (
            "**The browser may not use the camera.** Allow it when the browser asks, and in the "
            "privacy settings of your system, then press *Start camera*."
        )
    name = escape_markdown(str(checked))
    return f"**The camera could not be opened** ({name}). Connect it again or choose another one."


def camera_note(facts: Mapping[str, Any]) -> str | None:
    """What is good to know before the start: another site around the page, several cameras, a check
    that went well."""
    notes = [
        browser.frame_sentence(facts),
        f"This browser has {facts['cameras']} cameras: *Choose camera* under the picture "
        "lists them."
        if facts.get("cameras", 0) > 1
        else None,
        "The camera works: press *Start camera*." if facts.get("checked") == "works" else None,
    ]
    return "  \n".join(note for note in notes if note) or None


def light_sentence(stream: Stream) -> str | None:
    """That the picture is too dark; None in enough light, and while the camera still adjusts."""
    brightness = stream.brightness
    if brightness is None or stream.frames < SETTLED_FRAMES or brightness >= DARK_BRIGHTNESS:
        return None
    return (
        "**Too dark to read.** Faces are missed in so little light. Turn on a lamp in front of "
        "you, or uncover the camera."
    )


def stream_sentence(stream: Stream, connecting: bool) -> str | None:
    """Why no picture comes although the camera was started; None while all is well."""
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
            "unplugged, taken by another program, or the network broke. Press *Stop*, then "
            "*Start camera*."
        )
    return None
