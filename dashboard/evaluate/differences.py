"""The faces on which two models differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.evaluate import face_gallery
from dashboard.evaluate.face_gallery import Faces
from dashboard.text import count
from fer.visualization.annotate import percent


def show(models: Sequence[Faces]) -> None:
    """Faces on which one model alone is correct, or both are wrong in their own way."""
    first, second = models
    indices_by_title = _groups(first, second)
    title = st.selectbox(
        "Which faces",
        list(indices_by_title),
        format_func=lambda title: f"{title}: {count(len(indices_by_title[title]), 'face')}",
        width=420,
    )
    st.caption(
        f"Label and bars are those of **{first.model.name}**; the line below them says what "
        f"**{second.model.name}** predicts. The most confident of the wrong predictions come first."
    )
    face_gallery.show(
        first,
        indices_by_title[title],
        f"differ-{title}",
        lambda index: _prediction_text(second, index),
    )


def _groups(first: Faces, second: Faces) -> dict[str, NDArray[np.int64]]:
    """Indices of the faces that differ, by how they do."""
    true = first.report.faces.true
    first_is_right, second_is_right = first.model.predicted == true, second.model.predicted == true
    both_wrong = ~(first_is_right | second_is_right)
    return {
        f"Only {first.model.name} is correct": _sorted(second, first_is_right & ~second_is_right),
        f"Only {second.model.name} is correct": _sorted(first, second_is_right & ~first_is_right),
        "Both are wrong, with different labels": _sorted(
            second, both_wrong & (first.model.predicted != second.model.predicted)
        ),
    }


def _sorted(wrong: Faces, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Indices of the chosen faces, first those of which the wrong model is most confident."""
    indices = np.flatnonzero(chosen)
    confidence = np.nan_to_num(wrong.model.probabilities[indices].max(axis=1))
    return indices[np.argsort(-confidence, kind="stable")]


def _prediction_text(faces: Faces, index: int) -> str:
    prediction = faces.prediction(index)
    if prediction is None:
        return f"{faces.model.name}: no face found"
    return f"{faces.model.name}: **{prediction.label}** {percent(prediction.confidence)}"
