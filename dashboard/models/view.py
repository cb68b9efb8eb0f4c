"""Model cards as the page shows them, one alone or two beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.model_picker import QUESTION_WORDS
from dashboard.models import card_values, speed as model_speed
from dashboard.models.card_values import MISSING
from dashboard.text import count, escape_markdown
from fer import registry
from fer.emotions import EMOTIONS
from fer.model_card import ModelCard
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
_ARTICLES = ("Art. 5(1)(f)", "Art. 50")
CURVES = {
    "votes": "Against the share of people who voted for what it says",
    "right": "Against right or wrong",
}


def answers(cards: Cards) -> None:
    """Which question each answers, and whether their figures can be set against each other."""
    for card in cards:
        st.markdown(
            f"**{card.name}** answers with "
            f"**{QUESTION_WORDS.get(card.question, escape_markdown(card.question))}**. "
            f"Trained on {escape_markdown(str(card.data.get('name', MISSING)))}."
        )
    if len({card.question for card in cards}) > 1:
        st.warning(
            "These two answer different questions: FER2013's label and the crowd's majority agree "
            "on 63% of faces. Their figures cannot be set against each other.",
            icon="⚖️",
        )
        return
    st.caption(
        "FER2013's label and the crowd's majority agree on only 63% of faces: a model good at one "
        "of these questions cannot be good at the other."
    )
    if len({_faces(card) for card in cards}) > 1:
        st.warning(
            "Their figures were measured on different faces. *Evaluate* both on the same ones to "
            "know which is better.",
            icon="⚠️",
        )


def limits(cards: Cards) -> None:
    """What they are for, and what they must not be used for, whatever a card says."""
    by_words: dict[tuple[str, str], list[str]] = {}
    for card in cards:
        by_words.setdefault((card.intended_use, card.not_for), []).append(card.name)
    columns = zip(st.columns(len(by_words)), by_words.items(), strict=True)
    for column, ((its_use, its_limits), names) in columns:
        with column:
            meant = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} meant for:"
            st.success(f"**{meant}** {escape_markdown(its_use) or MISSING}", icon="👍")
            st.error(f"**Not for:** {escape_markdown(its_limits) or MISSING}", icon="⛔")
    if not all(article in its_limits for _, its_limits in by_words for article in _ARTICLES):
        st.warning(
            "No model here is for decisions about people: not in hiring, school, policing or "
            "health. The EU AI Act forbids inferring emotions at work and in education "
            "(Art. 5(1)(f)) and demands that people be told when they are analysed (Art. 50).",
            icon="⚖️",
        )


def figures(cards: Cards) -> None:
    """All figures with their 95% intervals."""
    st.table({"": [*FIGURES.values(), "Faces counted"], **{one.name: _told(one) for one in cards}})
    for card in cards:
        st.caption(f"{card.name}: {escape_markdown(str(card.metrics.get('protocol', MISSING)))}.")


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
    _emotion_table(cards)
    for place, (column, card) in enumerate(zip(st.columns(len(cards)), cards, strict=True)):
        table = card_values.confusion(card)
        with column:
            st.markdown(f"**{card.name}**")
            if table is None:
                st.caption(f"Confusion: {MISSING}.")
            else:
                st.plotly_chart(charts.confusion_map(table), key=f"confusion-{place}")


def _emotion_table(cards: Cards) -> None:
    """Recall and precision of each emotion; of two models, also how far their recalls differ."""
    table: dict[str, list[str]] = {"": list(EMOTIONS)}
    for card in cards:
        for figure in ("recall", "precision"):
            values = card_values.by_emotion(card, figure)
            bounds = card_values.intervals_by_emotion(card, figure)
            told = [{figure: values[one], f"{figure}_interval": bounds[one]} for one in EMOTIONS]
            table[f"{card.name}: {figure}"] = [
                card_values.with_interval(one, figure) for one in told
            ]
    if len(cards) == 2:
        first, second = (card_values.by_emotion(card, "recall") for card in cards)
        table["recalls differ by, points"] = [
            _difference(first[one], second[one]) for one in EMOTIONS
        ]
    st.dataframe(table, hide_index=True)


def _difference(first: float | None, second: float | None) -> str:
    return MISSING if first is None or second is None else f"{100 * (first - second):+.1f}"


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
                "made worse by": [escape_markdown(str(words)) for words in cases],
                "right": [card_values.percent(row.get("accuracy")) for row in rows],
                "loss in points": [card_values.with_interval(row, "loss", "+.1f") for row in rows],
            }
        )
        data, split, protocol = (
            escape_markdown(str(found.get(key, ""))) for key in ("data", "split", "protocol")
        )
        st.caption(
            f"Clean: {card_values.percent(found.get('clean'))} of "
            f"{card_values.whole(found.get('n'))} faces, {data}, split {split}. {protocol}."
        )


def sizes(cards: Cards) -> None:
    """How large each is."""
    for card in cards:
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


def _faces(card: ModelCard) -> tuple[str, str]:
    """What tells the faces that a card's figures are of."""
    return str(card.data.get("hash", card.name)), str(card.metrics.get("n"))


def _told(card: ModelCard) -> list[str]:
    """A card's figures in the order of `FIGURES`, then how many faces they are of."""
    told = [
        card_values.with_interval(card.metrics, name, ".3f" if name == "brier" else ".1%")
        for name in FIGURES
    ]
    return [*told, card_values.whole(card.metrics.get("n"))]
