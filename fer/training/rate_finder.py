"""Looks for a good learning rate: a few hundred steps while the rate rises from tiny to huge."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer.errors import BadSettings
from fer.training.batches import Batch
from fer.training.learner import Learner

LOWEST, HIGHEST = 1e-6, 10.0
STEPS = 200
_SMOOTHING = 0.9
_DIVERGED = 4.0
_FIRST_STEPS = 10


@dataclass(frozen=True, slots=True)
class RateCurve:
    """Smoothed training losses at rising learning rates, and the rate they speak for."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "rates": list(self.rates),
            "losses": list(self.losses),
            "suggested": self.suggested,
        }


def find(
    learner: Learner,
    steps: int = STEPS,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    on_step: Callable[[int, float, float], None] = lambda step, rate, loss: None,
) -> RateCurve:
    """Trains a fresh learner, which is spent then, at rates from `lowest` to `highest`.

    Ends early once the smoothed loss is four times its least. (Smith 2017, arXiv 1506.01186.)
    """
    if not 20 <= steps <= 10_000 or not 0 < lowest < highest:
        raise BadSettings(
            f"the rate finder takes 20 to 10,000 steps and rates that rise; "
            f"got {steps} steps from {lowest:g} to {highest:g}."
        )
    learner.prepare()
    rates, losses, mean = [], [], 0.0
    for step, batch in enumerate(itertools.islice(_endless(learner), steps)):
        rate = lowest * (highest / lowest) ** (step / (steps - 1))
        loss, _ = learner.step(batch, rate, step)
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        smoothed = mean / (1 - _SMOOTHING ** (step + 1))
        if not math.isfinite(smoothed):
            break
        rates.append(rate)
        losses.append(smoothed)
        on_step(step, rate, smoothed)
        if step >= _FIRST_STEPS and smoothed > _DIVERGED * min(losses):
            break
    if len(rates) < _FIRST_STEPS:
        raise BadSettings(f"the loss is no number even at a learning rate of {lowest:g}.")
    return RateCurve(tuple(rates), tuple(losses), suggestion(rates, losses))


def suggestion(rates: list[float], losses: list[float]) -> float:
    """A tenth of the rate at which the smoothed loss is least: high, yet well before it rises."""
    return float(f"{rates[int(np.argmin(losses))] / 10:.2g}")


def _endless(learner: Learner) -> Iterator[Batch]:
    for epoch in itertools.count():
        yield from learner.prepared(epoch)
