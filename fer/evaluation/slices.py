"""Accuracy where faces are small, blurred, dark or turned away, beside where they are not."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer import metrics
from fer.evaluation.predictions import QUALITIES

NUM_SLICES = 4
_SIGNLESS = ("roll", "yaw")
"""How far a head is turned counts, not to which side."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The `n` faces whose quality lies from `low` to `high` (below it, but for the last slice)."""

    low: float
    high: float
    n: int
    accuracy: float
    interval: tuple[float, float]

    def as_row(self) -> tuple[str, int, float, tuple[float, float]]:
        """What a chart takes: the range as text, n, accuracy and interval."""
        return f"{_short(self.low)} to {_short(self.high)}", self.n, self.accuracy, self.interval


def by_quality(
    quality: NDArray[np.float32], correct: NDArray[np.bool_]
) -> Mapping[str, tuple[Slice, ...]]:
    """Quarters of the faces by each quality, from `quality` (N, 5) as `QUALITIES` and `correct`
    (N,).

    Faces whose quality is not known are left out of its slices; a quality that is the same for all
    faces, such as the size in FER2013, has none.
    """
    by_name = {}
    for column, name in enumerate(QUALITIES):
        values = quality[:, column].astype(np.float64)
        known = np.isfinite(values)
        values = np.abs(values[known]) if name in _SIGNLESS else values[known]
        slices = _slices(values, correct[known]) if known.any() else ()
        if len(slices) > 1:
            by_name[name] = slices
    return by_name


def _slices(values: NDArray[np.float64], correct: NDArray[np.bool_]) -> tuple[Slice, ...]:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, NUM_SLICES + 1)))
    slice_of = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(0, len(edges) - 2))
    slices = []
    for number, (low, high) in enumerate(itertools.pairwise(edges)):
        inside = correct[slice_of == number]
        if not len(inside):
            continue
        hits, n = int(inside.sum()), len(inside)
        below, above = metrics.share_interval(hits, n)
        slices.append(Slice(float(low), float(high), n, hits / n, (below, above)))
    return tuple(slices)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"
