"""Show: choose an expression, then record or upload takes of it."""

from __future__ import annotations

import streamlit as st

from dashboard.look import emotion_icons
from dashboard.teach import camera, cue
from dashboard.teach.cue import EMOTION, FIRST_EMOTION, chosen_emotion
from dashboard.teach.session import MOST_PICTURES, TEACH, TeachSession
from dashboard.text import count, escape_markdown
from fer import images
from fer.emotions import EMOTIONS
from fer.teaching.captures import Captures

_LARGEST_MB = images.MAX_BYTES // 1024**2
CAMERA, PICTURES = "Camera", "Pictures"
GOOD_TAKES = 3
"""Takes of an emotion after which no more are asked for."""


def show(session: TeachSession) -> None:
    """Picture or drop zone on the left; the expression, its cue and what is there on the right."""
    if session.waiting:
        _read(session)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        source = st.segmented_control(
            "Where from",
            [CAMERA, PICTURES],
            default=CAMERA,
            required=True,
            label_visibility="collapsed",
            key="teach-source",
            persist_state="session",
        )
        _choose_emotion()
        cue.show(chosen_emotion())
    with left:
        if source == CAMERA:
            connecting = camera.show(session)
            camera.progress(session, connecting)
        else:
            _upload(session)
            camera.end(session)
            session.forget_recording()
        _news(session)
    with right:
        if source == CAMERA:
            camera.length()
        meter(session.captures)
        _next(session)


def _next(session: TeachSession) -> None:
    captures = session.captures
    is_enough = len(captures.emotions()) >= 2
    st.button(
        "Next: teach",
        key="teach-next",
        type="primary" if is_enough and not captures.wanting() else "secondary",
        disabled=not is_enough,
        on_click=session.go,
        args=(TEACH,),
    )


def _choose_emotion() -> None:
    st.pills(
        "Which expression do you show?",
        EMOTIONS,
        default=FIRST_EMOTION,
        required=True,
        format_func=lambda emotion: f"{emotion_icons.icon(emotion)} {emotion}",
        key=EMOTION,
        wrap=True,
        persist_state="session",
    )


def _upload(session: TeachSession) -> None:
    emotion = chosen_emotion()
    st.file_uploader(
        f"Pictures of yourself looking {cue.ADJECTIVES[emotion]}",
        accept_multiple_files=True,
        key=f"teach-upload-{session.turn}",
        on_change=_add,
        args=(session, session.turn),
        max_upload_size=_LARGEST_MB,
        help=f"At most {MOST_PICTURES} at once.",
    )
    st.caption(
        "Pictures that you add together count as **one take**. Add those of another moment, light "
        "or place separately: only different takes can show whether your model is better."
    )


def _add(session: TeachSession, turn: int) -> None:
    files = st.session_state.get(f"teach-upload-{turn}") or []
    if files and turn == session.turn:
        session.add_upload(chosen_emotion(), files)


def _read(session: TeachSession) -> None:
    bar = st.progress(0.0)
    for name, number, total in session.read_waiting():
        bar.progress((number - 1) / total, f"Reading {escape_markdown(name)}, {number} of {total}")
    st.rerun()


def _news(session: TeachSession) -> None:
    if session.news is None:
        return
    sentence, is_good = session.news
    if is_good:
        st.success(escape_markdown(sentence), icon=":material/check:")
    else:
        st.warning(escape_markdown(sentence), icon=":material/warning:")


def meter(captures: Captures) -> None:
    """A line for each expression: takes, faces, and whether another take is wanted."""
    counts, shown = captures.counts(), captures.emotions()
    with st.container(horizontal=True, gap="xsmall", key="teach-meter"):
        for emotion in shown:
            takes = len(captures.takes_of(emotion))
            missing = max(0, GOOD_TAKES - takes)
            st.badge(
                f"{emotion}: {count(takes, 'take')}, {count(counts[emotion], 'face')}"
                + (f", {missing} more wanted" if missing else ""),
                icon=":material/check:" if not missing else ":material/add:",
                color="green" if not missing else "orange",
            )
    if len(shown) < 2:
        what = "two expressions" if not shown else "another expression"
        st.caption(f"Show at least {what}, {GOOD_TAKES} takes of each.")
