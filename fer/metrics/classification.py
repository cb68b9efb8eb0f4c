"""Predicted labels against true ones: accuracy, recall, precision, F1 and their means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.metrics.weighting import grouped_sums, ratio, weighted_mean

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

NOT_FOUND = NUM_EMOTIONS
"""The predicted label of a picture in which no face was found; it is never correct."""


def was_found(probabilities: Floats) -> NDArray[np.bool_]:
    """In which pictures (N,) a face was found: those with probabilities (N, 7) that are numbers."""
    return np.asarray(np.isfinite(probabilities).all(axis=1))


def predicted_labels(probabilities: Floats) -> NDArray[np.int64]:
    """The likeliest emotion (N,) of `probabilities` (N, 7); `NOT_FOUND` where they are NaN."""
    found = was_found(probabilities)
    likeliest = np.where(found[:, None], probabilities, 0).argmax(axis=1)
    return np.where(found, likeliest, NOT_FOUND).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """Precision, recall and F1 (..., 7) of the emotions, NaN where they are not defined: recall of
    an emotion that is never true, precision of one that is never predicted, F1 of one that is
    neither."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]

    @property
    def balanced_accuracy(self) -> NDArray[np.float64]:
        """Mean recall (...) of the emotions that are true somewhere."""
        return _mean_of_defined(self.recall)

    @property
    def macro_f1(self) -> NDArray[np.float64]:
        """Mean F1 (...) of the emotions that are true or predicted somewhere, as scikit-learn's
        `f1_score(average="macro")` has it: a false alarm for an absent emotion costs."""
        return _mean_of_defined(self.f1)


def class_scores(predicted: Ints, true: Ints, weights: Floats | None = None) -> ClassScores:
    """Scores of predicted (N,) against true labels (N,), by scikit-learn.

    >>> class_scores(np.array([3, 3, 6]), np.array([3, 3, 3])).balanced_accuracy.item()
    0.6666666666666666
    """
    import sklearn.metrics

    if not len(true):
        return ClassScores(*np.full((3, NUM_EMOTIONS), np.nan))
    precision, recall, f1, _ = sklearn.metrics.precision_recall_fscore_support(
        true, predicted, labels=range(NUM_EMOTIONS), zero_division=np.nan, sample_weight=weights
    )
    return ClassScores(precision, recall, f1)


def drawn_class_scores(predicted: Ints, true: Ints, weights: Floats) -> ClassScores:
    """The same for many drawings of the faces at once: `weights` (D, N) gives scores (D, 7)."""
    columns = NUM_EMOTIONS + 1
    tables = grouped_sums(weights, true * columns + predicted, NUM_EMOTIONS * columns)
    tables = tables.reshape(*weights.shape[:-1], NUM_EMOTIONS, columns)
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    num_true, num_predicted = tables.sum(axis=-1), tables.sum(axis=-2)[..., :NUM_EMOTIONS]
    return ClassScores(
        precision=ratio(hits, num_predicted),
        recall=ratio(hits, num_true),
        f1=ratio(2 * hits, num_true + num_predicted),
    )


def accuracy(predicted: Ints, true: Ints, weights: Floats | None = None) -> float:
    """Share of correct labels of N faces; NaN for none."""
    correct = (predicted == true).astype(np.float64)
    return float(weighted_mean(correct, np.ones(len(true)) if weights is None else weights))


def confusion(predicted: Ints, true: Ints) -> NDArray[np.int64]:
    """Counts of faces (7, 7): row true, column predicted; without those that were not found."""
    import sklearn.metrics

    if not len(true):
        return np.zeros((NUM_EMOTIONS, NUM_EMOTIONS), np.int64)
    table = sklearn.metrics.confusion_matrix(true, predicted, labels=range(NUM_EMOTIONS))
    return np.asarray(table, np.int64)


def _mean_of_defined(scores: Floats) -> NDArray[np.float64]:
    """Mean over the last axis of what is defined; NaN where nothing is."""
    defined = np.isfinite(scores)
    return ratio(np.where(defined, scores, 0.0).sum(axis=-1), defined.sum(axis=-1))
