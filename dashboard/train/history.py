"""All runs with their settings, and the curves of those that are selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.dataset.choice import display_name
from dashboard.look import plots
from dashboard.train import result, titles
from dashboard.train.view import STATES
from fer.errors import FerError
from fer.runs.store import Run
from fer.visualization import charts

_TARGETS = {"": "votes, else labels", "crowd": "FER+ votes", "own": "own labels"}


def show(runs: Sequence[Run]) -> None:
    """Settings of all runs side by side; those that are picked have their curves laid over."""
    if not runs:
        st.info("No runs yet. Every run is kept here with its settings and curves.")
        return
    picked = st.dataframe(
        [_row(run) for run in runs],
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key="history",
        column_config={
            "accuracy": st.column_config.NumberColumn(format="%.1f%%"),
        },
    )
    chosen = [runs[row] for row in picked["selection"]["rows"] if row < len(runs)]
    if not chosen:
        st.caption("Select runs to lay their curves over each other.")
        return
    names = titles.titles(runs)
    histories = {names[run.id]: run.metrics() for run in chosen if run.metrics()}
    if not histories:
        st.caption("No epoch of these runs was finished.")
        return
    for column, figure in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        with column:
            plots.show(charts.learning_curves(histories, figure), f"history-{figure}")


def _row(run: Run) -> dict[str, Any]:
    row: dict[str, Any] = {"run": titles.name(run)}
    try:
        settings, epochs = run.settings, run.metrics()
    except FerError:
        return {**row, "state": "damaged", "started": titles.date(run)}
    accuracy = result.accuracy(run)
    return {
        **row,
        "accuracy": None if accuracy is None else 100 * accuracy,
        "state": STATES[run.status().state][0],
        "started": titles.date(run),
        "epochs": f"{len(epochs)} of {settings.epochs}",
        "network": settings.network,
        "training data": display_name(settings.data),
        "learning rate": settings.learning_rate,
        "target": _TARGETS.get(settings.labels or "", settings.labels),
        "batch size": settings.batch_size,
        "optimiser": settings.optimizer,
        "schedule": settings.schedule,
        "augmentation": settings.augmentation,
        "images": settings.limit,
        "initial weights": settings.weights,
        "frozen layers": settings.freeze,
        "minutes": round(sum(epoch["seconds"] for epoch in epochs) / 60, 1),
    }
