"""Who looks at a page, as far as places are shared: a browser, not a person."""

from __future__ import annotations

import hashlib
import secrets

import streamlit as st
from streamlit.web.server.starlette import starlette_app_utils, starlette_server_config

from dashboard.server.compatibility import ForeignName, require
from dashboard.server.visitors import login

_UTILS = "streamlit.web.server.starlette.starlette_app_utils"
_CONFIG = "streamlit.web.server.starlette.starlette_server_config"
FOREIGN_NAMES = (
    ForeignName("streamlit", "1.67", f"{_UTILS}:decode_xsrf_token_string"),
    ForeignName("streamlit", "1.67", f"{_CONFIG}:XSRF_COOKIE_NAME"),
)
_KEY = "_visitor"


def current() -> str:
    """The visitor of this page: the same in all tabs of a browser, and after a reload.

    Told by the account where the server asks for a login; else by the random token in Streamlit's
    cookie against forged requests. Only a hash of it is kept. A browser without cookies is another
    visitor in each tab.
    """
    account = login.account()
    if account is not None:
        return hashlib.sha256(account.encode()).hexdigest()
    require(*FOREIGN_NAMES)
    cookie = st.context.cookies.get(starlette_server_config.XSRF_COOKIE_NAME, "")
    token, _ = starlette_app_utils.decode_xsrf_token_string(cookie)
    if token:
        return hashlib.sha256(token).hexdigest()
    visitor: str = st.session_state.setdefault(_KEY, secrets.token_hex(16))
    return visitor
