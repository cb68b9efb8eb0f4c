"""How a picture that was read is shown: annotated, with a card for each face."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from dashboard.desk import Picture
from fer.emotions import EMOJI
from fer.values import FaceResult, FrameResult, Image
from fer.visualization import annotate, charts

CARDS_AT_FIRST = 6
_CARD_WIDTH = 232
_CROP_WIDTH = 72
_LEGIBLE_SIDE = 1000


def annotated(picture: Picture, style: str) -> Image:
    """The annotated picture as RGB (H, W, 3), 1000 to 1600 pixels long: small ones are enlarged
    so that labels can be read."""
    image = picture.image()
    enlarge = _LEGIBLE_SIDE / max(image.shape[:2])
    if enlarge > 1:
        size = round(image.shape[1] * enlarge), round(image.shape[0] * enlarge)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    result = picture.result.scaled(image.shape[1], image.shape[0])
    return annotate.draw(image, result, style, numbered=True)


def headline(face: FaceResult) -> str:
    """What a card says first: the label in words, or that the model is unsure."""
    prediction = face.prediction
    if prediction.uncertain:
        return "❔ **unsure**"
    share = annotate.percent(prediction.confidence)
    return f"{EMOJI[prediction.label]} **{prediction.label}** {share}"


def description(name: str, result: FrameResult) -> str:
    """The alternative text of an annotated picture."""
    if not result.faces:
        return f"{name}: no face found."
    labels = [face.prediction.words for face in result.faces[:20]]
    count = f"{len(result.faces)} face{'s' if len(result.faces) > 1 else ''}"
    return f"{name}: {count}, from left to right apparently {', '.join(labels)}."


def face_card(face: FaceResult, crop: bytes, number: int, key: str) -> None:
    """Crop, label and the seven probabilities of one face."""
    with st.container(border=True, width=_CARD_WIDTH):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            words = face.prediction.words
            st.image(crop, width=_CROP_WIDTH, alt=f"Face {number}, apparently {words}")
            st.markdown(f"{headline(face)}  \nFace {number} · {face.quality.size} px")
        probabilities = ", ".join(f"{e} {p:.0%}" for e, p in face.prediction.as_dict().items())
        st.plotly_chart(
            charts.probability_bars(face.prediction),
            key=key,
            config={"staticPlot": True},
            alt=f"Probabilities of face {number}: {probabilities}",
        )


def face_cards(picture: Picture, key: str) -> None:
    """A card for each face; beyond the first six on request."""
    faces = list(zip(picture.result.faces, picture.crops, strict=True))
    shown = len(faces)
    if shown > CARDS_AT_FIRST and not st.toggle(f"Show all {shown} faces", key=f"{key}-all"):
        shown = CARDS_AT_FIRST
    with st.container(horizontal=True):
        for number, (face, crop) in enumerate(faces[:shown], start=1):
            face_card(face, crop, number, f"{key}-{number}")
