"""No server of somebody else is asked unless the owner of this one names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import streamlit as st
from streamlit_webrtc.component import enhance_frontend_rtc_configuration
from streamlit_webrtc.config import compile_rtc_configuration

from dashboard.camera import connection
from fer.errors import BadSettings

TURN = {"urls": "turn:turn.example.org:3478", "username": "me", "credential": "secret"}


class NoSecrets(Mapping[str, Any]):
    """What Streamlit gives where there is no secrets.toml."""

    def __getitem__(self, key: str) -> Any:
        raise FileNotFoundError(key)

    def __iter__(self) -> Any:
        raise FileNotFoundError

    def __len__(self) -> int:
        raise FileNotFoundError


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "secrets", NoSecrets())
    for name in (connection.URLS, connection.USERNAME, connection.CREDENTIAL):
        monkeypatch.delenv(name, raising=False)


def with_secrets(monkeypatch: pytest.MonkeyPatch, servers: object) -> None:
    monkeypatch.setattr(st, "secrets", {"webrtc": {"ice_servers": servers}})


def test_nobody_is_asked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "would-cause-a-request")
    both = connection.configuration()
    assert both == {"iceServers": []}
    assert enhance_frontend_rtc_configuration(both) == {"iceServers": []}
    assert compile_rtc_configuration(both).iceServers == []


def test_secrets_without_servers_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "secrets", {"other": 1})
    assert connection.configuration() == {"iceServers": []}


def test_secrets_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    with_secrets(monkeypatch, [TURN, {"urls": ["stun:stun.example.org"]}])
    assert connection.configuration()["iceServers"] == [
        {**TURN, "urls": [TURN["urls"]]},
        {"urls": ["stun:stun.example.org"]},
    ]


def test_the_environment_names_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(connection.URLS, "turn:a.example.org, turns:a.example.org:443")
    monkeypatch.setenv(connection.USERNAME, "me")
    monkeypatch.setenv(connection.CREDENTIAL, "secret")
    (server,) = connection.configuration()["iceServers"]
    assert server == {
        "urls": ["turn:a.example.org", "turns:a.example.org:443"],
        "username": "me",
        "credential": "secret",
    }
    (theirs,) = compile_rtc_configuration({"iceServers": [server]}).iceServers
    assert theirs.username == "me"


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        ("turn:x", "must be a list"),
        ([{"url": "turn:x"}], "needs urls"),
        (["turn:x"], "needs urls"),
        ([{"urls": "https://x"}], "cannot be used"),
        ([{"urls": [7]}], "cannot be used"),
        ([{"urls": "turn:x"}], "needs a username"),
    ],
)
def test_servers_that_cannot_be_used_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, servers: object, words: str
) -> None:
    with_secrets(monkeypatch, servers)
    with pytest.raises(BadSettings, match=words):
        connection.configuration()


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://localhost:8501/live", True),
        ("http://127.0.0.1:8501", True),
        ("http://[::1]:8501", True),
        ("https://faces.example.org/live", True),
        ("http://192.168.1.7:8501/live", False),
        ("http://localhost.example.org", False),
        (None, True),
    ],
)
def test_browsers_give_the_camera_on_https_and_at_home(address: str | None, allowed: bool) -> None:
    assert connection.camera_allowed(address) is allowed
