"""What a card's figures say, whatever they hold: a figure that is absent or odd is None, no error.

A card may come from an older version of this program, or from somebody else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fer.emotions import EMOTIONS, NUM_EMOTIONS

Interval = tuple[float, float]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """A share, or a Brier score, and its 95% interval if the card has it."""

    value: float
    interval: Interval | None

    @property
    def words(self) -> str:
        return f"{self.value:.1%}"

    @property
    def interval_words(self) -> str:
        return "–" if self.interval is None else "{:.1%} to {:.1%}".format(*self.interval)


def number(value: object, low: float = 0.0, high: float = 1.0) -> float | None:
    """A finite number between `low` and `high`, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high and math.isfinite(value) else None


def interval(value: object, high: float = 1.0) -> Interval | None:
    """Two numbers in order, or None."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        return None
    bounds = [number(one, 0.0, high) for one in value]
    if bounds[0] is None or bounds[1] is None or bounds[0] > bounds[1]:
        return None
    return bounds[0], bounds[1]


def figure(metrics: Values, name: str, high: float = 1.0) -> Figure | None:
    """The figure of that name with what stands beside it as `…_interval`."""
    value = number(metrics.get(name), 0.0, high)
    return None if value is None else Figure(value, interval(metrics.get(f"{name}_interval"), high))


def of_each(metrics: Values, name: str) -> dict[str, Figure | None]:
    """A figure of every emotion."""
    values, bounds = metrics.get(name), metrics.get(f"{name}_interval")
    values = values if isinstance(values, Mapping) else {}
    bounds = bounds if isinstance(bounds, Mapping) else {}
    return {
        emotion: figure({name: values.get(emotion), f"{name}_interval": bounds.get(emotion)}, name)
        for emotion in EMOTIONS
    }


def faces(metrics: Values) -> int | None:
    """On how many faces the figures rest."""
    value = number(metrics.get("n"), 1, 1e12)
    return None if value is None else int(value)


def count_words(value: object) -> str | None:
    """``27,061``, or None for what is no count."""
    count = number(value, 0, 1e12)
    return None if count is None else f"{count:,.0f}"


def confusion(metrics: Values) -> list[list[int]] | None:
    """Counts (7, 7), row true and column said."""
    table = metrics.get("confusion")
    if not isinstance(table, list) or len(table) != NUM_EMOTIONS:
        return None
    rows = []
    for row in table:
        counts = [number(one, 0, 1e12) for one in row] if isinstance(row, list) else []
        whole = [int(one) for one in counts if one is not None]
        if len(whole) != NUM_EMOTIONS or len(counts) != NUM_EMOTIONS:
            return None
        rows.append(whole)
    return rows


def coverage(metrics: Values) -> list[Interval]:
    """Pairs (share answered, accuracy); those that are none are left out."""
    rows = metrics.get("coverage_curve")
    points = [_pair(row) for row in rows] if isinstance(rows, list) else []
    return [point for point in points if point is not None]


def calibration(metrics: Values) -> list[dict[str, float]]:
    """Bins with `confidence` and `count`, and what the outcomes "right" and "votes" were in them;
    those that are none are left out."""
    rows = metrics.get("calibration_bins")
    found = []
    for row in rows if isinstance(rows, list) else []:
        its = row if isinstance(row, Mapping) else {}
        values = {key: number(its.get(key)) for key in ("confidence", "right", "votes")}
        values["count"] = number(its.get("count"), 1, 1e12)
        known = {key: value for key, value in values.items() if value is not None}
        if {"confidence", "right", "count"} <= set(known):
            found.append(known)
    return found


def robustness(metrics: Values) -> list[dict[str, Any]]:
    """Rows with what was done to the faces (`faces`), the accuracy then, and the loss in points.

    Of a table that `fer robustness` made, or of any mapping from words to an accuracy, or to an
    object with `accuracy` and `loss`.
    """
    table = metrics.get("robustness")
    if isinstance(table, Mapping) and isinstance(table.get("corruptions"), Mapping):
        table = table["corruptions"]
    rows = []
    for words, value in table.items() if isinstance(table, Mapping) else ():
        its = value if isinstance(value, Mapping) else {"accuracy": value}
        accuracy, loss = number(its.get("accuracy")), number(its.get("loss"), -100, 100)
        if accuracy is not None:
            rows.append({"faces": str(words), "accuracy": accuracy, "loss": loss})
    return rows


def _pair(row: object) -> Interval | None:
    if not isinstance(row, list) or len(row) != 2:
        return None
    first, second = number(row[0]), number(row[1])
    return None if first is None or second is None else (first, second)
