"""Heat maps over a face, and how covering it lowers a probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fer.geometry import Image

SIDE = 288
FOR, AGAINST = "#2BE05A", "#C35CFF"
"""Green speaks for, violet against: told apart by colour-blind readers, and no emotion's colour."""

_STRONGEST = 0.85
_DARKEST = 0.15
_CHANCE = "rgba(138,138,138,0.45)"
_LINES = {"activation": "#0072B2", "occlusion": "#D55E00"}


def enlarged(pixels: NDArray[np.uint8], side: int = SIDE) -> Image:
    """A network's input, uint8 (H, W, 1 or 3), as an RGB picture (side, side, 3) whose pixels stay
    visible squares."""
    rgb = pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)
    return np.asarray(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)


def overlay(
    pixels: NDArray[np.uint8],
    values: NDArray[np.float32],
    least: float = 1e-6,
    side: int = SIDE,
) -> Image:
    """The input under a map (rows, columns): green where values are above 0, violet below, as
    strong as their size against the largest, which counts as at least `least`. Light and dark of
    the face stay, so that it is seen through the colour."""
    smooth = cv2.resize(values, (side, side), interpolation=cv2.INTER_CUBIC)
    scale = max(least, float(np.abs(values).max()))
    strength = np.clip(np.abs(smooth) / scale, 0, 1)[:, :, None] * _STRONGEST
    picture = enlarged(pixels, side).astype(np.float32)
    light = _DARKEST + (1 - _DARKEST) * picture.mean(axis=2, keepdims=True) / 255
    ink = np.where(smooth[:, :, None] > 0, _rgb(FOR), _rgb(AGAINST)) * light
    return np.asarray((picture + strength * (ink - picture)).round(), np.uint8)


def deletion_curves(
    curves: Mapping[str, Sequence[float]], by_chance: NDArray[np.float32], emotion: str
) -> go.Figure:
    """An emotion's probability while the face is covered, for maps by name ("activation",
    "occlusion") and, in grey, for random orders (N, S)."""
    steps = by_chance.shape[1]
    shares = np.linspace(0, 1, steps)
    chart = go.Figure()
    for number, curve in enumerate(by_chance):
        chart.add_scatter(
            x=shares,
            y=curve,
            mode="lines",
            line={"color": _CHANCE, "width": 1},
            name="random orders",
            legendgroup="chance",
            showlegend=number == 0,
            hoverinfo="skip",
        )
    for name, values in curves.items():
        chart.add_scatter(
            x=shares,
            y=list(values),
            mode="lines+markers",
            line={"color": _LINES[name], "width": 3},
            name=f"{name} map",
            hovertemplate="%{x:.0%} covered: %{y:.1%}<extra></extra>",
        )
    chart.update_layout(
        height=260,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},  # below it hides the title
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    chart.update_xaxes(tickformat=".0%", title="share of the face covered", fixedrange=True)
    chart.update_yaxes(tickformat=".0%", title=f"probability of {emotion}", fixedrange=True)
    chart.update_yaxes(range=[0, 1.02])
    return chart


def _rgb(colour: str) -> NDArray[np.float32]:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.float32)
