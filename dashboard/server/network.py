"""The server sends no request to any other server."""

from __future__ import annotations

from streamlit import net_util

from dashboard.server.compatibility import ForeignName, require

FOREIGN_NAMES = (ForeignName("streamlit", "1.67", "streamlit.net_util:get_external_ip"),)


def disable_external_address() -> None:
    """Streamlit compares the origin of a foreign page's websocket with this computer's address on
    the internet, and asks a server of Amazon for that address. Without it such an origin is refused
    at once, unless it is configured."""
    require(*FOREIGN_NAMES)
    net_util.get_external_ip = _no_address


def _no_address() -> None:
    return None
