"""Who is who from frame to frame: identity by overlap and motion. No face is ever recognised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fer.values import Box, Face, Image

LOST_SECONDS = 1.0
"""A face that no detection confirms for so long is gone; who comes back is a new track."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """A face with its number in this stream, from 1, which is never given again.

    `velocity`: (x, y) of its centre in pixels a second. `since`: when it was first seen.
    """

    track: int
    face: Face
    velocity: tuple[float, float]
    since: float


@dataclass(slots=True)
class _Track:
    number: int
    face: Face
    since: float
    confirmed: float
    velocity: NDArray[np.float64]


class Tracker:
    """The tracks of one stream. A plain state machine: one thread, no clock of its own."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next = 1

    def detected(self, image: Image, faces: Sequence[Face], time: float) -> tuple[Tracked, ...]:
        """The faces on screen after a detection on `image`, RGB (H, W, 3), left to right."""
        free = list(self._tracks)
        cost = np.array([[1 - overlap(t.face.box, f.box) for f in faces] for t in free])
        matched: dict[int, _Track] = {}
        if cost.size:
            for row, column in zip(*linear_sum_assignment(cost), strict=True):
                if cost[row, column] < 0.9:
                    matched[int(column)] = free[row]
        for place, face in enumerate(faces):
            track = matched.get(place)
            if track is None:
                self._tracks.append(_Track(self._next, face, time, time, np.zeros(2)))
                self._next += 1
            else:
                track.face, track.confirmed = face, time
        return self.moved(image, time)

    def moved(self, image: Image, time: float) -> tuple[Tracked, ...]:
        """The faces on screen in a frame between detections, RGB (H, W, 3), left to right."""
        self._tracks = [t for t in self._tracks if time - t.confirmed <= LOST_SECONDS]
        shown = sorted(self._tracks, key=lambda t: (t.face.box.left, t.face.box.top))
        return tuple(
            Tracked(t.number, t.face, (float(t.velocity[0]), float(t.velocity[1])), t.since)
            for t in shown
        )


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    common = max(0, across) * max(0, down)
    return common / (a.width * a.height + b.width * b.height - common)
