"""Charts of single faces, and the confusion table whose cells can be picked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.results import Prediction
from fer.visualization.annotate import percent
from fer.visualization.charts import INK, probability_bars
from fer.visualization.evaluation_charts import confusion_map

_CELL = 34
_CROWD = {"color": "rgba(120,120,120,0.95)", "symbol": "line-ns-open", "size": 15}


def mixes(prediction: Prediction, crowd: NDArray[np.floating] | None) -> go.Figure:
    """The seven probabilities as bars, each with a mark at the crowd's share of votes (7,), where
    there are votes; the numbers stand before the bars then, where no mark crosses them."""
    chart = probability_bars(prediction)
    if crowd is not None and np.isfinite(crowd).all():
        shares = prediction.as_dict()
        chart.update_traces(textposition="none")
        chart.update_xaxes(range=[0, 1.03])
        chart.update_yaxes(
            tickvals=list(shares),
            ticktext=[f"{emotion} {percent(share)}" for emotion, share in shares.items()],
        )
        chart.add_scatter(
            x=crowd.tolist(),
            y=list(EMOTIONS),
            mode="markers",
            marker={**_CROWD, "line": {"width": 3}},
            hovertemplate="crowd %{y}: %{x:.0%}<extra></extra>",
        )
    return chart


def pickable_confusion(
    table: Sequence[Sequence[int]], view: str, title: str | None = None
) -> go.Figure:
    """`confusion_map` under a mark for each cell, which can be picked; its `customdata` begin with
    the numbers of the true emotion and the predicted one."""
    chart = confusion_map(table, view, title)
    cells = [(true, label) for true in range(NUM_EMOTIONS) for label in range(NUM_EMOTIONS)]
    shown = np.asarray(chart.data[0].text)
    chart.data[0].update(hoverinfo="skip", hovertemplate=None, texttemplate="")
    chart.add_scatter(
        x=[EMOTIONS[label] for _, label in cells],
        y=[EMOTIONS[true] for true, _ in cells],
        customdata=[[*cell, f"{table[cell[0]][cell[1]]:,}"] for cell in cells],
        text=[str(shown[cell]) for cell in cells],
        mode="markers+text",
        marker={"symbol": "square", "size": _CELL, "color": "rgba(213,94,0,0.001)"},
        selected={"marker": {"color": "rgba(213,94,0,0.45)"}},
        textfont={"color": INK},
        unselected={"marker": {"opacity": 0}, "textfont": {"color": INK}},
        showlegend=False,
        hovertemplate="%{y} predicted %{x}: %{customdata[2]} faces<extra></extra>",
    )
    chart.update_layout(height=460, clickmode="event+select", dragmode=False, showlegend=False)
    chart.update_xaxes(fixedrange=True)
    chart.update_yaxes(fixedrange=True)
    return chart
