"""Figures of merit on plain arrays; every function says its shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from fer.emotions import NUM_EMOTIONS

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

TIED = -1
"""Index that stands for "the crowd has no single favourite"."""


def crowd_majority(votes: Ints) -> NDArray[np.int64]:
    """The crowd's choice for each face, or `TIED`.

    `votes` (N, 10): FER+ counts, the seven emotions first, then contempt, unknown, NF. A face
    counts when the largest count belongs to one of the seven and no other of the seven has as many.
    """
    seven = votes[:, :NUM_EMOTIONS]
    largest = votes.max(axis=1)
    favourites = (seven == largest[:, None]).sum(axis=1)
    counts = (largest > 0) & (favourites == 1)
    return np.where(counts, seven.argmax(axis=1), TIED).astype(np.int64)


def vote_shares(votes: Ints) -> NDArray[np.float64]:
    """Shares (N, 7) of the votes (N, 10) for the seven emotions; NaN where there are none."""
    seven = votes[:, :NUM_EMOTIONS]
    total = seven.sum(axis=1, keepdims=True)
    return np.where(total > 0, seven / np.maximum(total, 1), np.nan)


def with_temperature(probabilities: Floats, temperature: float) -> NDArray[np.float32]:
    """softmax(log p / T) for `probabilities` (N, 7) (Guo et al. 2017, arXiv 1706.04599)."""
    logits = np.log(np.clip(probabilities, 1e-12, 1.0).astype(np.float64)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def cross_entropy(probabilities: Floats, targets: Floats) -> float:
    """Mean of -Σ target · log p in nats, for (N, 7) and (N, 7)."""
    return float(-(targets * np.log(np.clip(probabilities, 1e-12, 1.0))).sum(axis=1).mean())


def fitted_temperature(probabilities: Floats, targets: Floats) -> float:
    """The temperature between 0.2 and 5 at which the cross entropy to `targets` (N, 7) is least."""
    found = minimize_scalar(
        lambda log_t: cross_entropy(with_temperature(probabilities, float(np.exp(log_t))), targets),
        bounds=(np.log(0.2), np.log(5.0)),
        method="bounded",
    )
    return float(np.exp(found.x))


def accuracy(predicted: Ints, true: Ints) -> float:
    """Share of equal entries of two arrays (N,); NaN for none."""
    return float((predicted == true).mean()) if len(true) else float("nan")


def confusion(predicted: Ints, true: Ints) -> NDArray[np.int64]:
    """Counts (7, 7): row true, column predicted."""
    table = np.zeros((NUM_EMOTIONS, NUM_EMOTIONS), np.int64)
    np.add.at(table, (true, predicted), 1)
    return table


def recalls(table: Ints) -> NDArray[np.float64]:
    """Recall of each emotion (7,) from a confusion table; NaN where there is no such face."""
    support = table.sum(axis=1)
    return np.where(support > 0, np.diag(table) / np.maximum(support, 1), np.nan)


def precisions(table: Ints) -> NDArray[np.float64]:
    """Precision of each emotion (7,) from a confusion table; NaN where it was never said."""
    said = table.sum(axis=0)
    return np.where(said > 0, np.diag(table) / np.maximum(said, 1), np.nan)


def f1s(table: Ints) -> NDArray[np.float64]:
    """F1 of each emotion (7,) from a confusion table; NaN where it neither occurs nor is said."""
    marked = table.sum(axis=0) + table.sum(axis=1)
    return np.where(marked > 0, 2 * np.diag(table) / np.maximum(marked, 1), np.nan)


def macro_f1(predicted: Ints, true: Ints) -> float:
    """Mean F1 of those emotions that occur in `true`."""
    table = confusion(predicted, true)
    return float(f1s(table)[table.sum(axis=1) > 0].mean())


def mean_recall(predicted: Ints, true: Ints) -> float:
    """Mean of the recalls of those emotions that occur in `true`."""
    return float(np.nanmean(recalls(confusion(predicted, true))))


def interval(
    figure: Callable[[NDArray[np.int64]], float], n: int, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """95% percentile bootstrap interval of `figure(rows)`, rows being n indices with repeats."""
    ((low, high),) = intervals(lambda rows: np.array([figure(rows)]), n, draws, seed)
    return float(low), float(high)


def intervals(
    figures: Callable[[NDArray[np.int64]], Floats], n: int, draws: int = 1000, seed: int = 0
) -> NDArray[np.float64]:
    """The same of K figures at once: rows (low, high), (K, 2); NaN for one that never is defined.

    Draws in which a figure is undefined do not count for it.
    """
    random = np.random.default_rng(seed)
    values = np.stack([figures(random.integers(0, n, n)) for _ in range(draws)])
    found = np.full((values.shape[1], 2), np.nan)
    defined = ~np.isnan(values).all(axis=0)
    found[defined] = np.nanpercentile(values[:, defined], [2.5, 97.5], axis=0).T
    return found


def squared_errors(probabilities: Floats, true: Ints) -> NDArray[np.float64]:
    """Σ (p - outcome)² over the seven for each face, (N, 7) and (N,) -> (N,), between 0 and 2; its
    mean is the Brier score."""
    outcome = np.eye(NUM_EMOTIONS)[true]
    return np.asarray(((probabilities - outcome) ** 2).sum(axis=1))


def calibration_bins(
    confidence: Floats, outcomes: Mapping[str, Floats], bins: int = 15
) -> list[dict[str, float]]:
    """The points of a calibration curve: for each equal-width bin of `confidence` (N,) that holds
    faces their `count`, mean `confidence` and mean of each of `outcomes` (N,)."""
    bin_of = _bin_of(confidence, bins)
    rows = []
    for place in np.unique(bin_of):
        inside = bin_of == place
        means = {"confidence": float(confidence[inside].mean())}
        means |= {key: float(outcome[inside].mean()) for key, outcome in outcomes.items()}
        rows.append({**means, "count": int(inside.sum())})
    return rows


def calibration_error(confidence: Floats, outcome: Floats, bins: int = 15) -> float:
    """Expected calibration error over equal-width bins of `confidence` (N,) against `outcome` (N,).

    `outcome` is 1 for right and 0 for wrong (Naeini et al. 2015), or the share of people who voted
    for the predicted label.
    """
    gaps = np.bincount(_bin_of(confidence, bins), weights=confidence - outcome, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def coverage_curve(confidence: Floats, right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Rows (coverage, accuracy) when only the surest share of faces is answered, for 5% … 100%.

    Fewer rows where so few faces have no such shares.
    """
    by_confidence = right[np.argsort(-confidence, kind="stable")]
    hits = np.cumsum(by_confidence)
    counts = {max(1, round(share * len(right))) for share in np.arange(0.05, 1.001, 0.05)}
    return np.array([(count / len(right), hits[count - 1] / count) for count in sorted(counts)])


def _bin_of(confidence: Floats, bins: int) -> NDArray[np.int64]:
    """Which of so many equal-width bins between 0 and 1 each confidence (N,) falls in."""
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)
