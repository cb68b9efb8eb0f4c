"""How fast models are on this computer, measured on request."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import streamlit as st

from dashboard import errors, samples
from dashboard.text import count
from fer import registry
from fer.inference import cropping, detection
from fer.model_card import ModelCard

CALLS = 100
_KEPT = "_model_speeds"


def button(names: Sequence[str]) -> None:
    """A button that times every model on one face, in turns, and keeps the medians."""
    is_pressed = st.button(
        "Measure latency",
        help=f"Median of {CALLS} predictions for one face by each model, in turns, with ONNX "
        f"Runtime on {registry.THREADS} threads of this server.",
    )
    if is_pressed:
        with st.spinner(f"Measuring {count(len(names), 'model')} …"):
            _measure(names)
        st.rerun()  # the table above has the medians


def milliseconds(card: ModelCard) -> float | None:
    """Median time of one call for one face, if it was measured in this session."""
    speeds: dict[tuple[str, str], float] = st.session_state.get(_KEPT, {})
    return speeds.get((card.name, card.created))


def _measure(names: Sequence[str]) -> None:
    speeds: dict[tuple[str, str], float] = st.session_state.setdefault(_KEPT, {})
    for name, milliseconds in measured([name for name in names if _opens(name)]).items():
        speeds[name, registry.card(name).created] = milliseconds


def _opens(name: str) -> bool:
    """Whether the model can be used; a message says why not."""
    with errors.show_errors(stop=False):
        registry.load(name)
        return True
    return False


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
