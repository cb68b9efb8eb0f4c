"""The one way of putting a chart on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def show(
    figure: go.Figure,
    key: str,
    alt: str | None = None,
    *,
    static: bool = False,
    on_select: Literal["ignore", "rerun"] | Callable[[], None] = "ignore",
) -> Any:
    """The figure in the present container, without a toolbar, which would cover its title.

    `alt` says in words what it shows. `static`: a picture that answers to no pointer. With
    `on_select` the state of the chart is returned.
    """
    return st.plotly_chart(
        figure, key=key, config={**_CONFIG, "staticPlot": static}, alt=alt, on_select=on_select
    )
