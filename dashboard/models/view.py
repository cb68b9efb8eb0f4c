"""Model cards as the page shows them, one alone or two beside each other."""

from __future__ import annotations

import streamlit as st

from dashboard.look import plots
from dashboard.model_picker import prior_label
from dashboard.models import speed as model_speed
from dashboard.models.columns import (
    MISSING,
    OF_MIX,
    Column,
    Columns,
    number,
    percent,
    with_interval,
)
from dashboard.text import count, escape_markdown
from fer import notices, registry
from fer.emotions import EMOTIONS
from fer.figures import Figures, whole
from fer.model_card import ModelCard
from fer.prior import TRAINING
from fer.visualization import evaluation_charts as charts

FIGURES = {
    "accuracy": "Accuracy",
    "mean_recall": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "accuracy_at_80_percent_coverage": "Accuracy at 80% coverage",
    "ece_votes_crossfit": "Calibration error (ECE) against votes, cross-fitted",
    "ece_votes": "Calibration error (ECE) against votes",
    "ece": "Calibration error (ECE)",
    "brier": "Brier score (0 best, 2 worst)",
}
_EXPLAINED = (
    "**Balanced accuracy**: the mean of the seven recalls, so that rare expressions count as much. "
    "**Accuracy at 80% coverage**: when the least sure fifth of faces is left unanswered. "
    "**Calibration error**: how far confidence and accuracy (or the share of votes) lie apart."
)
_ARTICLES = ("Art. 5(1)(f)", "Art. 50")
_FER2013_TARGETS = {"crowd", "fer2013"}
CURVES = {
    "votes": "Confidence against the share of votes for the predicted label",
    "right": "Confidence against accuracy",
}


def answers(columns: Columns) -> None:
    """Which question each model answers, and whether their figures can be compared."""
    for column in columns:
        card = column.card
        st.markdown(
            f"**{card.name}** answers with "
            f"**{escape_markdown(card.predicts)}**. "
            f"Trained on {escape_markdown(card.data_facts.name or MISSING)}. Unless another prior "
            f"is chosen it assumes that expressions are {prior_label(card.default_prior)}."
        )
    questions = {column.card.question for column in columns}
    if len(questions) > 1:
        reason = f" {notices.LABEL_AND_VOTES}" if questions == _FER2013_TARGETS else ""
        st.warning(
            f"These two were trained to predict different things.{reason} Their figures cannot be "
            "compared.",
            icon=":material/balance:",
        )
        return
    if questions <= _FER2013_TARGETS:
        st.caption(notices.LABEL_AND_VOTES)
    if len({_faces(column) for column in columns}) > 1:
        st.warning(
            "Their figures were measured on different faces. *Evaluate* both on the same ones to "
            "know which is better.",
            icon=":material/warning:",
        )


def limits(columns: Columns) -> None:
    """What they are for, and what they must not be used for, whatever a card says."""
    names_by_text: dict[tuple[str, str], list[str]] = {}
    for column in columns:
        texts = column.card.intended_use, column.card.not_for
        names_by_text.setdefault(texts, []).append(column.name)
    panes = zip(st.columns(len(names_by_text)), names_by_text.items(), strict=True)
    for pane, ((intended_use, not_for), names) in panes:
        with pane:
            meant = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} meant for:"
            st.success(
                f"**{meant}** {escape_markdown(intended_use) or MISSING}",
                icon=":material/thumb_up:",
            )
            st.error(f"**Not for:** {escape_markdown(not_for) or MISSING}", icon=":material/block:")
    if not all(article in not_for for _, not_for in names_by_text for article in _ARTICLES):
        st.warning(
            f"**Not for:** {notices.NO_DECISIONS} {notices.AI_ACT}", icon=":material/balance:"
        )


def figures(columns: Columns, prior: str) -> None:
    """All figures with their 95% intervals."""
    heads = [*FIGURES.values(), "Faces counted"]
    st.table(
        {"metric": heads, **{column.name: _figure_texts(column.figures) for column in columns}}
    )
    st.caption(_EXPLAINED)
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
            st.markdown(f"**{column.name}**")
            if column.figures.confusion is None:
                st.caption(f"Confusion: {MISSING}.")
            else:
                chart = charts.confusion_map(column.figures.confusion)
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
        table["recalls differ by, points"] = [
            _difference(first[emotion], second[emotion]) for emotion in EMOTIONS
        ]
    st.dataframe(table, hide_index=True)


