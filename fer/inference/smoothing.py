"""Probabilities of each track, steadied in time so that what is shown does not flicker."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.values import Prediction, Probabilities

LONGEST_SECONDS = 1.6
"""Time constant at strength 1; it grows with the square of the strength."""

LABEL_MARGIN = 0.15
UNSURE_MARGIN = 0.08
"""At strength 1 another label must lead by so much, and confidence pass its threshold by so much,
before what is shown changes."""

_FIRST_SECONDS = 1 / 15
_LEAST_SECONDS = 1e-3


@dataclass(slots=True)
class _State:
    total: NDArray[np.float64]
    weight: float
    time: float
    label: int
    uncertain: bool


class Smoother:
    """Weighted means with exponential forgetting, one for each track and none for two.

    `strength` from 0 (each frame as the model says) to 1 (strong). The same readings smoothed at
    another frame rate give the same curve: what counts is the time for which a reading stood.
    """

    def __init__(self, strength: float = 0.5, unsure_below: float = 0.0) -> None:
        self._states: dict[int, _State] = {}
        self.configure(strength, unsure_below)

    def configure(self, strength: float, unsure_below: float) -> None:
        """Other settings from the next reading on; labels are then decided afresh."""
        self._seconds = LONGEST_SECONDS * strength**2
        self._label_margin = LABEL_MARGIN * strength
        self._unsure_margin = UNSURE_MARGIN * strength
        self._unsure_below = unsure_below
        self._fresh = set(self._states)

    def update(
        self, track: int, probabilities: Probabilities, time: float, weight: float = 1.0
    ) -> Prediction:
        """The steadied prediction of a track after one more reading, (7,), of a weight above 0."""
        state = self._states.get(track)
        fresh = state is None or track in self._fresh
        self._fresh.discard(track)
        if state is None:
            state = _State(np.zeros(len(probabilities)), 0.0, time - _FIRST_SECONDS, 0, False)
            self._states[track] = state
        stood = max(_LEAST_SECONDS, time - state.time)
        kept = math.exp(-stood / self._seconds) if self._seconds > 0 else 0.0
        state.total = kept * state.total + weight * stood * probabilities.astype(np.float64)
        state.weight = kept * state.weight + weight * stood
        state.time = time
        mean = state.total / state.total.sum()
        return self._decided(state, mean, fresh)

    def keep(self, tracks: set[int]) -> None:
        """Forgets all other tracks."""
        self._states = {track: state for track, state in self._states.items() if track in tracks}
        self._fresh &= tracks

    def clear(self) -> None:
        """Forgets every track."""
        self.keep(set())

    def _decided(self, state: _State, mean: NDArray[np.float64], fresh: bool) -> Prediction:
        best = int(mean.argmax())
        if fresh or mean[best] - mean[state.label] > self._label_margin:
            state.label = best
        confidence = float(mean[state.label])
        margin = 0.0 if fresh else self._unsure_margin
        threshold = self._unsure_below + (margin if state.uncertain else -margin)
        state.uncertain = confidence < threshold
        return Prediction(mean.astype(np.float32), state.uncertain, state.label)
