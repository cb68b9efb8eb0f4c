"""A visitor is a browser: the same in its tabs and after a reload."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.web.server.starlette import starlette_app_utils

from dashboard.server.visitors import identity


def cookie(token: bytes) -> str:
    """The cookie, which Streamlit masks anew each time."""
    return str(starlette_app_utils.generate_xsrf_token_string(token, 1))


def visitor(monkeypatch: pytest.MonkeyPatch, text: str | None) -> str:
    cookies = {} if text is None else {"_streamlit_xsrf": text}

    class Context:
        def __init__(self) -> None:
            self.cookies = cookies

    monkeypatch.setattr(identity.st, "context", Context())
    return identity.current()


def test_a_browser_is_known_by_its_token_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    first, again = cookie(b"a" * 16), cookie(b"a" * 16)
    assert first != again
    assert visitor(monkeypatch, first) == visitor(monkeypatch, again)
    assert visitor(monkeypatch, first) != visitor(monkeypatch, cookie(b"b" * 16))
    assert b"a".hex() * 16 not in visitor(monkeypatch, first)


@pytest.mark.parametrize("text", [None, "", "no token", "2|x|y|z"])
def test_without_a_token_each_session_is_a_visitor(
    monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    monkeypatch.setattr(st, "session_state", {})
    one = visitor(monkeypatch, text)
    assert visitor(monkeypatch, text) == one
    monkeypatch.setattr(st, "session_state", {})
    assert visitor(monkeypatch, text) != one
