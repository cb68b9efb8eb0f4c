"""Where people disagreed: the distribution of their votes beside the model's probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import entropy, spearmanr

from fer import metrics


@dataclass(frozen=True, slots=True, eq=False)
class Disagreement:
    """How the model's distribution follows the crowd's on the M faces found that have votes.

    `indices` (M,) among the evaluated faces; `crowd_bits` and `model_bits` (M,) the entropies of
    both distributions (0 where all agree, log2 7 = 2.81 where nobody does); `distance` (M,) the
    total variation between them: the share of votes that would have to move. `correlation` is
    Spearman's between the entropies, None where one does not vary.
    """

    indices: NDArray[np.int64]
    crowd_bits: NDArray[np.float64]
    model_bits: NDArray[np.float64]
    distance: NDArray[np.float64]
    correlation: float | None

    @property
    def most_disputed(self) -> NDArray[np.int64]:
        """Indices of the faces, first those on which the crowd disagreed most."""
        return self.indices[np.argsort(-self.crowd_bits, kind="stable")]

    @property
    def farthest(self) -> NDArray[np.int64]:
        """Indices of the faces, first those whose votes the model predicts worst."""
        return self.indices[np.argsort(-self.distance, kind="stable")]


def disagreement(
    probabilities: NDArray[np.float32], votes: NDArray[np.int64]
) -> Disagreement | None:
    """From probabilities (N, 7) and votes (N, 10); None where no found face has votes."""
    shares = metrics.vote_shares(votes)
    indices = np.flatnonzero(metrics.was_found(probabilities) & np.isfinite(shares).all(axis=1))
    if not len(indices):
        return None
    crowd, model = shares[indices], probabilities[indices].astype(np.float64)
    crowd_bits, model_bits = entropy(crowd, base=2, axis=1), entropy(model, base=2, axis=1)
    varies = len(indices) > 1 and np.ptp(crowd_bits) > 0 and np.ptp(model_bits) > 0
    return Disagreement(
        indices=indices,
        crowd_bits=crowd_bits,
        model_bits=model_bits,
        distance=np.abs(crowd - model).sum(axis=1) / 2,
        correlation=float(spearmanr(crowd_bits, model_bits).statistic) if varies else None,
    )
