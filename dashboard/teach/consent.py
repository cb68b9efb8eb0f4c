"""Consent: what is captured, where it is, and when it is gone."""

from __future__ import annotations

import streamlit as st

from dashboard.teach import transfer
from dashboard.teach.session import TeachSession

TEXT = """
- **What:** small cut-out pictures of your face (at most 144×144 pixels) from takes that you record
  or pictures that you upload, each with the expression that you name. No sound; no whole frame is
  kept.
- **Where:** in the memory of the computer that runs this app, for this browser tab alone. While
  your model is taught, a private folder of that computer has a copy. No other visitor can list, see
  or use any of it.
- **Until when:** “Delete everything” deletes all of it at once. Otherwise it is gone some minutes
  after this tab is closed or reloaded. Download takes and model to keep them.
- **What for:** to teach a copy of the default model how *your* face shows an expression. Nobody
  else gets it unless you publish it by a name.

Show your own face, or that of somebody who is with you and agrees: **one person in all takes**,
since nobody is recognised here. The model learns what you show, not what you feel.
"""


def show(session: TeachSession) -> None:
    """The text, and the button without which nothing starts."""
    with st.container(border=True):
        st.header("Before anything is captured")
        st.markdown(TEXT)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("I agree", type="primary", key="teach-agree", on_click=session.allow)
            transfer.model_field(session)
