"""How an analysed picture is shown: annotated, with a card for each face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import Any, Literal

import cv2
import numpy as np
import streamlit as st

from dashboard import explanation_view
from dashboard.errors import show_errors
from dashboard.look import emotion_bars, emotion_icons
from dashboard.model_picker import Reader, prior_label
from dashboard.photos import following, picture as pictures, undo
from dashboard.photos.picture import Picture
from dashboard.photos.session import PhotoSession
from dashboard.text import count, escape_markdown
from fer import images
from fer.emotions import EMOTIONS
from fer.geometry import Image
from fer.inference import detection, records
from fer.results import FaceResult, FrameResult
from fer.visualization import annotate

CARDS_AT_FIRST = 6
_CARD_WIDTH, _CROP_WIDTH, _SMALL_CROP = 190, 72, 48
_LEGIBLE_SIDE = 1000
_FEW_FACES = 2
_WIDE = 1.2
"""Pictures wider than this times their height get more of the page's width, if they have few faces.
"""


def style_picker(styles: Sequence[str]) -> str:
    """The frame's style in the sidebar, kept for the session."""
    style = st.sidebar.segmented_control(
        "Frame",
        styles,
        default=styles[0],
        required=True,
        format_func=str.capitalize,
        key="photos-style",
        persist_state="session",
    )
    return str(style)


def snapshot(session: PhotoSession) -> None:
    """A picture from the visitor's camera, queued to be read."""
    st.caption("Tell those in view that their faces are analysed. The snapshot is not stored.")
    taken = st.camera_input("Take a snapshot", label_visibility="collapsed")
    if taken is not None and taken.file_id not in session.taken:
        session.taken.add(taken.file_id)
        session.snapshots += 1
        session.add(f"snapshot-{session.snapshots}.jpg", taken.getvalue())


def annotated(picture: Picture, style: str, brief: bool = False) -> Image:
    """The annotated picture as RGB (H, W, 3), 1000 to 1600 pixels long: small ones are enlarged
    so that labels can be read. `brief` is for showing it beside the cards of its faces."""
    image = picture.image()
    enlarge = _LEGIBLE_SIDE / max(image.shape[:2])
    if enlarge > 1:
        size = round(image.shape[1] * enlarge), round(image.shape[0] * enlarge)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    result = picture.result.scaled(image.shape[1], image.shape[0])
    return annotate.draw(image, result, style, numbered=True, brief=brief)


def annotated_jpeg(picture: Picture, style: str) -> bytes:
    """`annotated` with brief labels as a JPEG, drawn once and kept with the picture until another
    style is chosen."""
    if style not in picture.drawn:
        shown = pictures.jpeg(annotated(picture, style, brief=True))
        picture.drawn.clear()
        picture.drawn[style] = shown
    return picture.drawn[style]


def headline(face: FaceResult) -> str:
    """The heading of a face's card: the label, or that the model is unsure."""
    icon = emotion_icons.of_prediction(face.prediction)
    if face.prediction.uncertain:
        return f"{icon} **unsure**"
    share = annotate.percent(face.prediction.confidence)
    return f"{icon} **{face.prediction.label}** {share}"


def description(name: str, result: FrameResult) -> str:
    """The alternative text of an annotated picture."""
    if not result.faces:
        return f"{name}: no face found."
    labels = [face.prediction.display_label for face in result.faces[:20]]
    number = count(len(result.faces), "face")
    return f"{name}: {number}, from left to right apparently {', '.join(labels)}."


def face_card(picture: Picture, number: int, key: str) -> None:
    """Crop, label, the seven probabilities and the reasons of one face, counted from 1."""
    face, crop = picture.result.faces[number - 1], picture.crops[number - 1]
    with st.container(border=True):
        is_narrow = len(picture.result.faces) > _FEW_FACES
        gap: Literal["small", "xsmall"] = "xsmall" if is_narrow else "small"
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap=gap):
            label, width = face.prediction.display_label, _SMALL_CROP if is_narrow else _CROP_WIDTH
            st.image(crop, width=width, alt=f"Face {number}, apparently {label}")
            st.markdown(f"{headline(face)}  \nFace {number} · {face.quality.size} px")
        emotion_bars.small(face.prediction, key)
        assert face.pixels is not None
        question = explanation_view.Question(
            picture.read_by["model"], picture.read_by["prior"], face.pixels, face.prediction
        )
        explanation_view.button(question, f"{key}-why")


