"""The faces behind the figures: in a cell, most wrong, wrongly labelled, disputed, copied."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from dashboard.evaluate import face_gallery
from dashboard.evaluate.face_gallery import Faces
from dashboard.text import escape_markdown
from fer import images
from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.evaluation import disagreement, mistakes
from fer.visualization import evaluation_charts as charts, face_charts

_MOST = 120
_TRUE, _SAID = "cell-true", "cell-said"
_VIEWS = {"counts": "Counts", "rows": "Shares of rows", "columns": "Shares of columns"}
_ORDERS = {
    "disputed": "First those on which the crowd disagreed most",
    "farthest": "First those whose mix the model gets most wrong",
}
_MARK = "The dark mark beside a bar is the crowd's share of votes."


def confusion(faces: Faces) -> None:
    """The table, whose cells can be clicked, and the faces of the chosen one."""
    view = st.segmented_control(
        "Numbers",
        list(_VIEWS),
        default="counts",
        required=True,
        format_func=lambda one: _VIEWS[one],
        label_visibility="collapsed",
    )
    table = faces.model.figures["confusion"]
    key = f"confusion-{faces.key}-{view}"
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    left.plotly_chart(
        face_charts.pickable_confusion(table, str(view)),
        key=key,
        on_select=lambda: _take_cell(key),
        selection_mode="points",
        alt="Confusion table: true emotions in rows, said ones in columns",
    )
    missed = faces.model.figures["missed"]
    answers = range(NUM_EMOTIONS + 1 if missed else NUM_EMOTIONS)
    true, said = _largest_mistake(table)
    st.session_state.setdefault(_TRUE, true)
    st.session_state.setdefault(_SAID, said)
    if st.session_state[_SAID] not in answers:
        st.session_state[_SAID] = said
    with right:
        st.caption("Click a cell, or choose it here: its faces are below.")
        true = st.selectbox(
            "True", range(NUM_EMOTIONS), format_func=EMOTIONS.__getitem__, key=_TRUE
        )
        said = st.selectbox("Said", answers, format_func=_answer, key=_SAID)
    places = mistakes.confused(faces.model.probabilities, faces.report.faces.true, true, said)
    st.markdown(f"##### {EMOTIONS[true]}, read as {_answer(said)}: {len(places):,}")
    face_gallery.show(faces, places, f"cell-{true}-{said}")


def worst(faces: Faces) -> None:
    """The surest of the wrong answers."""
    st.caption(f"The surest of the wrong answers, {_MOST} at most. {_mark(faces)}")
    places = mistakes.worst(faces.model.probabilities, faces.report.faces.true, _MOST)
    face_gallery.show(faces, places, "worst")


def wrong_labels(faces: Faces) -> None:
    """Labels that are likely wrong, with what they more likely are."""
    st.caption(
        "Labels that are likely wrong, by confident learning (Northcutt et al. 2021), "
        f"{_MOST} at most. The model may be the one that is wrong: look before you change a label. "
        f"{_mark(faces)}"
    )
    found = mistakes.likely_wrong_labels(faces.model.probabilities, faces.report.faces.true, _MOST)
    other = dict(found)
    face_gallery.show(
        faces,
        np.array([place for place, _ in found], np.int64),
        "labels",
        lambda place: f"more like **{EMOTIONS[other[place]]}**",
    )


def disputed(faces: Faces) -> None:
    """Where people disagreed: their mix of votes beside the model's mix."""
    votes = faces.report.faces.votes
    found = None if votes is None else disagreement.disagreement(faces.model.probabilities, votes)
    if found is None:
        st.info("These faces carry no crowd votes, so nobody's disagreement is known.", icon="🗳️")
        return
    left, right = st.columns(2, vertical_alignment="center")
    left.plotly_chart(
        charts.disagreement_dots(found.crowd_bits, found.model_bits), key="disagreement"
    )
    with right:
        st.metric(
            "Votes that would have to move to match the crowd", f"{found.distance.mean():.0%}"
        )
        if found.correlation is not None:
            st.metric("Rank correlation of disagreement and doubt", f"{found.correlation:.2f}")
        st.caption(
            "Entropy of both mixes in bits: 0 where all agree, 2.81 where nobody does. An honest "
            "model is in doubt where the crowd is."
        )
    order = st.selectbox("Faces", list(_ORDERS), format_func=lambda one: _ORDERS[one])
    st.caption(_MARK)
    bits = dict(zip(found.places.tolist(), found.crowd_bits.tolist(), strict=True))
    apart = dict(zip(found.places.tolist(), found.distance.tolist(), strict=True))
    places = found.most_disputed if order == "disputed" else found.farthest
    face_gallery.show(
        faces,
        places[:_MOST],
        f"disputed-{order}",
        lambda place: f"crowd {bits[place]:.1f} bits · {apart[place]:.0%} of votes apart",
    )


def copies(faces: Faces) -> None:
    """Exact copies among the evaluated faces, and of faces in other splits."""
    found = faces.report.data["copies"]
    with st.container(horizontal=True):
        st.metric("Copies of other evaluated faces", f"{found['within']:,}")
        for split, number in found["across"].items():
            st.metric(f"Also in the {split} split", f"{number:,}")
        st.metric("Pictures with more than one label", f"{found['contradictions']:,}")
    if not found["groups"]:
        st.success("No evaluated face occurs twice, here or in another split.", icon="✅")
        return
    st.markdown(
        "A face that is in two splits **leaks**: a model that learned from the one has seen the "
        "other, and its figures flatter it. Training here leaves such copies out; nothing is left "
        "out of an evaluation, so that figures stay comparable."
    )
    place_of = {int(row): place for place, row in enumerate(faces.report.faces.rows)}
    where: dict[int, str] = {}
    for group in found["groups"]:
        for one in group:
            if one["row"] in place_of:
                others = [other for other in group if other is not one]
                where[place_of[one["row"]]] = "also: " + "; ".join(map(_told, others))
    st.caption(f"The faces of the first {len(found['groups'])} groups of copies:")
    face_gallery.show(faces, np.array(list(where), np.int64), "copies", where.__getitem__)


def _told(copy: dict[str, Any]) -> str:
    """Where a copy stands, and its label there."""
    source = escape_markdown(images.display_name(copy["source"]))
    return f"{source} ({copy['split']}, {copy['label'] or 'no label'})"


def _take_cell(key: str) -> None:
    """Puts the picked cell into the select boxes."""
    picked: Any = st.session_state[key]
    points = picked["selection"]["points"]
    if points:
        true, said = points[0]["customdata"][:2]
        st.session_state[_TRUE], st.session_state[_SAID] = int(true), int(said)


def _answer(number: int) -> str:
    return EMOTIONS[number] if number < NUM_EMOTIONS else "not found"


def _largest_mistake(table: list[list[int]]) -> tuple[int, int]:
    """The wrong cell with most faces."""
    counts = np.array(table) * (1 - np.eye(NUM_EMOTIONS, dtype=int))
    true, said = np.unravel_index(counts.argmax(), counts.shape)
    return int(true), int(said)


def _mark(faces: Faces) -> str:
    return "" if faces.report.faces.votes is None else _MARK
