"""Model cards as the page shows them, one alone or two beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import card_values
from dashboard.answering import QUESTION_WORDS
from dashboard.card_values import MISSING
from dashboard.words import count, plain
from fer import registry
from fer.errors import FerError
from fer.values import ModelCard
from fer.visualization import evaluation_charts as charts

Cards = Sequence[ModelCard]

FIGURES = {
    "accuracy": "Right (of all counted faces)",
    "mean_recall": "Mean recall of the seven",
    "macro_f1": "Macro-F1",
    "accuracy_at_80_percent_coverage": "Right when silent on the least sure fifth",
    "ece_votes_crossfit": "Calibration error against votes, cross-fitted",
    "ece_votes": "Calibration error against votes",
    "ece": "Calibration error against right or wrong",
    "brier": "Brier score (0 best, 2 worst)",
}
CURVES = {
    "votes": "Against the share of people who voted for what it says",
    "right": "Against right or wrong",
}


def overview(names: Sequence[str]) -> None:
    """Every model in a row: what it answers, how well, how large."""
    st.dataframe(
        [_row(name) for name in names],
        hide_index=True,
        column_config={
            "right": st.column_config.NumberColumn(format="percent"),
            "mean recall": st.column_config.NumberColumn(format="percent"),
            "MB": st.column_config.NumberColumn(format="%.1f"),
            "million multiply-adds": st.column_config.NumberColumn(format="%.0f"),
        },
    )


def answers(cards: Cards) -> None:
    """Which question each answers; two questions are not one."""
    for card in cards:
        st.markdown(
            f"**{card.name}** answers with "
            f"{QUESTION_WORDS.get(card.question, plain(card.question))}. "
            f"Trained on {plain(str(card.data.get('name', MISSING)))}."
        )
    if len({card.question for card in cards}) > 1:
        st.warning(
            "These two answer different questions: FER2013's label and the crowd's majority agree "
            "on 63% of faces. Their figures cannot be set against each other.",
            icon="⚖️",
        )


def limits(card: ModelCard) -> None:
    """What it is for and what it must not be used for."""
    st.success(f"**{card.name} is meant for:** {plain(card.intended_use)}", icon="👍")
    st.error(f"**Not for:** {plain(card.not_for)}", icon="⛔")


def figures(cards: Cards) -> None:
    """All figures with their 95% intervals."""
    st.table({"": [*FIGURES.values(), "Faces counted"], **{one.name: _told(one) for one in cards}})
    for card in cards:
        st.caption(f"{card.name}: {plain(str(card.metrics.get('protocol', MISSING)))}.")


def emotions(cards: Cards) -> None:
    """Recall and precision of each emotion, and what is taken for what."""
    for figure in ("recall", "precision"):
        values = {card.name: card_values.by_emotion(card, figure) for card in cards}
        if any(value is not None for its in values.values() for value in its.values()):
            intervals = {
                card.name: card_values.intervals_by_emotion(card, figure) for card in cards
            }
            st.plotly_chart(charts.class_bars(figure, values, intervals), key=f"bars-{figure}")
        else:
            st.caption(f"{figure.capitalize()} of each emotion: {MISSING}.")
    for place, (column, card) in enumerate(zip(st.columns(len(cards)), cards, strict=True)):
        table = card_values.confusion(card)
        with column:
            st.markdown(f"**{card.name}**")
            if table is None:
                st.caption(f"Confusion: {MISSING}.")
            else:
                st.plotly_chart(charts.confusion_map(table), key=f"confusion-{place}")


def certainty(cards: Cards) -> None:
    """Whether confidence can be believed, and what silence gains."""
    for outcome, words in CURVES.items():
        bins = {card.name: found for card in cards if (found := card_values.bins(card, outcome))}
        st.markdown(f"**{words}**")
        if bins:
            st.plotly_chart(charts.reliability_of_bins(bins, outcome), key=f"bins-{outcome}")
        else:
            st.caption(f"Calibration curve: {MISSING}.")
    curves = {card.name: points for card in cards if (points := card_values.coverage(card))}
    if curves:
        st.plotly_chart(charts.coverage(curves), key="coverage")
    for card in cards:
        st.caption(
            f"{card.name} is called unsure below a confidence of {card.uncertain_below:.0%}; "
            f"temperature {card.temperature:g}."
        )


def robustness(cards: Cards) -> None:
    """What worse pictures cost."""
    for card in cards:
        found = card_values.mapping(card.metrics.get("robustness"))
        cases = card_values.mapping(found.get("corruptions"))
        st.markdown(f"**{card.name}**")
        if not cases:
            st.caption(f"Robustness: {MISSING}. It can be measured on the page Evaluate.")
            continue
        rows = [card_values.mapping(row) for row in cases.values()]
        st.table(
            {
                "made worse by": list(cases),
                "right": [card_values.percent(row.get("accuracy")) for row in rows],
                "loss in points": [card_values.with_interval(row, "loss", "+.1f") for row in rows],
            }
        )
        st.caption(
            f"Clean: {card_values.percent(found.get('clean'))} of "
            f"{card_values.whole(found.get('n'))} faces, {plain(str(found.get('data')))}, split "
            f"{plain(str(found.get('split')))}. {plain(str(found.get('protocol', '')))}."
        )


def sizes(cards: Cards) -> None:
    """How large each is."""
    for card in cards:
        st.markdown(
            f"**{card.name}**: {card.parameters:,} parameters, {card.multiply_adds / 1e6:,.0f} "
            f"million multiply-adds a face, {registry.engine_bytes(card.name) / 1e6:.1f} MB, "
            f"reads faces of {card.input.width}×{card.input.height} pixels, "
            f"{count(card.input.channels, 'channel')}."
        )


def making(cards: Cards) -> None:
    """Data, licence, settings and the command that repeats them."""
    for card in cards:
        data = card.data
        st.markdown(f"**{card.name}** · {plain(card.network)} · {plain(card.created)}")
        st.markdown(
            f"Data: {plain(str(data.get('name', MISSING)))}; faces to train on: "
            f"{card_values.whole(data.get('train'))}; to validate with: "
            f"{card_values.whole(data.get('validation'))}. "
            f"Licence: {plain(str(data.get('licence', MISSING)))}."
        )
        st.code(f"SHA-256 of the data  {data.get('hash', MISSING)}", language=None)
        with st.expander(f"Settings of {card.name}"):
            st.json({**card.settings})
            st.caption("Saved as a file, they train it again:")
            st.code(f"python -m fer train --settings settings.json --name {card.name}-again")


def _row(name: str) -> dict[str, Any]:
    try:
        card = registry.card(name)
    except FerError as error:
        return {"model": name, "": "damaged", "question": str(error)}
    marks = {
        "answers now": name == registry.active(),
        "shipped": name in registry.SHIPPED,
    }
    return {
        "model": name,
        "question": card.question,
        "right": card_values.number(card.metrics.get("accuracy")),
        "mean recall": card_values.number(card.metrics.get("mean_recall")),
        "": ", ".join(words for words, holds in marks.items() if holds),
        "of faces": card_values.number(card.metrics.get("n")),
        "network": card.network,
        "MB": registry.engine_bytes(name) / 1e6,
        "parameters": card.parameters,
        "million multiply-adds": card.multiply_adds / 1e6,
        "created": card.created[:10],
    }


def _told(card: ModelCard) -> list[str]:
    """A card's figures in the order of `FIGURES`, then how many faces they are of."""
    told = [
        card_values.with_interval(card.metrics, name, ".3f" if name == "brier" else ".1%")
        for name in FIGURES
    ]
    return [*told, card_values.whole(card.metrics.get("n"))]
