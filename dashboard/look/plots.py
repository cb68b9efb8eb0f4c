"""The one way of putting a chart on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
_ZOOMABLE = {"scrollZoom": True, "doubleClick": "reset"}


def show(
    figure: go.Figure,
    key: str,
    alt: str | None = None,
    *,
    static: bool = False,
    zoomable: bool = False,
    on_select: Literal["ignore", "rerun"] | Callable[[], None] = "ignore",
) -> Any:
    """The figure in the present container, without a toolbar, which would cover its title.

    `alt` says in words what it shows. `static`: a picture that answers to no pointer. `zoomable`:
    the wheel and two fingers zoom, a double click shows all, and clicks alone select. With
    `on_select` the state of the chart is returned.
    """
    config = {**_CONFIG, **(_ZOOMABLE if zoomable else {}), "staticPlot": static}
    return st.plotly_chart(
        figure,
        key=key,
        config=config,
        alt=alt,
        on_select=on_select,
        selection_mode="points" if zoomable else ("points", "box", "lasso"),
    )
