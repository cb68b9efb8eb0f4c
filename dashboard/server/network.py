"""Whom the server answers to and how much they may say, and that it asks nobody.

A page of a foreign name may make that name point to this computer (DNS rebinding): the browser then
takes our server for a part of that page. Streamlit checks the host name of websockets alone, by
`server.allowedHosts`; here every request is checked.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
from collections.abc import Sequence
from contextlib import suppress

import psutil
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from streamlit import net_util
from streamlit.web.server.starlette import starlette_server, starlette_websocket
from streamlit.web.server.starlette.starlette_path_security_middleware import (
    PathSecurityMiddleware,
)

from dashboard.server.compatibility import ForeignName, require

_STARLETTE = "streamlit.web.server.starlette."
_MIDDLEWARE = "starlette_path_security_middleware:PathSecurityMiddleware.__call__"
FOREIGN_NAMES = (
    ForeignName("streamlit", "1.67", "streamlit.net_util:get_external_ip"),
    ForeignName("streamlit", "1.67", f"{_STARLETTE}starlette_websocket:is_host_allowed"),
    ForeignName("streamlit", "1.67", f"{_STARLETTE}{_MIDDLEWARE}"),
    ForeignName("streamlit", "1.67", f"{_STARLETTE}starlette_server:get_max_message_size_bytes"),
)
VARIABLE = "FER_HOSTS"
LOCAL = ("localhost", "127.0.0.1", "::1")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_LOCAL_FRAMES = "frame-ancestors 'self' http://localhost:* http://127.0.0.1:* vscode-webview:"
"""Notebooks and editors of this computer show the app in a frame."""
REFUSAL = (
    "This server does not answer to that host name. Whoever runs it can add the name: "
    f"{VARIABLE}=faces.example.org python -m fer app, see docs/settings.md."
)
_OPTION = "STREAMLIT_SERVER_ALLOWED_HOSTS"
MESSAGE_BYTES = 4 * 1024**2
_HEALTH = "/_stcore/health"


def disable_external_address() -> None:
    """Streamlit compares the origin of a foreign page's websocket with this computer's address on
    the internet, and asks a server of Amazon for that address. Without it such an origin is refused
    at once, unless it is configured."""
    require(*FOREIGN_NAMES)
    net_util.get_external_ip = _no_address


def _no_address() -> None:
    return None


_answer = PathSecurityMiddleware.__call__


def refuse_foreign_hosts() -> None:
    """Answers 403 to requests whose host name is not allowed; health checks may use any. A tab that
    is closed while it uploads is no error in the log."""
    require(*FOREIGN_NAMES)
    PathSecurityMiddleware.__call__ = _checked  # type: ignore[method-assign]


def bound_messages() -> None:
    """Closes the connection of a browser that sends more than `MESSAGE_BYTES` in one message: what
    is chosen on a page takes some kilobytes, and Streamlit would keep 200 MB of it for each tab.
    Before the server is started."""
    require(*FOREIGN_NAMES)
    starlette_server.get_max_message_size_bytes = lambda: MESSAGE_BYTES  # type: ignore[attr-defined]


def allow_hosts(arguments: Sequence[str]) -> None:
    """Allows the names of `FER_HOSTS`, and those of this computer if the server's arguments bind it
    to more than this computer. A list of Streamlit's own replaces them."""
    named = os.environ.get(VARIABLE, "").replace(",", " ").split()
    bound = _bound_to(arguments)
    if bound not in (None, *LOCAL):
        named += _own_names() if _is_every_address(bound) else [bound]
    if named:
        os.environ.setdefault(_OPTION, " ".join(dict.fromkeys([*LOCAL, *named])))


async def _checked(
    self: PathSecurityMiddleware, scope: Scope, receive: Receive, send: Send
) -> None:
    if scope["type"] == "http" and not scope["path"].endswith(_HEALTH):
        host = Headers(scope=scope).get("host")
        if not starlette_websocket.is_host_allowed(host):
            await PlainTextResponse(REFUSAL, 403)(scope, receive, send)
            return
        if host and host.lower().startswith(_LOCAL_HOSTS):
            send = _unframed(send)
    with suppress(ClientDisconnect):
        await _answer(self, scope, receive, send)


def _unframed(send: Send) -> Send:
    """No page from elsewhere may lay this one into a frame and have its visitor press our buttons.
    Under a public name that is for the proxy to say: some hosts of apps show them in frames."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", _LOCAL_FRAMES)
        await send(message)

    return sent


def _bound_to(arguments: Sequence[str]) -> str | None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--server.address", dest="address")
    address: str | None = parser.parse_known_args(arguments)[0].address
    return address


def _is_every_address(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False


def _own_names() -> list[str]:
    """The addresses and names of this computer, which no foreign page can have."""
    addresses = [
        address.address.partition("%")[0]
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family in (socket.AF_INET, socket.AF_INET6)
    ]
    name = socket.gethostname()
    return [*addresses, name, f"{name}.local"]
