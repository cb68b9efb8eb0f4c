"""`.streamlit/secrets.toml`: the login, who may do what, and servers for video."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fer import permission
from fer.doctor.finding import FAILED, OK, WARNING, Finding
from fer.errors import FerError
from fer.storage import files, folders

HOSTS = "FER_HOSTS"
_SHARED = ("redirect_uri", "cookie_secret")
_OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_LEAST_SECRET = 16


def file() -> Path | None:
    """The file that the app reads when it is started here, if there is one."""
    places = (Path.cwd(), folders.ROOT, Path.home())
    paths = [place / ".streamlit" / "secrets.toml" for place in places]
    return next((path for path in paths if path.is_file()), None)


def content() -> Mapping[str, Any]:
    """What is in it; empty without one. Raises `OSError` or `ValueError`."""
    path = file()
    return {} if path is None else tomllib.loads(path.read_text("utf-8"))


def login() -> Iterator[Finding]:
    """Whether visitors log in, and what is wrong with the file that says so."""
    path = file()
    try:
        values = content()
    except (OSError, ValueError) as error:
        reason = files.reason_of(error)
        message = f"{path} cannot be read, so nobody is let in: {reason}."
        yield Finding("login", FAILED, message, "Mend the file; .streamlit has an example.")
        return
    if path is not None and os.name == "posix" and path.stat().st_mode & 0o077:
        yield Finding("login", WARNING, f"Others may read {path}.", f"chmod 600 {path}")
    if "auth" in values:
        yield _login(values)
    elif os.environ.get(HOSTS) and permission.training_allowed():
        yield Finding(
            "login",
            WARNING,
            "There is no login: everybody who reaches this server may change everything.",
            f"Set up [auth] (docs/security.md), or {permission.VARIABLE}=off.",
        )
    else:
        yield Finding("login", OK, "Nobody has to log in.")


def ice_urls() -> list[str]:
    """STUN and TURN servers of the file. Raises `OSError` or `ValueError`."""
    servers = content().get("webrtc", {}).get("ice_servers", [])
    listed = [server.get("urls", []) for server in servers if isinstance(server, Mapping)]
    return [url for urls in listed for url in ([urls] if isinstance(urls, str) else urls)]


def _login(values: Mapping[str, Any]) -> Finding:
    auth = values["auth"]
    if not isinstance(auth, Mapping):
        return Finding("login", FAILED, "[auth] is no table, so nobody is let in.", "Mend it.")
    named = [value for value in auth.values() if isinstance(value, Mapping)]
    missing = [name for name in _SHARED if not auth.get(name)]
    for provider in named or [auth]:
        missing += [name for name in _OF_PROVIDER if not provider.get(name)]
    if missing:
        message = f"[auth] lacks {', '.join(dict.fromkeys(missing))}: nobody can log in."
        return Finding("login", FAILED, message, "docs/security.md says what belongs there.")
    if len(str(auth["cookie_secret"])) < _LEAST_SECRET:
        message = f"cookie_secret has less than {_LEAST_SECRET} characters: it can be guessed."
        return Finding("login", FAILED, message, "Make a long random one.")
    try:
        permission.check_roles(values.get("roles", {}))
    except (FerError, AttributeError) as error:
        message = f"Every action is closed: {error}"
        return Finding("login", FAILED, message, "Correct [roles].")
    return Finding(
        "login", OK, f"Visitors log in; [roles] has {len(values.get('roles', {}))} lines."
    )
