"""The sign that a page answers with the visitor's own model, and the way back."""

from __future__ import annotations

import streamlit as st

from dashboard.personal import model
from dashboard.text import escape_markdown
from fer import registry


def show(name: str) -> None:
    """The badge with its button if that is the name of the visitor's own model."""
    if name != model.NAME:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(
            "Your model",
            icon=":material/face:",
            color="green",
            help="Live, Photos and Video answer with the model that you taught, in this tab alone.",
        )
        st.button(
            f"Go back to {escape_markdown(registry.active())}",
            key="personal-back",
            type="tertiary",
            icon=":material/undo:",
            on_click=model.go_back,
        )
