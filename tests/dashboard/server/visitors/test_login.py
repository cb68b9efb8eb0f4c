"""A real server that asks a provider on this computer who its visitors are."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from benchmarks.page_client import PageClient
from tests import openid
from tests.browser.conftest import running_app

pytestmark = pytest.mark.slow

SECRETS = """
[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "a secret of more than sixteen letters"
client_id = "{client}"
client_secret = "secret"
server_metadata_url = "{provider}"

[roles]
train = ["{email}"]
"""


def test_a_visitor_logs_in_with_their_provider_and_has_their_roles(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    with openid.provider() as provider:
        secrets.write_text(
            SECRETS.format(client=openid.CLIENT, provider=provider, email=openid.EMAIL)
        )
        with running_app(tmp_path / "app", f"--secrets.files={secrets}") as address:
            browser = requests.Session()
            stranger = PageClient(address, browser)
            stranger.open("train")
            assert set(stranger.elements) == {"button Log in"}
            (place,) = stranger.announce("faces.zip")
            assert stranger.put(place.upload_url, "faces.zip", b"x").status_code == 403
            stranger.press("Log in")
            assert stranger.redirect is not None
            browser.get(address + stranger.redirect, timeout=60).raise_for_status()
            stranger.close()

            ann = PageClient(address, browser)
            ann.open("train")
            assert not ann.elements["button Start training"].disabled
            (place,) = ann.announce("faces.zip")
            assert ann.put(place.upload_url, "faces.zip", b"x").status_code == 204
            ann.open("models")
            assert "button Log out" in ann.elements
            assert "upload Model file" not in ann.elements, "she may not publish"
            ann.close()

            forged = requests.Session()
            name, value = next(
                (item.name, str(item.value)) for item in browser.cookies if "user" in item.name
            )
            forged.cookies.set(name, value[:-2])
            other = PageClient(address, forged)
            other.open("train")
            assert set(other.elements) == {"button Log in"}
            other.close()
