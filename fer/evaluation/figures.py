"""All figures of one model, and of two beside each other, as values that JSON can hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sklearn.metrics
from numpy.typing import NDArray
from scipy.stats import binomtest

from fer import metrics
from fer.emotions import EMOTIONS, NUM_EMOTIONS

DRAWS = 1000
SEED = 0
CALIBRATION_BINS = 15

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
Mask = NDArray[np.bool_]

_MISSED = NUM_EMOTIONS
"""The answer of a face that was not found: an eighth one, which is never right."""


def of_model(probabilities: Floats, true: Ints, shares: Floats | None = None) -> dict[str, Any]:
    """The figures of `probabilities` (N, 7), NaN where no face was found, against `true` (N,).

    `shares` (N, 7): shares of the crowd's votes, NaN where there are none. A face that was not
    found counts as wrong in everything but `accuracy_found` and the figures of probabilities
    (`ece`, `ece_votes`, `brier`). `coverage_curve` is over all faces and so ends at the share of
    those found. `brier` is the mean over faces of the sum over the seven emotions of (p - y)², from
    0 to 2. A figure that is not defined is None.
    """
    found = was_found(probabilities)
    said = answers(probabilities)
    right = said == true
    table = _confusion(said, true)
    return {
        "n": len(true),
        "accuracy": _number(right.mean()),
        "accuracy_found": _number(right[found].mean()) if found.any() else None,
        "missed": int((~found).sum()),
        **_class_figures(said, true),
        "confusion": table[:, :NUM_EMOTIONS].tolist(),
        **_intervals(table),
        **_probability_figures(probabilities[found], true[found], shares, found),
    }


def answers(probabilities: Floats) -> NDArray[np.int64]:
    """The likeliest emotion (N,) of `probabilities` (N, 7); 7 where no face was found."""
    found = was_found(probabilities)
    likeliest = np.where(found[:, None], probabilities, 0).argmax(axis=1)
    return np.where(found, likeliest, _MISSED).astype(np.int64)


def was_found(probabilities: Floats) -> Mask:
    """In which pictures (N,) a face was found: those with probabilities (N, 7) that are numbers."""
    return np.asarray(np.isfinite(probabilities).all(axis=1))


def of_pair(first: Mask, second: Mask) -> dict[str, Any]:
    """Two models on the same faces, from who was right (N,) on each.

    `difference` is the first's accuracy less the second's, `interval` its paired bootstrap
    interval, `mcnemar_p` the exact two-sided McNemar test (McNemar 1947): the binomial test of the
    faces on which just one of the two is right.
    """
    n = len(first)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    shares = np.array([only_first, only_second, n - only_first - only_second]) / n
    draws = np.random.default_rng(SEED).multinomial(n, shares, DRAWS)
    low, high = np.percentile((draws[:, 0] - draws[:, 1]) / n, [2.5, 97.5])
    apart = only_first + only_second
    return {
        "difference": (only_first - only_second) / n,
        "interval": [float(low), float(high)],
        "mcnemar_p": float(binomtest(only_first, apart, 0.5).pvalue) if apart else 1.0,
        "only_first_right": only_first,
        "only_second_right": only_second,
    }


def share_interval(hits: int, n: int) -> list[float]:
    """95% bootstrap interval of the share hits / n: `DRAWS` seeded draws of n faces."""
    draws = np.random.default_rng(SEED).binomial(n, hits / n, DRAWS) / n
    return [float(value) for value in np.percentile(draws, [2.5, 97.5])]


def _class_figures(said: Ints, true: Ints) -> dict[str, Any]:
    """Per class, and the means: macro F1 over the emotions that occur in either, recall over those
    that occur in `true`, as scikit-learn's defaults have it."""
    precision, recall, f1, support = sklearn.metrics.precision_recall_fscore_support(
        true, said, labels=range(NUM_EMOTIONS), zero_division=np.nan
    )
    rows = zip(precision, recall, f1, support, strict=True)
    return {
        "macro_f1": _number(np.nanmean(f1)),
        "balanced_accuracy": _number(np.nanmean(recall)),
        "per_class": {
            emotion: {
                "precision": _number(row[0]),
                "recall": _number(row[1]),
                "f1": _number(row[2]),
                "support": int(row[3]),
            }
            for emotion, row in zip(EMOTIONS, rows, strict=True)
        },
    }


def _confusion(said: Ints, true: Ints) -> NDArray[np.int64]:
    """Counts (7, 8): row true, column said, the last for faces that were not found."""
    table = sklearn.metrics.confusion_matrix(true, said, labels=range(NUM_EMOTIONS + 1))
    return np.asarray(table[:NUM_EMOTIONS], np.int64)


def _intervals(table: NDArray[np.int64]) -> dict[str, Any]:
    """95% intervals from `DRAWS` bootstrap tables.

    Drawing N faces with repeats and counting them is one multinomial draw from the table's shares,
    so no face need be drawn by itself.
    """
    n = int(table.sum())
    draws = np.random.default_rng(SEED).multinomial(n, table.ravel() / n, DRAWS)
    draws = draws.reshape(DRAWS, *table.shape)
    hits = np.diagonal(draws, axis1=1, axis2=2)
    support, said = draws.sum(axis=2), draws.sum(axis=1)[:, :NUM_EMOTIONS]
    recall, precision = _ratio(hits, support), _ratio(hits, said)
    f1 = _ratio(2 * hits, support + said)
    return {
        "accuracy_interval": _interval(hits.sum(axis=1) / n),
        "macro_f1_interval": _interval(_mean(f1)),
        "balanced_accuracy_interval": _interval(_mean(recall)),
        "per_class_intervals": {
            emotion: {
                "precision": _interval(precision[:, label]),
                "recall": _interval(recall[:, label]),
                "f1": _interval(f1[:, label]),
            }
            for label, emotion in enumerate(EMOTIONS)
        },
    }


def _probability_figures(
    p: Floats, true: Ints, shares: Floats | None, found: Mask
) -> dict[str, Any]:
    if not len(p):
        return {"ece": None, "ece_votes": None, "brier": None, "coverage_curve": []}
    said, confidence = p.argmax(axis=1), p.max(axis=1).astype(np.float64)
    right = said == true
    curve = metrics.coverage_curve(confidence, right)
    curve[:, 0] *= found.mean()
    brier = sklearn.metrics.brier_score_loss(
        true, p, labels=range(NUM_EMOTIONS), scale_by_half=False
    )
    return {
        "ece": metrics.calibration_error(confidence, right.astype(np.float64), CALIBRATION_BINS),
        "ece_votes": _ece_votes(said, confidence, None if shares is None else shares[found]),
        "brier": float(brier),
        "coverage_curve": [[float(coverage), float(share)] for coverage, share in curve],
    }


def _ece_votes(said: Ints, confidence: Floats, shares: Floats | None) -> float | None:
    if shares is None:
        return None
    voted = np.asarray(np.isfinite(shares).all(axis=1))
    if not voted.any():
        return None
    of_said = shares[voted, said[voted]]
    return metrics.calibration_error(confidence[voted], of_said, CALIBRATION_BINS)


def _ratio(part: Ints, whole: Ints) -> NDArray[np.float64]:
    """NaN where the whole is nothing."""
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _mean(values: Floats) -> NDArray[np.float64]:
    """Mean of each row's defined values; NaN where none is."""
    defined = np.isfinite(values)
    return _ratio(np.where(defined, values, 0).sum(axis=1), defined.sum(axis=1))


def _interval(values: Floats) -> list[float] | None:
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return [float(low), float(high)]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
