"""All models of the registry in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.models import card_values, speed as model_speed
from fer import registry
from fer.errors import FerError


def overview(names: Sequence[str]) -> None:
    """Every model in a row: what it answers, how well, how large."""
    st.dataframe(
        [_row(name) for name in names],
        hide_index=True,
        placeholder="–",
        column_config={
            "right": st.column_config.NumberColumn(format="%.1f%%"),
            "mean recall": st.column_config.NumberColumn(format="%.1f%%"),
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
    low_high = card_values.pair(card.metrics.get("accuracy_interval"))
    return {
        "model": name,
        "question": card.question,
        "right": _percent(card.metrics.get("accuracy")),
        "95% interval": low_high and "{:.1%} to {:.1%}".format(*low_high),
        "mean recall": _percent(card.metrics.get("mean_recall")),
        "status": ", ".join(_marks(name)),
        "of faces": card_values.number(card.metrics.get("n")),
        "network": card.network,
        "MB": registry.engine_bytes(name) / 1e6,
        "ms a face": model_speed.milliseconds(card),
        "parameters": card.parameters,
        "million multiply-adds": card.multiply_adds / 1e6,
        "created": card.created[:10],
    }


def _percent(share: Any) -> float | None:
    value = card_values.number(share)
    return None if value is None else 100 * value


def _marks(name: str) -> list[str]:
    marks = {
        "answers now": name == registry.active(),
        "default": name == registry.DEFAULT,
        "shipped": name in registry.SHIPPED,
    }
    return [words for words, holds in marks.items() if holds]
