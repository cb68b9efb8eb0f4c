"""How one face's expression changes: probabilities over time, a band of labels, shares of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fer.emotions import COLOURS, DARK_INK, EMOTIONS, INKS
from fer.visualization.annotate import UNSURE_COLOUR
from fer.visualization.charts import lay_out
from fer.visualization.glyphs import UNSURE

MOST_POINTS = 1200
"""A longer course is shown as the means of so many stretches."""
STYLES = ("lines", "areas")

_UNSURE = len(EMOTIONS)
_CLEAR = "rgba(0, 0, 0, 0)"
_GAP_SECONDS = 1e-3
_ROW_HEIGHT, _BAND_SHARE = 34, 0.09
_SMALLEST_TEXT = 10
_HEIGHT, _TOP = 330, 30
_ORIGIN = 946_684_800_000
"""Time 0 on the axis, in milliseconds: plotly takes smaller whole numbers for years."""
_TICKS = [
    {"dtickrange": [None, 1000], "value": "%M:%S.%L"},
    {"dtickrange": [1000, 3_600_000], "value": "%M:%S"},
    {"dtickrange": [3_600_000, None], "value": "%H:%M:%S"},
]


class Course(Protocol):
    """One face's frames in the order of time: `starts`, `ends` (N,) in seconds, `probabilities`
    (N, 7), `shown` (N,): the label's index in `EMOTIONS`, or 7 for "unsure"."""

    @property
    def starts(self) -> NDArray[np.float64]: ...
    @property
    def ends(self) -> NDArray[np.float64]: ...
    @property
    def probabilities(self) -> NDArray[np.float32]: ...
    @property
    def shown(self) -> NDArray[np.int64]: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    shown: NDArray[np.int64]

    def pieces(self) -> Iterator[slice]:
        """Stretches without a gap, each of them sure."""
        sure = self.shown != _UNSURE
        return (piece for piece in self._stretches(sure) if sure[piece.start])

    def stretches_of(self, label: int) -> Iterator[slice]:
        """Stretches without a gap, each of them with that label."""
        return (piece for piece in self._stretches(self.shown) if self.shown[piece.start] == label)

    def _stretches(self, kinds: NDArray[Any]) -> Iterator[slice]:
        breaks = np.append(True, (self.starts[1:] - self.ends[:-1]) > _GAP_SECONDS)
        breaks |= np.append(True, kinds[1:] != kinds[:-1])
        edges = [*np.flatnonzero(breaks).tolist(), len(kinds)] if len(kinds) else [0]
        return (slice(first, stop) for first, stop in pairwise(edges))


def course(of: Course, style: str = "lines", start: float = 0.0, end: float = 0.0) -> go.Figure:
    """The probabilities from `start` to `end`, in seconds, over a band of the labels. Where nobody
    is seen there is a gap, and no curve where the model is unsure. Every point carries its time as
    `customdata`."""
    figure = make_subplots(
        2, 1, shared_xaxes=True, vertical_spacing=0.03, row_heights=[1 - _BAND_SHARE, _BAND_SHARE]
    )
    thinned = _thinned(of, start, end)
    for index in range(len(EMOTIONS)):
        figure.add_trace(_curve(thinned, index, style), 1, 1)
    for index in range(_UNSURE + 1):
        figure.add_trace(_band(thinned, index), 2, 1)
    lay_out(figure, "")
    figure.update_layout(
        height=_HEIGHT,
        title=None,
        margin={"t": _TOP},
        hovermode="x unified",
        dragmode="pan",
        barmode="overlay",
        legend={"y": 1.02, "yanchor": "bottom"},
    )
    figure.update_xaxes(
        type="date",
        range=[_on_axis(start), _on_axis(end)],
        tickformatstops=_TICKS,
        hoverformat="%H:%M:%S.%L",
    )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02], fixedrange=True, row=1)
    figure.update_yaxes(visible=False, fixedrange=True, row=2)
    return figure


