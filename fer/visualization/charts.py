"""Values as plotly figures, in the emotions' own colours and clear for either theme."""

from __future__ import annotations

import plotly.graph_objects as go

from fer.emotions import COLOURS, EMOTIONS
from fer.values import Prediction
from fer.visualization.annotate import percent

_BAR_HEIGHT = 26
_FADED = 0.35


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
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1.18], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, ticks="", showgrid=False)
    figure.update_layout(
        height=_BAR_HEIGHT * len(EMOTIONS) + 16,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        bargap=0.25,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
