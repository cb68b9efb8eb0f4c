"""The panes of one model card or of two compared: metrics, calibration, robustness, size."""

from __future__ import annotations

import html
from collections.abc import Iterable

import streamlit as st

from dashboard.look import plots
from dashboard.model_picker import prior_label
from dashboard.models import speed as model_speed
from dashboard.models.columns import MISSING, OF_MIX, Columns, number, percent, with_interval
from dashboard.text import count, escape_markdown
from fer import notices, registry
from fer.data.dataset import CROWD
from fer.emotions import EMOTIONS
from fer.evaluation.verdict import signed
from fer.figures import Figures, whole
from fer.prior import TRAINING
from fer.visualization import evaluation_charts as charts, robustness_charts

FIGURES = {
    "accuracy": "Accuracy",
    "mean_recall": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "accuracy_at_80_percent_coverage": "Accuracy at 80% coverage",
    "ece_votes_crossfit": "ECE against FER+ votes, cross-fitted",
    "ece_votes": "ECE against FER+ votes",
    "ece": "Expected calibration error (ECE)",
    "brier": "Brier score (0 best, 2 worst)",
}
_EXPLAINED = (
    "**Balanced accuracy**: the mean of the seven recalls, so that rare expressions count as much. "
    "**Accuracy at 80% coverage**: on the 80% of faces with the highest confidence. "
    "**ECE**: the mean gap between confidence and accuracy (or the share of votes)."
)
_OF_VOTES = ("ece_votes_crossfit", "ece_votes")
_CROSSFIT = " **Cross-fitted**: each half of the faces at a temperature fitted on the other half."
_OUTCOMES = ("votes", "right")
"""What a confidence is compared with: the share of votes, and whether the label is correct."""


def metrics(columns: Columns, prior: str) -> None:
    """All metrics with their 95% intervals."""
    shown = [
        name
        for name in FIGURES
        if name not in _OF_VOTES
        or any(getattr(column.figures, name) is not None for column in columns)
    ]
    heads = [*(FIGURES[name] for name in shown), "Validation faces"]
    texts = {column.name: _figure_texts(column.figures, shown) for column in columns}
    st.table({"metric": heads, **texts})
    st.caption(_EXPLAINED + (_CROSSFIT if "ece_votes_crossfit" in shown else ""))
    if any(column.card.question == CROWD and column.figures.ece_votes for column in columns):
        st.caption(notices.CONFIDENCE_OF_VOTES)
    mix = "" if prior == TRAINING else f"; {OF_MIX}"
    st.caption(f"Assuming that expressions are {prior_label(prior)}{mix}.")
    for column in columns:
        protocol = column.card.figures(TRAINING).protocol or MISSING
        st.caption(f"{column.name}: {escape_markdown(protocol)}.")


def emotions(columns: Columns) -> None:
    """Recall and precision of each emotion, and which is taken for which."""
    for name in ("recall", "precision"):
        values = {column.name: column.figures.of_emotions(name) for column in columns}
        if any(value is not None for row in values.values() for value in row.values()):
            intervals = {
                column.name: column.figures.intervals_of_emotions(name) for column in columns
            }
            plots.show(charts.class_bars(name, values, intervals), f"bars-{name}")
        else:
            st.caption(f"{name.capitalize()} of each emotion: {MISSING}.")
    _emotion_table(columns)
    for index, (pane, column) in enumerate(zip(st.columns(len(columns)), columns, strict=True)):
        with pane:
            if column.figures.confusion is None:
                st.caption(f"Confusion matrix of {column.name}: {MISSING}.")
            else:
                title = f"{column.name}: confusion matrix"
                chart = charts.confusion_map(column.figures.confusion, title=title)
                plots.show(chart, f"confusion-{index}")


