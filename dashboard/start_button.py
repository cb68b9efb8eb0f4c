"""Start buttons: what they start has the values that the form shows when it is pressed.

A field that is left by pressing Start sends its new value with that very rerun, after callbacks
were called. So a press only sets a flag, and the page starts once it has read its form again.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import streamlit as st

QUIET_SECONDS = 3.0
"""So long after a start further presses are taken for the same one."""
_LONGEST_SECONDS = 60.0


@dataclass(slots=True)
class Form:
    """A form's Start button in one session. Widgets with `turn` in their key are new after each
    start, so that no script run that is under way can restore their old values. `newest` is what
    was started last."""

    asked: float | None = None
    turn: int = 0
    newest: str | None = None
    last: float = -math.inf

    def ask(self, turn: int) -> None:
        """The callback of the button that was shown in a `turn`: records the press, unless it is
        one of several quick ones."""
        now = time.monotonic()
        if turn == self.turn and now - self.last >= QUIET_SECONDS:
            self.asked = now
        else:
            st.toast("Started already. Wait a moment to start another one.", icon=":material/info:")

    def take(self) -> bool:
        """Whether Start was pressed since the last call. An old press, of a visitor who left the
        page at once, does not count."""
        asked, self.asked = self.asked, None
        return asked is not None and time.monotonic() - asked < _LONGEST_SECONDS

    def started(self, what: str) -> None:
        self.newest = what
        self.turn += 1
        self.last = time.monotonic()


def form(page: str) -> Form:
    """The form of a page in this session. Streamlit does not interrupt a script between `take` and
    `started`, as long as nothing there calls Streamlit."""
    found: Form = st.session_state.setdefault(f"_{page}-form", Form())
    return found


def button(of: Form, label: str, disabled: bool) -> None:
    st.button(label, type="primary", on_click=of.ask, args=(of.turn,), disabled=disabled)
