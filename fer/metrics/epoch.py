"""The figures of an epoch: how a network in training does on the validation faces."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS
from fer.metrics.calibration import cross_entropy
from fer.metrics.classification import accuracy, class_scores, confusion
from fer.metrics.votes import TIED


def epoch_figures(
    probabilities: NDArray[np.floating], targets: NDArray[np.floating], truth: NDArray[np.integer]
) -> dict[str, Any]:
    """Figures of `probabilities` (N, 7) for `targets` (N, 7), which the loss counts, and for
    `truth` (N,), whose tied faces count in the loss alone. One that is not defined is None."""
    labelled = truth != TIED
    predicted, true = probabilities.argmax(axis=1)[labelled], truth[labelled]
    scores = class_scores(predicted, true)
    return {
        "val_loss": cross_entropy(probabilities, targets),
        "val_accuracy": accuracy(predicted, true) if len(true) else 0.0,
        "val_balanced_accuracy": _number(float(scores.balanced_accuracy)),
        "recall": {
            emotion: _number(float(value))
            for emotion, value in zip(EMOTIONS, scores.recall, strict=True)
        },
        "confusion": confusion(predicted, true).tolist(),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
