"""Probabilities of each track, smoothed over time so that labels do not flicker."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.results import Prediction, Probabilities

Floats = NDArray[np.float64]

LONGEST_SECONDS = 1.6
"""Time constant at strength 1; it grows with the square of the strength."""

LABEL_MARGIN = 0.25
UNSURE_MARGIN = 0.08
"""At strength 1, another label is shown once it leads by so much (or a little for three time
constants), and "unsure" comes and goes when confidence passes its threshold by so much."""

_FIRST_SECONDS = 1 / 15
_LEAST_SECONDS = 1e-3
_MOST_SECONDS = 1.0
_LEAST_CLEAR = 0.1
_PATIENCE = 3


@dataclass(slots=True)
class _State:
    """`total`: weighted sum of probabilities; `sharpness`: sum of sharpness times seconds, and of
    seconds; all forgetting. `label` and `uncertain`: what is shown. `rival`: another label that
    leads at present, and since when."""

    total: Floats
    sharpness: Floats
    time: float
    label: int
    uncertain: bool
    rival: tuple[int, float] | None = None


class Smoother:
    """Exponentially weighted means, one for each track.

    `strength` from 0 (no smoothing) to 1 (strong). A prediction is weighted by the time since the
    one before, so that other frame rates give the same curve; by the square of its confidence; and
    less where the face is less sharp than usual for this track. On validation faces seen eight
    times, some views blurred, smeared or covered, the accuracy was 68%, that of a plain mean 62%,
    of a single prediction 60% (`benchmarks/smoothing.py`).
    """

    def __init__(self, strength: float = 0.5, unsure_below: float = 0.0) -> None:
        self._states: dict[int, _State] = {}
        self.configure(strength, unsure_below)

    def configure(self, strength: float, unsure_below: float) -> None:
        """Other settings from the next prediction on; label and "unsure" are then decided anew."""
        self._seconds = LONGEST_SECONDS * strength**2
        self._label_margin = LABEL_MARGIN * math.sqrt(strength)
        self._unsure_margin = UNSURE_MARGIN * strength
        self._unsure_below = unsure_below
        self._fresh = set(self._states)

    def update(
        self, track: int, probabilities: Probabilities, time: float, sharpness: float = 1.0
    ) -> Prediction:
        """The smoothed prediction of a track after another set of probabilities, (7,)."""
        if track not in self._states:
            none, nothing = np.zeros(len(probabilities)), np.zeros(2)
            self._states[track] = _State(none, nothing, time - _FIRST_SECONDS, 0, False)
            self._fresh.add(track)
        state = self._states[track]
        stood = min(max(_LEAST_SECONDS, time - state.time), _MOST_SECONDS)
        decay = math.exp(-stood / self._seconds) if self._seconds > 0 else 0.0
        state.time = time
        state.sharpness = decay * state.sharpness + stood * np.array([sharpness, 1.0])
        usual = state.sharpness[0] / state.sharpness[1]
        clear = min(1.0, max(_LEAST_CLEAR, sharpness / usual)) if usual > 0 else 1.0
        weight = stood * clear * float(probabilities.max()) ** 2
        state.total = decay * state.total + weight * probabilities.astype(np.float64)
        return self._decided(track, state)

    def keep(self, tracks: set[int]) -> None:
        """Forgets all other tracks."""
        self._states = {track: state for track, state in self._states.items() if track in tracks}
        self._fresh &= tracks

    def clear(self) -> None:
        """Forgets every track."""
        self.keep(set())

    def _decided(self, track: int, state: _State) -> Prediction:
        """The label stays until another one leads clearly, and so does "unsure"."""
        fresh = track in self._fresh
        self._fresh.discard(track)
        mean = state.total / state.total.sum()
        best = int(mean.argmax())
        if state.rival is None or state.rival[0] != best:
            state.rival = best, state.time
        led = state.time - state.rival[1]
        ahead = mean[best] - mean[state.label]
        if fresh or ahead > self._label_margin or led > _PATIENCE * self._seconds:
            state.label = best
        margin = self._unsure_margin if state.uncertain else -self._unsure_margin
        threshold = self._unsure_below + (0.0 if fresh else margin)
        state.uncertain = float(mean[state.label]) < threshold
        return Prediction(mean.astype(np.float32), state.uncertain, state.label)
