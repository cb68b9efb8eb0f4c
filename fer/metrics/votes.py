"""What a crowd's votes say of a face: its favourite emotion, and the share of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS

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
