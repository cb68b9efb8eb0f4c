"""The settings of a run that have defaults which suit the network."""

from __future__ import annotations

from typing import Any

import streamlit as st

from fer import notices
from fer.runs import network_specs, settings

_CHANGES = "train-network-changes"
_PREPROCESSING = {
    "none": "none",
    "equalize": "histogram equalisation",
    "threshold": "black and white",
}
TARGETS = {
    "": "FER+ votes if the data has any, else its labels",
    "crowd": "FER+ vote distribution (soft labels)",
    "own": "the data's own labels",
}
"""What a network learns to predict; Streamlit shows None as a field that was left empty."""


def network_changed() -> None:
    """A callback: what suits the new network replaces what suited the last one."""
    st.session_state[_CHANGES] = st.session_state.get(_CHANGES, 0) + 1


def key(field: str, facts: network_specs.Network) -> str:
    """The key of a field whose default follows the network: a new one with each change of that."""
    return f"train-{field}-{facts.name}-{st.session_state.get(_CHANGES, 0)}"


def ask(facts: network_specs.Network) -> dict[str, Any]:
    """The fields under *More settings*."""
    return {
        "labels": st.selectbox(
            "Training target",
            list(TARGETS),
            format_func=lambda target: TARGETS[target],
            help="FER+ votes: ten people named each face of FER2013. Soft labels: the network "
            f"learns the shares of their votes instead of one label. {notices.LABEL_AND_VOTES}",
            key="train-labels",
            persist_state="session",
        ),
        "batch_size": st.number_input(
            "Batch size",
            1,
            1024,
            32,
            help="Faces in a training step. More are faster, and want a higher learning rate.",
            key="train-batch",
            persist_state="session",
        ),
        "optimizer": st.selectbox(
            "Optimiser",
            settings.OPTIMIZERS,
            settings.OPTIMIZERS.index(facts.optimizer),
            help="How the weights are changed in a step: SGD with momentum, Adam or AdamW.",
            key=key("optimizer", facts),
            persist_state="session",
        ),
        "schedule": st.selectbox(
            "Schedule",
            settings.SCHEDULES,
            1,
            help="How the learning rate falls: never, along a cosine to nothing, or when the "
            "validation accuracy stands still.",
            key="train-schedule",
            persist_state="session",
        ),
        "augmentation": st.selectbox(
            "Augmentation",
            settings.AUGMENTATIONS,
            1,
            help="Random changes of the training faces (mirrored, moved, turned, brightened …), so "
            "that the network learns what does not matter.",
            key="train-augmentation",
            persist_state="session",
        ),
        "mixup": st.number_input(
            "Mixup",
            0.0,
            1.0,
            0.0,
            0.1,
            help="Blends pairs of faces and their labels, against overfitting (learning the "
            "training faces by heart); 0: off.",
            key="train-mixup",
            persist_state="session",
        ),
        "label_smoothing": st.number_input(
            "Label smoothing",
            0.0,
            0.5,
            0.0,
            0.05,
            help="Gives every label a little of all emotions, against overconfidence; 0: off.",
            key="train-smoothing",
            persist_state="session",
        ),
        "weight_decay": st.number_input(
            "Weight decay",
            0.0,
            1.0,
            5e-4,
            format="%g",
            help="Keeps weights small, against overfitting.",
            key="train-decay",
            persist_state="session",
        ),
        "averaging": st.number_input(
            "Weight averaging (EMA)",
            0.0,
            0.9999,
            0.0,
            format="%g",
            help="Decay of the moving average that is validated and published, such as 0.995.",
            key="train-averaging",
            persist_state="session",
        ),
        "class_weights": st.checkbox(
            "Class weighting",
            help="Rare emotions count more in the loss.",
            key="train-weights",
            persist_state="session",
        ),
        "patience": st.number_input(
            "Early-stopping patience",
            0,
            1000,
            0,
            help="Epochs without a better validation accuracy before training ends; 0: off.",
            key="train-patience",
            persist_state="session",
        ),
        "seed": st.number_input(
            "Seed",
            0,
            2**31 - 1,
            0,
            help="The same seed and settings give the same run.",
            key="train-seed",
            persist_state="session",
        ),
        "input": _input(facts),
    }


def _input(facts: network_specs.Network) -> dict[str, Any]:
    native = facts.input.preprocessing.partition(":")
    kind = st.selectbox(
        "Preprocessing",
        list(_PREPROCESSING),
        list(_PREPROCESSING).index(native[0]),
        format_func=lambda kind: _PREPROCESSING[kind],
        help="Stored in the model: inference applies the same preprocessing.",
        key=key("preprocessing", facts),
        persist_state="session",
    )
    level = 0
    if kind == "threshold":
        level = st.slider(
            "Threshold (grey level)",
            1,
            254,
            int(native[2] or 128),
            key=key("level", facts),
            persist_state="session",
        )
    side = st.number_input(
        "Input size",
        facts.smallest,
        224,
        facts.input.height,
        key=key("size", facts),
        persist_state="session",
    )
    return {
        "preprocessing": f"threshold:{level}" if kind == "threshold" else kind,
        "height": side,
        "width": side,
    }
