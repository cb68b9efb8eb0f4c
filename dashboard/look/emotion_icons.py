"""A small drawn face for each emotion, in its colour, as a picture for Markdown: needs no font."""

from __future__ import annotations

import base64
from functools import lru_cache

from fer.emotions import COLOURS, DARK_INK, INKS
from fer.results import Prediction
from fer.visualization.annotate import UNSURE_COLOUR
from fer.visualization.glyphs import GLYPHS, LINE_WIDTH, SIDE, UNSURE


def of_prediction(prediction: Prediction) -> str:
    """The icon of its label, or the one for "unsure"."""
    return icon(UNSURE if prediction.uncertain else prediction.label)


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
    ink = INKS.get(emotion, DARK_INK)
    edge = ' stroke="#767676" stroke-dasharray="3 2"' if emotion == UNSURE else ""
    colour = COLOURS.get(emotion, UNSURE_COLOUR)
    middle = SIDE / 2
    glyph = GLYPHS[emotion]
    ovals = "".join(
        f'<ellipse cx="{x}" cy="{y}" rx="{half_width}" ry="{half_height}"/>'
        for x, y, half_width, half_height in glyph.ovals
    )
    lines = " ".join("M" + " ".join(f"{x},{y}" for x, y in line) for line in glyph.lines)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="22" height="22" '
        f'viewBox="0 0 {SIDE} {SIDE}">'
        f'<circle cx="{middle}" cy="{middle}" r="{middle - 1}" fill="{colour}"{edge}/>'
        f'<g fill="{ink}">{ovals}</g>'
        f'<path d="{lines}" fill="none" stroke="{ink}" stroke-width="{LINE_WIDTH}" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
