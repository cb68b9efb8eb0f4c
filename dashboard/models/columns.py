"""Models beside each other under one prior, and how their figures are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.model_picker import prior_label
from fer.figures import Figures
from fer.model_card import ModelCard

MISSING = "not in its card"
OF_MIX = "the validation faces are weighted to have that mix"

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Column:
    """A model beside others, with its figures under the prior that was chosen."""

    card: ModelCard
    figures: Figures
    prior: str

    @property
    def name(self) -> str:
        return self.card.name


Columns = Sequence[Column]


def prior_picker(cards: Sequence[ModelCard]) -> str:
    """The prior under which figures are shown, of those that every card has figures for."""
    first = cards[0].prior_names
    names = [name for name in first if all(name in card.prior_names for card in cards)]
    chosen = names[0]
    if len(names) > 1:
        chosen = st.selectbox(
            "Assume expressions are",
            names,
            format_func=prior_label,
            help=f"Under a prior other than the training data's, {OF_MIX}.",
            key=f"models-prior-{'-'.join(names)}",
            persist_state="session",
        )
    if len({card.default_prior for card in cards}) > 1:
        own = "; ".join(f"{card.name} {prior_label(card.default_prior)}" for card in cards)
        st.caption(f"Both are shown under the same assumption. Their own, as in the table: {own}.")
    return chosen


def columns_of(cards: Sequence[ModelCard], prior: str) -> Columns:
    return [Column(card, card.figures(prior), prior) for card in cards]


def data_title(card: ModelCard) -> str:
    """What the training data are, and the file that they came from."""
    file = card.data_facts.name
    known = {"crowd": "FER2013 with FER+ votes", "fer2013": "FER2013"}.get(card.question)
    if file is None or known is None:
        return file or MISSING
    return f"{known} (file {file})"


def with_interval(value: float | None, bounds: Interval | None, style: str = ".1%") -> str:
    """``85.2% (84.0% to 86.4%)``."""
    if value is None:
        return MISSING
    text = format(value, style)
    return f"{text} ({bounds[0]:{style}} to {bounds[1]:{style}})" if bounds else text


def percent(value: float | None) -> str:
    return MISSING if value is None else f"{value:.1%}"


def number(value: int | None) -> str:
    return MISSING if value is None else f"{value:,}"
