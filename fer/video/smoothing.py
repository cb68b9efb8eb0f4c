"""Labels and probabilities of a film's people, steadied over time without any delay.

A stream knows only the past. A film also has what comes after, so that a label changes in the very
frame in which the expression does: each frame's label is voted by its neighbours on both sides, and
its probabilities are the mean over those neighbours that carry the same label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.geometry import Box
from fer.results import Prediction, Probabilities
from fer.video.values import Moment, PersonFace

REACH_SECONDS = 0.3
"""So far on each side neighbours count, the less the further."""

_BLOCK_SECONDS = 1.0
_LEAST_CLEAR = 0.1
_TIE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A face in one frame as the network read it, and how sharp it was."""

    person: int
    box: Box
    score: float
    probabilities: Probabilities
    sharpness: float


@dataclass(frozen=True, slots=True, eq=False)
class ReadFrame:
    """One frame's readings."""

    frame: int
    time: float
    readings: tuple[Reading, ...]
    hidden: tuple[Box, ...]


class FilmSmoother:
    """Frames in, moments out, some time later. It holds two seconds of them."""

    def __init__(self, unsure_below: float) -> None:
        self._unsure_below = unsure_below
        self._frames: list[ReadFrame] = []
        self._done = 0

    def add(self, frame: ReadFrame) -> Iterator[Moment]:
        """Takes the next frame; gives those that are ready."""
        self._frames.append(frame)
        waiting = frame.time - self._frames[self._done].time
        if waiting >= _BLOCK_SECONDS + 2 * REACH_SECONDS:
            yield from self._moments(until=frame.time - 2 * REACH_SECONDS)
            self._forget()

    def finish(self) -> Iterator[Moment]:
        """Gives all the rest."""
        yield from self._moments(until=float("inf"))

    def _moments(self, until: float) -> Iterator[Moment]:
        predictions = self._predictions()
        while self._done < len(self._frames) and self._frames[self._done].time < until:
            frame = self._frames[self._done]
            faces = tuple(
                PersonFace(
                    reading.person,
                    reading.box,
                    reading.score,
                    predictions[self._done, reading.person],
                )
                for reading in frame.readings
            )
            yield Moment(frame.frame, frame.time, faces, frame.hidden)
            self._done += 1

    def _forget(self) -> None:
        """Drops frames that no other one needs any more."""
        earliest = self._frames[self._done].time - 2 * REACH_SECONDS
        kept = next(n for n, frame in enumerate(self._frames) if frame.time >= earliest)
        self._frames, self._done = self._frames[kept:], self._done - kept

    def _predictions(self) -> dict[tuple[int, int], Prediction]:
        """The steadied prediction of each frame's index and person."""
        of_person: dict[int, list[tuple[int, Reading]]] = defaultdict(list)
        for index, frame in enumerate(self._frames):
            for reading in frame.readings:
                of_person[reading.person].append((index, reading))
        found = {}
        for person, rows in of_person.items():
            times = np.array([self._frames[index].time for index, _ in rows])
            raw = np.stack([reading.probabilities for _, reading in rows])
            sharpness = np.array([reading.sharpness for _, reading in rows])
            labels, means = steadied(times, raw, sharpness)
            for (index, _), label, mean in zip(rows, labels.tolist(), means, strict=True):
                is_unsure = float(mean[label]) < self._unsure_below
                found[index, person] = Prediction(mean, is_unsure, label)
        return found


def steadied(
    times: NDArray[np.float64], raw: NDArray[np.float32], sharpness: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The label (N,) and probabilities (N, 7) of each of one person's frames, from what the network
    read in them; frames that are less sharp than usual count less."""
    nearness = np.maximum(0.0, 1 - np.abs(times[:, None] - times) / REACH_SECONDS)
    usual = nearness @ sharpness / nearness.sum(axis=1)
    clear = np.clip(sharpness / np.maximum(usual, 1e-9), _LEAST_CLEAR, 1.0)
    votes = np.eye(NUM_EMOTIONS)[raw.argmax(axis=1)]
    labels = ((nearness * clear) @ votes + _TIE * votes).argmax(axis=1)
    stretch = np.cumsum(np.diff(labels, prepend=labels[:1]) != 0)
    weights = nearness * clear * (stretch[:, None] == stretch)
    means = weights @ raw.astype(np.float64) / weights.sum(axis=1, keepdims=True)
    return labels, np.asarray(means, np.float32)
