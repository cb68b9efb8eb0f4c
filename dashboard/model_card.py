"""A model's card as its page shows it; what a card does not hold is said to be missing."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import card_reading, model_list
from dashboard.answering import QUESTION_WORDS
from dashboard.card_reading import Figure
from dashboard.words import plain
from fer.emotions import EMOTIONS
from fer.errors import FerError
from fer.training import settings
from fer.training.catalogue import names as network_names
from fer.values import ModelCard
from fer.visualization import evaluation_charts as charts

FIGURES = {
    "accuracy": "Right",
    "mean_recall": "Mean recall of the seven",
    "macro_f1": "Macro-F1",
    "accuracy_at_80_percent_coverage": "Right, silent on the least sure fifth",
    "ece": "Calibration error, by right or wrong",
    "ece_votes": "Calibration error, by the votes",
    "ece_votes_crossfit": "The same, temperature of other faces",
    "brier": "Brier score (0 best, 2 worst)",
}
_OF_VOTES = ("ece_votes", "ece_votes_crossfit")
_LARGEST = {"brier": 2.0}
_ANSWERS = {
    "crowd": "Right is what most of ten people said of a face (FER+).",
    "fer2013": "Right is the one label that FER2013 gives a face.",
}
_COLOURS = {1: "grey", 3: "RGB"}


def show(name: str, card: ModelCard) -> None:
    """The whole card."""
    st.markdown(f"Answers with **{plain(QUESTION_WORDS.get(card.question, card.question))}**.")
    st.caption(
        f"{_ANSWERS.get(card.question, '')} FER2013's label and the crowd's majority agree on only "
        "63% of faces: a model good at one question cannot be good at the other."
    )
    _headline(name, card)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _figures(card)
    with right:
        _facts(card)
    _charts(name, card)
    _uses(card)
    _repeat(name, card)


def figure_rows(card: ModelCard) -> dict[str, Figure | None]:
    """Every figure that a card of its question should hold."""
    return {
        key: card_reading.figure(card.metrics, key, _LARGEST.get(key, 1.0))
        for key in FIGURES
        if card.question == "crowd" or key not in _OF_VOTES
    }


def figure_words(key: str, figure: Figure) -> str:
    return f"{figure.value:.3f}" if key == "brier" else figure.words


def interval_words(key: str, figure: Figure) -> str:
    if key == "brier" and figure.interval is not None:
        return "{:.3f} to {:.3f}".format(*figure.interval)
    return figure.interval_words


def _headline(name: str, card: ModelCard) -> None:
    accuracy = card_reading.figure(card.metrics, "accuracy")
    faces, milliseconds = card_reading.faces(card.metrics), model_list.speed(name, card)
    size = model_list.megabytes(name)
    with st.container(horizontal=True):
        st.metric(
            "Right",
            accuracy.words if accuracy else "not told",
            f"95%: {accuracy.interval_words}" if accuracy and accuracy.interval else None,
            "off",
            delta_arrow="off",
        )
        st.metric("Faces", f"{faces:,}" if faces else "not told")
        st.metric("Parameters", f"{card.parameters:,}")
        st.metric("Multiply-adds", f"{card.multiply_adds / 1e6:,.0f} M")
        st.metric("Engine file", "missing" if size is None else f"{size:.1f} MB")
        st.metric(
            "One face, here", "not measured" if milliseconds is None else f"{milliseconds:.2f} ms"
        )


def _figures(card: ModelCard) -> None:
    found = {key: figure for key, figure in figure_rows(card).items() if figure is not None}
    missing = [FIGURES[key].lower() for key in figure_rows(card) if key not in found]
    if found:
        st.dataframe(
            [
                {
                    "figure": FIGURES[key],
                    "value": figure_words(key, figure),
                    "95% interval": interval_words(key, figure),
                }
                for key, figure in found.items()
            ],
            hide_index=True,
            width="stretch",
        )
    if missing:
        st.caption(f"Not in this card: {', '.join(missing)}.")
    protocol = card.metrics.get("protocol")
    st.caption(f"Protocol: {plain(str(protocol))}." if protocol else "The card names no protocol.")
    each = {name: card_reading.of_each(card.metrics, name) for name in ("precision", "recall")}
    support = card_reading.confusion(card.metrics)
    if any(each["precision"].values()) or any(each["recall"].values()):
        st.dataframe(_class_rows(each, support), hide_index=True, width="stretch")
    else:
        st.caption("The card holds no figures of each emotion.")


def _class_rows(
    each: dict[str, dict[str, Figure | None]], table: Sequence[Sequence[int]] | None
) -> list[dict[str, Any]]:
    rows = []
    for place, emotion in enumerate(EMOTIONS):
        row: dict[str, Any] = {"emotion": emotion}
        for name, values in each.items():
            figure = values[emotion]
            row[name] = figure.words if figure else "–"
            row[f"{name}, 95%"] = figure.interval_words if figure else "–"
        rows.append({**row, "faces": sum(table[place]) if table else None})
    return rows


def _facts(card: ModelCard) -> None:
    data, spec = card.data, card.input
    rows = {
        "Data": data.get("name"),
        "Faces to train on": card_reading.count_words(data.get("train")),
        "Licence of the data": data.get("licence"),
        "SHA-256 of the data": data.get("hash"),
        "Network": card.network,
        "Input": f"{spec.width}×{spec.height}, {_COLOURS[spec.channels]}",
        "Temperature": f"{card.temperature:g}",
        "Unsure below": f"{card.uncertain_below:.1%}",
        "Made": card.created[:16].replace("T", " "),
    }
    for head, value in rows.items():
        st.markdown(f"**{head}:** {plain(str(value)) if value else 'not told'}")


def _charts(name: str, card: ModelCard) -> None:
    table, bins = card_reading.confusion(card.metrics), card_reading.calibration(card.metrics)
    curve = card_reading.coverage(card.metrics)
    left, right = st.columns(2, gap="medium")
    with left:
        _chart(charts.confusion_map(table) if table else None, "confusion matrix", name)
        _chart(charts.coverage({name: curve}) if curve else None, "accuracy against coverage", name)
    with right:
        _chart(_calibration(bins) if bins else None, "calibration curve", name)
        _robustness(card)


def _chart(chart: go.Figure | None, words: str, name: str) -> None:
    if chart is None:
        st.caption(f"Not in this card: {words}.")
    else:
        st.plotly_chart(chart, key=f"{name} {words}")


def _calibration(bins: Sequence[Mapping[str, float]]) -> go.Figure:
    curves = {"right or wrong": (bins, "right")}
    voted = [row for row in bins if "votes" in row]
    if voted:
        curves["share of votes"] = (voted, "votes")
    return charts.calibration_curves(curves)


def _robustness(card: ModelCard) -> None:
    st.markdown("##### When faces get worse")
    rows = card_reading.robustness(card.metrics)
    if not rows:
        st.caption("Not in this card: a robustness table. The Evaluate page measures one.")
        return
    shown = [
        {
            "faces": row["faces"],
            "right": f"{row['accuracy']:.1%}",
            "loss in points": "–" if row["loss"] is None else f"{row['loss']:.1f}",
        }
        for row in rows
    ]
    st.dataframe(shown, hide_index=True, width="stretch")
    losses = [row["loss"] for row in rows if row["loss"] is not None]
    if losses:
        st.caption(f"Worst loss against the same faces as they are: {max(losses):.1f} points.")


def _uses(card: ModelCard) -> None:
    st.markdown("##### For, and not for")
    st.markdown(f"**For:** {plain(card.intended_use) or 'the card does not say.'}")
    st.markdown(f"**Not for:** {plain(card.not_for) or 'the card does not say.'}")
    st.warning(
        "Whatever a card says: not for decisions about people, such as in hiring, school, policing "
        "or health. The EU AI Act forbids inferring emotions at work and in education "
        "(Art. 5(1)(f)), and people must be told when they are analysed (Art. 50).",
        icon="⚖️",
    )


def _repeat(name: str, card: ModelCard) -> None:
    with st.expander("Settings, and the command that repeats it"):
        kept = {key: value for key, value in card.settings.items() if key not in ("name", "data")}
        data = str(card.settings.get("data") or card.data.get("name") or "PATH")
        try:
            settings.from_dict({**kept, "data": data})
        except (FerError, TypeError, ValueError, AttributeError) as error:
            st.caption(f"These settings cannot be used here: {plain(str(error))}")
        else:
            file = f"{name}.json"
            st.code(
                f"python -m fer train --settings {file} --data {shlex.quote(data)} "
                f"--name {name[:58]}-again",
                language="bash",
            )
            st.caption("`--data` is where the data set lies with you; the settings are this file:")
            st.download_button(
                file, json.dumps(kept, indent=2), file, icon="⬇️", key=f"settings-{name}"
            )
        st.json(dict(card.settings), expanded=False)
        if card.network not in network_names():
            st.caption("This program cannot train this network.")
