"""All models of the registry in one table, and how long each takes on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import card_reading
from dashboard.words import plain
from fer import registry
from fer.errors import BadModel, FerError
from fer.inference import timing
from fer.values import ModelCard

Card = ModelCard | str
"""A model's card, or the sentence that says why it has none."""

_SPEEDS = "_model_speeds"


def read() -> dict[str, Card]:
    """Every model, the one that answers first."""
    cards: dict[str, Card] = {}
    for name in sorted(registry.names(), key=lambda one: one != registry.active()):
        try:
            cards[name] = registry.card(name)
        except FerError as error:
            cards[name] = str(error)
    return cards


def show(cards: Mapping[str, Card]) -> None:
    """The table, and the button that measures."""
    st.dataframe(
        [_row(name, card) for name, card in cards.items()],
        hide_index=True,
        width="stretch",
        column_config={
            "accuracy": st.column_config.NumberColumn(format="%.1f%%"),
            "mean recall": st.column_config.NumberColumn(format="%.1f%%"),
            "MB": st.column_config.NumberColumn(format="%.1f"),
            "ms a face": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Measure the speed here", on_click=_measure, args=(cards,), icon="⏱️")
        st.caption(
            "Accuracies answer each model's own question: those of *crowd* and *fer2013* cannot be "
            f"compared. Speed: one face, ONNX Runtime, {registry.THREADS} threads, this machine "
            "as busy as it is now."
        )


def speed(name: str, card: ModelCard) -> float | None:
    """Milliseconds for one face, if they were measured in this session."""
    kept: dict[tuple[str, str], float] = st.session_state.get(_SPEEDS, {})
    return kept.get((name, card.created))


def megabytes(name: str) -> float | None:
    """Size of the engine file, if there is one."""
    try:
        return (registry.folder() / name / "model.onnx").stat().st_size / 1e6
    except OSError:
        return None


def _measure(cards: Mapping[str, Card]) -> None:
    kept: dict[tuple[str, str], float] = st.session_state.setdefault(_SPEEDS, {})
    with st.spinner("Measuring …"):
        for name, card in cards.items():
            if isinstance(card, ModelCard):
                try:
                    kept[name, card.created] = timing.milliseconds(registry.load(name))
                except BadModel as error:
                    st.toast(plain(str(error)), icon="⚠️")


def _row(name: str, card: Card) -> dict[str, Any]:
    row: dict[str, Any] = {"model": name, "": ", ".join(_marks(name))}
    if isinstance(card, str):
        return {**row, "question": "its card is damaged"}
    accuracy = card_reading.figure(card.metrics, "accuracy")
    recall = card_reading.figure(card.metrics, "mean_recall")
    return {
        **row,
        "question": card.question,
        "accuracy": accuracy and 100 * accuracy.value,
        "95% interval": accuracy and accuracy.interval_words,
        "mean recall": recall and 100 * recall.value,
        "faces": card_reading.faces(card.metrics),
        "ms a face": speed(name, card),
        "MB": megabytes(name),
        "parameters": card.parameters,
        "network": card.network,
        "made": card.created[:10],
    }


def _marks(name: str) -> list[str]:
    holds = {
        "✅ answers": name == registry.active(),
        "default": name == registry.DEFAULT,
        "shipped": name in registry.SHIPPED,
    }
    return [words for words, it_holds in holds.items() if it_holds]