def _emotion_table(columns: Columns) -> None:
    """Recall and precision of each emotion; of two models, also how far their recalls differ."""
    table: dict[str, list[str]] = {"emotion": list(EMOTIONS)}
    for column in columns:
        for name in ("recall", "precision"):
            values = column.figures.of_emotions(name)
            bounds = column.figures.intervals_of_emotions(name)
            table[f"{column.name}: {name}"] = [
                with_interval(values[emotion], bounds[emotion]) for emotion in EMOTIONS
            ]
    if len(columns) == 2:
        first, second = (column.figures.of_emotions("recall") for column in columns)
        table["recall: points more"] = [
            _difference(first[emotion], second[emotion]) for emotion in EMOTIONS
        ]
    st.dataframe(table, hide_index=True)


def calibration(columns: Columns, prior: str) -> None:
    """Whether confidence matches accuracy, and the accuracy by coverage."""
    bins = {
        outcome: {column.name: _bins(column.figures, outcome) for column in columns}
        for outcome in _OUTCOMES
    }
    for outcome in _OUTCOMES:
        known = {name: rows for name, rows in bins[outcome].items() if rows}
        if known:
            plots.show(charts.reliability_of_bins(known, outcome), f"bins-{outcome}")
    if not any(rows for by_name in bins.values() for rows in by_name.values()):
        st.caption(f"Calibration curve: {MISSING}.")
    curves = {
        column.name: column.figures.coverage_curve
        for column in columns
        if column.figures.coverage_curve
    }
    if curves:
        plots.show(charts.coverage(curves), "coverage")
    for card in (column.card for column in columns):
        used = card.prior(prior if prior in card.prior_names else None)
        st.caption(
            f"{card.name} is marked unsure below a confidence of "
            f"{card.uncertain_below_under(used):.0%}, assuming that expressions are "
            f"{prior_label(used.name)}; temperature {card.temperature:g}."
        )


def robustness(columns: Columns) -> None:
    """What corruptions cost."""
    losses = {}
    for column in columns:
        measured = column.card.figures(TRAINING).robustness
        if measured is None or not measured.corruptions:
            st.caption(
                f"Robustness of {column.name}: {MISSING}. Use *Evaluate* to measure it on yours."
            )
            continue
        losses[column.name] = {
            html.escape(text): (row.loss, whole(row.loss_interval))
            for text, row in measured.corruptions.items()
        }
        data, split, protocol = map(
            escape_markdown, (measured.data, measured.split, measured.protocol)
        )
        st.caption(
            f"{column.name}: {percent(measured.clean)} accuracy without corruption, expressions "
            f"{prior_label(measured.prior)}, n = {number(measured.n)}, {data}, split {split}. "
            f"Protocol: {protocol}."
        )
    if losses:
        plots.show(robustness_charts.bars(losses), "robustness")


def sizes(columns: Columns) -> None:
    """How large each is."""
    table: dict[str, list[str]] = {
        "size": ["Parameters", "Multiply-adds per face", "File", "Input", "Latency (one face)"]
    }
    for card in (column.card for column in columns):
        latency = model_speed.latency(card)
        table[card.name] = [
            f"{card.parameters:,}",
            f"{card.multiply_adds / 1e6:,.0f} million",
            f"{registry.engine_bytes(card.name) / 1e6:.1f} MB",
            f"{card.input.width}×{card.input.height} pixels, "
            f"{count(card.input.channels, 'channel')}",
            latency.with_spread if latency else "not measured yet",
        ]
    st.table(table)


def _figure_texts(measured: Figures, names: Iterable[str]) -> list[str]:
    """The figures of those names, then how many faces they are of."""
    texts = [
        with_interval(
            getattr(measured, name), measured.interval(name), ".3f" if name == "brier" else ".1%"
        )
        for name in names
    ]
    tied = f" ({measured.tied:,} more without a majority)" if measured.tied else ""
    return [*texts, number(measured.n) + tied]


def _bins(measured: Figures, outcome: str) -> list[dict[str, float]]:
    """The points of the calibration curve against "right" or "votes", where they have it."""
    return [
        {"confidence": point.confidence, "count": point.count, outcome: getattr(point, outcome)}
        for point in measured.calibration_bins
        if getattr(point, outcome) is not None
    ]


def _difference(first: float | None, second: float | None) -> str:
    return MISSING if first is None or second is None else signed(100 * (first - second))
