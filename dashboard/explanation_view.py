"""“Why this answer?”: what a network saw of one face, what spoke for its answer, and whether that
means anything. Computed when asked for, kept in the session's memory alone."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.errors import show_errors
from fer import registry
from fer.inference import explanation
from fer.inference.explanation import Explanation, HeatMap
from fer.results import Prediction
from fer.visualization import heat
from fer.visualization.annotate import percent

_KEY = "_explanations"
_MOST_KEPT = 8
_LEAST_ACTIVATION, _LEAST_FALL = 0.005, 0.3
_CLEAR = {"staticPlot": True}

Pixels = NDArray[np.uint8]


def button(
    model: str, pixels: Pixels, prediction: Prediction, key: str, words: str = "Why this answer?"
) -> None:
    """A button that opens `section` in a dialog."""
    if st.button(words, key=key, type="tertiary", icon="🔎"):
        _dialog(model, pixels, prediction, key)


@st.dialog("Why this answer?", width="medium")
def _dialog(model: str, pixels: Pixels, prediction: Prediction, key: str) -> None:
    section(model, pixels, prediction, f"{key}-open")


def section(model: str, pixels: Pixels, prediction: Prediction, key: str) -> None:
    """Explains one answer of a published model: `pixels` uint8 (H, W, C) are what it saw.

    Takes a few seconds the first time; the likeliest emotion is explained unless another is chosen.
    """
    shares = prediction.as_dict()
    ranked = sorted(shares, key=lambda one: -shares[one])
    emotion = st.selectbox(
        "What speaks for",
        ranked,
        format_func=lambda one: f"{one} ({percent(shares[one])})",
        key=f"{key}-emotion",
    )
    with show_errors(), st.spinner("Covering the face place by place …"):
        found = _explained(model, pixels, emotion)
    _pictures(found)
    _verdict(found)
    st.caption(
        "A map says which parts of *this input* moved *this network*. It cannot say whether the "
        "answer is right, why the face looks as it does, or what the person feels. Covered faces "
        "are faces the network never learned from, so small differences mean nothing."
    )


def _pictures(found: Explanation) -> None:
    height, width, channels = found.pixels.shape
    emotion = found.emotion
    columns = st.columns(3 if found.activation else 2)
    columns[0].image(
        heat.enlarged(found.pixels), width="stretch", alt="What the network saw of the face"
    )
    columns[0].caption(
        f"**What the network saw**, all of it: {width}×{height} pixels, "
        f"{'grey' if channels == 1 else 'RGB'}."
    )
    columns[1].image(
        heat.overlay(found.pixels, found.occlusion.values, _LEAST_FALL),
        width="stretch",
        alt=f"Occlusion map for {emotion}",
    )
    columns[1].caption(
        f"**Occlusion map.** Where it is green, a patch over that place takes {emotion} away: from "
        f"{percent(found.probability)} to {percent(found.least_probability)} at the strongest. "
        "Where it is violet, covering adds to it."
    )
    if found.activation:
        columns[2].image(
            heat.overlay(found.pixels, found.activation.values, _LEAST_ACTIVATION),
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


def _verdict(found: Explanation) -> None:
    maps = {"occlusion": found.occlusion}
    if found.activation:
        maps["activation"] = found.activation
    st.markdown("**Does the map mean anything?**")
    for name, one in maps.items():
        st.markdown(_verdict_words(name, one, found.emotion))
    st.plotly_chart(
        heat.deletion_curves(
            {name: one.deletion.remaining.tolist() for name, one in maps.items()},
            found.occlusion.deletion.by_chance,
            found.emotion,
        ),
        config=_CLEAR,
        alt=f"Probability of {found.emotion} while the face is covered, by map and by chance",
    )


def _verdict_words(name: str, one: HeatMap, emotion: str) -> str:
    deletion = one.deletion
    number = len(deletion.by_chance)
    areas = f"deletion area {deletion.area:.2f}; by chance {deletion.area_by_chance:.2f}"
    told = f"faster than {deletion.num_beaten} of {number} random orders ({areas})"
    if deletion.means_something:
        return (
            f"- ✅ The {name} map does better than chance: covering the face in its order takes "
            f"{emotion} away {told}."
        )
    return (
        f"- ⚠️ The {name} map does no better than chance, so **do not read it**: its order takes "
        f"{emotion} away {told}."
    )


def _explained(model: str, pixels: Pixels, emotion: str) -> Explanation:
    """From the session's memory, or computed. Raises `FerError`."""
    kept: OrderedDict[tuple[str, str, str, bytes], Explanation]
    kept = st.session_state.setdefault(_KEY, OrderedDict())
    loaded = registry.load(model)
    key = model, loaded.card.created, emotion, pixels.tobytes()
    if key not in kept:
        kept[key] = explanation.explain(loaded, pixels, emotion)
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
    return kept[key]
