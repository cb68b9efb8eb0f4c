"""The server asks no other server for anything."""

from __future__ import annotations

from streamlit import net_util


def ask_nobody_for_the_address() -> None:
    """A websocket from another origin, which any page can open, makes Streamlit compare that origin
    with this computer's address as the internet sees it, and ask a server of Amazon for it. Without
    that address the origin is refused at once, unless it is configured."""
    net_util.get_external_ip = _no_address


def _no_address() -> None:
    return None
