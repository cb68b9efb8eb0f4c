"""Which film is to be analysed, and how."""

from __future__ import annotations

import streamlit as st

from dashboard.model_picker import detector_picker, prior_picker
from dashboard.server import memory
from dashboard.video.session import Request
from fer import registry
from fer.video import opening

LARGEST_MB = 1024
_EVERY_FRAME = 0
_RATES = (_EVERY_FRAME, 10, 5, 2, 1)


def ask(turn: int, is_first: bool) -> Request:
    """The form, with its settings in the sidebar; the request has no film while none was chosen.
    The drop zone is large for the first film. Raises `FerError` for a model that cannot be loaded.
    """
    with st.container(key="video-drop-large" if is_first else "video-drop"):
        film = st.file_uploader(
            "Drop a film here: MP4, MOV, WebM, MKV, AVI, or a moving GIF or WebP",
            [ending.removeprefix(".") for ending in opening.ENDINGS],
            key=f"video-upload-{turn}",
            max_upload_size=LARGEST_MB,
        )
    with st.sidebar:
        names, active = registry.names(), registry.active()
        model: str = st.selectbox(
            "Model",
            names,
            names.index(active) if active in names else 0,
            help="The model that predicts the expressions. Its card says how well.",
            key="video-model",
            persist_state="session",
        )
        detector = detector_picker("video")
        prior = prior_picker(registry.load(model or active).card, "video")
        rate: int = st.selectbox(
            "Frames analysed",
            _RATES,
            format_func=lambda rate: f"{rate} a second" if rate else "every frame",
            help="Fewer frames are faster; expressions that last a moment may be missed.",
            key="video-rate",
            persist_state="session",
        )
    memory.settle()
    return Request(film, model or active, detector, prior, float(rate) if rate else None)