def face_cards(picture: Picture, key: str) -> None:
    """A card for each face; beyond the first six on request."""
    shown = len(picture.result.faces)
    if shown > CARDS_AT_FIRST and not st.toggle(f"Show all {shown} faces", key=f"{key}-all"):
        shown = CARDS_AT_FIRST
    is_list = len(picture.result.faces) <= _FEW_FACES
    with st.container() if is_list else st.grid(min_column_width=_CARD_WIDTH):
        for number in range(1, shown + 1):
            face_card(picture, number, f"{key}-{number}")


def panel(session: PhotoSession, picture: Picture, reader: Reader, style: str) -> None:
    """A picture that was read: annotated, its faces, and what can be done with it."""
    result, faces = picture.result, len(picture.result.faces)
    is_wide = result.width > _WIDE * result.height and faces <= _FEW_FACES
    left, right = st.columns([3, 2] if is_wide else [1, 1], gap="medium")
    with left, st.container(key="photo-beside"):
        with st.container(key="photo-picture"):
            st.image(
                annotated_jpeg(picture, style),
                width="stretch",
                alt=description(picture.name, result),
            )
        st.caption(
            f"**{escape_markdown(picture.name)}** · {result.width}×{result.height} pixels · "
            f"{count(faces, 'face')} · {sum(result.seconds.values()):.2f} s · "
            f"model {escape_markdown(picture.read_by['model'])}, "
            f"expressions {prior_label(picture.read_by['prior'])}"
            f"{_detector_text(picture)}{_search_text(result)}"
        )
        _actions(session, picture, reader, style)
    with right:
        if faces:
            face_cards(picture, picture.key)
        else:
            _no_face(session, picture, reader)


def _detector_text(picture: Picture) -> str:
    """The detector and the search; empty for a picture that is a face already."""
    searched = picture.result.searched
    if searched is None:
        return ""
    return f" · faces by {picture.read_by['detector']}, {searched.search} search"


def _search_text(result: FrameResult) -> str:
    """What was searched, and how to search more; empty where all faces were looked for."""
    searched = result.searched
    if searched is None:
        return ""
    is_small = searched.smallest_face > detection.SMALLEST_FACE
    if not is_small and not searched.capped:
        return ""
    can_do_more = is_small and not searched.tiles_total
    advice = " Choose *Thorough* in the sidebar to find them." if can_do_more else ""
    return f"  \n{searched.sentence}{advice}"


def _actions(session: PhotoSession, picture: Picture, reader: Reader, style: str) -> None:
    key = picture.key
    with st.container(horizontal=True):
        st.download_button(
            "PNG",
            partial(_png, picture, style),
            f"{PurePath(picture.name).stem}-expressions.png",
            "image/png",
            key=f"{key}-png",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button(
            "Rotate",
            key=f"{key}-turn",
            icon=":material/rotate_right:",
            on_click=_again,
            args=(session, picture, reader, 1),
        )
        if picture.reader != following.wanted(picture, reader):
            st.button(
                "Re-analyse",
                key=f"{key}-again",
                icon=":material/refresh:",
                help="With the settings in the sidebar.",
                on_click=_again,
                args=(session, picture, reader),
            )
        undo.offer(session)
        st.button(
            "Remove",
            key=f"{key}-remove",
            icon=":material/delete:",
            on_click=session.remove,
            args=(picture,),
        )


def _no_face(session: PhotoSession, picture: Picture, reader: Reader) -> None:
    st.info(
        "**No face found.** Rotate the picture if it lies on its side, try another detector in the "
        "sidebar, or use a picture in which the face is larger and better lit.",
        icon=":material/search:",
    )
    st.button(
        "This image is already a cropped face",
        key=f"{picture.key}-whole",
        on_click=_again,
        args=(session, replace(picture, is_cropped=True), reader),
    )


def _again(session: PhotoSession, picture: Picture, reader: Reader, turns: int = 0) -> None:
    if not session.has(picture):
        return
    with show_errors(stop=False):
        own = following.wanted(picture, reader)
        session.replace(picture, pictures.read_again(picture, own, turns))


def _png(picture: Picture, style: str) -> bytes:
    return images.encode_png(annotated(picture, style))


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row for each face."""
    shown = [
        {
            "picture": row["file"],
            "face": row["face"],
            "expression": "unsure" if row["uncertain"] else row["label"],
            **{emotion: 100 * row[emotion] for emotion in EMOTIONS},
        }
        for row in records.table(rows)
    ]
    percent = st.column_config.NumberColumn(format="%.1f%%")
    st.dataframe(shown, hide_index=True, column_config={emotion: percent for emotion in EMOTIONS})
