"""The list of pages, and the navigation around each of them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from fer.storage import folders

PACKAGE = Path(__file__).resolve().parent
ROOT = folders.ROOT if folders.is_checkout() else PACKAGE / "app"
"""The folder of `streamlit_app.py` and `pages/`."""
LOGO = str(PACKAGE / "assets" / "logo.svg")
FRAMED = "_framed"

_PAGES: dict[str, tuple[str, str]] = {
    "home": ("Home", "🏠"),
    "live": ("Live", "📹"),
    "photos": ("Photos", "🖼️"),
    "train": ("Train", "🎓"),
    "evaluate": ("Evaluate", "🔍"),
    "models": ("Models", "🧠"),
    "about": ("About", "ℹ️"),
}


def page(stem: str) -> StreamlitPage:
    """The page of `pages/<stem>.py`; it answers at `/<stem>`, home at `/`."""
    title, icon = _PAGES[stem]
    path = ROOT / "pages" / f"{stem}.py"
    return st.Page(path, title=title, icon=icon, default=stem == "home")


def pages() -> list[StreamlitPage]:
    """Every page, in the order of the menu."""
    return [page(stem) for stem in _PAGES]


def ensure_frame() -> None:
    """Each page calls this first. A server that was just started and is opened at a page's address
    runs that page without the app around it; this runs it again inside the app, once."""
    if not st.session_state.get(FRAMED):
        st.session_state[FRAMED] = True
        st.navigation(pages())
        st.rerun()
