"""The four steps of teaching, as a row of buttons above the present one."""

from __future__ import annotations

import streamlit as st

from dashboard import errors
from dashboard.teach.session import STEPS, TeachSession


def row(session: TeachSession) -> None:
    """The steps, of which the present one is filled, and the button that deletes everything."""
    allowed = session.steps
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="teach-steps"
    ):
        for number, step in enumerate(STEPS, 1):
            st.button(
                f"{number} {step}",
                key=f"teach-step-{step}",
                type="primary" if step == session.step else "secondary",
                disabled=step not in allowed,
                on_click=session.go,
                args=(step,),
            )
        if session.is_allowed or session.own is not None:
            st.space("stretch")
            delete_everything(session)


def delete_everything(session: TeachSession) -> None:
    st.button(
        "Delete everything",
        key="teach-delete-everything",
        icon=":material/delete_forever:",
        type="tertiary",
        on_click=errors.attempt,
        args=(_delete, session),
        help="Deletes all captures and your model from this server at once.",
    )


def _delete(session: TeachSession) -> None:
    session.delete_everything()
    st.toast("Your captures and your model are deleted.", icon=":material/check:")
