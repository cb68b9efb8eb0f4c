"""The library's errors as messages on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from dashboard.text import escape_markdown
from fer.errors import FerError


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
