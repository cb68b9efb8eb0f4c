"""Errors of the library as sentences on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from dashboard.text import escape_markdown
from fer.errors import FerError


@contextmanager
def show_errors(stop: bool = True) -> Iterator[None]:
    """Shows what the library raises on purpose as a sentence, and ends the page there; in a
    callback (`stop` False) the sentence flies in and the page goes on."""
    try:
        yield
    except FerError as error:
        if stop:
            st.error(escape_markdown(str(error)), icon="⚠️")
            st.stop()
        st.toast(escape_markdown(str(error)), icon="⚠️", duration="long")


def attempt(action: Callable[..., Any], *subjects: Any) -> None:
    """What a button does; a sentence flies in where it cannot be done."""
    with show_errors(stop=False):
        action(*subjects)
