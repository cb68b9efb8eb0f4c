"""The faces behind the metrics: of a cell, where two models differ, mistakes, suspect labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from dashboard.evaluate import differences, face_gallery
from dashboard.evaluate.face_gallery import Faces
from dashboard.look import plots
from dashboard.text import count, escape_markdown
from fer import images
from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.evaluation import disagreement, mistakes
from fer.visualization import evaluation_charts as charts, face_charts

_MOST = 120
_TRUE, _PREDICTED, _MODEL = "cell-true", "cell-predicted", "cell-model"
_VIEWS = {"counts": "Counts", "rows": "Shares of rows", "columns": "Shares of columns"}
_ORDERS = {
    "disputed": "Most disputed votes first",
    "farthest": "Largest distance between votes and prediction first",
}
_MARK = "The mark beside a bar is the share of FER+ votes."


def show(models: Sequence[Faces]) -> None:
    """The faces behind the metrics of one or two models, in the panes that these faces have."""
    panes = _panes(models)
    pane = st.pills(
        "Faces", list(panes), default="Confusion", required=True, label_visibility="collapsed"
    )
    panes[str(pane)](models)


def _panes(models: Sequence[Faces]) -> dict[str, Callable[[Sequence[Faces]], None]]:
    """What can be looked at, by name, and the function that shows it."""
    report = models[0].report
    found: dict[str, Callable[[Sequence[Faces]], None]] = {"Confusion": confusion}
    if len(models) > 1:
        found["Disagreements"] = differences.show
    found["Mistakes"] = partial(_of_one, worst)
    if any(_suspects(faces) for faces in models):
        found["Suspect labels"] = partial(_of_one, suspect_labels)
    if report.faces.votes is not None:
        found["FER+ votes"] = partial(_of_one, disputed)
    if report.data["copies"]["groups"]:
        found["Duplicates"] = partial(_of_one, duplicates)
    return found


def _of_one(look: Callable[[Faces], None], models: Sequence[Faces]) -> None:
    """Shows faces as one of the models read them."""
    names = [faces.model.name for faces in models]
    name = names[0]
    if len(names) > 1:
        name = st.selectbox("Model", names, width=220)
    look(models[names.index(name)])


def confusion(models: Sequence[Faces]) -> None:
    """The matrix of each model, side by side, whose cells can be clicked, and the faces of the
    chosen cell."""
    view = st.selectbox("Numbers", list(_VIEWS), format_func=_VIEWS.__getitem__, width=220)
    names = [faces.model.name for faces in models]
    columns = st.columns([3, 2] if len(models) == 1 else len(models), gap="medium")
    for column, faces in zip(columns, models, strict=False):
        key = f"confusion-{faces.key}-{view}"
        table = faces.model.figures["confusion"]
        with column:
            plots.show(
                face_charts.pickable_confusion(table, view, faces.model.name),
                key,
                f"Confusion matrix of {faces.model.name}: true emotions in rows, predicted in "
                "columns",
                on_select=partial(_take_cell, key, faces.model.name),
            )
    missed = max(faces.model.figures["missed"] for faces in models)
    if missed:
        st.caption(mistakes.about_missed(missed))
    st.session_state.setdefault(_MODEL, names[0])
    if st.session_state[_MODEL] not in names:
        st.session_state[_MODEL] = names[0]
    faces = models[names.index(st.session_state[_MODEL])]
    pane = columns[1] if len(models) == 1 else st.container(horizontal=True)
    with pane:
        if len(models) == 1:
            st.caption("Click a cell, or choose it here: its faces are below.")
        if len(models) > 1:
            st.selectbox("Model", names, key=_MODEL, width=220)
        true, predicted = _ask_for_cell(faces)
    indices = mistakes.confused(faces.model.probabilities, faces.report.faces.true, true, predicted)
    of_model = f"{faces.model.name}: " if len(models) > 1 else ""
    st.subheader(f"{of_model}{EMOTIONS[true]}, predicted {_label(predicted)}: {len(indices):,}")
    face_gallery.show(faces, indices, f"cell-{true}-{predicted}")


def _ask_for_cell(faces: Faces) -> tuple[int, int]:
    """The true and the predicted label of the chosen cell: at first the largest mistake."""
    columns = range(NUM_EMOTIONS + 1 if faces.model.figures["missed"] else NUM_EMOTIONS)
    true, predicted = _largest_mistake(faces.model.figures["confusion"])
    st.session_state.setdefault(_TRUE, true)
    st.session_state.setdefault(_PREDICTED, predicted)
    if st.session_state[_PREDICTED] not in columns:
        st.session_state[_PREDICTED] = predicted
    true = st.selectbox(
        "True", range(NUM_EMOTIONS), format_func=EMOTIONS.__getitem__, key=_TRUE, width=220
    )
    predicted = st.selectbox("Predicted", columns, format_func=_label, key=_PREDICTED, width=220)
    return true, predicted


def worst(faces: Faces) -> None:
    """The most confident of the wrong predictions."""
    st.caption(f"The most confident of the wrong predictions, {_MOST} at most. {_mark(faces)}")
    indices = mistakes.worst(faces.model.probabilities, faces.report.faces.true, _MOST)
    face_gallery.show(faces, indices, "worst")


def suspect_labels(faces: Faces) -> None:
    """Labels that may be wrong, with the emotion that the model sees."""
    about = mistakes.about_suspects(faces.model.probabilities, faces.report.faces.true)
    st.caption(f"{about} {_MOST} at most are shown. {_mark(faces)}")
    other = dict(_suspects(faces))
    face_gallery.show(
        faces,
        np.array(list(other), np.int64),
        "labels",
        lambda index: f"the model sees **{EMOTIONS[other[index]]}**",
    )


def _suspects(faces: Faces) -> list[tuple[int, int]]:
    return mistakes.suspect_labels(faces.model.probabilities, faces.report.faces.true, _MOST)


def disputed(faces: Faces) -> None:
    """Where people disagreed: the distribution of their votes beside the model's."""
    votes = faces.report.faces.votes
    measured = (
        None if votes is None else disagreement.disagreement(faces.model.probabilities, votes)
    )
    if measured is None:
        st.info("No face has FER+ votes and a prediction, so there is nothing to compare.")
        return
    left, right = st.columns(2, vertical_alignment="center")
    with left:
        plots.show(
            charts.disagreement_dots(measured.crowd_bits, measured.model_bits), "disagreement"
        )
    with right:
        st.metric(
            "Mean distance to the FER+ votes",
            f"{measured.distance.mean():.0%}",
            help="Total variation distance between the votes and the probabilities of a face: the "
            "share of the votes that would have to move for both to be the same.",
        )
        if measured.correlation is not None:
            st.metric("Rank correlation of both entropies", f"{measured.correlation:.2f}")
        st.caption(
            "Entropy of votes and of probabilities in bits: 0 where all agree, 2.81 where all "
            "seven are alike. A well-calibrated model is uncertain where people disagree."
        )
    order = st.selectbox("Faces", list(_ORDERS), format_func=_ORDERS.__getitem__)
    st.caption(_MARK)
    bits = dict(zip(measured.indices.tolist(), measured.crowd_bits.tolist(), strict=True))
    apart = dict(zip(measured.indices.tolist(), measured.distance.tolist(), strict=True))
    indices = measured.most_disputed if order == "disputed" else measured.farthest
    face_gallery.show(
        faces,
        indices[:_MOST],
        f"disputed-{order}",
        lambda index: f"votes {bits[index]:.1f} bits · distance {apart[index]:.0%}",
    )


