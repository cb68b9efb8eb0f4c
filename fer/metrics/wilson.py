"""Wilson's intervals, for shares that are 0 or 1: drawing faces knows no spread of those."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.metrics.calibration import UNCERTAIN_SHARE
from fer.metrics.weighting import class_balanced_weights

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

_Z = 1.959964
"""Of 95%, two-sided."""


def wilson_interval(share: float, trials: float) -> tuple[float, float]:
    """95% interval of a share, 0 to 1, of `trials` above 0 (Wilson 1927,
    doi 10.1080/01621459.1927.10502953).

    >>> low, high = wilson_interval(0.5, 20)
    >>> f"{low:.3f} to {high:.3f}"
    '0.299 to 0.701'
    """
    centre = (share + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    spread = math.sqrt(share * (1 - share) / trials + (_Z / (2 * trials)) ** 2)
    reach = _Z * spread / (1 + _Z**2 / trials)
    return (0.0 if share == 0 else centre - reach), (1.0 if share == 1 else centre + reach)


def widened(
    bounds: Mapping[str, Floats],
    values: Mapping[str, Floats],
    predicted: Ints,
    true: Ints,
    found: NDArray[np.bool_],
    weights: Floats,
) -> dict[str, Floats]:
    """The `bounds` (..., 2) of figures by name, with an interval for each share among the `values`
    that is 0 or 1; all others are left. `weights` (N,) count as fewer faces where they differ."""
    trials = _trials(predicted, true, found, weights)
    result = dict(bounds)
    for name in trials.keys() & bounds.keys():
        pairs = bounds[name].reshape(-1, 2).copy()
        shares = np.broadcast_to(values[name], trials[name].shape).ravel()
        for index, (share, number) in enumerate(zip(shares, trials[name].ravel(), strict=True)):
            if number > 0 and min(abs(share), abs(1 - share)) < 1e-12:
                low, high = wilson_interval(round(float(share)), float(number))
                is_f1 = name == "f1"  # 2J / (1 + J) of the share J of faces in both sets
                pairs[index] = (
                    (2 * low / (1 + low), 2 * high / (1 + high)) if is_f1 else (low, high)
                )
        result[name] = pairs.reshape(bounds[name].shape)
    return result


def _trials(
    predicted: Ints, true: Ints, found: NDArray[np.bool_], weights: Floats
) -> dict[str, Floats]:
    """Of how many faces each share is: one number, or one for each emotion."""
    balanced = np.array(_effective(class_balanced_weights(true)))
    emotions = np.arange(NUM_EMOTIONS)[:, np.newaxis]
    is_true, is_predicted = emotions == true, emotions == predicted
    sets = {"recall": is_true, "precision": is_predicted, "f1": is_true | is_predicted}
    seen = _effective(weights[found])
    return {
        "accuracy": np.array(_effective(weights)),
        "accuracy_found": np.array(seen),
        "accuracy_at_80_percent_coverage": np.array((1 - UNCERTAIN_SHARE) * seen),
        "balanced_accuracy": balanced,
        "macro_f1": balanced,
        **{
            name: np.array([_effective(weights[row]) for row in rows])
            for name, rows in sets.items()
        },
    }


def _effective(weights: Floats) -> float:
    """How many faces of equal weight say as much (Kish 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0
