"""Who is where in the frames of a film, and what the network reads in their faces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.geometry import Box
from fer.inference.recognizer import Recognizer
from fer.live import tracks
from fer.live.tracker import Tracked, Tracker
from fer.results import Face, Probabilities
from fer.video.searching import Searcher
from fer.video.shots import ShotFrame
from fer.video.smoothing import ReadFrame, Reading

READ_SECONDS = 1 / 16
"""A face is classified so often, and in every frame between two readings that disagree."""

_AGAIN_AFTER = 2
_IN_PLACE = 0.3


class Follower:
    """Follows the faces of one film from window to window. `size`: the film's width and height."""

    def __init__(self, recognizer: Recognizer, size: tuple[int, int]) -> None:
        self._searcher = Searcher(recognizer.detector)
        self._tracker = Tracker(is_patient=False)
        self._readings = _Readings(recognizer)
        self._size = size
        self._before: Sequence[Box] = ()
        self._since_search = 0
        self.cuts: list[float] = []
        """Times of the first frames of new shots so far."""

    def follow(self, window: Sequence[ShotFrame]) -> Iterable[ReadFrame]:
        """The next window's faces, in pixels of the film."""
        found = self._searcher.plan(window)
        seen, hidden = [], []
        for index, frame in enumerate(window):
            seen.append(self._track(frame, found.get(index)))
            hidden.append(self._tracker.hidden)
        readings = self._readings.read(window, seen)
        for index, frame in enumerate(window):
            height, width = frame.image.shape[:2]
            scale = self._size[0] / width, self._size[1] / height
            yield ReadFrame(
                frame.frame.index,
                frame.time,
                tuple(
                    Reading(
                        tracked.track,
                        tracked.face.box.scaled(*scale, *self._size),
                        tracked.face.score,
                        *readings[index, tracked.track],
                    )
                    for tracked in seen[index]
                ),
                tuple(box.scaled(*scale, *self._size) for box in hidden[index]),
            )

    def _track(self, frame: ShotFrame, faces: Sequence[Face] | None) -> Sequence[Tracked]:
        """The tracks in a frame in which `faces` were found, or none were searched."""
        if frame.is_cut:
            self._cut(frame.time)
            self._before = ()
        tracked = self._tracker.moved(frame.image, frame.time)
        self._since_search += 1
        replaced = [box for box in self._before if _is_replaced(frame, box)]
        is_lost = self._tracker.strays and self._since_search > _AGAIN_AFTER
        if faces is None and (replaced or is_lost):
            faces = self._searcher.find(frame.image)
        if any(_is_face_at(box, faces or ()) for box in replaced):
            self._cut(frame.time)
        if faces is not None:
            self._since_search = 0
            tracked = self._tracker.corrected(frame.image, faces)
        self._before = [one.face.box for one in tracked]
        return tracked

    def _cut(self, time: float) -> None:
        self._tracker.cut()
        self.cuts.append(time)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    time: float
    probabilities: Probabilities
    sharpness: float

    @property
    def label(self) -> int:
        return int(self.probabilities.argmax())


class _Readings:
    """Probabilities and sharpness of every face in every frame: classified in some, in the others
    in between."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._last: dict[int, _Read] = {}

    def read(
        self, window: Sequence[ShotFrame], seen: Sequence[Sequence[Tracked]]
    ) -> Mapping[tuple[int, int], tuple[Probabilities, float]]:
        """By index in the window and track."""
        indices: dict[int, list[int]] = defaultdict(list)
        for index, tracked in enumerate(seen):
            for one in tracked:
                indices[one.track].append(index)
        wanted = {
            (index, track)
            for track, where in indices.items()
            for index in self._regular(window, track, where)
        }
        known = self._classified(window, seen, wanted)
        between = {
            (index, track)
            for track, where in indices.items()
            for index in self._disputed(known, track, where)
        }
        known.update(self._classified(window, seen, between))
        found = {}
        for track, where in indices.items():
            points = [known[index, track] for index in where if (index, track) in known]
            points = ([self._last[track]] if track in self._last else []) + points
            for index in where:
                found[index, track] = _interpolated(points, window[index].time)
        self._last = {track: known[where[-1], track] for track, where in indices.items()}
        return found

    def _regular(self, window: Sequence[ShotFrame], track: int, where: list[int]) -> list[int]:
        """Every so often, and in the last frame."""
        chosen, last = [], self._last[track].time if track in self._last else -np.inf
        for index in where:
            if index == where[-1] or window[index].time - last >= 0.9 * READ_SECONDS:
                chosen.append(index)
                last = window[index].time
        return chosen

    def _disputed(
        self, known: Mapping[tuple[int, int], _Read], track: int, where: list[int]
    ) -> list[int]:
        """The frames between two readings with different labels."""
        label = self._last[track].label if track in self._last else None
        waiting: list[int] = []
        disputed: list[int] = []
        for index in where:
            read = known.get((index, track))
            if read is None:
                waiting.append(index)
                continue
            if label is not None and read.label != label:
                disputed += waiting
            label, waiting = read.label, []
        return disputed

    def _classified(
        self,
        window: Sequence[ShotFrame],
        seen: Sequence[Sequence[Tracked]],
        wanted: set[tuple[int, int]],
    ) -> dict[tuple[int, int], _Read]:
        found = {}
        for index in sorted({index for index, _ in wanted}):
            chosen = [tracked for tracked in seen[index] if (index, tracked.track) in wanted]
            result = self._recognizer.classify(window[index].image, [one.face for one in chosen])
            for tracked, face in zip(chosen, result.faces, strict=True):
                found[index, tracked.track] = _Read(
                    window[index].time, face.prediction.probabilities, face.quality.sharpness
                )
        return found


def _interpolated(points: Sequence[_Read], time: float) -> tuple[Probabilities, float]:
    """Probabilities and sharpness at a time between readings, which are in the order of time."""
    after = next((n for n, point in enumerate(points) if point.time >= time), len(points) - 1)
    second, first = points[after], points[max(0, after - 1)]
    span = second.time - first.time
    share = 1.0 if span <= 0 else min(1.0, max(0.0, (time - first.time) / span))
    mixed: NDArray[np.float32] = (
        share * second.probabilities + (1 - share) * first.probabilities
    ).astype(np.float32)
    return mixed, share * second.sharpness + (1 - share) * first.sharpness


def _is_face_at(box: Box, faces: Sequence[Face]) -> bool:
    position = tracks.position_of(box)
    return any(
        face.score >= tracks.SURE
        and tracks.overlap(tracks.position_of(face.box), position) > _IN_PLACE
        for face in faces
    )


def _is_replaced(frame: ShotFrame, box: Box) -> bool:
    """Whether something else is suddenly in a box of the frame before, of the same size."""
    height, width = frame.image.shape[:2]
    across, down = frame.frame.size
    return frame.around.is_replaced(box.scaled(across / width, down / height, across, down))
