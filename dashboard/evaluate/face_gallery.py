"""Pages of evaluated faces, each with the model's probabilities, the crowd's, and its reasons."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import explanation_view
from dashboard.evaluate.session import Evaluation
from dashboard.text import count, escape_markdown
from fer import images, registry
from fer.emotions import EMOJI, EMOTIONS
from fer.errors import FerError
from fer.evaluation.recorded_inputs import Inputs
from fer.evaluation.report import ModelReport, Report
from fer.prior import TRAINING
from fer.results import Prediction
from fer.visualization import face_charts, heat
from fer.visualization.annotate import percent

FACES_A_PAGE = 12
_CARD_WIDTH = 232
_SIDE = 96

Words = Callable[[int], str]


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The evaluated faces as one model (its number in the report) saw and read them; `key` tells
    them from those of other evaluations and models."""

    key: str
    report: Report
    model: ModelReport
    inputs: Inputs = field(repr=False)
    uncertain_below: float
    prior: str

    def prediction(self, place: int) -> Prediction | None:
        """None where no face was found."""
        answer = self.model.probabilities[place]
        if not np.isfinite(answer).all():
            return None
        return Prediction(answer, uncertain=float(answer.max()) < self.uncertain_below)


def faces_of(evaluation: Evaluation, number: int) -> Faces:
    """Raises `FerError` where they cannot be read any more."""
    report = evaluation.report()
    model = report.models[number]
    below, prior = 0.0, TRAINING
    with suppress(FerError):  # the model was deleted since: its answers are still there
        card = registry.card(model.name)
        below, prior = card.uncertain_below_under(card.prior()), card.default_prior
    key = f"{evaluation.key}-{number}"
    return Faces(key, report, model, evaluation.inputs(number), below, prior)


def show(faces: Faces, places: NDArray[np.int64], key: str, words: Words | None = None) -> None:
    """The faces at `places` (M,), twelve a page; `words` says something more of each."""
    if not len(places):
        st.info("No such face.")
        return
    pages = -(-len(places) // FACES_A_PAGE)
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            page = st.pagination(pages, key=f"{key}-{faces.key}-page") or 1
            st.caption(count(len(places), "face"))
    with st.container(horizontal=True):
        for place in places[(page - 1) * FACES_A_PAGE : page * FACES_A_PAGE]:
            _card(
                faces,
                int(place),
                f"{key}-{faces.key}-{place}",
                words(int(place)) if words else None,
            )


def _card(faces: Faces, place: int, key: str, words: str | None) -> None:
    prediction = faces.prediction(place)
    true = EMOTIONS[faces.report.faces.true[place]]
    told = "the crowd says" if faces.report.data["labels"] == "crowd" else "labelled"
    source = images.display_name(str(faces.report.faces.sources[place]))
    with st.container(border=True, width=_CARD_WIDTH):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            if prediction is not None:
                pixels = faces.inputs[place]
                said = f"read as {prediction.label}"
                st.image(
                    heat.enlarged(pixels, _SIDE), width=_SIDE, alt=f"Face, {told} {true}, {said}"
                )
            st.markdown(f"{_said(prediction)}  \n{told} **{true}**")
        if words:
            st.markdown(words)
        st.caption(escape_markdown(source))
        if prediction is None:
            return
        shares = faces.report.faces.shares
        crowd = None if shares is None else shares[place]
        st.plotly_chart(
            face_charts.mixes(prediction, crowd),
            key=f"{key}-mix",
            config={"staticPlot": True},
            alt="Probabilities: "
            + ", ".join(f"{name} {p:.0%}" for name, p in prediction.as_dict().items()),
        )
        asked = explanation_view.Question(faces.model.name, faces.prior, pixels, prediction)
        explanation_view.button(asked, f"{key}-why")


def _said(prediction: Prediction | None) -> str:
    if prediction is None:
        return "❔ no face found"
    doubt = ", unsure" if prediction.uncertain else ""
    return (
        f"{EMOJI[prediction.label]} **{prediction.label}** {percent(prediction.confidence)}{doubt}"
    )
