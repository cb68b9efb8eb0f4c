"""The app's port, and what live video needs of the network. Only servers that the owner has named
are asked anything."""

from __future__ import annotations

import os
import secrets
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import closing

from fer.doctor import secrets as secrets_file
from fer.doctor.finding import FAILED, OK, WARNING, Finding

PORT = 8501
HOSTS, ICE_URLS = "FER_HOSTS", "FER_ICE_URLS"
_SECONDS = 3.0
_STUN, _STUN_COOKIE, _STUN_ANSWERS = 0x0001, 0x2112A442, (0x0101, 0x0111)
_ICE_PORTS = {"stun": 3478, "turn": 3478, "stuns": 5349, "turns": 5349}


def port(number: int = PORT) -> Finding:
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("localhost", number))
        except OSError:
            message = f"The port {number} is in use, by this app or by something else."
            mend = "The app takes the next free one; or name one: python -m fer app --port 8600."
            return Finding("port", WARNING, message, mend)
    return Finding("port", OK, f"The port {number} is free.")


def https() -> Iterator[Finding]:
    """Browsers give the camera to https alone, except on this computer."""
    hosts = [host for host in _listed(HOSTS) if "*" not in host]
    if not hosts:
        yield Finding("https", OK, "Not needed on this computer; others need it for the camera.")
    for host in hosts:
        try:
            with socket.create_connection((host, 443), _SECONDS) as plain:
                ssl.create_default_context().wrap_socket(plain, server_hostname=host).close()
        except OSError as error:
            yield Finding(
                "https",
                WARNING,
                f"{host} does not answer over https: {error.strerror or error}.",
                "Put a proxy with a certificate before the app (docs/live.md).",
            )
        else:
            yield Finding("https", OK, f"{host} answers over https.")


def ice() -> Iterator[Finding]:
    """The STUN and TURN servers that the owner has named answer."""
    try:
        urls = secrets_file.ice_urls()
    except (OSError, ValueError):  # the check of the login says so
        urls = []
    urls = urls or _listed(ICE_URLS)
    if not urls:
        yield Finding("ice", OK, "No STUN or TURN servers are named: enough in one network.")
    for url in urls:
        try:
            _ask(url)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            yield Finding(
                "ice",
                FAILED,
                f"{url} does not answer: {reason}.",
                f"Correct {ICE_URLS} or secrets.toml; a server that does not answer costs each "
                "start 5 seconds.",
            )
        else:
            yield Finding("ice", OK, f"{url} answers.")


def _ask(url: str) -> None:
    """Raises `OSError` where a server does not answer, `ValueError` for what names none."""
    scheme, _, rest = url.partition(":")
    if scheme not in _ICE_PORTS or not rest:
        raise ValueError(f"it begins with none of {', '.join(_ICE_PORTS)}")
    place, _, query = rest.partition("?")
    host, _, number = place.rpartition(":") if not place.endswith("]") else (place, "", "")
    address = (host or number).strip("[]"), int(number) if host and number else _ICE_PORTS[scheme]
    if scheme.endswith("s") or "transport=tcp" in query:
        socket.create_connection(address, _SECONDS).close()
        return
    family, kind, *_, target = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
    question = struct.pack(">HHI12s", _STUN, 0, _STUN_COOKIE, secrets.token_bytes(12))
    with closing(socket.socket(family, kind)) as probe:
        probe.settimeout(_SECONDS)
        probe.sendto(question, target)
        answer = probe.recv(2048)
    if len(answer) < 20 or struct.unpack(">H", answer[:2])[0] not in _STUN_ANSWERS:
        raise ValueError("it is no STUN server")


def _listed(variable: str) -> list[str]:
    return os.environ.get(variable, "").replace(",", " ").split()
