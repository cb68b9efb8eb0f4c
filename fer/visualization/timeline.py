"""The last minute of one face as a line for each emotion, updated in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fer.emotions import COLOURS, EMOTIONS
from fer.results import Probabilities

SECONDS = 60
POINTS_PER_SECOND = 4
HEIGHT = 180

_AGO = "seconds ago"
_LABEL = "datum.value ? -datum.value + ' s ago' : 'now'"


def table(
    times: Sequence[float], probabilities: Sequence[Probabilities], now: float
) -> dict[str, Any]:
    """Columns for `specification`: seconds before `now` (0 or less), and one for each emotion;
    thinned to `POINTS_PER_SECOND` of the samples, which are in the order of time."""
    if not len(times):
        return {name: [] for name in (_AGO, *EMOTIONS)}
    moments = np.asarray(times, np.float64)
    slots = np.floor(moments * POINTS_PER_SECOND).astype(np.int64)
    thinned = np.flatnonzero(np.append(slots[1:] != slots[:-1], True))
    shares = np.stack(probabilities)[thinned]
    columns = {_AGO: moments[thinned] - now}
    return columns | {name: shares[:, index] for index, name in enumerate(EMOTIONS)}


def specification() -> dict[str, Any]:
    """A Vega-Lite chart of `table`; bars beside it are its legend. It never changes, so that a page
    changes its data alone."""
    colours = {"domain": list(EMOTIONS), "range": [COLOURS[name] for name in EMOTIONS]}
    return {
        "transform": [{"fold": list(EMOTIONS), "as": ["emotion", "share"]}],
        "mark": {"type": "line", "strokeWidth": 2, "clip": True},
        "encoding": {
            "x": {
                "field": _AGO,
                "type": "quantitative",
                "scale": {"domain": [-SECONDS, 0], "nice": False},
                "axis": {"tickCount": 4, "title": None, "labelExpr": _LABEL},
            },
            "y": {
                "field": "share",
                "type": "quantitative",
                "scale": {"domain": [0, 1]},
                "axis": {"format": "%", "tickCount": 3, "title": None},
            },
            "color": {
                "field": "emotion",
                "type": "nominal",
                "scale": colours,
                "legend": None,
            },
        },
    }
