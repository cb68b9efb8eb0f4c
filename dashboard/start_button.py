"""Start buttons: what they start has the values that the form shows when it is pressed.

A field that is left by pressing Start sends its new value with that very rerun, after callbacks
were called. So a press only sets a flag, and the page starts once it has read its form again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

_LONGEST_SECONDS = 60.0


@dataclass(slots=True)
class Form:
    """A form's Start button in one session. Widgets with `turn` in their key are new after each
    start, so that no script run that is under way can restore their old values. `newest` is what
    was started last."""

    asked: float | None = None
    turn: int = 0
    newest: str | None = None

    def ask(self) -> None:
        """The button's callback: records the press."""
        self.asked = time.monotonic()

    def take(self) -> bool:
        """Whether Start was pressed since the last call. An old press, of a visitor who left the
        page at once, does not count."""
        asked, self.asked = self.asked, None
        return asked is not None and time.monotonic() - asked < _LONGEST_SECONDS

    def started(self, what: str) -> None:
        self.newest = what
        self.turn += 1


def form(page: str) -> Form:
    """The form of a page in this session. Streamlit does not interrupt a script between `take` and
    `started`, as long as nothing there calls Streamlit."""
    found: Form = st.session_state.setdefault(f"_{page}-form", Form())
    return found


def button(of: Form, disabled: bool) -> None:
    st.button("Start", type="primary", on_click=of.ask, disabled=disabled)
