"""A stream as charts: the last minute of one face, updated in place, and the sum of each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fer.emotions import COLOURS, EMOTIONS
from fer.results import Probabilities

SECONDS = 60
POINTS_PER_SECOND = 4
HEIGHT = 180

_AGO = "seconds ago"
_LABEL = "datum.value ? -datum.value + ' s ago' : 'now'"
_LEGEND_COLUMNS = 4
_BAR_HEIGHT = 34
UNSURE, _UNSURE_COLOUR = "unsure", "#CFCFCF"


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


def appearances(seconds: Mapping[str, Mapping[str, float]]) -> dict[str, list[Any]]:
    """Columns for `appearance_bars`: a row for each person and expression.

    `seconds` has those spent in each emotion and in "unsure".
    """
    order = (*EMOTIONS, UNSURE)
    cells = [
        (name, expression, by_expression[expression], order.index(expression))
        for name, by_expression in seconds.items()
        for expression in order
        if by_expression.get(expression, 0.0) > 0
    ]
    columns = zip(*cells, strict=True) if cells else ((), (), (), ())
    names = ("person", "expression", "seconds", "order")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def appearance_bars(people: Sequence[str], expressions: Sequence[str]) -> dict[str, Any]:
    """A Vega-Lite chart of `appearances`: a stacked bar for each person, in this order; "unsure"
    is pale in a broken frame."""
    colours = {**COLOURS, UNSURE: _UNSURE_COLOUR}
    is_unsure = f"datum.expression === '{UNSURE}'"
    return {
        "height": {"step": _BAR_HEIGHT},
        "mark": {"type": "bar", "cornerRadius": 3, "strokeDash": [4, 3]},
        "encoding": {
            "y": {
                "field": "person",
                "type": "nominal",
                "sort": list(people),
                "axis": {"title": None, "labelLimit": 200},
            },
            "x": {
                "field": "seconds",
                "type": "quantitative",
                "axis": {"title": "seconds", "tickCount": 6},
            },
            "color": {
                "field": "expression",
                "type": "nominal",
                "scale": {
                    "domain": list(expressions),
                    "range": [colours[name] for name in expressions],
                },
                "legend": {"orient": "bottom", "title": None, "columns": _LEGEND_COLUMNS},
            },
            "stroke": {"condition": {"test": is_unsure, "value": "#5A5A5A"}, "value": None},
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [
                {"field": "person", "type": "nominal"},
                {"field": "expression", "type": "nominal"},
                {"field": "seconds", "type": "quantitative", "format": ".1f"},
            ],
        },
    }
