"""All models of the registry in one table, whose rows can be selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.models import speed as model_speed
from fer import registry
from fer.errors import FerError

FIRST, SECOND = "models-first", "models-beside"
"""Session keys of the model that is shown, and of the one that it is compared with."""
_TURN = "_models-turn"
_TWO_MARKS = 138
"""Pixels that two badges take; on a phone name and accuracy still stand beside them."""
_TARGETS = {"crowd": "FER+ votes", "fer2013": "FER2013 label", "own": "own labels"}
_COLOURS = {"active": "green", "default": "blue", "built-in": "gray", "damaged": "red"}


def overview(names: Sequence[str]) -> None:
    """A row for each model; one that is selected is shown, and a second one compared with it."""
    chosen = [st.session_state.get(FIRST, registry.active()), st.session_state.get(SECOND)]
    rows = [names.index(name) for name in chosen if name in names]
    key = f"models-table-{st.session_state.setdefault(_TURN, 0)}"
    st.dataframe(
        [_row(name) for name in names],
        hide_index=True,
        placeholder="–",
        key=key,
        on_select=lambda: _take_rows(key, names),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
        column_config={
            "accuracy": st.column_config.NumberColumn(format="%.1f%%"),
            "balanced accuracy": st.column_config.NumberColumn(format="%.1f%%"),
            "MB": st.column_config.NumberColumn(format="%.1f"),
            "assuming": st.column_config.TextColumn(
                help="How common each expression is assumed to be: the model's default prior."
            ),
            "latency": st.column_config.TextColumn(
                help="Median time for one face on this server; the spread is below the table."
            ),
            "status": st.column_config.MultiselectColumn(
                width=_TWO_MARKS, options=list(_COLOURS), color=list(_COLOURS.values())
            ),
        },
    )
    st.caption(
        "Accuracy on each model's own validation faces, which were also used for model selection, "
        "weighted to the mix that its default prior assumes."
    )


def pickers(names: Sequence[str]) -> tuple[str, str | None]:
    """The same choice as fields; the table follows them."""
    active = registry.active()
    left, right = st.columns(2)
    first = left.selectbox(
        "Model",
        names,
        names.index(active) if active in names else 0,
        key=FIRST,
        on_change=_redraw_table,
        persist_state="session",
    )
    second = right.selectbox(
        "Compare with",
        [name for name in names if name != first],
        None,
        key=SECOND,
        placeholder="another model",
        on_change=_redraw_table,
        persist_state="session",
    )
    return first, second


def _take_rows(key: str, names: Sequence[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    selected = [names[row] for row in rows if row < len(names)]
    if len(selected) > 2:
        st.toast("Two models at most are compared.", icon=":material/info:")
        _redraw_table()
        return
    first = registry.active() if registry.active() in names else names[0]
    st.session_state[FIRST] = selected[0] if selected else first
    st.session_state[SECOND] = selected[1] if len(selected) > 1 else None


def _redraw_table() -> None:
    """The table is drawn anew, with the rows selected that the fields name."""
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _row(name: str) -> dict[str, Any]:
    try:
        card = registry.card(name)
    except FerError:
        return {"model": name, "status": ["damaged"]}
    figures = card.figures(card.default_prior)
    bounds, latency = figures.interval("accuracy"), model_speed.latency(card)
    return {
        "model": name,
        "status": _marks(name),
        "accuracy": _percent(figures.accuracy),
        "95% CI": bounds and f"{100 * bounds[0]:.1f}–{100 * bounds[1]:.1f}",
        "balanced accuracy": _percent(figures.mean_recall),
        "assuming": card.default_prior,
        "training target": _TARGETS.get(card.question, card.question),
        "MB": registry.engine_bytes(name) / 1e6,
        "latency": latency and latency.typical,
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _marks(name: str) -> list[str]:
    marks = {
        "active": name == registry.active(),
        "default": name == registry.DEFAULT,
        "built-in": name in registry.SHIPPED and name != registry.DEFAULT,
    }
    return [mark for mark, holds in marks.items() if holds]
