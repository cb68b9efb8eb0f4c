"""How browser and server find each other: directly, unless the owner names STUN or TURN servers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlparse

import streamlit as st
from streamlit_webrtc import webrtc_streamer
from streamlit_webrtc.webrtc import SignallingTimeoutError

from dashboard.camera import places
from dashboard.camera.stream import Stream
from dashboard.server.visitors.places import NoPlace
from fer.errors import BadSettings, FerError

URLS, USERNAME, CREDENTIAL = "FER_ICE_URLS", "FER_ICE_USERNAME", "FER_ICE_CREDENTIAL"
SCHEMES = ("stun:", "stuns:", "turn:", "turns:")
CAMERA: dict[str, Any] = {
    "audio": False,
    "video": {
        "width": {"ideal": 640},
        "height": {"ideal": 480},
        "frameRate": {"ideal": 30, "max": 30},
    },
}
"""What is asked of the camera: no more than the analysis can use."""

VIDEO: dict[str, Any] = {
    "autoPlay": True,
    "controls": False,
    "muted": True,
    "style": {
        "width": "100%",
        "aspectRatio": "4 / 3",
        "objectFit": "contain",
        "background": "#1b222b",
    },
}
"""How the browser shows what comes back: as large as the poster before it. Rounded corners would
cost pictures."""

WORDS: dict[str, str] = {
    "start": "Start camera",
    "stop": "Stop",
    "select_device": "Choose camera",
    "select_camera": "Camera",
    "media_api_not_available": "This browser gives no camera to this page.",
    "device_ask_permission": "Allow the camera when the browser asks.",
    "device_not_available": "No camera was found.",
    "device_access_denied": "The browser may not use the camera.",
}


class NoConnection(FerError):
    """The server's side of a connection that could not be set up."""


_THIS_COMPUTER = ("localhost", "127.0.0.1", "::1")


def configuration() -> dict[str, list[dict[str, Any]]]:
    """The configuration of both sides. The list is always there, even if it is empty: without it
    streamlit-webrtc would ask Google's server, or one whose key it finds in the environment.

    Raises `BadSettings` where the owner's servers cannot be used as they are written.
    """
    return {"iceServers": [_checked(server) for server in _secret_servers() or _named_servers()]}


def connect(stream: Stream, page: str) -> bool:
    """The picture with its buttons; returns whether a stream is sent or asked for. Each `page` has
    a connection of its own.

    Raises `BadSettings`, `NoConnection` where this server cannot set up its side, or `NoPlace`
    where too many streams run.
    """
    places.check(stream)
    try:
        state = webrtc_streamer(
            page,
            rtc_configuration=configuration(),
            media_stream_constraints=CAMERA,
            video_frame_callback=stream.show,
            on_video_ended=stream.end,
            video_html_attrs=VIDEO,
            translations=WORDS,
            media_toggle_controls=False,
            sendback_audio=False,
        ).state
    except (SignallingTimeoutError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise NoConnection(
            f"this server could not set up its side of the connection: {reason}. If ICE servers "
            "are named for it, check that they can be reached from there; then reload this page."
        ) from None
    connecting = bool(state.playing or state.signalling)
    if not connecting:
        places.leave(stream)
        return False
    try:
        places.take(stream)
    except NoPlace:  # somebody else was quicker: the page is shown anew, without a picture
        st.rerun()
    return True


def camera_allowed(address: str | None) -> bool:
    """Whether a browser gives the camera to a page of this address: https, or this computer."""
    parts = urlparse(address or "")
    name = parts.hostname or ""
    here = name in _THIS_COMPUTER or name.endswith(".localhost")
    return not name or parts.scheme == "https" or here


def _secret_servers() -> Sequence[Any]:
    """`[[webrtc.ice_servers]]` of `.streamlit/secrets.toml`; none where there is no such file."""
    try:
        servers = st.secrets["webrtc"]["ice_servers"]
    except (KeyError, FileNotFoundError):
        return []
    if isinstance(servers, str) or not isinstance(servers, Sequence):
        raise BadSettings("webrtc.ice_servers in secrets.toml must be a list of tables.")
    return servers


def _named_servers() -> Sequence[Any]:
    """One server, or several that share their credentials, from the environment."""
    urls = [url.strip() for url in os.environ.get(URLS, "").split(",") if url.strip()]
    if not urls:
        return []
    credentials = {
        "username": os.environ.get(USERNAME),
        "credential": os.environ.get(CREDENTIAL),
    }
    return [{"urls": urls, **{key: value for key, value in credentials.items() if value}}]


def _checked(server: object) -> dict[str, Any]:
    if not isinstance(server, Mapping) or "urls" not in server:
        raise BadSettings("each ICE server needs urls, such as turn:turn.example.org:3478.")
    urls = [server["urls"]] if isinstance(server["urls"], str) else list(server["urls"])
    for url in urls:
        if not isinstance(url, str) or not url.startswith(SCHEMES):
            raise BadSettings(
                f"the ICE server {url!r} cannot be used; its address begins with one of "
                f"{', '.join(SCHEMES)}"
            )
    values: dict[str, Any] = {"urls": urls}
    for key in ("username", "credential"):
        if server.get(key) is not None:
            values[key] = str(server[key])
    if any(url.startswith("turn") for url in urls) and len(values) < 3:
        raise BadSettings(f"the TURN server {urls[0]!r} needs a username and a credential.")
    return values
