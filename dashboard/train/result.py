"""What came of a finished run: its published accuracy in words, and what to do with the model."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from dashboard import model_actions, model_verdict, navigation
from dashboard.model_picker import prior_label
from dashboard.text import escape_markdown
from fer import registry
from fer.data.loading import DRAWN
from fer.errors import FerError
from fer.model_card import ModelCard
from fer.prior import TRAINING
from fer.runs.status import RunStatus
from fer.runs.store import Run


def accuracy(run: Run) -> float | None:
    """The published accuracy, or where nothing is published the best validation accuracy."""
    model = run.status().model
    if model is not None:
        with suppress(FerError):
            card = registry.card(model)
            return card.figures(card.default_prior).accuracy
    return max((row["val_accuracy"] for row in run.metrics()), default=None)


def show(run: Run, status: RunStatus) -> None:
    """The accuracy and the verdict, the button that makes the model the active one, and where to
    try it; nothing without a model."""
    if status.model not in registry.names():
        if status.state == "finished":
            st.info("The model of this run was deleted.", icon=":material/info:")
        return
    try:
        card = registry.card(str(status.model))
    except FerError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        return
    _accuracy(card, is_drawn=run.settings.data == DRAWN)
    with st.container(horizontal=True, vertical_alignment="center"):
        model_actions.use(card.name, warn=False)
        if registry.active() == card.name:
            st.page_link(navigation.page("live"), label="Try it on Live")
            st.page_link(navigation.page("photos"), label="Try it on Photos")


def _accuracy(card: ModelCard, is_drawn: bool) -> None:
    published, as_found = card.figures(card.default_prior), card.figures(TRAINING)
    if published.accuracy is None:
        st.caption("The card of this model holds no accuracy.")
        return
    verdict = model_verdict.against_constant(card)
    if model_verdict.warning(card):
        verdict = f"{verdict}; train longer or with more faces"
    st.subheader(
        f"{published.accuracy:.1%} validation accuracy" + (f": {verdict}." if verdict else ".")
    )
    bounds, facts = published.interval("accuracy"), []
    if bounds:
        facts.append(f"95% CI {100 * bounds[0]:.1f}–{100 * bounds[1]:.1f}")
    facts += [f"n = {published.n:,}"] if published.n else []
    facts.append("also used for model selection")
    text = ", ".join(facts)
    if card.default_prior != TRAINING and as_found.accuracy is not None:
        text += (
            f". Every page assumes that expressions are {prior_label(card.default_prior)}. The "
            f"epochs below assume them {prior_label(TRAINING)}: {as_found.accuracy:.1%} in the "
            "published one"
        )
    if is_drawn:
        text += ". Synthetic drawings: this says nothing about people"
    st.caption(f"{text}.")
