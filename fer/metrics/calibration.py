"""Whether confidence can be believed: temperature, calibration error, Brier score, coverage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.metrics.weighting import Values, as_weights, grouped_sums, ratio

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

NUM_BINS = 15
UNCERTAIN_SHARE = 0.2
"""Share of validation faces on which a model is called unsure."""


def with_temperature(probabilities: Floats, temperature: float) -> NDArray[np.float32]:
    """softmax(log p / T) for `probabilities` (N, 7) (Guo et al. 2017, arXiv 1706.04599)."""
    logits = np.log(np.clip(probabilities, 1e-12, 1.0).astype(np.float64)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def cross_entropy(probabilities: Floats, targets: Floats) -> float:
    """Mean of -Σ target · log p in nats, for (N, 7) and (N, 7)."""
    return float(-(targets * np.log(np.clip(probabilities, 1e-12, 1.0))).sum(axis=1).mean())


def fitted_temperature(
    probabilities: Floats,
    targets: Floats,
    then: Callable[[NDArray[np.float32]], NDArray[np.float32]] = lambda tempered: tempered,
) -> float:
    """The temperature between 0.2 and 5 at which the cross entropy to `targets` (N, 7) is least.

    `then` is what else is done to the tempered probabilities before they are compared.
    """
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        tempered = with_temperature(probabilities, float(np.exp(log_temperature)))
        return cross_entropy(then(tempered), targets)

    best = minimize_scalar(
        loss,
        bounds=(np.log(0.2), np.log(5.0)),
        method="bounded",
    )
    return float(np.exp(best.x))


def cross_fitted(
    probabilities: Floats, targets: Floats, half: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Each half of `probabilities` (N, 7) at the temperature that was fitted on the other half.

    The temperature that `probabilities` have had makes no difference.
    """
    crossed = np.empty(probabilities.shape, np.float32)
    for fitted in (half, ~half):
        temperature = fitted_temperature(probabilities[fitted], targets[fitted])
        crossed[~fitted] = with_temperature(probabilities[~fitted], temperature)
    return crossed


def halves(hashes: Sequence[bytes]) -> NDArray[np.bool_]:
    """Splits faces in two by the hashes of their pictures; copies fall into the same half."""
    return np.array([digest[0] % 2 == 0 for digest in hashes], bool)


def squared_errors(probabilities: Floats, true: Ints) -> NDArray[np.float64]:
    """Σ (p - outcome)² over the seven for each face, (N, 7) and (N,) -> (N,), between 0 and 2; its
    mean is the Brier score."""
    outcome = np.eye(NUM_EMOTIONS)[true]
    return np.asarray(((probabilities - outcome) ** 2).sum(axis=1))


def calibration_error(
    confidence: Floats, outcome: Values, weights: Floats | None = None, bins: int = NUM_BINS
) -> NDArray[np.float64]:
    """Expected calibration error (...) over equal-width bins of `confidence` (N,).

    `outcome` (N,) is 1 for correct and 0 for wrong (Naeini et al. 2015), or the share of people who
    voted for the predicted label; `weights` (..., N). NaN where there are no faces.
    """
    weights = np.ones(len(confidence)) if weights is None else weights
    gaps = grouped_sums(weights * (confidence - outcome), _bin_of(confidence, bins), bins)
    return ratio(np.abs(gaps).sum(axis=-1), weights.sum(axis=-1))


def calibration_bins(
    confidence: Floats,
    outcomes: Mapping[str, Floats],
    weights: Floats | None = None,
    bins: int = NUM_BINS,
) -> list[dict[str, float]]:
    """The points of a calibration curve.

    For each equal-width bin of `confidence` (N,) that holds faces: their `count`, their `share` of
    all weight, and the means of `confidence` and of each of `outcomes` (N,).
    """
    weights = as_weights(weights, len(confidence))
    bin_of = _bin_of(confidence, bins)
    rows = []
    for index in np.unique(bin_of[weights > 0]):
        inside = (bin_of == index) & (weights > 0)
        rows.append(
            {
                key: float(np.average(values[inside], weights=weights[inside]))
                for key, values in {"confidence": confidence, **outcomes}.items()
            }
            | {
                "count": int(inside.sum()),
                "share": float(weights[inside].sum() / weights.sum()),
            }
        )
    return rows


def accuracy_at_coverage(
    confidence: Floats, correct: NDArray[np.bool_], coverage: float, weights: Floats | None = None
) -> NDArray[np.float64]:
    """Accuracy (...) on the most confident share `coverage` of N faces, `weights` (..., N).

    The face at the edge counts by the part of it that lies within the share.
    """
    order = np.argsort(-confidence, kind="stable")
    weights = (np.ones(len(confidence)) if weights is None else weights)[..., order]
    total = weights.sum(axis=-1, keepdims=True)
    before = np.cumsum(weights, axis=-1) - weights
    inside = np.clip(coverage * total - before, 0.0, weights)
    return ratio(inside @ correct[order].astype(np.float64), inside.sum(axis=-1))


def coverage_curve(
    confidence: Floats, correct: NDArray[np.bool_], weights: Floats | None = None
) -> NDArray[np.float64]:
    """Rows (coverage, accuracy) for the most confident 5%, 10% … 100% of the faces."""
    shares = [step / 20 for step in range(1, 21)]
    return np.array(
        [(share, accuracy_at_coverage(confidence, correct, share, weights)) for share in shares]
    )


def uncertain_below(confidence: Floats, weights: Floats | None = None) -> float:
    """The confidence under which the least confident fifth of faces (N,) falls."""
    return float(np.quantile(confidence, UNCERTAIN_SHARE, weights=weights, method="inverted_cdf"))


def _bin_of(confidence: Floats, bins: int) -> NDArray[np.int64]:
    """Which of so many equal-width bins between 0 and 1 each confidence (N,) falls in."""
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)
