"""All runs with their settings, and the curves of those that are selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.dataset.choice import display_name
from dashboard.look import plots
from dashboard.train import more_settings, result, titles
from fer.errors import FerError
from fer.runs.store import Run
from fer.visualization import charts


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
            "accuracy": st.column_config.NumberColumn(format="percent"),
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
    row: dict[str, Any] = {"run": titles.name(run), "started": titles.date(run)}
    try:
        settings, epochs = run.settings, run.metrics()
    except FerError:
        return {**row, "state": "damaged"}
    return {
        **row,
        "accuracy": result.accuracy(run),
        "state": run.status().state,
        "epochs": f"{len(epochs)} of {settings.epochs}",
        "network": settings.network,
        "training data": display_name(settings.data),
        "training target": more_settings.TARGETS.get(settings.labels or "", settings.labels),
        "learning rate": settings.learning_rate,
        "batch size": settings.batch_size,
        "optimiser": settings.optimizer,
        "schedule": settings.schedule,
        "augmentation": settings.augmentation,
        "images": settings.limit,
        "initial weights": settings.weights,
        "frozen layers": settings.freeze,
        "minutes": round(sum(epoch["seconds"] for epoch in epochs) / 60, 1),
    }
