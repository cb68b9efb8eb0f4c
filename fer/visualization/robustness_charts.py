"""What corruptions cost models, as plotly charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from fer.visualization.charts import lay_out
from fer.visualization.evaluation_charts import (
    BAR_OPACITY,
    Interval,
    error_bars,
    model_colour,
    show_names,
)

_SMALL, _LINE = 240, 40
_BAR, _AROUND_BARS = 34, 120


def curves(
    corruption: str, strengths: Sequence[str], accuracies: Mapping[str, Sequence[float]]
) -> go.Figure:
    """Accuracy of each model by severity of one corruption, from 0, the clean faces, on.

    `strengths` say what each severity is. The models' colours are those of `legend`.
    """
    chart = go.Figure()
    for number, (name, values) in enumerate(accuracies.items()):
        chart.add_scatter(
            x=list(range(len(values))),
            y=list(values),
            customdata=list(strengths),
            name=name,
            mode="lines+markers",
            line={"color": model_colour(number), "width": 2},
            hovertemplate="%{customdata}: %{y:.1%}<extra>%{fullData.name}</extra>",
        )
    lay_out(
        chart, "JPEG" if corruption == "jpeg" else corruption.capitalize(), "Severity", "Accuracy"
    )
    chart.update_layout(showlegend=False, height=_SMALL)
    chart.update_xaxes(tickvals=list(range(len(strengths))), range=[-0.2, len(strengths) - 0.8])
    chart.update_yaxes(tickformat=".0%", range=[0, 1.02])
    return chart


def legend(names: Sequence[str]) -> go.Figure:
    """The models' names with their colours, once for several charts."""
    chart = go.Figure()
    for number, name in enumerate(names):
        chart.add_scatter(
            x=[None],
            y=[None],
            name=name,
            mode="lines+markers",
            line={"color": model_colour(number)},
        )
    lay_out(chart, "")
    chart.update_layout(height=_LINE, margin={"t": 0, "b": 0}, legend={"y": 0.5, "x": 0})
    chart.update_xaxes(visible=False)
    chart.update_yaxes(visible=False)
    return chart


def bars(losses: Mapping[str, Mapping[str, tuple[float, Interval]]]) -> go.Figure:
    """Points of accuracy that each corruption costs each model, with the 95% interval; the
    costliest is at the top. `losses`: model -> corruption -> (points, interval)."""
    order = sorted(
        {text for rows in losses.values() for text in rows},
        key=lambda text: max(rows[text][0] for rows in losses.values() if text in rows),
    )
    chart = go.Figure()
    for number, (name, rows) in enumerate(losses.items()):
        shown = [text for text in order if text in rows]
        points = [rows[text][0] for text in shown]
        chart.add_bar(
            x=points,
            y=shown,
            orientation="h",
            name=name,
            marker={"color": model_colour(number), "opacity": BAR_OPACITY},
            error_x=error_bars(points, [rows[text][1] for text in shown]),
            hovertemplate="%{y}: %{x:.1f} points<extra>%{fullData.name}</extra>",
        )
    lay_out(chart, "Accuracy lost under each corruption", "Loss in percentage points")
    chart.update_layout(barmode="group", height=_AROUND_BARS + _BAR * len(order) * len(losses))
    show_names(chart, len(losses))
    return chart
