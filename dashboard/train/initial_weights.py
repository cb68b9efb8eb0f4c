"""The fields for initial weights and for the layers that stay frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.dataset import stored as stored_uploads
from dashboard.server import uploads as held_uploads
from fer import registry
from fer.errors import BadSettings
from fer.runs import uploads, weights

_RANDOM, _UPLOAD = "random weights", "upload a weights file …"
_FREEZE = {"none": "none", "all": "the whole backbone", "top": "all but the top layers"}


def ask() -> tuple[dict[str, Any], UploadedFile | None]:
    """The initial weights and which of them stay frozen; and the file, if one is uploaded."""
    stored = {str(upload.path): upload for upload in stored_uploads.own_uploads(weights.ENDINGS)}
    chosen = st.selectbox(
        "Initial weights",
        [_RANDOM, weights.IMAGENET, *registry.names(), *stored, _UPLOAD],
        format_func=lambda name: f"{Path(name).name} (uploaded)" if name in stored else name,
        help="What the network knows before training: nothing (random), or what a published model "
        "of the same network, Keras's ImageNet weights (downloaded by Keras), or a weights file of "
        "your own holds. Known weights need fewer faces.",
        key="train-begin",
        persist_state="session",
    )
    if chosen == _RANDOM:
        return {}, None
    file = None
    if chosen == _UPLOAD:
        file = st.file_uploader(
            "Weights file",
            sorted({ending.rpartition(".")[2] for ending in weights.ENDINGS}),
            help="Stored on the server when training starts, like a dataset.",
            key="train-weights-file",
        )
        if file is None:
            raise BadSettings("choose a weights file, or other initial weights.")
        held_uploads.check(file)
        chosen = uploads.safe_name(file.name, weights.ENDINGS)
    return {"weights": chosen, **_freezing()}, file


def _freezing() -> dict[str, Any]:
    """Which of the initial weights stay frozen."""
    frozen = st.selectbox(
        "Frozen layers",
        list(_FREEZE),
        format_func=_FREEZE.__getitem__,
        help="Layers that keep their initial weights: fewer to train, so fewer faces suffice.",
        key="train-frozen",
        persist_state="session",
    )
    if frozen == "top":
        frozen = str(
            st.number_input(
                "Top layers to train", 1, 500, 20, key="train-top", persist_state="session"
            )
        )
    return {
        "freeze": frozen,
        "head_epochs": st.number_input(
            "Epochs that train the head only", 0, 1000, 0, key="train-head", persist_state="session"
        ),
    }
