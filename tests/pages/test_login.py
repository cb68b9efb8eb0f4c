"""Who may see and change what: without accounts, and with a login and roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.server.visitors import identity, login
from fer import permission, registry
from fer.errors import BadSettings, NotAllowed
from fer.runs import launcher, store
from fer.runs.settings import TrainSettings
from tests.pages.conftest import Open, go
from tests.pages.test_models import choose

AUTH = {
    "redirect_uri": "http://localhost/oauth2callback",
    "cookie_secret": "a secret of sixteen letters",
    "client_id": "fer",
    "client_secret": "secret",
    "server_metadata_url": "http://localhost/.well-known/openid-configuration",
}
ANN = {
    "is_logged_in": True,
    "iss": "https://provider.example.org",
    "sub": "1",
    "email": "Ann@Example.org",
    "email_verified": True,
}
CHANGES: tuple[permission.Action, ...] = ("train", "publish", "activate", "delete")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The content of secrets.toml, with a login; nobody has logged in."""
    content: dict[str, Any] = {"auth": AUTH}
    monkeypatch.setattr(st, "secrets", content)
    monkeypatch.setattr(st, "user", {"is_logged_in": False})
    permission.add_rule("login", login.refusal)
    return content


def texts(page: AppTest) -> str:
    shown = [*page.title, *page.markdown, *page.caption, *page.error, *page.info]
    return " ".join(element.value for element in shown)


def test_who_has_no_accounts_says_that_everybody_changes_everything(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stem in ("train", "models", "about"):
        assert "trusted visitors only" in texts(open_page(stem)), stem
    monkeypatch.setenv(permission.VARIABLE, "off")
    for stem in ("train", "models", "about"):
        assert "trusted visitors only" not in texts(open_page(stem)), stem


def test_nothing_is_shown_before_the_login(open_page: Open, secrets: dict[str, Any]) -> None:
    for path in (navigation.ROOT / "pages").glob("*.py"):
        page = open_page(path.stem)
        assert [title.value for title in page.title] == ["Log in"], path
        assert [button.label for button in page.button] == ["Log in"], path
        assert not page.file_uploader and not page.selectbox, path


def test_each_named_provider_has_a_button(open_page: Open, secrets: dict[str, Any]) -> None:
    secrets["auth"] = {"redirect_uri": "http://localhost/oauth2callback", "okta": AUTH}
    assert [button.label for button in open_page("home").button] == ["Log in with okta"]


def test_whoever_has_no_role_sees_what_there_is_and_changes_nothing(
    open_app: Open, secrets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "user", ANN)
    run = store.create(TrainSettings("drawn", network="mlp", epochs=1))
    app = open_app("train")
    buttons = {button.label: button.disabled for button in app.button}
    assert buttons["Start training"] and buttons["Stop"] and not buttons["Log out"]
    assert "Your account may not train" in texts(app)
    choose(go(app, "models"), 0, "other")
    models = {button.label: button.disabled for button in app.button}
    assert models["Use this model"] and models["Delete for good"]
    assert not app.file_uploader and "trusted visitors only" not in texts(app)
    for action in (
        lambda: launcher.start(run.settings),
        lambda: launcher.stop(run),
        lambda: launcher.delete(run),
        lambda: registry.activate("other"),
        lambda: registry.delete("other"),
        lambda: permission.require("publish"),
    ):
        with pytest.raises(NotAllowed, match="your account may not"):
            action()
    assert registry.active() == "tiny" and len(store.listing()) == 1


def test_a_role_that_was_taken_away_closes_a_button_that_is_still_shown(
    open_app: Open, secrets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "user", ANN)
    secrets["roles"] = {"activate": ["ann@example.org"]}
    app = choose(open_app("models"), 0, "other")
    use = next(button for button in app.button if button.label == "Use this model")
    assert not use.disabled
    secrets["roles"] = {"activate": []}
    use.click().run()
    assert "your account may not choose the active model" in app.toast[0].value
    assert registry.active() == "tiny"


@pytest.mark.parametrize(
    ("listed", "user", "is_allowed"),
    [
        (["ann@example.org"], ANN, True),
        (["*@example.org"], ANN, True),
        (["*"], ANN, True),
        (["bob@example.org", "*@example.com"], ANN, False),
        ([], ANN, False),
        (["ann@example.org"], ANN | {"email_verified": False}, False),
        (["ann@example.org"], {key: ANN[key] for key in ANN if key != "email_verified"}, False),
        (["*@"], ANN | {"email": None}, False),
        (["ann@example.org"], ANN | {"is_logged_in": False}, False),
        ("ann@example.org", ANN, False),
    ],
)
def test_roles_name_verified_addresses(
    secrets: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    listed: object,
    user: dict[str, Any],
    is_allowed: bool,
) -> None:
    monkeypatch.setattr(st, "user", user)
    secrets["roles"] = dict.fromkeys(CHANGES, listed)
    for action in CHANGES:
        assert (login.refusal(action) is None) == is_allowed, action


def test_a_provider_that_verifies_nothing_is_trusted_where_the_owner_says_so(
    secrets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "user", ANN | {"email_verified": None})
    secrets["roles"] = {"train": ["ann@example.org"], "trust_unverified": True}
    assert login.refusal("train") is None and login.refusal("delete") is not None


def test_a_misspelt_role_closes_everything(
    secrets: dict[str, Any], monkeypatch: pytest.MonkeyPatch, open_page: Open
) -> None:
    monkeypatch.setattr(st, "user", ANN)
    secrets["roles"] = {"trian": ["*"], "delete": ["*"]}
    assert "may have lists of addresses for visit, train" in str(login.refusal("delete"))
    assert "'trian' is neither" in str(login.refusal("delete"))
    assert "may have lists of addresses" in texts(open_page("home"))


def test_who_may_visit_can_be_listed(
    open_page: Open, secrets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "user", ANN)
    secrets["roles"] = {"visit": ["*@example.com"]}
    page = open_page("photos")
    assert "not one of those that may visit" in texts(page)
    assert [button.label for button in page.button] == ["Log out"] and not page.file_uploader
    secrets["roles"] = {"visit": ["*@example.org"]}
    assert open_page("photos").file_uploader


def test_a_secrets_file_that_cannot_be_read_lets_nobody_in(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamlit.runtime.secrets import Secrets

    (tmp_path / "secrets.toml").write_text("[auth\n")
    option = st.get_option("secrets.files")
    st.config.set_option("secrets.files", [str(tmp_path / "secrets.toml")])
    try:
        monkeypatch.setattr(st, "secrets", Secrets())
        with pytest.raises(BadSettings, match="nobody is let in"):
            login.is_configured()
        page = open_page("photos")
        assert "nobody is let in" in texts(page) and not page.file_uploader
        assert str(tmp_path) not in texts(page)
    finally:
        st.config.set_option("secrets.files", option)


def test_an_account_is_the_same_visitor_in_every_browser(
    secrets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "user", ANN)
    ann = identity.current()
    monkeypatch.setattr(st, "user", ANN | {"email": "ann@new.example.org"})
    assert identity.current() == ann
    monkeypatch.setattr(st, "user", ANN | {"sub": "2"})
    assert identity.current() != ann
