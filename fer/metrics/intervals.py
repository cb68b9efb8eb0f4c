"""How certain a figure is: one bootstrap for all, and a test of two models on the same faces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer.metrics.wilson import wilson_interval

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

DRAWS = 1000
SEED = 0
TAIL = 2.5
"""Percent of the draws on either side of an interval."""
_ENTRIES_AT_ONCE = 2_000_000


def bootstrap(
    figures: Callable[[NDArray[np.float64]], Mapping[str, Floats]],
    counts: Ints,
    expanded: bool = False,
) -> dict[str, NDArray[np.float64]]:
    """95% percentile bootstrap intervals of many figures at once: `DRAWS` seeded draws.

    `counts` (G,) says how many faces are alike in each of G groups; ones for faces that differ. A
    drawing with repeats is how often each group was drawn, a row of sum N. `figures` gets D such
    rows (D, G) at a time and returns arrays (D, ...) by name. Each gives its (low, high) as
    (..., 2): the 2.5th and 97.5th percentiles of those draws in which it is defined, NaN where it
    never is. Of few groups these are too narrow: `expanded` takes percentiles further out, so that
    the interval of a mean is as wide as Student's t makes it (Hesterberg 2015,
    doi 10.1080/00031305.2015.1089789).

    >>> bootstrap(lambda drawn: {"share": drawn[:, 0] / 100}, np.array([80, 20]))["share"]
    array([0.72, 0.87])
    """
    parts = [figures(drawn) for drawn in _drawings(counts)]
    tail = _expanded_tail(len(counts)) if expanded else TAIL
    return {
        name: _percentiles(np.concatenate([part[name] for part in parts]), tail)
        for name in parts[0]
    }


def share_interval(hits: int, n: int) -> list[float]:
    """95% interval of the share hits / n: bootstrap, or Wilson's where it is 0 or 1."""
    if hits in (0, n):
        return list(wilson_interval(hits / n, n))
    bounds = bootstrap(lambda drawn: {"share": drawn[:, 0] / n}, np.array([hits, n - hits]))
    return [float(bound) for bound in bounds["share"]]


def compare(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> dict[str, Any]:
    """Two models on the same faces, from which faces (N,) each predicted correctly.

    `difference` is the first's accuracy less the second's, `interval` its paired bootstrap
    interval, `mcnemar_p` the exact two-sided McNemar test (McNemar 1947): the binomial test of the
    faces on which just one of the two is correct. Where they agree on every face, or differ on
    every one, the interval is as wide as Wilson's of that share allows.
    """
    from scipy.stats import binomtest

    n = len(first)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    apart = only_first + only_second
    bounds = bootstrap(
        lambda drawn: {"difference": (drawn[:, 0] - drawn[:, 1]) / n},
        np.array([only_first, only_second, n - apart]),
    )
    low, high = bounds["difference"]
    if n in (only_first, only_second, n - apart):
        reach = (1 + abs(low)) * wilson_interval(0, n)[1]
        low, high = max(-1.0, low - reach), min(1.0, high + reach)
    return {
        "difference": (only_first - only_second) / n,
        "interval": [float(low), float(high)],
        "mcnemar_p": float(binomtest(only_first, apart, 0.5).pvalue) if apart else 1.0,
        "only_first_right": only_first,
        "only_second_right": only_second,
    }


def _drawings(counts: Ints) -> Iterator[NDArray[np.float64]]:
    """`DRAWS` drawings of the faces with repeats, a few rows at a time to bound the memory."""
    random, n = np.random.default_rng(SEED), int(counts.sum())
    at_once = max(1, _ENTRIES_AT_ONCE // len(counts))
    for start in range(0, DRAWS, at_once):
        rows = min(at_once, DRAWS - start)
        yield random.multinomial(n, counts / n, rows).astype(np.float64)


def _expanded_tail(groups: int) -> float:
    from scipy.special import ndtr, stdtrit

    degrees = max(1, groups - 1)
    return float(100 * ndtr(-np.sqrt(groups / degrees) * stdtrit(degrees, 1 - TAIL / 100)))


def _percentiles(values: Floats, tail: float) -> NDArray[np.float64]:
    """From (D, ...) to (..., 2), without a warning where nothing is defined."""
    flat = values.reshape(len(values), -1)
    bounds = np.full((flat.shape[1], 2), np.nan)
    for index in np.flatnonzero(np.isfinite(flat).any(axis=0)):
        bounds[index] = np.nanpercentile(flat[:, index], [tail, 100 - tail])
    return bounds.reshape(*values.shape[1:], 2)