def certainty(columns: Columns, prior: str) -> None:
    """Whether confidence can be believed, and what leaving unsure faces out gains."""
    for outcome, title in CURVES.items():
        bins = {column.name: _bins(column.figures, outcome) for column in columns}
        bins = {name: rows for name, rows in bins.items() if rows}
        st.markdown(f"**{title}**")
        if bins:
            plots.show(charts.reliability_of_bins(bins, outcome), f"bins-{outcome}")
        else:
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
            f"{card.name} is called unsure below a confidence of "
            f"{card.uncertain_below_under(used):.0%}, assuming that expressions are "
            f"{prior_label(used.name)}; temperature {card.temperature:g}."
        )


def elsewhere(columns: Columns) -> None:
    """How accurate the models are on other data sets than their own."""
    for column in columns:
        st.markdown(f"**{column.name}**")
        rows = column.card.elsewhere
        if not rows:
            st.caption(f"Faces from elsewhere: {MISSING}. Measure your own on the page Evaluate.")
            continue
        st.dataframe(
            [
                {
                    "data set": row.name,
                    "faces": row.n,
                    "cut": row.cut,
                    "assuming": prior_label(row.prior),
                    "accuracy": percent(row.accuracy),
                    "balanced accuracy": percent(row.balanced_accuracy),
                    **{f"{name} recall": percent(row.recalls.get(name)) for name in EMOTIONS},
                }
                for row in rows
            ],
            hide_index=True,
        )


def robustness(columns: Columns) -> None:
    """What worse pictures cost."""
    for column in columns:
        measured = column.card.figures(TRAINING).robustness
        st.markdown(f"**{column.name}**")
        if measured is None or not measured.corruptions:
            st.caption(f"Robustness: {MISSING}. It can be measured on the page Evaluate.")
            continue
        rows = measured.corruptions.values()
        st.table(
            {
                "made worse by": [escape_markdown(text) for text in measured.corruptions],
                "accuracy": [percent(row.accuracy) for row in rows],
                "loss in points": [
                    with_interval(row.loss, whole(row.loss_interval), "+.1f") for row in rows
                ],
            }
        )
        data, split, protocol = map(
            escape_markdown, (measured.data, measured.split, measured.protocol)
        )
        st.caption(
            f"Clean: {percent(measured.clean)} of {number(measured.n)} faces, {data}, "
            f"split {split}. {protocol}."
        )


def sizes(columns: Columns) -> None:
    """How large each is."""
    for card in (column.card for column in columns):
        st.markdown(
            f"**{card.name}**: {card.parameters:,} parameters, {card.multiply_adds / 1e6:,.0f} "
            f"million multiply-adds a face, {registry.engine_bytes(card.name) / 1e6:.1f} MB, "
            f"reads faces of {card.input.width}×{card.input.height} pixels, "
            f"{count(card.input.channels, 'channel')}; {_speed(card)}."
        )


def _speed(card: ModelCard) -> str:
    milliseconds = model_speed.milliseconds(card)
    if milliseconds is None:
        return "speed not measured yet"
    return f"**{milliseconds:.2f} ms** for one face here"


def _faces(column: Column) -> tuple[str, int | None]:
    """Identifies the faces that a card's figures were measured on."""
    return column.card.data_facts.hash or column.name, column.figures.n


def _figure_texts(measured: Figures) -> list[str]:
    """Figures in the order of `FIGURES`, then how many faces they are of."""
    texts = [
        with_interval(
            getattr(measured, name), measured.interval(name), ".3f" if name == "brier" else ".1%"
        )
        for name in FIGURES
    ]
    return [*texts, number(measured.n)]


def _bins(measured: Figures, outcome: str) -> list[dict[str, float]]:
    """The points of the calibration curve against "right" or "votes", where they have it."""
    return [
        {"confidence": point.confidence, "count": point.count, outcome: getattr(point, outcome)}
        for point in measured.calibration_bins
        if getattr(point, outcome) is not None
    ]


def _difference(first: float | None, second: float | None) -> str:
    return MISSING if first is None or second is None else f"{100 * (first - second):+.1f}"
