"""Which film is to be analysed, and how."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.model_picker import detector_picker, model_field, prior_picker
from dashboard.personal import model as personal
from dashboard.server import memory
from dashboard.video.session import Request
from fer.video import opening

LARGEST_MB = 1024
_EVERY_FRAME = 0
_RATES = (_EVERY_FRAME, 10, 5, 2, 1)


def place(turn: int, is_first: bool) -> DeltaGenerator:
    """Where a film is asked for: large for the first one, and folded above the results later."""
    if is_first:
        return st.container(key="video-drop-large")
    return st.expander("Another film", icon=":material/add:", key=f"video-another-{turn}")


def ask(turn: int) -> Request:
    """The form, with its settings in the sidebar; the request has no film while none was chosen.
    Raises `FerError` for a model that cannot be loaded.
    """
    film = st.file_uploader(
        "Drop a film here",
        [ending.removeprefix(".") for ending in opening.ENDINGS],
        key=f"video-upload-{turn}",
        max_upload_size=LARGEST_MB,
    )
    with st.sidebar:
        model = model_field("video")
        detector = detector_picker("video")
        prior = prior_picker(personal.load(model).card, "video")
        rate: int = st.selectbox(
            "Frames analysed",
            _RATES,
            format_func=lambda rate: f"{rate} a second" if rate else "every frame",
            help="Fewer frames are faster; expressions that last a moment may be missed.",
            key="video-rate",
            persist_state="session",
        )
    memory.settle()
    return Request(film, model, detector, prior, float(rate) if rate else None)
