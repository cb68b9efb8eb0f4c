"""The controls of the live page: all of them take effect while the stream goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard.camera.stream import Look
from dashboard.model_picker import MODEL_HELP, detector_picker, prior_picker
from dashboard.personal import model as personal
from dashboard.server import memory
from dashboard.text import escape_markdown
from fer import registry
from fer.engine import Model
from fer.errors import FerError
from fer.live.feed import LiveSettings
from fer.visualization import annotate

MODEL = personal.choice_key("live")

_AS_TIME_ALLOWS = 0
_EVERY = (_AS_TIME_ALLOWS, 1, 2, 3, 5, 10, 20)
_SMOOTHING = {0.0: "none", 0.25: "light", 0.5: "medium", 0.75: "strong", 1.0: "strongest"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the visitor has set. `model` is None where the chosen one cannot be loaded, and
    `problem` is then the sentence that says why."""

    name: str
    model: Model | None
    settings: LiveSettings
    look: Look
    problem: str | None


def choose(name: str) -> None:
    """Sets the model's control; to be called in a callback, before the page runs."""
    st.session_state[MODEL] = name


def controls() -> Choice:
    """Every control, in the present container."""
    name = _model_name()
    model, problem = _loaded(name)
    if model is not None:
        model = model.with_prior(prior_picker(model.card, "live"))
    look = _look()
    detector = detector_picker("live")
    every = st.selectbox(
        "Search for faces",
        _EVERY,
        format_func=_every_label,
        help="Between searches faces are followed by their motion, which costs far less.",
        key="live-every",
        persist_state="session",
    )
    smoothing = st.select_slider(
        "Smoothing",
        list(_SMOOTHING),
        0.5,
        format_func=_SMOOTHING.__getitem__,
        help="Averages each face's probabilities over time; strong smoothing reacts later.",
        key="live-smoothing",
        persist_state="session",
    )
    unsure_below = _threshold(model)
    settings = LiveSettings(detector, every or None, smoothing, unsure_below)
    return Choice(name, model, settings, look, problem)


def _model_name() -> str:
    """The chosen model, even if its folder is gone: nothing is switched silently."""
    names = personal.names()
    chosen = st.session_state.setdefault(MODEL, registry.active())
    if chosen not in names:
        names = [*names, chosen]
    name: str = st.selectbox(
        "Model",
        names,
        key=MODEL,
        help=MODEL_HELP,
        persist_state="session",
    )
    return name


def _loaded(name: str) -> tuple[Model | None, str | None]:
    """The model, warmed up, or a sentence that says why there is none."""
    try:
        model = personal.load(name)
        model.probabilities(np.zeros((1, *model.card.input.shape), np.uint8))
        memory.settle()
        return model, None
    except FerError as error:
        return None, str(error)


def _threshold(model: Model | None) -> float | None:
    """The confidence under which a face is "unsure"; None for the model's own."""
    own = st.toggle(
        "“Unsure” as the model advises",
        True,
        help="The least sure fifth of validation faces falls below the model's own level.",
        key="live-unsure-own",
        persist_state="session",
    )
    advised = 50 if model is None else round(100 * model.uncertain_below)
    if own:
        st.caption(f"Below {advised}% confidence the label is “unsure”.")
        return None
    percent = st.slider(
        "“Unsure” below",
        0,
        100,
        advised,
        1,
        "%d%%",
        key="live-unsure-below",
        persist_state="session",
    )
    return percent / 100


def _look() -> Look:
    style = st.segmented_control(
        "Frame",
        annotate.STYLES,
        default=annotate.STYLES[0],
        required=True,
        format_func=str.capitalize,
        key="live-style",
        persist_state="session",
    )
    mirror = st.toggle("Mirror the picture", True, key="live-mirror", persist_state="session")
    pixelate = st.toggle(
        "Pixelate faces",
        key="live-pixelate",
        help="Shows expressions without showing people. A face is covered from when the detector "
        "finds it until two seconds after it was lost; while nothing is known, the whole picture "
        "is. A face that is never found stays visible.",
        persist_state="session",
    )
    return Look(style or annotate.STYLES[0], mirror, pixelate)


def _every_label(every: int) -> str:
    if every == _AS_TIME_ALLOWS:
        return "as often as time allows"
    return "in every frame" if every == 1 else f"in one of {every} frames"


def problem_sentence(choice: Choice, running: str | None) -> str | None:
    """What is wrong with the chosen model, and with which one the stream goes on; None where it
    goes on with the chosen one itself, whose errors the stream reports."""
    if choice.problem is None or choice.name == running:
        return None
    goes_on = f" The stream goes on with {escape_markdown(running)}." if running else ""
    return escape_markdown(choice.problem) + goes_on
