"""The faces worth looking at: the surest mistakes, and labels that are likely wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fer import metrics
from fer.emotions import NUM_EMOTIONS


def worst(
    probabilities: NDArray[np.float32], true: NDArray[np.int64], most: int = 24
) -> NDArray[np.int64]:
    """Places of the wrong answers, the surest first, from (N, 7) and (N,)."""
    wrong = metrics.was_found(probabilities) & (metrics.predicted_labels(probabilities) != true)
    places = np.flatnonzero(wrong)
    confidence = probabilities[places].max(axis=1)
    return places[np.argsort(-confidence, kind="stable")][:most]


def confused(
    probabilities: NDArray[np.float32], true: NDArray[np.int64], label: int, answer: int
) -> NDArray[np.int64]:
    """Places of the faces in one cell of the confusion table, the surest first; `answer` 7 are
    those that were not found."""
    places = np.flatnonzero((true == label) & (metrics.predicted_labels(probabilities) == answer))
    if answer == NUM_EMOTIONS:
        return places
    return places[np.argsort(-probabilities[places, answer], kind="stable")]


def likely_wrong_labels(
    probabilities: NDArray[np.float32], true: NDArray[np.int64], most: int = 24
) -> list[tuple[int, int]]:
    """Places whose label is likely wrong, each with the emotion it more likely shows.

    Confident learning (Northcutt et al. 2021, doi 10.1613/jair.1.12125): a face counts as one of
    an emotion if its probability reaches the mean that the model gives to faces labelled so. A face
    that counts as another than its label is suspected, first those on whose label the model sets
    least beside what it says instead. The model may be the one that is wrong: look before changing.
    """
    found = metrics.was_found(probabilities)
    thresholds = np.full(NUM_EMOTIONS, np.inf)
    for label in range(NUM_EMOTIONS):
        its = found & (true == label)
        if its.any():
            thresholds[label] = probabilities[its, label].mean(dtype=np.float64)
    reached = np.where(found[:, None] & (probabilities >= thresholds), probabilities, -1.0)
    other = reached.argmax(axis=1)
    suspected = np.flatnonzero((reached.max(axis=1) >= 0) & (other != true))
    margin = probabilities[suspected, true[suspected]] - probabilities[suspected, other[suspected]]
    order = suspected[np.argsort(margin, kind="stable")][:most]
    return [(int(place), int(other[place])) for place in order]
