"""When a stream's frames are analysed: its own steady time, and how often a costly step runs."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class RateController:
    """How often a costly step runs: as often as its share of the time allows, within bounds in
    seconds, and never for more than half of the time. All streams of a process share that time."""

    share: float
    shortest: float
    longest: float
    cost: float = 0.0
    last: float | None = None

    def due(self, now: float, hurry: bool = False, crowd: int = 1) -> bool:
        """Whether it is time again; twice as often in a hurry, less often in a crowd."""
        if self.last is None:
            return True
        longest = max(self.longest, 2 * self.cost)
        interval = min(max(self.cost / self.share, self.shortest), longest)
        # A little early is better than a frame late: frames come in steps of their own.
        return now - self.last > (0.45 if hurry else 0.9) * interval * crowd

    def done(self, now: float, seconds: float) -> None:
        self.cost = seconds if self.last is None else 0.7 * self.cost + 0.3 * seconds
        self.last = now


class SteadyTime:
    """The stream's own seconds, made to go forwards: where they stand still, jump or turn back,
    the time that passed for us counts instead."""

    def __init__(self) -> None:
        self._last: tuple[float, float, float] | None = None

    def __call__(self, time: float, arrived: float) -> float:
        """Steady seconds for a frame's own `time` and that of its arrival on a monotonic clock."""
        if self._last is None:
            now = time if math.isfinite(time) else 0.0
        else:
            before, arrived_before, now = self._last
            waited = max(0.0, arrived - arrived_before)
            passed = time - before
            now += passed if 0 < passed < waited + 5 else waited
        self._last = (time, arrived, now)
        return now
