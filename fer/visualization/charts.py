"""Values as plotly figures, in the emotions' own colours and clear for either theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas  # noqa: F401 - plotly uses it if it is loaded, even if another thread is at it still
import plotly.graph_objects as go

from fer.emotions import COLOURS, EMOTIONS
from fer.results import Prediction
from fer.visualization.annotate import percent

_BAR_HEIGHT = 26
_BAR_FONT = 13
_FADED = 0.35
_CHART_HEIGHT = 300
INK = "rgb(0, 0, 55)"
"""What is written and drawn over coloured areas: nearly black. The app's style sheet knows it by
this very colour, and gives it that of the page's text in either theme."""
SERIES_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A")


def probability_bars(prediction: Prediction) -> go.Figure:
    """The seven probabilities as horizontal bars in the order of `EMOTIONS`; pale where unsure."""
    shares = prediction.as_dict()
    figure = go.Figure(
        go.Bar(
            x=list(shares.values()),
            y=list(shares),
            orientation="h",
            marker={
                "color": [COLOURS[emotion] for emotion in shares],
                "opacity": _FADED if prediction.uncertain else 1.0,
            },
            text=[percent(share) for share in shares.values()],
            textposition="outside",
            textfont={"color": INK, "size": _BAR_FONT},
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1.3], visible=False, fixedrange=True)
    figure.update_yaxes(
        autorange="reversed",
        fixedrange=True,
        ticks="",
        showgrid=False,
        tickfont={"color": INK, "size": _BAR_FONT},
    )
    figure.update_layout(
        height=_BAR_HEIGHT * len(EMOTIONS) + 16,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        bargap=0.25,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def learning_curves(histories: Mapping[str, Sequence[Mapping[str, Any]]], figure: str) -> go.Figure:
    """One figure ("accuracy", "loss") by epoch for runs: validation solid, training dotted.

    `histories`: the lines of each run's `metrics.jsonl`.
    """
    chart = go.Figure()
    for index, (name, rows) in enumerate(histories.items()):
        colour = SERIES_COLOURS[index % len(SERIES_COLOURS)]
        epochs = [row["epoch"] for row in rows]
        prefix = f"{name} " if len(histories) > 1 else ""
        for key, label, dash in (
            (f"val_{figure}", "validation", "solid"),
            (figure, "training", "dot"),
        ):
            chart.add_scatter(
                x=epochs,
                y=[row[key] for row in rows],
                name=prefix + label,
                mode="lines+markers" if len(rows) < 30 else "lines",
                line={"color": colour, "dash": dash, "width": 2},
                marker={"size": 8, "symbol": "circle" if dash == "solid" else "diamond-open"},
            )
    lay_out(chart, figure.capitalize(), "Epoch", figure.capitalize())
    _by_epoch(chart, max((len(rows) for rows in histories.values()), default=0))
    if figure == "accuracy":
        chart.update_yaxes(tickformat=".0%", rangemode="tozero")
    return chart


def recall_curves(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Recall of each emotion by epoch, in the emotions' colours."""
    chart = go.Figure()
    for emotion in EMOTIONS:
        chart.add_scatter(
            x=[row["epoch"] for row in rows],
            y=[row["recall"].get(emotion) for row in rows],
            name=emotion,
            mode="lines+markers" if len(rows) < 30 else "lines",
            line={"color": COLOURS[emotion], "width": 2},
        )
    lay_out(chart, "Recall of each emotion", "Epoch", "Recall")
    _by_epoch(chart, len(rows))
    chart.update_yaxes(tickformat=".0%", range=[0, 1.02])
    return chart


def rate_curve(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """The learning rate by epoch."""
    chart = go.Figure()
    chart.add_scatter(
        x=[row["epoch"] for row in rows],
        y=[row["learning_rate"] for row in rows],
        line={"color": SERIES_COLOURS[0], "width": 2},
        name="learning rate",
    )
    lay_out(chart, "Learning rate", "Epoch", "Learning rate")
    chart.update_yaxes(rangemode="tozero")
    _by_epoch(chart, len(rows))
    return chart


def rate_search(rates: Sequence[float], losses: Sequence[float], suggestion: float) -> go.Figure:
    """Smoothed loss by learning rate on a logarithmic axis, with the suggested rate marked."""
    chart = go.Figure()
    chart.add_scatter(x=list(rates), y=list(losses), line={"color": SERIES_COLOURS[0], "width": 2})
    chart.add_vline(x=suggestion, line={"color": COLOURS["angry"], "dash": "dash"})
    lay_out(chart, "Loss by learning rate", "Learning rate", "Smoothed training loss")
    chart.update_xaxes(type="log")
    return chart


def lay_out(chart: go.Figure, title: str, x: str | None = None, y: str | None = None) -> None:
    """The look of every chart: its title, axis titles, height, margins, and no background."""
    chart.update_layout(
        title={"text": title, "font": {"size": 15}},
        height=_CHART_HEIGHT,
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        legend={"orientation": "h", "y": -0.3 if x else -0.15},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision=title,
    )
    # Streamlit makes its own template the default of the process, and that one clips labels.
    chart.update_xaxes(automargin=True, title={"text": x, "standoff": 12})
    chart.update_yaxes(automargin=True, title={"text": y, "standoff": 12})


def _by_epoch(chart: go.Figure, epochs: int) -> None:
    """Whole epochs on the axis, from the first on."""
    chart.update_xaxes(range=[0.7, max(epochs, 2) + 0.3], dtick=max(1, -(-epochs // 10)))
