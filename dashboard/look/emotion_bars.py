"""The seven probabilities of one face as bars that move from one prediction to the next."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import navigation
from dashboard.look import emotion_icons
from fer.emotions import COLOURS, EMOTIONS
from fer.results import Prediction
from fer.visualization.annotate import caption, percent

_ASSETS = navigation.PACKAGE / "assets"
_component = st.components.v2.component(
    "fer_bars",
    css=(_ASSETS / "bars.css").read_text("utf-8"),
    js=(_ASSETS / "bars.js").read_text("utf-8"),
)


def small(prediction: Prediction, key: str) -> None:
    """The bars alone, as wide as their container."""
    _component(key=key, data={**_rows(prediction), "size": "small", "headline": None, "note": None})


def large(prediction: Prediction | None, key: str, *, headline: str = "", note: str) -> None:
    """Bars under the label, or a `headline` of one's own, and a `note`; without a prediction empty
    and of the same height."""
    data = {
        **_rows(prediction),
        "size": "large",
        "headline": caption(prediction) if prediction is not None else headline,
        "note": note,
    }
    _component(key=key, data=data)


def _rows(prediction: Prediction | None) -> dict[str, Any]:
    shares = dict.fromkeys(EMOTIONS, 0.0) if prediction is None else prediction.as_dict()
    uncertain = prediction is not None and prediction.uncertain
    label = None if prediction is None or uncertain else prediction.label
    return {
        "uncertain": uncertain,
        "icon": None if prediction is None else emotion_icons.address(prediction.display_label),
        "rows": [
            {
                "name": emotion,
                "colour": COLOURS[emotion],
                "value": round(share, 2),
                "share": "" if prediction is None else percent(share),
                "first": emotion == label,
            }
            for emotion, share in shares.items()
        ],
    }
