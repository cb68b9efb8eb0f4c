"""What only the browser knows and can do: its camera, pages around this one, the sidebar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import navigation

_ASSETS = navigation.PACKAGE / "assets"
_component = st.components.v2.component("fer_camera", js=(_ASSETS / "camera.js").read_text("utf-8"))
_settings_link = st.components.v2.component(
    "fer_settings_link",
    js=(_ASSETS / "settings_link.js").read_text("utf-8"),
    css=(_ASSETS / "settings_link.css").read_text("utf-8"),
)


def facts(key: str, check: int = 0, quiet: bool = False) -> Mapping[str, Any]:
    """The browser's facts; empty before it has reported any.

    `secure`: whether a camera may be asked for at all; `policy`: whether the page that embeds this
    one lets it have a camera ("allowed", "blocked" or "unknown"); `framed`: whether it is embedded
    ("no", "same" or "cross" site); `cameras`: how many there are; `permission`: what the user
    decided. A `check` larger than the last one opens the camera for a moment; `checked` is then
    "works" or the name of the browser's error.

    A report runs the page anew, and Streamlit forgets a button that is pressed at that very moment;
    `quiet` ones come only where another site embeds this page.
    """
    before = st.session_state.get(key, {})
    reported = before.get("camera") if isinstance(before, Mapping) else None
    data = {"reported": reported, "check": check, "quiet": quiet}
    state = _component(key=key, data=data, on_camera_change=lambda: None)
    return state.get("camera") or {}


def settings_link(key: str) -> None:
    """“Edit settings”, which opens the sidebar: on phones alone, where it covers the page and is
    closed at first."""
    _settings_link(key=key)


def frame_sentence(facts: Mapping[str, Any]) -> str | None:
    """What a page of another site that shows this one takes away from it; None without one."""
    if facts.get("framed") != "cross":
        return None
    return (
        "**This page is shown inside a page of another site**, as on Streamlit Cloud or Hugging "
        "Face Spaces. Browsers may then refuse uploads (error 403) and the camera. Open it in a "
        "tab of its own."
    )
