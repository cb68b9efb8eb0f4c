"""The faces worth looking at: the most confident mistakes, and labels that may be wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fer import metrics
from fer.emotions import NUM_EMOTIONS


def worst(
    probabilities: NDArray[np.float32], true: NDArray[np.int64], most: int = 24
) -> NDArray[np.int64]:
    """Indices of the wrong predictions, the most confident first, from (N, 7) and (N,)."""
    wrong = metrics.was_found(probabilities) & (metrics.predicted_labels(probabilities) != true)
    indices = np.flatnonzero(wrong)
    confidence = probabilities[indices].max(axis=1)
    return indices[np.argsort(-confidence, kind="stable")][:most]


def confused(
    probabilities: NDArray[np.float32], true: NDArray[np.int64], label: int, predicted: int
) -> NDArray[np.int64]:
    """Indices of the faces in one cell of the confusion table, the most confident first;
    `predicted` 7 are those that were not found."""
    labels = metrics.predicted_labels(probabilities)
    indices = np.flatnonzero((true == label) & (labels == predicted))
    if predicted == metrics.NOT_FOUND:
        return indices
    return indices[np.argsort(-probabilities[indices, predicted], kind="stable")]


def suspect_labels(
    probabilities: NDArray[np.float32], true: NDArray[np.int64], most: int = 24
) -> list[tuple[int, int]]:
    """Indices whose label may be wrong, each with the emotion that the model sees instead.

    Confident learning (Northcutt et al. 2021, doi 10.1613/jair.1.12125): a face counts as one of
    an emotion if its probability reaches the mean that the model gives to faces labelled so. A face
    that counts as another than its label is suspected; first come those whose label has the lowest
    probability beside the predicted one. The model may be the one that is wrong: look before you
    change a label.
    """
    found = metrics.was_found(probabilities)
    thresholds = np.full(NUM_EMOTIONS, np.inf)
    for label in range(NUM_EMOTIONS):
        labelled = found & (true == label)
        if labelled.any():
            thresholds[label] = probabilities[labelled, label].mean(dtype=np.float64)
    reached = np.where(found[:, None] & (probabilities >= thresholds), probabilities, -1.0)
    other = reached.argmax(axis=1)
    suspected = np.flatnonzero((reached.max(axis=1) >= 0) & (other != true))
    margin = probabilities[suspected, true[suspected]] - probabilities[suspected, other[suspected]]
    order = suspected[np.argsort(margin, kind="stable")][:most]
    return [(int(index), int(other[index])) for index in order]


def about_suspects(probabilities: NDArray[np.float32], true: NDArray[np.int64]) -> str:
    """What the suspect labels of one model can mean, and how many there are."""
    found = metrics.was_found(probabilities)
    wrong = found & (metrics.predicted_labels(probabilities) != true)
    suspects = suspect_labels(probabilities, true, len(true))
    share = wrong.sum() / max(1, found.sum())
    return (
        f"{len(suspects):,} of {found.sum():,} labels are worth a look, by confident learning "
        "(Northcutt et al. 2021): the face reaches the mean probability that the model gives to "
        "faces of another label. The model itself differs from "
        f"{wrong.sum():,} of the labels ({share:.0%}), and the more often it is the one that is "
        "wrong, the fewer of these labels really are. Look before you change one."
    )


def about_missed(missed: int) -> str:
    """Why the rows of a confusion matrix can sum to less than the faces of their emotions."""
    return (
        f"Not found: {missed:,}. Faces that were not found have no column; recall counts them as "
        "errors, so it can be lower than the percentages of a row."
    )
