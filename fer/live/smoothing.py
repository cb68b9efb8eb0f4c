"""Probabilities of each track, steadied in time so that what is shown does not flicker."""

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
    """Weighted means with exponential forgetting, one for each track and none for two.

    `strength` from 0 (each reading as the model gives it) to 1 (strong). A reading counts by the
    time for which it stood, so that another frame rate gives the same curve; by the square of its
    confidence; and less where the face is less sharp than this one usually is. Of validation faces
    seen eight times, some views blurred, smeared or covered, this was right on 68%, a plain mean on
    62%, a single reading on 60% (`benchmarks/smoothing.py`).
    """

    def __init__(self, strength: float = 0.5, unsure_below: float = 0.0) -> None:
        self._states: dict[int, _State] = {}
        self.configure(strength, unsure_below)

    def configure(self, strength: float, unsure_below: float) -> None:
        """Other settings from the next reading on; what is shown is then decided afresh."""
        self._seconds = LONGEST_SECONDS * strength**2
        self._label_margin = LABEL_MARGIN * math.sqrt(strength)
        self._unsure_margin = UNSURE_MARGIN * strength
        self._unsure_below = unsure_below
        self._fresh = set(self._states)

    def update(
        self, track: int, probabilities: Probabilities, time: float, sharpness: float = 1.0
    ) -> Prediction:
        """The steadied prediction of a track after one more reading, (7,)."""
        if track not in self._states:
            none, nothing = np.zeros(len(probabilities)), np.zeros(2)
            self._states[track] = _State(none, nothing, time - _FIRST_SECONDS, 0, False)
            self._fresh.add(track)
        state = self._states[track]
        stood = min(max(_LEAST_SECONDS, time - state.time), _MOST_SECONDS)
        kept = math.exp(-stood / self._seconds) if self._seconds > 0 else 0.0
        state.time = time
        state.sharpness = kept * state.sharpness + stood * np.array([sharpness, 1.0])
        usual = state.sharpness[0] / state.sharpness[1]
        clear = min(1.0, max(_LEAST_CLEAR, sharpness / usual)) if usual > 0 else 1.0
        weight = stood * clear * float(probabilities.max()) ** 2
        state.total = kept * state.total + weight * probabilities.astype(np.float64)
        return self._decided(track, state)

    def keep(self, tracks: set[int]) -> None:
        """Forgets all other tracks."""
        self._states = {track: state for track, state in self._states.items() if track in tracks}
        self._fresh &= tracks

    def clear(self) -> None:
        """Forgets every track."""
        self.keep(set())

    def _decided(self, track: int, state: _State) -> Prediction:
        """What to show: a label stays until another one leads clearly, and so does "unsure"."""
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
