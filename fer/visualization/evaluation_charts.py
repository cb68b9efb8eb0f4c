"""The figures of an evaluation as plotly charts; models beside each other in one figure.

Everything that is not defined (None or NaN) leaves a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fer import metrics
from fer.emotions import COLOURS, EMOTIONS
from fer.visualization.charts import INK, SERIES_COLOURS, lay_out

CONFUSION_VIEWS = ("counts", "rows", "columns")
_MOST_DOTS = 2000

Interval = Sequence[float] | None

_SHADES = [[0.0, "rgba(0,114,178,0.04)"], [1.0, "rgba(0,114,178,0.6)"]]
BAR_OPACITY = 0.75  # an interval is seen over its bar in either theme
_CONFUSION_TITLES = {
    "counts": "Confusion matrix",
    "rows": "Confusion matrix, shares of rows",
    "columns": "Confusion matrix, shares of columns",
}
_DIAGONAL = {"color": "#8A8A8A", "dash": "dot", "width": 1}


def confusion_map(
    table: Sequence[Sequence[int]], view: str = "counts", title: str | None = None
) -> go.Figure:
    """Counts (7, 7), row true and column predicted.

    `view`: "counts", shaded by their share of the row; "rows" or "columns", as shares of those.
    `title` stands for the one that names the view.
    """
    counts = np.asarray(table, np.int64)
    axis = 0 if view == "columns" else 1
    shares = counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1)
    texts = counts if view == "counts" else np.vectorize("{:.0%}".format)(shares)
    chart = go.Figure(
        go.Heatmap(
            z=shares.tolist(),
            x=list(EMOTIONS),
            y=list(EMOTIONS),
            text=texts.tolist(),
            customdata=counts.tolist(),
            texttemplate="%{text}",
            textfont={"color": INK},
            colorscale=_SHADES,
            zmin=0,
            zmax=1,
            showscale=False,
            hovertemplate="%{y} predicted %{x}: %{customdata} (%{z:.0%})<extra></extra>",
        )
    )
    lay_out(chart, title or _CONFUSION_TITLES[view], "Predicted", "True")
    chart.update_yaxes(autorange="reversed", showgrid=False)
    chart.update_xaxes(showgrid=False)
    return chart


def reliability(
    confidence: Mapping[str, NDArray[np.floating]], outcome: Mapping[str, NDArray[np.floating]]
) -> go.Figure:
    """Accuracy of each model by confidence, in 15 bins; calibrated ones lie on the diagonal.

    `confidence` (N,) and `outcome` (N,) of each model: 1 correct, 0 wrong, or the share of votes
    for the predicted label. The size of a point is the number of faces in its bin.
    """
    bins = {
        name: metrics.calibration_bins(values, {"right": outcome[name]})
        for name, values in confidence.items()
    }
    return reliability_of_bins(bins, "right")


def reliability_of_bins(
    bins: Mapping[str, Sequence[Mapping[str, float]]], outcome: str
) -> go.Figure:
    """The same from each model's bins, as `metrics.calibration_bins` gives them; `outcome` is the
    key of the mean outcome: "right", or "votes" for the share of votes for the predicted label."""
    chart = go.Figure()
    chart.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=_DIAGONAL, name="calibrated")
    for number, (name, rows) in enumerate(bins.items()):
        counts = np.array([row["count"] for row in rows])
        chart.add_scatter(
            x=[row["confidence"] for row in rows],
            y=[row[outcome] for row in rows],
            customdata=counts.tolist(),
            name=name,
            mode="lines+markers",
            line={"color": model_colour(number), "width": 2},
            marker={"size": (6 + 14 * np.sqrt(counts / counts.max())).tolist()},
            cliponaxis=False,
            hovertemplate="confidence %{x:.0%}: %{y:.0%} of %{customdata} faces<extra></extra>",
        )
    is_accuracy = outcome == "right"
    title = "Calibration: accuracy" if is_accuracy else "Calibration: share of FER+ votes"
    lay_out(chart, title, "Confidence", "Accuracy" if is_accuracy else "Votes")
    chart.update_xaxes(tickformat=".0%", range=[0, 1.02])
    chart.update_yaxes(tickformat=".0%", range=[0, 1.04])
    return chart


def coverage(curves: Mapping[str, Sequence[Sequence[float]]]) -> go.Figure:
    """Accuracy on the most confident share of the faces, from rows (coverage, accuracy)."""
    chart = go.Figure()
    for number, (name, rows) in enumerate(curves.items()):
        chart.add_scatter(
            x=[row[0] for row in rows],
            y=[row[1] for row in rows],
            name=name,
            mode="lines",
            line={"color": model_colour(number), "width": 2},
            hovertemplate="coverage %{x:.0%}, accuracy %{y:.1%}<extra></extra>",
        )
    lay_out(chart, "Accuracy by coverage", "Coverage (share of faces labelled)", "Accuracy")
    chart.update_xaxes(tickformat=".0%", range=[0, 1.02])
    chart.update_yaxes(tickformat=".0%")
    show_names(chart, len(curves))
    return chart


def class_bars(
    figure: str,
    values: Mapping[str, Mapping[str, float | None]],
    intervals: Mapping[str, Mapping[str, Interval]],
) -> go.Figure:
    """One figure ("recall", "precision", "f1") of each emotion with its 95% interval.

    Both by model and emotion. One model has bars in the emotions' colours, several in their own.
    """
    chart = go.Figure()
    for number, (name, by_emotion) in enumerate(values.items()):
        heights = [by_emotion[emotion] for emotion in EMOTIONS]
        own = [COLOURS[emotion] for emotion in EMOTIONS]
        chart.add_bar(
            x=list(EMOTIONS),
            y=heights,
            name=name,
            marker={
                "color": own if len(values) == 1 else model_colour(number),
                "opacity": BAR_OPACITY,
            },
            error_y=error_bars(heights, [intervals[name][emotion] for emotion in EMOTIONS]),
            hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        )
    lay_out(chart, f"{figure.capitalize()}, with 95% intervals", y=figure.capitalize())
    chart.update_layout(barmode="group")
    chart.update_yaxes(tickformat=".0%", range=[0, 1.04])
    show_names(chart, len(values))
    return chart


def slice_bars(
    quality: str, slices: Mapping[str, Sequence[tuple[str, int, float, Interval]]]
) -> go.Figure:
    """Accuracy in slices of a quality: (range, number of faces, accuracy, interval) by model."""
    chart = go.Figure()
    for number, (name, rows) in enumerate(slices.items()):
        heights = [row[2] for row in rows]
        chart.add_bar(
            x=[row[0] for row in rows],
            y=heights,
            customdata=[row[1] for row in rows],
            name=name,
            marker={"color": model_colour(number), "opacity": BAR_OPACITY},
            error_y=error_bars(heights, [row[3] for row in rows]),
            hovertemplate="%{x}: %{y:.1%} of %{customdata} faces<extra></extra>",
        )
    lay_out(chart, f"Accuracy by {quality}", y="Accuracy")
    chart.update_layout(barmode="group", legend={"y": -0.3})  # below labels of two lines
    ranges = [row[0] for rows in slices.values() for row in rows]
    broken = [text.replace(" to ", " to<br>") for text in ranges]
    chart.update_xaxes(type="category", tickangle=0, tickvals=ranges, ticktext=broken)
    chart.update_yaxes(tickformat=".0%", range=[0, 1.04])
    show_names(chart, len(slices))
    return chart


def disagreement_dots(
    crowd_bits: NDArray[np.floating], model_bits: NDArray[np.floating]
) -> go.Figure:
    """Each face by the entropy of its votes and that of the model's probabilities, in bits.

    Of more than 2,000 faces, some at even distances are shown.
    """
    step = -(-len(crowd_bits) // _MOST_DOTS) or 1
    chart = go.Figure()
    chart.add_scatter(
        x=crowd_bits[::step].tolist(),
        y=model_bits[::step].tolist(),
        mode="markers",
        marker={"color": SERIES_COLOURS[0], "size": 5, "opacity": 0.35},
        hovertemplate="votes %{x:.2f} bits, model %{y:.2f} bits<extra></extra>",
    )
    lay_out(chart, "Entropy of votes and of probabilities", "FER+ votes, bits", "Model, bits")
    chart.update_xaxes(range=[-0.1, 2.9])
    chart.update_yaxes(range=[-0.1, 2.9])
    return chart


def model_colour(number: int) -> str:
    """The colour of the model of that number, in every chart."""
    return SERIES_COLOURS[number % len(SERIES_COLOURS)]


def error_bars(values: Sequence[float | None], intervals: Sequence[Interval]) -> dict[str, Any]:
    """How far each interval reaches above and below its value."""
    pairs = [
        (0.0, 0.0)
        if value is None or interval is None
        else (interval[1] - value, value - interval[0])
        for value, interval in zip(values, intervals, strict=True)
    ]
    return {
        "array": [max(0.0, above) for above, _ in pairs],
        "arrayminus": [max(0.0, below) for _, below in pairs],
        "thickness": 2,
        "width": 5,
        "color": INK,
    }


def show_names(chart: go.Figure, num_models: int) -> None:
    """A legend where there is more than one model."""
    chart.update_layout(showlegend=num_models > 1)
