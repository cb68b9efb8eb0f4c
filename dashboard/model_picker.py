"""Which model and detector answer, and errors of the library as sentences on the page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.server import memory
from dashboard.text import escape_markdown
from fer import registry
from fer.inference import detection
from fer.inference.recognizer import Recognizer
from fer.model_card import ModelCard

DETECTOR_WORDS = {
    "mtcnn": "MTCNN: small, tilted",
    "haar": "Haar: the classic",
}
QUESTION_WORDS = {
    "crowd": "the share of people who would choose each emotion",
    "fer2013": "the label that FER2013 would give",
}

_MODEL, _FOLLOWED = "photos-model", "_active-on-photos"


@dataclass(frozen=True, slots=True)
class Reader:
    """The choice of who reads a picture, and how."""

    model: str
    detector: str = detection.DEFAULT
    whole_picture: bool = False
    prior: str | None = None

    def recognizer(self) -> Recognizer:
        """Raises `FerError`."""
        return Recognizer(self.model, self.detector, prior=self.prior)


def reader_picker(*, whole_picture: bool) -> Reader:
    """Model and detector in the sidebar, from the registries; `whole_picture` adds that choice.

    The choice is kept for the session. The model follows the active one until another is chosen,
    and again where the chosen one is gone. Raises `FerError` where it cannot answer.
    """
    names, active = registry.names(), registry.active()
    followed = st.session_state.get(_FOLLOWED)
    if followed not in (None, active) and st.session_state.get(_MODEL) == followed:
        st.session_state[_MODEL] = active
    st.session_state[_FOLLOWED] = active
    with st.sidebar:
        model = st.selectbox(
            "Model",
            names,
            names.index(active) if active in names else 0,
            help="The model that reads the faces. Its card says how well it does.",
            key=_MODEL,
            persist_state="session",
        )
        detector = st.selectbox(
            "Face detector",
            detection.names(),
            format_func=lambda name: DETECTOR_WORDS.get(name, name),
            key="photos-detector",
            persist_state="session",
        )
        whole = whole_picture and st.toggle(
            "Each picture is one cut-out face",
            help="For data sets such as FER2013, whose 48×48 pictures are faces already. "
            "Nothing is searched then.",
            key="photos-whole",
            persist_state="session",
        )
    reader = Reader(model or active, detector, whole)
    registry.load(reader.model)
    memory.settle()
    return reader


def model_sentence(card: ModelCard) -> str:
    """Who answers, which question, and how well, in one sentence with its interval."""
    words = (
        f"Read by the model **{card.name}**, which answers with "
        f"{QUESTION_WORDS.get(card.question, card.question)}."
    )
    figures = card.metrics
    try:
        low, high = figures["accuracy_interval"]
        return (
            f"{words} Right on {figures['accuracy']:.1%} (95% interval {low:.1%} to {high:.1%}) of "
            f"{figures['n']:,} validation faces "
            f"({escape_markdown(str(card.data.get('name')))}), on which its epoch was chosen."
        )
    except (KeyError, TypeError, ValueError):
        return f"{words} Its card has no figures."
