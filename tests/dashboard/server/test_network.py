"""Nobody makes this server ask another one, and it answers to its own names alone."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import tomllib
from typing import Any

import pytest
import requests
from starlette.requests import Request
from streamlit import config, net_util
from streamlit.web.server.starlette import starlette_websocket
from streamlit.web.server.starlette.starlette_path_security_middleware import (
    PathSecurityMiddleware,
)

from dashboard.server import network, startup
from fer.storage import folders


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is asked of other computers: names looked up, connections, pages."""
    found: list[Any] = []

    def refuse(*its: Any, **more: Any) -> None:
        found.append(its)
        raise OSError("nobody is to be asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(requests, "get", refuse)
    monkeypatch.setattr(net_util, "_external_ip", None)
    return found


def with_hosts(monkeypatch: pytest.MonkeyPatch, hosts: list[str]) -> None:
    """Sets `server.allowedHosts`."""
    options = config.get_option
    monkeypatch.setattr(
        config,
        "get_option",
        lambda name: hosts if name == "server.allowedHosts" else options(name),
    )


def is_allowed(origin: str, host: str) -> bool:
    return starlette_websocket._is_origin_allowed(origin, host)


def test_a_foreign_page_is_refused_and_nobody_is_asked(asked: list[Any]) -> None:
    startup.apply()
    assert not is_allowed("https://foreign.example", "localhost:8501")
    assert not is_allowed("https://faces.example", "127.0.0.1:8501")  # a proxy without Host
    assert asked == []


def test_the_page_itself_and_a_proxy_that_passes_the_host_on_are_let_in(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_hosts(monkeypatch, ["localhost", "faces.example"])
    assert is_allowed("http://localhost:8501", "localhost:8501")
    assert is_allowed("https://faces.example", "faces.example")
    assert is_allowed("https://faces.example:8443", "faces.example:8443")
    assert asked == []


def test_streamlit_alone_would_ask(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.find_spec("streamlit.net_util")
    assert spec is not None and spec.loader is not None
    untouched = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(untouched)
    monkeypatch.setattr(net_util, "get_external_ip", untouched.get_external_ip)
    assert not is_allowed("https://foreign.example", "localhost:8501")
    assert asked


@pytest.fixture
def as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that come with the app."""
    with (folders.ROOT / ".streamlit" / "config.toml").open("rb") as file:
        with_hosts(monkeypatch, tomllib.load(file)["server"]["allowedHosts"])


def answer_for(host: str, path: str = "/") -> tuple[int, dict[bytes, bytes]]:
    """Status and headers of the server's answer to a request with that host name."""
    sent: list[dict[str, Any]] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", host.encode())]}
    asyncio.run(PathSecurityMiddleware(page)(scope, receive, send))
    return int(sent[0]["status"]), dict(sent[0]["headers"])


def status_for(host: str, path: str = "/") -> int:
    return answer_for(host, path)[0]


@pytest.mark.usefixtures("as_shipped")
@pytest.mark.parametrize("host", ["evil.example:8501", "localhost.evil.example", "localhost@evil"])
def test_a_foreign_name_for_this_computer_is_refused(host: str) -> None:
    """As after DNS rebinding: origin and host agree."""
    startup.apply()
    assert not is_allowed(f"http://{host}", host)
    assert status_for(host) == 403
    assert status_for(host, "/_stcore/upload_file/a/b") == 403
    assert status_for(host, "/_stcore/health") == 200


@pytest.mark.usefixtures("as_shipped")
@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST"])
def test_this_computer_is_let_in(host: str) -> None:
    startup.apply()
    assert is_allowed(f"http://{host}", host)
    assert status_for(host) == 200


@pytest.mark.parametrize(
    ("host", "policy"),
    [("localhost:8501", b"frame-ancestors 'self' http://localhost:*"), ("faces.example", None)],
)
def test_no_foreign_page_frames_the_app_of_this_computer(
    host: str, policy: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or it would have its visitor press our buttons. For public names the proxy says it."""
    with_hosts(monkeypatch, ["localhost", "faces.example"])
    startup.apply()
    status, headers = answer_for(host)
    given = headers.get(b"content-security-policy")
    assert status == 200
    assert (given is None) if policy is None else (policy in (given or b""))


def test_a_tab_that_is_closed_in_an_upload_is_no_error() -> None:
    messages = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    read: list[bytes] = []

    async def upload(scope: Any, receive: Any, send: Any) -> None:
        async for chunk in Request(scope, receive).stream():
            read.append(chunk)

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError("nobody is there")

    startup.apply()
    path = "/_stcore/upload_file/a/b"
    scope = {"type": "http", "method": "PUT", "path": path, "headers": [(b"host", b"localhost")]}
    asyncio.run(PathSecurityMiddleware(upload)(scope, receive, send))
    assert read == [b"half"]


@pytest.mark.parametrize(
    ("hosts", "arguments", "allowed"),
    [
        ("", [], None),
        ("", ["--server.address=localhost"], None),
        ("", ["--server.port", "80", "--server.address", "192.0.2.7"], ["192.0.2.7"]),
        ("faces.example, *.faces.example", [], ["faces.example", "*.faces.example"]),
    ],
)
def test_a_server_of_many_is_told_its_names(
    hosts: str, arguments: list[str], allowed: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_HOSTS", hosts)
    monkeypatch.delenv("STREAMLIT_SERVER_ALLOWED_HOSTS", raising=False)
    monkeypatch.setattr("os.environ", dict(network.os.environ))
    network.allow_hosts(arguments)
    given = network.os.environ.get("STREAMLIT_SERVER_ALLOWED_HOSTS")
    expected = allowed and ["localhost", "127.0.0.1", "::1", *allowed]
    assert (given and given.split()) == expected


def test_a_server_on_every_address_answers_to_each_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.environ", {})
    network.allow_hosts(["--server.address=0.0.0.0"])
    names = network.os.environ["STREAMLIT_SERVER_ALLOWED_HOSTS"].split()
    assert socket.gethostname() in names
    assert "127.0.0.1" in names
    assert "0.0.0.0" not in names
