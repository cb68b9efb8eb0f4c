"""The pictures as a row of thumbnails, one of which is shown large."""

from __future__ import annotations

import base64

import streamlit as st

from dashboard import navigation
from dashboard.photos.picture import Picture
from dashboard.photos.session import PhotoSession
from dashboard.text import count

PICTURES_A_PAGE = 24

_KEY, _PAGE = "photo-strip", "photo-page"
_ASSETS = navigation.PACKAGE / "assets"
_component = st.components.v2.component(
    "fer_strip",
    css=(_ASSETS / "strip.css").read_text("utf-8"),
    js=(_ASSETS / "strip.js").read_text("utf-8"),
)


def show(session: PhotoSession) -> Picture:
    """The strip, in pages where there are many; returns the picture that is chosen."""
    chosen = session.shown()
    index = session.pictures.index(chosen)
    pages = -(-len(session.pictures) // PICTURES_A_PAGE)
    page = index // PICTURES_A_PAGE + 1
    if len(session.pictures) > 1:
        first = (page - 1) * PICTURES_A_PAGE
        _thumbnails(session, session.pictures[first : first + PICTURES_A_PAGE], chosen)
    if pages > 1:
        picked = st.pagination(pages, default=page, key=f"{_PAGE}-{page}-of-{pages}")
        if picked != page:
            session.chosen = session.pictures[(picked - 1) * PICTURES_A_PAGE].key
            st.rerun()
    return chosen


def label(picture: Picture) -> str:
    """The label of its only face, or how many faces there are."""
    faces = picture.result.faces
    return faces[0].prediction.display_label if len(faces) == 1 else count(len(faces), "face")


def _thumbnails(session: PhotoSession, pictures: list[Picture], chosen: Picture) -> None:
    def pick() -> None:
        session.chosen = st.session_state[_KEY]["picked"] or session.chosen

    _component(
        key=_KEY,
        data={
            "chosen": chosen.key,
            "pictures": [
                {
                    "key": picture.key,
                    "name": picture.name,
                    "label": label(picture),
                    "image": "data:image/jpeg;base64,"
                    + base64.b64encode(picture.thumbnail).decode(),
                }
                for picture in pictures
            ],
        },
        on_picked_change=pick,
    )
