"""“Why this answer?”: what a network saw of one face, the evidence for its prediction, and
whether that is meaningful. Computed on request, kept in the session's memory alone."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.errors import show_errors
from dashboard.look import plots
from dashboard.personal import model as personal
from dashboard.server.visitors import rates
from fer.inference import explanation
from fer.inference.explanation import Explanation, HeatMap
from fer.results import Prediction
from fer.visualization import heat
from fer.visualization.annotate import percent

_KEY = "_explanations"
_MOST_KEPT = 8
_LEAST_ACTIVATION, _LEAST_FALL = 0.005, 0.3

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """The prediction to be explained: names of the model and of the prior it was made with, and
    `pixels` uint8 (H, W, C), which the network saw."""

    model: str
    prior: str
    pixels: Pixels = field(repr=False)
    prediction: Prediction


def button(question: Question, key: str, label: str = "Why this answer?") -> None:
    """A button that opens `section` in a dialog."""
    if st.button(label, key=key, type="tertiary", icon=":material/search:"):
        _dialog(question, key)


@st.dialog("Why this answer?", width="medium")
def _dialog(question: Question, key: str) -> None:
    section(question, f"{key}-open")


def section(question: Question, key: str) -> None:
    """Explains a prediction of a published model, or of the visitor's own.

    Takes a few seconds the first time; the likeliest emotion is explained unless another is chosen.
    """
    shares = question.prediction.as_dict()
    ranked = sorted(shares, key=lambda name: -shares[name])
    emotion = st.selectbox(
        "What speaks for",
        ranked,
        format_func=lambda name: f"{name} ({percent(shares[name])})",
        key=f"{key}-emotion",
    )
    with show_errors(), st.spinner("Covering one part of the face after the other …"):
        explained = _explained(question, emotion)
    _pictures(explained)
    _verdict(explained)
    st.caption(
        "A map says which parts of *this input* moved *this network*. It cannot say whether the "
        "prediction is correct, why the face looks as it does, or what the person feels. Covered "
        "faces are faces the network never learned from, so small differences mean nothing."
    )


def _pictures(explained: Explanation) -> None:
    height, width, channels = explained.pixels.shape
    emotion = explained.emotion
    columns = st.columns(3 if explained.activation else 2)
    columns[0].image(
        heat.enlarged(explained.pixels), width="stretch", alt="What the network saw of the face"
    )
    columns[0].caption(
        f"**What the network saw**, all of it: {width}×{height} pixels, "
        f"{'grey' if channels == 1 else 'RGB'}."
    )
    columns[1].image(
        heat.overlay(explained.pixels, explained.occlusion.values, _LEAST_FALL),
        width="stretch",
        alt=f"Occlusion map for {emotion}",
    )
    columns[1].caption(
        f"**Occlusion map.** Where it is green, a patch over that place takes {emotion} away: from "
        f"{percent(explained.probability)} to {percent(explained.least_probability)} at the "
        "strongest. Where it is violet, covering adds to it."
    )
    if explained.activation:
        columns[2].image(
            heat.overlay(explained.pixels, explained.activation.values, _LEAST_ACTIVATION),
            width="stretch",
            alt=f"Class activation map for {emotion}",
        )
        columns[2].caption(
            f"**Class activation map.** Green: what the network found there speaks for {emotion}; "
            "violet: against it."
        )
    else:
        st.caption(
            "This network gives no class activation map: its engine file has no second output with "
            "the last feature maps, or more than an average and a dense layer follow them."
        )


def _verdict(explained: Explanation) -> None:
    maps = {"occlusion": explained.occlusion}
    if explained.activation:
        maps["activation"] = explained.activation
    st.markdown("**Is the map meaningful?**")
    for name, heat_map in maps.items():
        st.markdown(_verdict_sentence(name, heat_map, explained.emotion))
    plots.show(
        heat.deletion_curves(
            {name: heat_map.deletion.remaining.tolist() for name, heat_map in maps.items()},
            explained.occlusion.deletion.by_chance,
            explained.emotion,
        ),
        "deletion-curves",
        f"Probability of {explained.emotion} while the face is covered, by map and by chance",
    )


def _verdict_sentence(name: str, heat_map: HeatMap, emotion: str) -> str:
    deletion = heat_map.deletion
    number = len(deletion.by_chance)
    areas = f"deletion area {deletion.area:.2f}; by chance {deletion.area_by_chance:.2f}"
    speed = f"faster than {deletion.num_beaten} of {number} random orders ({areas})"
    if deletion.means_something:
        return (
            f"- :material/check_circle: The {name} map does better than chance: covering the face "
            f"in its order takes {emotion} away {speed}."
        )
    return (
        f"- :material/warning: The {name} map does no better than chance, so **do not read it**: "
        f"its order takes {emotion} away {speed}."
    )


def _explained(question: Question, emotion: str) -> Explanation:
    """From the session's cache, or computed. Raises `FerError`."""
    cache: OrderedDict[tuple[str, str, str, str, bytes], Explanation]
    cache = st.session_state.setdefault(_KEY, OrderedDict())
    model = personal.load(question.model).with_prior(question.prior)
    pixels = question.pixels
    key = question.model, model.card.created, question.prior, emotion, pixels.tobytes()
    if key not in cache:
        rates.ANALYSES.take(rates.EXPLANATION)
        own = personal.named(question.model)
        engine = None if own is None else own.engine()
        cache[key] = explanation.explain(model, pixels, emotion, engine)
        while len(cache) > _MOST_KEPT:
            cache.popitem(last=False)
    return cache[key]
