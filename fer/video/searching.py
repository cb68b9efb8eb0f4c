"""Where faces are searched in a film: at the end of each window, and wherever that shows that one
came or went, in the frames between, by halving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2

from fer.geometry import Image
from fer.inference import detection
from fer.live import tracks
from fer.results import Face
from fer.video.shots import ShotFrame

_FURTHEST_SIDES = 1.0
_MOST_GROWN = 2.0
_SAME_LEVELS = 3


class Searcher:
    """The detections of one film. One thread; a detector of its own."""

    def __init__(self, detector: str) -> None:
        self._detector = detection.create(detector)
        self._last: tuple[ShotFrame, tuple[Face, ...]] | None = None
        self.searches = 0

    def find(self, image: Image) -> tuple[Face, ...]:
        """All finds in one frame."""
        self.searches += 1
        return detection.detect_with(self._detector, image)

    def plan(self, window: Sequence[ShotFrame]) -> Mapping[int, tuple[Face, ...]]:
        """The faces of those frames of a window in which they were searched, by their index in it:
        the last one, and around every frame in which a face appears or disappears."""
        found = {len(window) - 1: self._searched(window[-1])}
        if self._last is not None and not window[0].is_cut:
            found[-1] = self._last[1]
            self._halve(window, found, -1, len(window) - 1)
            del found[-1]
        self._last = window[-1], found[len(window) - 1]
        return found

    def _halve(
        self, window: Sequence[ShotFrame], found: dict[int, tuple[Face, ...]], low: int, high: int
    ) -> None:
        if high - low < 2 or _same(found[low], found[high]):
            return
        middle = (low + high) // 2
        found[middle] = self.find(window[middle].image)
        self._halve(window, found, low, middle)
        self._halve(window, found, middle, high)

    def _searched(self, frame: ShotFrame) -> tuple[Face, ...]:
        """The faces of a frame; those of the last one if nothing has changed since."""
        if self._last is not None and _is_still(self._last[0], frame):
            return self._last[1]
        return self.find(frame.image)


def _is_still(before: ShotFrame, after: ShotFrame) -> bool:
    a, b = before.around.at.grey, after.around.at.grey
    if a.shape != b.shape or before.image.shape != after.image.shape:
        return False
    return int(cv2.absdiff(a, b).max()) < _SAME_LEVELS


def _same(before: Sequence[Face], after: Sequence[Face]) -> bool:
    """Whether every face that the detector is sure of is in both, about as large and near."""
    pairs = [(face, after) for face in before] + [(face, before) for face in after]
    return all(
        any(_may_be(face, other) for other in others)
        for face, others in pairs
        if face.score >= tracks.SURE
    )


def _may_be(face: Face, other: Face) -> bool:
    sides = [max(face.box.width, face.box.height), max(other.box.width, other.box.height)]
    (x, y), (other_x, other_y) = face.box.centre, other.box.centre
    distance = max(abs(x - other_x), abs(y - other_y))
    return distance < _FURTHEST_SIDES * max(sides) and max(sides) < _MOST_GROWN * min(sides)
