"""Pages of evaluated faces, each with the model's probabilities, the FER+ votes and why."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import explanation_view
from dashboard.evaluate.evaluation import Evaluation
from dashboard.look import emotion_icons, plots
from dashboard.text import count, escape_markdown
from fer import images, registry
from fer.emotions import EMOTIONS
from fer.errors import FerError
from fer.evaluation.recorded_inputs import Inputs
from fer.evaluation.report import ModelReport, Report
from fer.results import Prediction
from fer.visualization import face_charts, heat
from fer.visualization.annotate import percent

FACES_A_PAGE = 12
_CARD_WIDTH = 232
_SIDE = 96

Caption = Callable[[int], str]


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The evaluated faces as one model got and read them; `key` tells them from those of other
    evaluations and models."""

    key: str
    report: Report
    model: ModelReport
    inputs: Inputs = field(repr=False)
    uncertain_below: float

    def prediction(self, index: int) -> Prediction | None:
        """None where no face was found."""
        probabilities = self.model.probabilities[index]
        if not np.isfinite(probabilities).all():
            return None
        is_uncertain = float(probabilities.max()) < self.uncertain_below
        return Prediction(probabilities, uncertain=is_uncertain)


def faces_of(evaluation: Evaluation, number: int) -> Faces:
    """Raises `FerError` where they cannot be read any more."""
    report = evaluation.report()
    model = report.models[number]
    below = 0.0
    with suppress(FerError):  # the model was deleted since: its predictions are still there
        card = registry.card(model.name)
        below = card.uncertain_below_under(card.prior(model.prior))
    key = f"{evaluation.key}-{number}"
    return Faces(key, report, model, evaluation.inputs(number), below)


def show(
    faces: Faces, indices: NDArray[np.int64], key: str, caption: Caption | None = None
) -> None:
    """The faces at `indices` (M,), twelve a page; `caption` gives a line for each."""
    if not len(indices):
        st.info("No such face.")
        return
    pages = -(-len(indices) // FACES_A_PAGE)
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            page = st.pagination(pages, key=f"{key}-{faces.key}-page") or 1
            st.caption(count(len(indices), "face"))
    with st.grid(min_column_width=_CARD_WIDTH):
        for index in indices[(page - 1) * FACES_A_PAGE : page * FACES_A_PAGE]:
            _card(
                faces,
                int(index),
                f"{key}-{faces.key}-{index}",
                caption(int(index)) if caption else None,
            )


def _card(faces: Faces, index: int, key: str, caption: str | None) -> None:
    prediction = faces.prediction(index)
    true = EMOTIONS[faces.report.faces.true[index]]
    kind = "FER+" if faces.report.data["labels"] == "crowd" else "label"
    source = images.display_path(str(faces.report.faces.sources[index]))
    with st.container(border=True):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            if prediction is not None:
                pixels = faces.inputs[index]
                st.image(
                    heat.enlarged(pixels, _SIDE),
                    width=_SIDE,
                    alt=f"Face, {kind} {true}, predicted {prediction.label}",
                )
            st.markdown(f"{_prediction_text(prediction)}  \n{kind} **{true}**")
        if caption:
            st.markdown(caption)
        st.caption(escape_markdown(source))
        if prediction is None:
            return
        shares = faces.report.faces.shares
        crowd = None if shares is None else shares[index]
        plots.show(
            face_charts.mixes(prediction, crowd),
            f"{key}-mix",
            "Probabilities: "
            + ", ".join(f"{name} {p:.0%}" for name, p in prediction.as_dict().items()),
            static=True,
        )
        question = explanation_view.Question(
            faces.model.name, faces.model.prior, pixels, prediction
        )
        explanation_view.button(question, f"{key}-why")


def _prediction_text(prediction: Prediction | None) -> str:
    if prediction is None:
        return ":material/help: no face found"
    unsure = ", unsure" if prediction.uncertain else ""
    confidence = percent(prediction.confidence)
    icon = emotion_icons.icon(prediction.label)
    return f"{icon} **{prediction.label}**  \n{confidence}{unsure}"
