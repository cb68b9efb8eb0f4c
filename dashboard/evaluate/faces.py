"""The faces behind the figures: of a cell, confident mistakes, likely wrong labels, copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from dashboard.evaluate import face_gallery
from dashboard.evaluate.face_gallery import Faces
from dashboard.look import plots
from dashboard.text import escape_markdown
from fer import images
from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.evaluation import disagreement, mistakes
from fer.visualization import evaluation_charts as charts, face_charts

_MOST = 120
_TRUE, _PREDICTED = "cell-true", "cell-predicted"
_VIEWS = {"counts": "Counts", "rows": "Shares of rows", "columns": "Shares of columns"}
_ORDERS = {
    "disputed": "First those on which the crowd disagreed most",
    "farthest": "First those whose votes the model predicts worst",
}
_MARK = "The dark mark beside a bar is the crowd's share of votes."


def confusion(faces: Faces) -> None:
    """The matrix, whose cells can be clicked, and the faces of the chosen one."""
    view = st.segmented_control(
        "Numbers",
        list(_VIEWS),
        default="counts",
        required=True,
        format_func=_VIEWS.__getitem__,
        label_visibility="collapsed",
    )
    table = faces.model.figures["confusion"]
    key = f"confusion-{faces.key}-{view}"
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with left:
        plots.show(
            face_charts.pickable_confusion(table, str(view)),
            key,
            "Confusion matrix: true emotions in rows, predicted ones in columns",
            on_select=lambda: _take_cell(key),
        )
    missed = faces.model.figures["missed"]
    columns = range(NUM_EMOTIONS + 1 if missed else NUM_EMOTIONS)
    true, predicted = _largest_mistake(table)
    st.session_state.setdefault(_TRUE, true)
    st.session_state.setdefault(_PREDICTED, predicted)
    if st.session_state[_PREDICTED] not in columns:
        st.session_state[_PREDICTED] = predicted
    with right:
        st.caption("Click a cell, or choose it here: its faces are below.")
        true = st.selectbox(
            "True", range(NUM_EMOTIONS), format_func=EMOTIONS.__getitem__, key=_TRUE
        )
        predicted = st.selectbox("Predicted", columns, format_func=_label, key=_PREDICTED)
    indices = mistakes.confused(faces.model.probabilities, faces.report.faces.true, true, predicted)
    st.markdown(f"## {EMOTIONS[true]}, predicted {_label(predicted)}: {len(indices):,}")
    face_gallery.show(faces, indices, f"cell-{true}-{predicted}")


def worst(faces: Faces) -> None:
    """The most confident of the wrong predictions."""
    st.caption(f"The most confident of the wrong predictions, {_MOST} at most. {_mark(faces)}")
    indices = mistakes.worst(faces.model.probabilities, faces.report.faces.true, _MOST)
    face_gallery.show(faces, indices, "worst")


def wrong_labels(faces: Faces) -> None:
    """Labels that are likely wrong, with the emotion that is likelier."""
    st.caption(
        "Labels that are likely wrong, by confident learning (Northcutt et al. 2021), "
        f"{_MOST} at most. The model may be the one that is wrong: look before you change a label. "
        f"{_mark(faces)}"
    )
    other = dict(
        mistakes.likely_wrong_labels(faces.model.probabilities, faces.report.faces.true, _MOST)
    )
    face_gallery.show(
        faces,
        np.array(list(other), np.int64),
        "labels",
        lambda index: f"more like **{EMOTIONS[other[index]]}**",
    )


def disputed(faces: Faces) -> None:
    """Where people disagreed: the distribution of their votes beside the model's."""
    votes = faces.report.faces.votes
    measured = (
        None if votes is None else disagreement.disagreement(faces.model.probabilities, votes)
    )
    if measured is None:
        st.info(
            "These faces carry no crowd votes, so nobody's disagreement is known.",
            icon=":material/how_to_vote:",
        )
        return
    left, right = st.columns(2, vertical_alignment="center")
    with left:
        plots.show(
            charts.disagreement_dots(measured.crowd_bits, measured.model_bits), "disagreement"
        )
    with right:
        st.metric(
            "Mean distance to the crowd's votes",
            f"{measured.distance.mean():.0%}",
            help="Total variation distance between the votes and the probabilities of a face: the "
            "share of the votes that would have to move for both to be the same.",
        )
        if measured.correlation is not None:
            st.metric("Rank correlation of both entropies", f"{measured.correlation:.2f}")
        st.caption(
            "Entropy of votes and of probabilities in bits: 0 where all agree, 2.81 where all "
            "seven are alike. A well calibrated model is uncertain where the crowd is."
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
        lambda index: f"crowd {bits[index]:.1f} bits · distance {apart[index]:.0%}",
    )


def copies(faces: Faces) -> None:
    """Exact copies among the evaluated faces, and of faces in other splits."""
    counts = faces.report.data["copies"]
    with st.container(horizontal=True):
        st.metric("Copies of other evaluated faces", f"{counts['within']:,}")
        for split, number in counts["across"].items():
            st.metric(f"Also in the {split} split", f"{number:,}")
        st.metric("Pictures with more than one label", f"{counts['contradictions']:,}")
    if not counts["groups"]:
        st.success(
            "No evaluated face occurs twice, here or in another split.",
            icon=":material/check_circle:",
        )
        return
    st.markdown(
        "A face that is in two splits **leaks**: a model that was trained on one of them has seen "
        "it, and its figures are too high. Training here removes such copies; an evaluation keeps "
        "them, so that its figures can be compared with others."
    )
    index_of = {int(row): index for index, row in enumerate(faces.report.faces.rows)}
    where: dict[int, str] = {}
    for group in counts["groups"]:
        for copy in group:
            if copy["row"] in index_of:
                others = [other for other in group if other is not copy]
                where[index_of[copy["row"]]] = "also: " + "; ".join(map(_location, others))
    st.caption(f"The faces of the first {len(counts['groups'])} groups of copies:")
    face_gallery.show(faces, np.array(list(where), np.int64), "copies", where.__getitem__)


def _location(copy: dict[str, Any]) -> str:
    """Where a copy stands, and its label there."""
    source = escape_markdown(images.display_name(copy["source"]))
    return f"{source} ({copy['split']}, {copy['label'] or 'no label'})"


def _take_cell(key: str) -> None:
    """Puts the picked cell into the select boxes."""
    picked: Any = st.session_state[key]
    points = picked["selection"]["points"]
    if points:
        true, predicted = points[0]["customdata"][:2]
        st.session_state[_TRUE], st.session_state[_PREDICTED] = int(true), int(predicted)


def _label(number: int) -> str:
    return EMOTIONS[number] if number < NUM_EMOTIONS else "not found"


def _largest_mistake(table: list[list[int]]) -> tuple[int, int]:
    """The wrong cell with most faces."""
    counts = np.array(table) * (1 - np.eye(NUM_EMOTIONS, dtype=int))
    true, predicted = np.unravel_index(counts.argmax(), counts.shape)
    return int(true), int(predicted)


def _mark(faces: Faces) -> str:
    return "" if faces.report.faces.votes is None else _MARK