def duplicates(faces: Faces) -> None:
    """Exact duplicates among the evaluated faces, and of faces in other splits."""
    counts = faces.report.data["copies"]
    with st.container(horizontal=True):
        st.metric("Duplicates within these faces", f"{counts['within']:,}")
        for split, number in counts["across"].items():
            st.metric(f"Also in the {split} split", f"{number:,}")
        st.metric("Pictures with more than one label", f"{counts['contradictions']:,}")
    st.markdown(
        "A face that is in two splits **leaks**: a model that was trained on one of them has seen "
        "it, and its metrics are too high. Training removes such duplicates; an evaluation keeps "
        "them, so that its metrics can be compared with others."
    )
    index_of = {int(row): index for index, row in enumerate(faces.report.faces.rows)}
    where: dict[int, str] = {}
    for group in counts["groups"]:
        for copy in group:
            if copy["row"] in index_of:
                others = [other for other in group if other is not copy]
                where[index_of[copy["row"]]] = "also: " + "; ".join(map(_location, others))
    shown = count(len(counts["groups"]), "group of duplicates", "groups of duplicates")
    st.caption(f"The faces of the first {shown}:")
    face_gallery.show(faces, np.array(list(where), np.int64), "copies", where.__getitem__)


def _location(copy: dict[str, Any]) -> str:
    """Where a copy stands, and its label there."""
    source = escape_markdown(images.display_path(copy["source"]))
    return f"{source} ({copy['split']}, {copy['label'] or 'no label'})"


def _take_cell(key: str, model: str) -> None:
    """Puts the picked cell of a model's matrix into the select boxes."""
    picked: Any = st.session_state[key]
    points = picked["selection"]["points"]
    if points:
        true, predicted = points[0]["customdata"][:2]
        st.session_state[_TRUE], st.session_state[_PREDICTED] = int(true), int(predicted)
        st.session_state[_MODEL] = model


def _label(number: int) -> str:
    return EMOTIONS[number] if number < NUM_EMOTIONS else "not found"


def _largest_mistake(table: list[list[int]]) -> tuple[int, int]:
    """The wrong cell with most faces."""
    counts = np.array(table) * (1 - np.eye(NUM_EMOTIONS, dtype=int))
    true, predicted = np.unravel_index(counts.argmax(), counts.shape)
    return int(true), int(predicted)


def _mark(faces: Faces) -> str:
    return "" if faces.report.faces.votes is None else _MARK
