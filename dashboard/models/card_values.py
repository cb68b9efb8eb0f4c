"""What a card says, in words. Cards come from anywhere: what is missing or odd is said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fer.emotions import EMOTIONS
from fer.model_card import ModelCard

MISSING = "not in its card"
_LARGEST = 1e15


def number(value: Any) -> float | None:
    """The value, if it is a number that a figure could be: finite, and not out of this world."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and -_LARGEST <= value <= _LARGEST else None


def percent(value: Any) -> str:
    return MISSING if number(value) is None else f"{value:.1%}"


def whole(value: Any) -> str:
    return MISSING if number(value) is None else f"{value:,.0f}"


def with_interval(values: Mapping[str, Any], name: str, style: str = ".1%") -> str:
    """``85.2% (84.0% to 86.4%)``, the interval being that of `name` with "_interval" after it."""
    value, bounds = number(values.get(name)), pair(values.get(f"{name}_interval"))
    if value is None:
        return MISSING
    words = format(value, style)
    return f"{words} ({bounds[0]:{style}} to {bounds[1]:{style}})" if bounds else words


def pair(bounds: Any) -> tuple[float, float] | None:
    """Two numbers, if there are two."""
    if not isinstance(bounds, Sequence) or len(bounds) != 2:
        return None
    low, high = map(number, bounds)
    return None if low is None or high is None else (low, high)


def by_emotion(card: ModelCard, name: str) -> dict[str, float | None]:
    """A figure of each emotion, None where the card has none."""
    values = mapping(card.metrics.get(name))
    return {emotion: number(values.get(emotion)) for emotion in EMOTIONS}


def intervals_by_emotion(card: ModelCard, name: str) -> dict[str, tuple[float, float] | None]:
    values = mapping(card.metrics.get(f"{name}_interval"))
    return {emotion: pair(values.get(emotion)) for emotion in EMOTIONS}


def confusion(card: ModelCard) -> list[list[int]] | None:
    """Counts (7, 7), if the card holds them."""
    table = [[number(count) for count in row] for row in rows(card.metrics.get("confusion"))]
    whole = [[int(count) for count in row if count is not None and count >= 0] for row in table]
    size = len(EMOTIONS)
    is_square = [len(row) for row in whole] == [len(row) for row in table] == [size] * size
    return whole if is_square else None


def bins(card: ModelCard, outcome: str) -> list[Mapping[str, float]]:
    """The points of the calibration curve against "right" or "votes"; none where it holds none."""
    found = rows(card.metrics.get("calibration_bins"))
    needed = ("confidence", "count", outcome)
    known = [{key: number(mapping(row).get(key)) for key in needed} for row in found]
    points = [{key: one for key, one in row.items() if one is not None} for row in known]
    return [row for row in points if len(row) == len(needed) and row["count"] >= 1]


def coverage(card: ModelCard) -> list[tuple[float, float]]:
    """The points (coverage, accuracy) of the card."""
    return [point for row in rows(card.metrics.get("coverage_curve")) if (point := pair(row))]


def mapping(value: Any) -> Mapping[str, Any]:
    """The value, if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(value: Any) -> Sequence[Any]:
    """The rows that are lists or objects, if the value is a list."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [row for row in value if isinstance(row, Sequence | Mapping)]
