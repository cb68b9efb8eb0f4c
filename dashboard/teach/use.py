"""Use: the personal model on Live, Photos and Video, as a download, or published by a name."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import errors, navigation
from dashboard.personal import model as personal
from dashboard.personal.model import PersonalModel
from dashboard.teach import transfer
from dashboard.teach.session import TeachSession
from dashboard.text import escape_markdown
from fer import permission, registry
from fer.errors import BadModel


def show(session: TeachSession) -> None:
    """The button that uses it, or goes back, and what else can be done with it."""
    own = session.own
    if own is None:
        st.info("There is no model of yours yet. Teach one, or load one.", icon=":material/info:")
        transfer.model_field(session)
        return
    button(session)
    if session.is_used:
        with st.container(horizontal=True):
            for page in personal.PAGES:
                st.page_link(navigation.page(page), label=f"Try it on {page.capitalize()}")
    st.caption(_facts(own))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download your model",
            partial(_archive, session),
            "your-model.zip",
            "application/zip",
            icon=":material/download:",
            on_click="ignore",
            help="A zip with card and ONNX file. Load it here another day, or unpack it into the "
            "models folder of your own computer.",
        )
    _publish(session)
    transfer.model_field(session)


def button(session: TeachSession, is_first: bool = True) -> None:
    """Uses the model of this session, or goes back; `is_first`: it is the page's main action."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if session.is_used:
            st.badge("In use in this tab", icon=":material/check:", color="green")
            st.button(
                f"Go back to {escape_markdown(registry.active())}",
                key="teach-back",
                icon=":material/undo:",
                on_click=personal.go_back,
            )
            return
        st.button(
            "Use my model",
            key="teach-use",
            type="primary" if is_first else "secondary",
            icon=":material/face:",
            on_click=session.use,
            help="Live, Photos and Video of this tab answer with it at once; nobody else's do.",
        )


def _archive(session: TeachSession) -> bytes:
    """What the session keeps; Streamlit would keep what a button is given itself."""
    return b"" if session.own is None else session.own.archive


def _facts(own: PersonalModel) -> str:
    card = own.model.card
    return (
        f"Taught with {', '.join(card.taught)}; made on {escape_markdown(card.created[:10])}. "
        "Expressions that you did not show may be taken for these."
    )


def _publish(session: TeachSession) -> None:
    """By a name that its owner types, where that is allowed."""
    with st.expander("Publish it for everybody on this server", icon=":material/public:"):
        reason = permission.refusal("publish")
        if reason:
            errors.closed(reason)
            return
        st.markdown(
            "Other visitors can then choose it on their pages, and **its weights learned your "
            "face**. It stays after this tab is closed, until it is deleted on *Models*."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", key="teach-publish-name", placeholder="type a name")
            st.button(
                "Publish",
                key="teach-publish",
                disabled=not name.strip(),
                on_click=errors.attempt,
                args=(_published, session),
            )


def _published(session: TeachSession) -> None:
    own = session.own
    if own is None:  # it was deleted meanwhile
        return
    name = registry.name_from(st.session_state["teach-publish-name"])
    if not name:
        raise BadModel("type the name that the model is to have.")
    permission.require("publish")
    card = own.publish(name)
    st.session_state["teach-publish-name"] = ""
    st.toast(f"Published as {escape_markdown(card.name)}.", icon=":material/public:")
