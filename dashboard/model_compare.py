"""Two models side by side, from what their cards hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard import card_reading, model_card, model_list, navigation
from dashboard.card_reading import Figure
from dashboard.model_list import Card
from dashboard.words import plain
from fer.emotions import EMOTIONS
from fer.values import ModelCard
from fer.visualization import evaluation_charts as charts


def show(name: str, card: ModelCard, cards: Mapping[str, Card]) -> None:
    """The model beside another one that is chosen here."""
    sound = {
        other: its for other, its in cards.items() if other != name and isinstance(its, ModelCard)
    }
    if not sound:
        st.info("There is no other model to compare with yet.", icon="👆")
        return
    other = st.selectbox("Compare with", list(sound), key="compare-with")
    pair = {name: card, other: sound[other]}
    _warnings(card, sound[other])
    _figures(pair)
    _recalls(pair)
    _confusions(pair)


def _warnings(first: ModelCard, second: ModelCard) -> None:
    if first.question != second.question:
        st.warning(
            "These two answer different questions, so their accuracies cannot be held against each "
            "other: FER2013's label and the crowd's majority agree on only 63% of faces.",
            icon="⚖️",
        )
    same = first.data.get("hash") == second.data.get("hash") is not None
    faces = card_reading.faces(first.metrics), card_reading.faces(second.metrics)
    if not same or (first.question == second.question and faces[0] != faces[1]):
        st.warning(
            "Their cards' figures rest on different faces. Evaluate both on the same ones to know "
            "which is better.",
            icon="⚠️",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("From the cards alone. To know whether a difference is more than chance:")
        st.page_link(navigation.page("evaluate"), label="Evaluate both on the same faces")


def _figures(pair: Mapping[str, ModelCard]) -> None:
    found = {one: model_card.figure_rows(its) for one, its in pair.items()}
    rows = [
        {"figure": words, **{one: _with_interval(key, its.get(key)) for one, its in found.items()}}
        for key, words in model_card.FIGURES.items()
    ]
    for words, tell in _SIZES.items():
        rows.append({"figure": words, **{one: tell(one, its) for one, its in pair.items()}})
    st.dataframe(rows, hide_index=True, width="stretch", height="content")


def _with_interval(key: str, figure: Figure | None) -> str:
    if figure is None:
        return "–"
    words = model_card.figure_words(key, figure)
    if figure.interval is None:
        return f"{words} (no interval)"
    return f"{words} ({model_card.interval_words(key, figure)})"


def _recalls(pair: Mapping[str, ModelCard]) -> None:
    found = {one: card_reading.of_each(its.metrics, "recall") for one, its in pair.items()}
    if not all(any(its.values()) for its in found.values()):
        st.caption("A card without the recall of each emotion cannot be compared by it.")
        return
    values = {
        one: {emotion: figure.value if figure else None for emotion, figure in its.items()}
        for one, its in found.items()
    }
    intervals = {
        one: {emotion: figure.interval if figure else None for emotion, figure in its.items()}
        for one, its in found.items()
    }
    st.plotly_chart(charts.class_bars("recall", values, intervals), key="compare-recall")
    first, second = found.values()
    rows = []
    for emotion in EMOTIONS:
        row = {"recall of": emotion}
        row |= {one: _with_interval("recall", its[emotion]) for one, its in found.items()}
        rows.append({**row, "difference, points": _difference(first[emotion], second[emotion])})
    st.dataframe(rows, hide_index=True, width="stretch")


def _difference(first: Figure | None, second: Figure | None) -> str:
    if first is None or second is None:
        return "–"
    return f"{100 * (first.value - second.value):+.1f}"


def _confusions(pair: Mapping[str, ModelCard]) -> None:
    for column, (one, its) in zip(st.columns(2), pair.items(), strict=True):
        table = card_reading.confusion(its.metrics)
        column.markdown(f"**{plain(one)}**")
        if table:
            column.plotly_chart(charts.confusion_map(table, "rows"), key=f"compare-{one}")
        else:
            column.caption("Its card holds no confusion matrix.")


def _megabytes(name: str, _: ModelCard) -> str:
    size = model_list.megabytes(name)
    return "–" if size is None else f"{size:.1f} MB"


def _speed(name: str, card: ModelCard) -> str:
    milliseconds = model_list.speed(name, card)
    return "not measured" if milliseconds is None else f"{milliseconds:.2f} ms"


_SIZES: dict[str, Callable[[str, ModelCard], str]] = {
    "Parameters": lambda _, card: f"{card.parameters:,}",
    "Multiply-adds": lambda _, card: f"{card.multiply_adds / 1e6:,.0f} M",
    "Engine file": _megabytes,
    "One face, here": _speed,
}
