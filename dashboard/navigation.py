"""The list of pages, and the navigation around each of them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.server import uploads
from dashboard.server.visitors import login
from fer.storage import folders

PACKAGE = Path(__file__).resolve().parent
ROOT = folders.ROOT if folders.is_checkout() else PACKAGE / "app"
"""The folder of `streamlit_app.py` and `pages/`."""
NAME = "Apparent expression"
_LOGO = str(PACKAGE / "assets" / "logo.svg")
_STYLE = PACKAGE / "assets" / "app.css"
_theme = st.components.v2.component(
    "fer_theme", js=(PACKAGE / "assets" / "theme.js").read_text("utf-8")
)
FRAMED = "_framed"
_top = st.components.v2.component(
    "fer_page_top", js=(PACKAGE / "assets" / "page_top.js").read_text("utf-8")
)

_PAGES: dict[str, tuple[str, str]] = {
    "home": ("Home", "home"),
    "live": ("Live", "videocam"),
    "photos": ("Photos", "photo_library"),
    "video": ("Video", "movie"),
    "teach": ("Teach", "face_retouching_natural"),
    "train": ("Train", "school"),
    "evaluate": ("Evaluate", "analytics"),
    "models": ("Models", "network_node"),
    "about": ("About", "info"),
}


def page(stem: str) -> StreamlitPage:
    """The page of `pages/<stem>.py`; it answers at `/<stem>`, home at `/`."""
    title, icon = _PAGES[stem]
    path = ROOT / "pages" / f"{stem}.py"
    return st.Page(path, title=title, icon=f":material/{icon}:", default=stem == "home")


def pages() -> list[StreamlitPage]:
    """Every page, in the order of the menu."""
    return [page(stem) for stem in _PAGES]


def configure() -> None:
    """Icon, width, logo and style of every page, and a choice of light or dark that all share.

    Before `st.navigation`: without an icon of its own a page would get that of the menu as its
    favicon, which browsers fetch from Google.
    """
    st.set_page_config(page_icon=_LOGO, layout="wide")
    st.logo(_LOGO, size="large")
    st.html(_STYLE)
    _theme(key="theme-browser")


def begin_at_top(page: StreamlitPage) -> None:
    """Scrolls to the top where the page is another one than before."""
    _top(key="page-top-browser", data={"page": page.url_path})


def browser_title(page: StreamlitPage) -> str:
    return NAME if page.title == "Home" else f"{page.title} · {NAME}"


def ensure_frame() -> None:
    """Each page calls this first. A server that was just started and is opened at a page's address
    runs that page without the app around it; this runs it again inside the app, once. Where the
    server asks for a login, the page ends here without one."""
    if not st.session_state.get(FRAMED):
        st.session_state[FRAMED] = True
        configure()
        st.navigation(pages())
        st.rerun()
    login.require()
    uploads.admit()
