"""What the validation faces say of a finished network: its temperature and its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import metrics
from fer.emotions import EMOTIONS

SILENT_SHARE = 0.2
"""Share of validation faces on which a model is called unsure."""


def uncertain_below(confidence: NDArray[np.float32]) -> float:
    """The confidence under which the least sure fifth of faces (N,) falls."""
    return float(np.quantile(confidence, SILENT_SHARE))


def figures(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    shares: NDArray[np.float32] | None,
) -> dict[str, Any]:
    """The figures of a card from tempered `probabilities` (N, 7) and the right answers (N,).

    Faces whose answer is `TIED` are counted and left out. `shares` (N, 7): vote shares, if any.
    """
    counted = truth != metrics.TIED
    p, true = probabilities[counted], truth[counted]
    predicted, confidence = p.argmax(axis=1), p.max(axis=1)
    right = predicted == true
    table = metrics.confusion(predicted, true)
    recall, precision = metrics.recalls(table), metrics.precisions(table)
    curve = metrics.coverage_curve(confidence, right)
    at_80 = curve[np.abs(curve[:, 0] - 0.8).argmin(), 1]
    result: dict[str, Any] = {
        "n": int(counted.sum()),
        "tied": int((~counted).sum()),
        "accuracy": _rounded(right.mean()),
        "accuracy_interval": _interval(
            lambda rows: metrics.accuracy(predicted[rows], true[rows]), true
        ),
        "mean_recall": _rounded(metrics.mean_recall(predicted, true)),
        "mean_recall_interval": _interval(
            lambda rows: metrics.mean_recall(predicted[rows], true[rows]), true
        ),
        "recall": {e: _rounded(recall[i]) for i, e in enumerate(EMOTIONS)},
        "precision": {e: _rounded(precision[i]) for i, e in enumerate(EMOTIONS)},
        "confusion": table.tolist(),
        "ece": _rounded(metrics.calibration_error(confidence, right.astype(np.float64))),
        "accuracy_at_80_percent_coverage": _rounded(at_80),
        "coverage_curve": [[_rounded(a), _rounded(b)] for a, b in curve],
    }
    if shares is not None:
        voted = shares[counted][np.arange(len(true)), predicted]
        result["ece_votes"] = _rounded(metrics.calibration_error(confidence, voted))
    return result


def _interval(figure: Any, true: NDArray[np.int64]) -> list[float | None]:
    return [_rounded(value) for value in metrics.interval(figure, len(true))]


def _rounded(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 4)
