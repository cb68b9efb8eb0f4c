"""Who has logged in, and what they may change: `[auth]` and `[roles]` of `.streamlit/secrets.toml`.

Without `[auth]` there are no accounts: everybody who reaches the pages may change everything that
`FER_TRAINING` leaves open. With it nothing is shown before the login, and `[roles]` lists who may
do what; an action that it does not name is closed to all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.errors import show_errors
from dashboard.text import escape_markdown
from fer.errors import BadSettings, FerError, NotAllowed
from fer.permission import TRUST_UNVERIFIED, VISIT, Action, check_roles, training_allowed

TRUSTED_ONLY = (
    "For trusted visitors only: there are no accounts here, so everybody who can open this app can "
    "stop, resume and delete every run, read its log, and activate and delete models."
)
ALL = "*"
_NAMELESS = "no verified address"
_CLOSED: dict[Action, str] = {
    "train": "train, or stop and resume runs",
    "publish": "import models",
    "activate": "choose the active model",
    "delete": "delete runs and models",
}


def is_configured() -> bool:
    """Whether this server asks its visitors to log in."""
    return bool(_section("auth"))


def is_open() -> bool:
    """Whether everybody is let in without a login."""
    try:
        return not is_configured()
    except FerError:
        return False


def email() -> str | None:
    """The address of the visitor that their provider has verified; None without one."""
    address = st.user.get("email")
    verified = str(st.user.get("email_verified")).lower() == "true"
    if not isinstance(address, str) or not (
        verified or _section("roles").get(TRUST_UNVERIFIED) is True
    ):
        return None
    return address.strip().lower()


def account() -> str | None:
    """What the provider knows the visitor by; None without a login."""
    if not is_configured() or not st.user.get("is_logged_in"):
        return None
    return f"{st.user.get('iss')} {st.user.get('sub') or st.user.get('email')}"


def refusal(action: Action) -> str | None:
    """The rule for `fer.permission`: why the visitor of this page may not do something."""
    try:
        if not is_configured() or (account() is not None and _has(action)):
            return None
    except FerError as error:
        return str(error)
    return (
        f"your account may not {_CLOSED[action]} on this server. Whoever runs it can add you to "
        f"`{action}` under [roles]."
    )


def say_who_may() -> None:
    """That everybody may change everything, where that is so."""
    if training_allowed() and is_open():
        st.caption(f":material/group: {TRUSTED_ONLY}")


def require() -> None:
    """Stops a page of a visitor who has not logged in or may not visit, and offers the login; else
    the menu says who has logged in."""
    with show_errors():
        if not is_configured():
            return
        if account() is None:
            _offer()
            st.stop()
        with st.sidebar.container(horizontal=True, vertical_alignment="center"):
            st.caption(f":material/account_circle: {escape_markdown(email() or _NAMELESS)}")
            st.button("Log out", type="tertiary", on_click=st.logout, key="logout")
        if not _has(VISIT, default=(ALL,)):
            raise NotAllowed("Your account is not one of those that may visit this server.")


def _offer() -> None:
    st.title("Log in")
    st.markdown("This server shows its pages to those who have an account.")
    for name in _providers():
        label = f"Log in with {name}" if name else "Log in"
        st.button(label, type="primary", on_click=st.login, args=(name,), key=f"login-{name}")


def _has(role: str, default: tuple[str, ...] = ()) -> bool:
    roles = _section("roles")
    check_roles(roles)
    listed = roles.get(role, default)
    entries = {item.strip().lower() for item in listed}
    address = email()
    if ALL in entries:
        return True
    return address is not None and bool(entries & {address, f"*@{address.rpartition('@')[2]}"})


def _providers() -> list[str | None]:
    """Names of the providers that `[auth]` has; None for one without a name."""
    section = _section("auth")
    named = [name for name, value in section.items() if isinstance(value, Mapping)]
    return [None] if "client_id" in section else list(named)


def _section(name: str) -> Mapping[str, Any]:
    """A table of secrets.toml; empty where there is none. Raises `BadSettings` for a file that
    cannot be read: it may have said that nobody enters without a login."""
    try:
        found = st.secrets[name]
    except KeyError:
        return {}
    except FileNotFoundError:
        if not any(Path(path).exists() for path in st.get_option("secrets.files")):
            return {}
        found = None
    if not isinstance(found, Mapping):
        raise BadSettings(
            f"secrets.toml cannot be read, or its [{name}] is no table: nobody is let in. Whoever "
            "runs this server finds the reason in its log."
        )
    return found
