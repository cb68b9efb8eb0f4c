"""The takes of a visitor: a strip of faces each, to be relabelled or deleted."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.look import emotion_icons
from dashboard.teach.session import TeachSession
from dashboard.text import count, duration
from fer.emotions import EMOTIONS
from fer.teaching.captures import CapturedFace, Captures, Take

TAKES_A_PAGE = 12
_FACES, _SIDE, _CARD_WIDTH = 6, 64, 300
_GAP, _CORNER = 1, 6
_ALL, _INTO = "teach-all", "teach-all-into"


def show(session: TeachSession) -> None:
    """The newest take first, in pages where there are many."""
    takes = session.captures.takes[::-1]
    if not takes:
        return
    st.header(count(len(takes), "take"))
    if session.left_out:
        reasons = ", ".join(f"{number:,} {why}" for why, number in session.left_out.items())
        st.caption(f"Left out so far: {reasons}.")
    pages = -(-len(takes) // TAKES_A_PAGE)
    page = st.pagination(pages, key=f"teach-takes-{pages}") or 1 if pages > 1 else 1
    with st.grid(min_column_width=_CARD_WIDTH):
        for take in takes[(page - 1) * TAKES_A_PAGE : page * TAKES_A_PAGE]:
            _card(session, take)
    _of_all(session)


def _card(session: TeachSession, take: Take) -> None:
    faces = [face for _, face in session.captures.faces_of(take.take)]
    length = f", {duration(take.seconds)}" if take.seconds else ""
    with st.container(border=True, gap="xsmall"):
        st.image(
            strip(faces),
            width="stretch",
            alt=f"Take {take.take}: {count(len(faces), 'face')} shown as {take.emotion}",
        )
        st.markdown(
            f"{emotion_icons.icon(take.emotion)} **{take.emotion}** · take {take.take} · "
            f"{count(len(faces), 'face')}{length}"
        )
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            key = f"teach-relabel-{take.take}-{take.emotion}"
            st.selectbox(
                f"Expression of take {take.take}",
                EMOTIONS,
                EMOTIONS.index(take.emotion),
                key=key,
                label_visibility="collapsed",
                on_change=_relabel,
                args=(session, take.take, key),
            )
            st.button(
                "Delete",
                key=f"teach-delete-{take.take}",
                icon=":material/delete:",
                on_click=_delete,
                args=(session, take.take),
            )


def _relabel(session: TeachSession, take: int, key: str) -> None:
    session.change(session.captures.relabelled_take(take, st.session_state[key]))


def _delete(session: TeachSession, take: int) -> None:
    session.change(session.captures.without_take(take))


def _of_all(session: TeachSession) -> None:
    """All takes of one expression at once."""
    row = st.expander("Relabel or delete all takes of an expression").container(
        horizontal=True, vertical_alignment="bottom"
    )
    with row:
        shown = session.captures.emotions()
        st.selectbox("All takes of", shown, key=_ALL, width=160)
        st.selectbox("become", EMOTIONS, key=_INTO, width=160)
        st.button("Relabel all", on_click=_relabel_all, args=(session,))
        st.button("Delete all", on_click=_delete_all, args=(session,))


def _relabel_all(session: TeachSession) -> None:
    emotion, into = st.session_state[_ALL], st.session_state[_INTO]
    session.change(session.captures.relabelled(emotion, into))


def _delete_all(session: TeachSession) -> None:
    left: Captures = session.captures
    for take in left.takes_of(st.session_state[_ALL]):
        left = left.without_take(take)
    session.change(left)


def strip(faces: list[CapturedFace]) -> NDArray[np.uint8]:
    """Some faces of a take side by side, from its beginning to its end: RGBA (64, 384, 4),
    transparent where there are fewer."""
    canvas = np.zeros((_SIDE, _FACES * _SIDE, 4), np.uint8)
    indices = np.unique(np.linspace(0, len(faces) - 1, min(_FACES, len(faces))).round().astype(int))
    for position, index in enumerate(indices):
        face = cv2.resize(faces[index].crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        cell = canvas[:, position * _SIDE : (position + 1) * _SIDE]
        cell[:, :, :3], cell[:, :, 3] = face, _tile()
    return canvas


def _tile() -> NDArray[np.uint8]:
    """The opacity (64, 64) of a face with round corners."""
    inner = _SIDE - 1 - 2 * _GAP
    tile = np.zeros((_SIDE, _SIDE), np.uint8)
    for corner in ((x, y) for x in (_CORNER, inner - _CORNER) for y in (_CORNER, inner - _CORNER)):
        cv2.circle(tile, (corner[0] + _GAP, corner[1] + _GAP), _CORNER, 255, -1, cv2.LINE_AA)
    tile[_GAP + _CORNER : _SIDE - _GAP - _CORNER, _GAP : _SIDE - _GAP] = 255
    tile[_GAP : _SIDE - _GAP, _GAP + _CORNER : _SIDE - _GAP - _CORNER] = 255
    return tile
