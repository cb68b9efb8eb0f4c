"""All models of the registry in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.model_picker import prior_label
from dashboard.models import speed as model_speed
from fer import registry
from fer.errors import FerError


def overview(names: Sequence[str]) -> None:
    """A row for each model: its question, accuracy and size."""
    st.dataframe(
        [_row(name) for name in names],
        hide_index=True,
        placeholder="–",
        column_config={
            "accuracy": st.column_config.NumberColumn(format="%.1f%%"),
            "balanced accuracy": st.column_config.NumberColumn(format="%.1f%%"),
            "ms a face": st.column_config.NumberColumn(format="%.2f"),
            "MB": st.column_config.NumberColumn(format="%.1f"),
            "million multiply-adds": st.column_config.NumberColumn(format="%.0f"),
        },
    )


def _row(name: str) -> dict[str, Any]:
    try:
        card = registry.card(name)
    except FerError as error:
        return {"model": name, "status": "damaged", "question": str(error)}
    figures = card.figures(card.default_prior)
    bounds = figures.interval("accuracy")
    return {
        "model": name,
        "question": card.question,
        "accuracy": _percent(figures.accuracy),
        "95% interval": bounds and "{:.1%} to {:.1%}".format(*bounds),
        "balanced accuracy": _percent(figures.mean_recall),
        "assuming expressions": prior_label(card.default_prior),
        "status": ", ".join(_marks(name)),
        "faces": figures.n,
        "network": card.network,
        "MB": registry.engine_bytes(name) / 1e6,
        "ms a face": model_speed.milliseconds(card),
        "parameters": card.parameters,
        "million multiply-adds": card.multiply_adds / 1e6,
        "created": card.created[:10],
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _marks(name: str) -> list[str]:
    marks = {
        "in use": name == registry.active(),
        "default": name == registry.DEFAULT,
        "shipped": name in registry.SHIPPED,
    }
    return [mark for mark, holds in marks.items() if holds]
