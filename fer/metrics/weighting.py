"""Faces that count unequally: weights (N,), or (..., N) for many drawings of the faces at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.metrics.votes import TIED

Floats = NDArray[np.floating]
Values = Floats | NDArray[np.bool_]
Ints = NDArray[np.integer]


def class_balanced_weights(true: Ints) -> NDArray[np.float64]:
    """Weights (N,) under which each emotion that occurs in `true` (N,) counts as much.

    Faces that are `TIED` count nothing; the others have a mean weight of 1. The weighted accuracy
    is then the balanced accuracy.

    >>> class_balanced_weights(np.array([0, 3, 3, 3]))
    array([2.        , 0.66666667, 0.66666667, 0.66666667])
    """
    labelled = true != TIED
    support = np.bincount(true[labelled], minlength=NUM_EMOTIONS)
    share = labelled.sum() / max(1, np.count_nonzero(support))
    return np.where(labelled, share / np.maximum(support[true], 1), 0.0)


def as_weights(weights: Floats | None, num_faces: int) -> NDArray[np.float64]:
    """Weights (N,): ones where None. Raises `ValueError` for other shapes and negative weights."""
    if weights is None:
        return np.ones(num_faces)
    if weights.shape != (num_faces,):
        raise ValueError(f"weights have shape {weights.shape}; expected ({num_faces},)")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights must be finite and not negative")
    return weights.astype(np.float64)


def weighted_mean(values: Values, weights: Floats) -> NDArray[np.float64]:
    """Mean of `values` (N,) under `weights` (..., N); NaN where these sum to 0."""
    return ratio(weights @ values.astype(np.float64), weights.sum(axis=-1))


def grouped_sums(values: Floats, group: Ints, num_groups: int) -> NDArray[np.float64]:
    """Sums (..., K) of `values` (..., N) over the faces of each group; `group` (N,) is below K."""
    order = np.argsort(group, kind="stable")
    groups, starts = np.unique(group[order], return_index=True)
    sums = np.zeros((*values.shape[:-1], num_groups))
    if len(groups):
        sums[..., groups] = np.add.reduceat(values[..., order], starts, axis=-1)
    return sums


def ratio(part: Values, whole: Values) -> NDArray[np.float64]:
    """part / whole; NaN where the whole is 0."""
    undefined = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=whole > 0))
