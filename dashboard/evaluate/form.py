"""What to evaluate: one or two models, the faces, which of them, and against which answer."""

from __future__ import annotations

import streamlit as st

from dashboard import dataset_picker
from dashboard.evaluate.session import Request
from fer import registry
from fer.data.dataset import SPLITS

MOST_MODELS = 2
_FATE = "for this evaluation alone; it is deleted with it"
_DEFAULT = ""  # Streamlit shows None as a field that was left empty
SPLIT_WORDS = {
    _DEFAULT: "Test if there is one, else validation",
    **{name: name.capitalize() for name in SPLITS},
}
LABEL_WORDS = {
    _DEFAULT: "What the first model was made to answer",
    "crowd": "The crowd's majority (FER+ votes)",
    "fer2013": "The label of the data set",
}


def ask() -> Request | None:
    """The visitor's wish; None while something is missing."""
    left, right = st.columns(2)
    with left:
        active = registry.active()
        models = st.multiselect(
            "Models",
            registry.names(),
            default=[active] if active in registry.names() else None,
            max_selections=MOST_MODELS,
            help="One, or two to compare on the same faces.",
            key="evaluate-models",
            persist_state="session",
        )
    with right:
        faces = dataset_picker.choose(
            dataset_picker.faces("evaluate"), "Faces to evaluate on", _FATE
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.selectbox(
            "Split",
            list(SPLIT_WORDS),
            format_func=lambda one: SPLIT_WORDS[one],
            width=320,
            key="evaluate-split",
            persist_state="session",
        )
        labels = st.selectbox(
            "Right answer",
            list(LABEL_WORDS),
            format_func=lambda one: LABEL_WORDS[one],
            help="FER2013's label and the crowd's majority agree on 63% of faces: they are two "
            "different questions.",
            width=320,
            key="evaluate-labels",
            persist_state="session",
        )
        whole = st.toggle(
            "Pictures in folders are cut-out faces",
            help="Nothing is searched in them then. The faces of FER2013's files always are.",
            key="evaluate-whole",
            persist_state="session",
        )
    if not models or faces is None:
        return None
    return Request(tuple(models), faces, split or None, labels or None, whole)
