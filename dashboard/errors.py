"""The library's errors as messages on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import streamlit as st

from dashboard.text import escape_markdown, sentence
from fer import permission
from fer.errors import FerError
from fer.permission import Action


@contextmanager
def show_errors(stop: bool = True) -> Iterator[None]:
    """Shows a `FerError` as a message and stops the page there. With `stop` False, for callbacks,
    the message is a toast and the page goes on."""
    try:
        yield
    except FerError as error:
        if stop:
            st.error(escape_markdown(str(error)), icon=":material/warning:")
            st.stop()
        st.toast(escape_markdown(str(error)), icon=":material/warning:", duration="long")


def attempt(action: Callable[..., Any], *arguments: Any) -> None:
    """A button's callback: calls `action`, and shows a `FerError` as a toast."""
    with show_errors(stop=False):
        action(*arguments)


def button(
    action: Action,
    label: str,
    key: str,
    call: Callable[..., Any],
    *arguments: Any,
    help: str | None = None,
    type: Literal["primary", "secondary"] = "secondary",
) -> None:
    """A button that calls something of the library, see `attempt`. Where the action is closed to
    the visitor it is disabled, and the reason stands beside it."""
    reason = permission.refusal(action)
    st.button(
        label,
        key=key,
        help=help,
        type=type,
        disabled=reason is not None,
        on_click=attempt,
        args=(call, *arguments),
    )
    if reason:
        closed(reason)


def closed(reason: str) -> None:
    """Why something is closed to the visitor of this page."""
    st.caption(f":material/lock: {escape_markdown(sentence(reason))}")
