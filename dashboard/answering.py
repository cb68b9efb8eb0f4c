"""Which model and detector answer, and errors of the library as sentences on the page."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import streamlit as st

from fer import registry
from fer.errors import FerError
from fer.inference import detection
from fer.inference.recognizer import Recognizer
from fer.values import FrameResult, Image, ModelCard

_M_MMAP_THRESHOLD = -3

DETECTOR_WORDS = {
    "mtcnn": "MTCNN: finds tilted and small faces",
    "haar": "Haar cascade: the classic, frontal faces",
}
QUESTION_WORDS = {
    "crowd": "the share of people who would choose each emotion",
    "fer2013": "the label that FER2013 would give",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """The choice of who reads a picture, and how."""

    model: str
    detector: str = detection.DEFAULT
    whole_picture: bool = False

    def analyze(self, image: Image) -> FrameResult:
        """Raises `FerError`."""
        recognizer = Recognizer(registry.load(self.model), self.detector)
        return recognizer.analyze(image, whole_picture=self.whole_picture)


@contextmanager
def sentences(stop: bool = True) -> Iterator[None]:
    """Shows what the library raises on purpose as a sentence, and ends the page there; in a
    callback (`stop` False) the sentence flies in and the page goes on."""
    try:
        yield
    except FerError as error:
        if stop:
            st.error(str(error), icon="⚠️")
            st.stop()
        st.toast(str(error), icon="⚠️", duration="long")


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Loads the model that answers, once a process. Streamlit collects garbage after every run;
    freezing what is loaded for good keeps those collections short."""
    _give_back_large_blocks()
    registry.load()
    gc.collect()
    gc.freeze()


def _give_back_large_blocks() -> None:
    """Lets glibc map every block from 1 MB on by itself, so that a picture's memory returns to the
    system when it is freed; by default its heaps keep 100 MB and more after a few photos."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1024**2)


def reader_picker(*, whole_picture: bool) -> Reader:
    """Model and detector in the sidebar, from the registries; `whole_picture` adds that choice."""
    names = registry.names()
    with st.sidebar:
        model = st.selectbox(
            "Model",
            names,
            index=names.index(registry.active()) if registry.active() in names else 0,
            help="The model that reads the faces. Its card says how well it does.",
        )
        detector = st.selectbox(
            "Face detector",
            detection.names(),
            format_func=lambda name: DETECTOR_WORDS.get(name, name),
        )
        whole = whole_picture and st.toggle(
            "Each picture is one cut-out face",
            help="For data sets such as FER2013, whose 48×48 pictures are faces already. "
            "Nothing is searched then.",
        )
    registry.load(model)
    return Reader(model, detector, whole)


def model_sentence(card: ModelCard) -> str:
    """Who answers, which question, and how well, in one sentence with its interval."""
    figures = card.metrics
    low, high = figures["accuracy_interval"]
    return (
        f"Read by the model **{card.name}**, which answers with "
        f"{QUESTION_WORDS.get(card.question, card.question)}. Right on "
        f"{figures['accuracy']:.1%} (95% interval {low:.1%} to {high:.1%}) of {figures['n']:,} "
        "validation faces."
    )
