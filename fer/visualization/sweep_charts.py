"""What the trials of a sweep came to, as plotly charts."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go
from plotly.colors import find_intermediate_color

from fer.visualization.charts import INK, SERIES_COLOURS, lay_out

BEST_COLOUR = SERIES_COLOURS[1]
_WORST, _BEST = "rgb(150, 175, 190)", "rgb(0, 114, 178)"
_TEXT, _GAP = 11, 6
_LOG_FROM = 20.0
"""A range whose ends are so many times apart has a logarithmic axis."""


class TrialPoint(NamedTuple):
    """A trial: its name, the settings that vary, and its best validation accuracy so far."""

    name: str
    values: Mapping[str, Any]
    accuracy: float


def best_so_far(trials: Sequence[TrialPoint]) -> go.Figure:
    """The accuracy of each trial in the order of their start, and the best until then."""
    numbers = list(range(1, len(trials) + 1))
    accuracies = [trial.accuracy for trial in trials]
    chart = go.Figure()
    chart.add_scatter(
        x=numbers,
        y=list(itertools.accumulate(accuracies, max)),
        name="best so far",
        mode="lines",
        line={"color": BEST_COLOUR, "width": 2, "shape": "hv"},
    )
    chart.add_scatter(
        x=numbers,
        y=accuracies,
        name="trial",
        mode="markers",
        text=[html.escape(trial.name) for trial in trials],
        marker={"color": SERIES_COLOURS[0], "size": 9},
        hovertemplate="%{text}: %{y:.1%}<extra></extra>",
    )
    lay_out(chart, "Best so far", "Trial", "Validation accuracy")
    chart.update_xaxes(range=[0.5, max(len(trials), 2) + 0.5], dtick=max(1, -(-len(trials) // 10)))
    chart.update_yaxes(tickformat=".0%", rangemode="tozero")
    return chart


def parallel(trials: Sequence[TrialPoint]) -> go.Figure:
    """A line for each trial across its settings to its accuracy: darker where that is higher, the
    best one in a colour of its own."""
    ordered = sorted(trials, key=lambda trial: trial.accuracy)
    names = list(ordered[0].values)
    scales = [_Scale([trial.values[name] for trial in trials]) for name in names]
    scales.append(_Scale([trial.accuracy for trial in trials], ".1%"))
    last = len(ordered) - 1
    chart = go.Figure()
    for number, trial in enumerate(ordered):
        values = [*(trial.values[name] for name in names), trial.accuracy]
        share = number / max(1, last)
        chart.add_scatter(
            x=list(range(len(values))),
            y=[scale.position(value) for scale, value in zip(scales, values, strict=True)],
            mode="lines+markers",
            line={
                "color": BEST_COLOUR
                if number == last
                else find_intermediate_color(_WORST, _BEST, share, colortype="rgb"),
                "width": 4 if number == last else 2,
            },
            showlegend=False,
            hovertemplate=f"{html.escape(_described(trial))}<extra></extra>",
        )
    for index, scale in enumerate(scales):
        for text, height in scale.ticks():
            chart.add_annotation(
                x=index,
                y=height,
                text=html.escape(text),
                showarrow=False,
                font={"size": _TEXT, "color": INK},
                **_away_from_lines(height, index == len(scales) - 1),
            )
    lay_out(chart, "Settings and accuracy of each trial")
    chart.update_xaxes(
        tickvals=list(range(len(scales))),
        ticktext=[*(html.escape(name).replace("_", "<br>") for name in names), "accuracy"],
        range=[-0.35, len(scales) - 0.65],
        showgrid=True,
        fixedrange=True,
    )
    chart.update_yaxes(visible=False, range=[-0.16, 1.16], fixedrange=True)
    return chart


def _away_from_lines(height: float, is_last: bool) -> dict[str, Any]:
    """Where the text of a value is: at an axis's ends above and below it, else beside it."""
    if height == 1:
        return {"yanchor": "bottom", "yshift": _GAP}
    if height == 0:
        return {"yanchor": "top", "yshift": -_GAP}
    side = -1 if is_last else 1
    return {"xanchor": "right" if is_last else "left", "xshift": side * _GAP}


class _Scale:
    """Where values lie between 0 and 1: numbers by size, others beside each other."""

    def __init__(self, values: Sequence[Any], style: str = ".3g") -> None:
        self._style = style
        self._is_number = all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in values
        )
        unique = set(values) if self._is_number else set(map(str, values))
        self._known: list[Any] = sorted(unique)
        low, high = self._ends()
        self._is_log = self._is_number and low > 0 and high / low >= _LOG_FROM

    def position(self, value: Any) -> float:
        if not self._is_number:
            return self._between(self._known.index(str(value)), 0, len(self._known) - 1)
        if self._is_log:
            return self._between(*map(math.log, (value, *self._ends())))
        return self._between(value, *self._ends())

    def ticks(self) -> list[tuple[str, float]]:
        """The text and height of both ends, or of every value that is no number."""
        if not self._is_number:
            return [(value, self.position(value)) for value in self._known]
        ends = dict.fromkeys(self._ends())
        return [(format(end, self._style), self.position(end)) for end in ends]

    def _ends(self) -> tuple[Any, Any]:
        return self._known[0], self._known[-1]

    @staticmethod
    def _between(value: float, low: float, high: float) -> float:
        return 0.5 if high == low else (value - low) / (high - low)


def _described(trial: TrialPoint) -> str:
    settings = ", ".join(
        f"{name.replace('_', ' ')} {value:.3g}"
        if isinstance(value, float)
        else f"{name.replace('_', ' ')} {value}"
        for name, value in trial.values.items()
    )
    return f"{trial.name}: {trial.accuracy:.1%} with {settings}"
