"""A small drawn face for each emotion, in its colour, as a picture for Markdown: needs no font."""

from __future__ import annotations

import base64
from functools import lru_cache

from fer.emotions import COLOURS
from fer.results import Prediction
from fer.visualization.annotate import UNSURE_COLOUR

_UNSURE = "unsure"
_EYES = '<circle cx="8.4" cy="9.6" r="1.4"/><circle cx="15.6" cy="9.6" r="1.4"/>'
_WIDE_EYES = '<circle cx="8.4" cy="9.4" r="1.9"/><circle cx="15.6" cy="9.4" r="1.9"/>'
_OPEN_MOUTH = '<ellipse cx="12" cy="16.4" rx="2.3" ry="2.8"/>'
_FILLED = {
    "angry": _EYES,
    "disgust": "",
    "fear": _WIDE_EYES,
    "happy": _EYES,
    "sad": _EYES,
    "surprise": _WIDE_EYES + _OPEN_MOUTH,
    "neutral": _EYES,
    _UNSURE: '<circle cx="12" cy="17.6" r="1.3"/>',
}
_LINES = {
    "angry": "M5.8 6.2 10 8 M18.2 6.2 14 8 M8 17 Q12 13.8 16 17",
    "disgust": "M6.4 8.2 10 9.8 6.4 11.2 M17.6 8.2 14 9.8 17.6 11.2"
    " M7.4 16.6 Q9.6 13.4 12 15.6 T16.6 15",
    "fear": "M5.6 6.8 9 5 M18.4 6.8 15 5 M7.4 16.8 9.2 15 11.1 16.8 12.9 15 14.8 16.8 16.6 15",
    "happy": "M7 13.6 Q12 19.6 17 13.6",
    "sad": "M5.6 7.8 9.4 6 M18.4 7.8 14.6 6 M8 17.4 Q12 13.4 16 17.4",
    "surprise": "M6.4 5.9 Q8.4 4.4 10.4 5.9 M13.6 5.9 Q15.6 4.4 17.6 5.9",
    "neutral": "M8 15.8 H16",
    _UNSURE: "M9 9.4 Q9 6.4 12 6.4 Q15 6.4 15 9.2 Q15 11 12 12.4 V14.2",
}
_DARK, _LIGHT = "#101418", "#FFFFFF"
_ON_DARK = ("sad",)
"""Emotions whose colour is so dark that the drawing on it is light."""


def of_prediction(prediction: Prediction) -> str:
    """The icon of its label, or the one for "unsure"."""
    return icon(prediction.display_label)


@lru_cache
def icon(emotion: str) -> str:
    """A Markdown picture as large as the text around it; `emotion` is one of the seven or "unsure".

    Its words are beside it wherever it is shown, so that it has no alternative text.
    """
    return f"![]({address(emotion)})"


def address(emotion: str) -> str:
    """The icon as a data URL."""
    data = base64.b64encode(drawing(emotion).encode()).decode()
    return f"data:image/svg+xml;base64,{data}"


def drawing(emotion: str) -> str:
    """The icon as SVG."""
    ink = _LIGHT if emotion in _ON_DARK else _DARK
    edge = ' stroke="#767676" stroke-dasharray="3 2"' if emotion == _UNSURE else ""
    colour = COLOURS.get(emotion, UNSURE_COLOUR)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="22" height="22" viewBox="0 0 24 24">'
        f'<circle cx="12" cy="12" r="11" fill="{colour}"{edge}/>'
        f'<g fill="{ink}">{_FILLED[emotion]}</g>'
        f'<path d="{_LINES[emotion]}" fill="none" stroke="{ink}" stroke-width="1.7" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
