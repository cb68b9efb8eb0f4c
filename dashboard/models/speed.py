"""How fast models are on this computer, measured on request."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard import errors, samples
from dashboard.text import count
from fer import registry
from fer.inference import cropping, detection
from fer.model_card import ModelCard

CALLS = 100
_KEPT = "_model_speeds"


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one call: the median, and the ends of the middle 80%."""

    median: float
    low: float
    high: float

    @property
    def typical(self) -> str:
        return f"{_short(self.median)} ms"

    @property
    def with_spread(self) -> str:
        """``4.2 ms (3.9–6.1)``."""
        return f"{self.typical} ({_short(self.low)}–{_short(self.high)})"


def _short(milliseconds: float) -> str:
    """Two digits, or all before the point."""
    return f"{milliseconds:.1f}" if milliseconds < 10 else f"{milliseconds:.0f}"


def button(names: Sequence[str]) -> None:
    """A button that times every model on one face, in turns, and keeps what it finds."""
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = st.button(
            "Measure latency",
            help=f"Median of {CALLS} predictions for one face by each model, in turns, with ONNX "
            f"Runtime on {registry.THREADS} threads of this server; the range in "
            "brackets holds 80% of the measurements. Other work on the server makes it longer.",
        )
        _say_spread(names)
    if is_pressed:
        with st.spinner(f"Measuring {count(len(names), 'model')} …"):
            _measure(names)
        st.rerun()  # the table above shows it


def _say_spread(names: Sequence[str]) -> None:
    speeds: dict[tuple[str, str], Latency] = st.session_state.get(_KEPT, {})
    found = [f"{name} {value.with_spread}" for (name, _), value in speeds.items() if name in names]
    if found:
        st.caption(f"Median (middle 80%): {' · '.join(found)}")


def latency(card: ModelCard) -> Latency | None:
    """Of one call for one face, if it was measured in this session."""
    speeds: dict[tuple[str, str], Latency] = st.session_state.get(_KEPT, {})
    return speeds.get((card.name, card.created))


def _measure(names: Sequence[str]) -> None:
    speeds: dict[tuple[str, str], Latency] = st.session_state.setdefault(_KEPT, {})
    for name, found in measured([name for name in names if _opens(name)]).items():
        speeds[name, registry.card(name).created] = found


def _opens(name: str) -> bool:
    """Whether the model can be used; a message says why not."""
    with errors.show_errors(stop=False):
        registry.load(name)
        return True
    return False


def measured(names: Sequence[str]) -> dict[str, Latency]:
    """How long one call for one face takes, by model. Raises `FerError`."""
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
    return {
        name: Latency(*(1000 * np.percentile(times, [50, 10, 90])).tolist())
        for name, times in seconds.items()
    }
