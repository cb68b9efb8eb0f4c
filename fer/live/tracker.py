"""Tracking of faces from frame to frame by overlap and motion. No face is ever recognised."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer.geometry import Box, Image
from fer.live import motion, tracks
from fer.live.motion import Motion
from fer.live.tracks import Track
from fer.results import Face

LINGER_SECONDS = 2.0
"""How long a face may still be where its track ended."""

_MOST_ENDED = 2 * tracks.MOST_FACES


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """A face with its number in this stream, from 1, which is never reused.

    `velocity`: (x, y) of its centre in pixels a second. `since`: when it was first seen, in
    seconds of the stream.
    """

    track: int
    face: Face
    velocity: tuple[float, float]
    since: float


class Tracker:
    """The tracks of one stream. A plain state machine: one thread, no clock of its own.

    Time that goes backwards or stands still counts as no time, and frames further apart than
    `LONGEST_STEP` as that far apart: nobody is lost for not having been looked for. When frames
    change their size, the tracks are scaled along. Without `is_patient`, a face that a detection
    missed and whose motion cannot be followed is no longer shown, from that frame on.
    """

    def __init__(self, is_patient: bool = True) -> None:
        self._is_patient = is_patient
        self._tracks: list[Track] = []
        self._ended: list[tuple[Box, float]] = []
        self._beyond: list[Box] = []
        self._next = 1
        self._now = self._clock = 0.0
        self._time: float | None = None
        self._grey: motion.Grey | None = None
        self._size: tuple[int, int] | None = None

    @property
    def alive(self) -> set[int]:
        """The numbers of all tracks that are on screen or may still come back."""
        return {track.number for track in self._tracks if track.number is not None}

    @property
    def doubtful(self) -> bool:
        """Whether a detection soon would help: a face moved too fast, or needs confirming, or
        two are about to cross."""
        positions = [track.position for track in self._tracks]
        return any(not track.steady or not track.shown(self._now) for track in self._tracks) or any(
            tracks.overlap(a, b) > 0 for a, b in itertools.combinations(positions, 2)
        )

    @property
    def strays(self) -> bool:
        """Whether the motion of a face on screen could not be followed into the last frame."""
        return any(not track.steady and track.shown(self._now) for track in self._tracks)

    def cut(self) -> None:
        """Ends everything: the present frame, or the next one, is the first of another shot."""
        self._tracks, self._ended, self._beyond = [], [], []

    @property
    def hidden(self) -> tuple[Box, ...]:
        """Where else a face may be in the last frame: unconfirmed ones, those that a detection
        missed, those beyond the surest `MOST_FACES`, and where a track ended in the last
        `LINGER_SECONDS`."""
        if self._size is None:
            return ()
        faces = [track.face(*self._size) for track in self._tracks if not track.shown(self._now)]
        boxes = [face.box for face in faces if face is not None]
        return (*boxes, *self._beyond, *(box for box, _ in self._ended))

    def detected(self, image: Image, faces: Sequence[Face], time: float) -> tuple[Tracked, ...]:
        """The tracks on screen, left to right, in a frame in which a detector found `faces`.

        `image` is RGB uint8 (H, W, 3), `time` in seconds.
        """
        self._advance(image, time)
        return self.corrected(image, faces)

    def corrected(self, image: Image, faces: Sequence[Face]) -> tuple[Tracked, ...]:
        """The same for the frame that `moved` was given last."""
        candidates = tracks.distinct(faces)
        distinct = candidates[: tracks.MOST_FACES]
        self._beyond = [face.box for face in candidates[tracks.MOST_FACES :]]
        matched = tracks.matched(self._tracks, distinct, self._now)
        missing = [
            track for index, track in enumerate(self._tracks) if index not in matched.values()
        ]
        for index, face in enumerate(distinct):
            if index in matched:
                self._tracks[matched[index]].correct(face, self._now)
            else:
                self._tracks.append(Track.begun(face, self._now, self._clock))
        front = [track.position for track in self._tracks if track not in missing]
        for track in missing:
            track.missed += 1 if track.steady or self._is_patient else 2
            if front and not track.covered:
                track.cover(front, self._now)
        self._keep([track for track in self._tracks if track.number or not track.missed], image)
        return self._shown(image)

    def moved(self, image: Image, time: float) -> tuple[Tracked, ...]:
        """The tracks on screen, left to right, in a frame between detections."""
        self._advance(image, time)
        return self._shown(image)

    def _advance(self, image: Image, time: float) -> None:
        """Moves every track to its position in this frame; ends those that are gone."""
        passed = self._passed(time)
        height, width = image.shape[:2]
        self._resize(width, height)
        grey, scale = motion.small_grey(image)
        followed = [index for index, track in enumerate(self._tracks) if track.shown(self._now)]
        motions: dict[int, Motion | None] = {}
        if self._grey is not None:
            positions = [self._tracks[index].position * scale for index in followed]
            motions = dict(zip(followed, motion.follow(self._grey, grey, positions), strict=True))
        self._grey = grey
        for index, track in enumerate(self._tracks):
            track.move(motions.get(index), scale, passed, self._now)
        self._ended = [track for track in self._ended if self._now - track[1] <= LINGER_SECONDS]
        inside = [track for track in self._tracks if track.is_inside(width, height)]
        self._keep([track for track in inside if not track.lost(self._now)], image)

    def _keep(self, kept: list[Track], image: Image) -> None:
        """Ends all other tracks."""
        height, width = image.shape[:2]
        ended = [track.face(width, height) for track in self._tracks if track not in kept]
        self._ended += [(face.box, self._now) for face in ended if face is not None]
        self._ended = self._ended[-_MOST_ENDED:]
        self._tracks = kept

    def _passed(self, time: float) -> float:
        """Seconds since the last frame, none if time is not a number or runs backwards."""
        if not math.isfinite(time):
            return 0.0
        if self._time is None:
            self._now = self._clock = self._time = time
        passed = max(0.0, time - self._time)
        self._clock, self._time = self._clock + passed, time
        self._now += min(passed, tracks.LONGEST_STEP)
        return passed

    def _resize(self, width: int, height: int) -> None:
        if self._size is not None and self._size != (width, height):
            ratio = np.array([width / self._size[0], height / self._size[1]])
            for track in self._tracks:
                track.scale(ratio)
            across, down = ratio.tolist()
            self._ended = [
                (box.scaled(across, down, width, height), then) for box, then in self._ended
            ]
            self._beyond = [box.scaled(across, down, width, height) for box in self._beyond]
            self._grey = None
        self._size = (width, height)

    def _shown(self, image: Image) -> tuple[Tracked, ...]:
        height, width = image.shape[:2]
        shown = []
        for track in self._tracks:
            face = track.face(width, height)
            if face is None or not track.shown(self._now):
                continue
            if track.number is None:
                track.number, self._next = self._next, self._next + 1
            velocity = float(track.velocity[0]), float(track.velocity[1])
            shown.append(Tracked(track.number, face, velocity, track.since))
        return tuple(
            sorted(shown, key=lambda tracked: (tracked.face.box.left, tracked.face.box.top))
        )
