"""How fast models are on this computer, measured on request."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import streamlit as st

from dashboard import errors, samples
from fer import registry
from fer.inference import cropping, detection
from fer.model_card import ModelCard

CALLS = 100
_KEPT = "_model_speeds"


def button(names: Sequence[str]) -> None:
    """A button that times each model on one face, in turns; the medians are kept in the session."""
    st.button("Measure the speed here", on_click=errors.attempt, args=(_measure, names))
    st.caption(
        f"Measured on one face with ONNX Runtime on {registry.THREADS} threads: {CALLS} calls of "
        "each model in turns, while everything else on this computer goes on."
    )


def milliseconds(card: ModelCard) -> float | None:
    """Median time of one call for one face, if it was measured in this session."""
    speeds: dict[tuple[str, str], float] = st.session_state.get(_KEPT, {})
    return speeds.get((card.name, card.created))


def _measure(names: Sequence[str]) -> None:
    speeds: dict[tuple[str, str], float] = st.session_state.setdefault(_KEPT, {})
    for name, milliseconds in measured(names).items():
        speeds[name, registry.card(name).created] = milliseconds


def measured(names: Sequence[str]) -> dict[str, float]:
    """Median milliseconds of one call for one face, by model. Raises `FerError`."""
    image = samples.astronaut()
    face = detection.detect(image)[0]
    models = {name: registry.load(name) for name in names}
    inputs = {
        name: cropping.model_input(image, [face], model.card.input)
        for name, model in models.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(CALLS):
        for name, model in models.items():
            began = time.perf_counter()
            model.probabilities(inputs[name])
            seconds[name].append(time.perf_counter() - began)
    return {name: 1000 * statistics.median(times) for name, times in seconds.items()}
