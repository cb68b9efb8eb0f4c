"""How a picture that was read is shown: annotated, with a card for each face."""

from __future__ import annotations

import streamlit as st

from dashboard.desk import Picture
from fer.emotions import EMOJI
from fer.values import FaceResult, FrameResult, Image
from fer.visualization import annotate, charts

CARDS_AT_FIRST = 6
_CARD_WIDTH = 250


def annotated(picture: Picture, style: str) -> Image:
    """The annotated picture as RGB (H, W, 3), at most 1600 pixels long."""
    image = picture.image()
    result = picture.result.scaled(image.shape[1], image.shape[0])
    return annotate.draw(image, result, style, numbered=True)


def headline(face: FaceResult) -> str:
    """What a card says first: the label in words, or that the model is unsure."""
    prediction = face.prediction
    if prediction.uncertain:
        return "❔ **unsure**"
    return f"{EMOJI[prediction.label]} **{prediction.label}** {prediction.confidence:.0%}"


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
        left, right = st.columns([2, 3], vertical_alignment="center")
        words = face.prediction.words
        left.image(crop, width="stretch", alt=f"Face {number}, apparently {words}")
        right.markdown(f"{headline(face)}  \nFace {number} · {face.quality.size} px")
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
