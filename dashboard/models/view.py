"""Model cards as the page shows them: one, or two compared."""

from __future__ import annotations

import streamlit as st

from dashboard.model_picker import prior_label
from dashboard.models.columns import MISSING, Column, Columns, data_title
from dashboard.text import escape_markdown
from fer import notices

_ARTICLES = ("Art. 5(1)(f)", "Art. 50")
_FER2013_TARGETS = {"crowd", "fer2013"}


def headline(columns: Columns) -> None:
    """What each model predicts and how accurately, and whether their metrics can be compared."""
    for pane, column in zip(st.columns(len(columns)), columns, strict=True):
        with pane:
            _headline(column)
    questions = {column.card.question for column in columns}
    if len(questions) > 1:
        reason = f" {notices.LABEL_AND_VOTES}" if questions == _FER2013_TARGETS else ""
        st.warning(
            f"These two were trained to predict different things.{reason} Their metrics cannot be "
            "compared.",
            icon=":material/balance:",
        )
        return
    if questions <= _FER2013_TARGETS:
        st.caption(notices.LABEL_AND_VOTES)
    if len({_faces(column) for column in columns}) > 1:
        st.warning(
            "Their metrics were measured on different faces. Use *Evaluate* to compare both on the "
            "same faces.",
            icon=":material/warning:",
        )


def _headline(column: Column) -> None:
    card, measured = column.card, column.figures
    st.header(card.name)
    st.markdown(
        f"Predicts **{escape_markdown(card.predicts)}**.  \n"
        f"Trained on {escape_markdown(data_title(card))}.  \n"
        f"Assumes that expressions are {prior_label(column.prior)}."
    )
    with st.container(horizontal=True):
        for label, name in (("Accuracy", "accuracy"), ("Balanced accuracy", "mean_recall")):
            value, bounds = getattr(measured, name), measured.interval(name)
            st.metric(
                label,
                "–" if value is None else f"{value:.1%}",
                bounds and f"95% CI {100 * bounds[0]:.1f}–{100 * bounds[1]:.1f}",
                "off",
                delta_arrow="off",
            )
        if measured.n is not None:
            st.metric("Validation faces", f"{measured.n:,}")


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
                f"**{meant}** {escape_markdown(intended_use) or MISSING}", icon=":material/check:"
            )
            st.error(f"**Not for:** {escape_markdown(not_for) or MISSING}", icon=":material/block:")
    if not all(article in not_for for _, not_for in names_by_text for article in _ARTICLES):
        st.warning(
            f"**Not for:** {notices.NO_DECISIONS} {notices.AI_ACT}", icon=":material/balance:"
        )


def _faces(column: Column) -> tuple[str, int | None]:
    """Identifies the faces that a card's figures were measured on."""
    return column.card.data_facts.hash or column.name, column.figures.n