def share_bars(shares: Mapping[str, Mapping[str, float]]) -> go.Figure:
    """For each name the shares of time of the emotions and of "unsure", as one stacked bar."""
    figure = go.Figure()
    names = list(shares)
    for label in (*EMOTIONS, UNSURE):
        values = [shares[name].get(label, 0.0) for name in names]
        if any(values):
            figure.add_bar(
                x=values,
                y=names,
                orientation="h",
                name=label,
                marker={
                    "color": COLOURS.get(label, UNSURE_COLOUR),
                    "line": {"width": 0.5, "color": "#8A8A8A"},
                },
                text=[f"{value:.0%}" if value >= 0.06 else "" for value in values],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                insidetextfont={"color": INKS.get(label, DARK_INK)},
                hovertemplate="%{y}: " + label + " %{x:.0%}<extra></extra>",
            )
    lay_out(figure, "")
    figure.update_layout(
        height=90 + _ROW_HEIGHT * len(names),
        title=None,
        margin={"t": _TOP, "r": 20},
        showlegend=True,
        barmode="stack",
        bargap=0.3,
        uniformtext={"minsize": _SMALLEST_TEXT, "mode": "hide"},
        legend={"y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    )
    figure.update_xaxes(range=[0, 1], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    return figure


def _on_axis(seconds: float) -> float:
    return _ORIGIN + 1000 * seconds


def _curve(of: _Course, index: int, style: str) -> go.Scatter:
    """One emotion's line, broken at gaps; an area falls to zero there."""
    edge = 0.0 if style == "areas" else None
    times: list[float] = []
    values: list[float | None] = []
    for piece in of.pieces():
        shares = of.probabilities[piece, index].tolist()
        stop = float(of.ends[piece][-1])
        before = [] if edge is None else [float(of.starts[piece][0])]
        times += [*before, *of.starts[piece].tolist(), stop, stop]
        values += [*([edge] * len(before)), *shares, shares[-1], edge]
    colour = COLOURS[EMOTIONS[index]]
    return go.Scatter(
        x=[_on_axis(time) for time in times],
        y=values,
        customdata=times,
        name=EMOTIONS[index],
        # Lines alone cannot be clicked. The legend would show markers of opacity 0.
        mode="lines+markers",
        marker={"size": 7, "color": _CLEAR},
        selected={"marker": {"color": colour}},
        unselected={"marker": {"color": _CLEAR}},
        line={"color": colour, "width": 0.5 if style == "areas" else 2},
        stackgroup="all" if style == "areas" else None,
        fillcolor=colour if style == "areas" else None,
        hovertemplate="%{y:.0%}",
    )


def _band(of: _Course, index: int) -> go.Bar:
    """The stretches with one label, or those where the model is unsure."""
    pieces = list(of.stretches_of(index))
    starts = [float(of.starts[piece][0]) for piece in pieces]
    ends = [float(of.ends[piece][-1]) for piece in pieces]
    name = UNSURE if index == _UNSURE else EMOTIONS[index]
    return go.Bar(
        x=[1000 * (end - start) for start, end in zip(starts, ends, strict=True)],
        base=[_on_axis(value) for value in starts],
        y=[0] * len(starts),
        customdata=starts,
        orientation="h",
        name=name,
        marker=_marker(name),
        width=1,
        showlegend=False,
        hoverinfo="skip",
    )


def _marker(label: str) -> dict[str, Any]:
    """A label's colour; "unsure" is as pale as paper and needs an edge."""
    edge = {"width": 0.5, "color": "#8A8A8A"} if label == UNSURE else {"width": 0}
    return {"color": COLOURS.get(label, UNSURE_COLOUR), "line": edge}


def _thinned(of: Course, start: float, end: float) -> _Course:
    """The frames between two times, as the means of `MOST_POINTS` stretches at the most."""
    inside = slice(*np.searchsorted(of.starts, [start, end]).tolist())
    starts, ends = of.starts[inside], of.ends[inside]
    probabilities, shown = of.probabilities[inside], of.shown[inside]
    if len(starts) <= MOST_POINTS:
        return _Course(starts, ends, probabilities, shown)
    bins = ((starts - start) / ((end - start) / MOST_POINTS)).astype(np.int64)
    first = np.flatnonzero(np.append(True, bins[1:] != bins[:-1]))
    counts = np.diff(np.append(first, len(starts)))
    votes = np.stack([np.add.reduceat(shown == label, first) for label in range(_UNSURE + 1)])
    return _Course(
        starts[first],
        ends[np.append(first[1:], len(ends)) - 1],
        (np.add.reduceat(probabilities, first) / counts[:, None]).astype(np.float32),
        votes.argmax(axis=0),
    )
