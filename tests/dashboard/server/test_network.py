"""Nobody makes this server ask another one."""

from __future__ import annotations

import importlib.util
import socket
from typing import Any

import pytest
import requests
from streamlit import net_util
from streamlit.web.server.starlette import starlette_websocket

from dashboard.server import startup


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


def is_allowed(origin: str, host: str) -> bool:
    return starlette_websocket._is_origin_allowed(origin, host)


def test_a_foreign_page_is_refused_and_nobody_is_asked(asked: list[Any]) -> None:
    startup.apply()
    assert not is_allowed("https://foreign.example", "localhost:8501")
    assert not is_allowed("https://faces.example", "127.0.0.1:8501")  # a proxy without Host
    assert asked == []


def test_the_page_itself_and_a_proxy_that_passes_the_host_on_are_let_in(asked: list[Any]) -> None:
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
