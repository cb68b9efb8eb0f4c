"""How accurate models are on other datasets than the one that they were trained and chosen on."""

from __future__ import annotations

import streamlit as st

from dashboard.model_picker import prior_label
from dashboard.models.columns import MISSING, Column, Columns, percent, with_interval
from dashboard.text import escape_markdown
from fer import metrics
from fer.emotions import EMOTIONS
from fer.figures import Elsewhere, whole

_CUTS = {"as the product cuts": "faces detected, as on Photos", "whole picture": "whole image"}
_DATASETS = {
    "wild": "photographs in the wild, from outside FER2013",
    "posed": "expressions posed in a laboratory, neutral not among them",
}
_CHOSEN_WITH = (
    "No built-in model was trained on these faces, but training recipes and the default prior were "
    "chosen with their help: expect one or two points less on faces of yours. The accuracy above "
    "is that on FER2013's validation faces, which are like the training faces."
)


def show(columns: Columns) -> None:
    """A table for each model, under the prior that was chosen."""
    for column in columns:
        st.markdown(f"**{column.name}**, expressions {prior_label(column.prior)}")
        rows = [row for row in column.card.elsewhere if row.prior == column.prior]
        if rows:
            _table(rows)
        else:
            st.caption(f"Other datasets: {MISSING}. Use *Evaluate* to measure it on yours.")
    _explain(columns)


def _table(rows: list[Elsewhere]) -> None:
    """A column for each dataset and way to cut its faces."""
    shown = [emotion for emotion in EMOTIONS if any(emotion in row.recalls for row in rows)]
    heads = ["Faces", "Accuracy", "Balanced accuracy", *(f"Recall: {name}" for name in shown)]
    table: dict[str, list[str]] = {"metric": heads}
    for row in rows:
        title = f"{escape_markdown(row.name)}: {escape_markdown(_CUTS.get(row.cut, row.cut))}"
        bounds = whole(row.accuracy_interval) or _interval(row)
        table[title] = [
            f"{row.n:,}",
            with_interval(row.accuracy, bounds),
            with_interval(row.balanced_accuracy, whole(row.balanced_accuracy_interval)),
            *(percent(row.recalls[name]) if name in row.recalls else "–" for name in shown),
        ]
    st.table(table)


def _interval(row: Elsewhere) -> tuple[float, float] | None:
    if not row.n:
        return None
    low, high = metrics.share_interval(round(row.accuracy * row.n), row.n)
    return low, high


def _explain(columns: Columns) -> None:
    names = dict.fromkeys(row.name for column in columns for row in column.card.elsewhere)
    known = [f"**{name}**: {_DATASETS[name]}." for name in names if name in _DATASETS]
    if known:
        st.caption(" ".join([*known, _CHOSEN_WITH]))
    if any(_lacks_interval(column) for column in columns):
        st.caption(
            "Intervals of accuracy are 95%, from bootstrap draws of as many faces. The cards have "
            "none of balanced accuracy and recall."
        )


def _lacks_interval(column: Column) -> bool:
    return any(row.balanced_accuracy_interval is None for row in column.card.elsewhere)
