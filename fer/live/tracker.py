"""Who is who from frame to frame: identity by overlap and motion. No face is ever recognised."""

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
"""For so long a face may still be where its track ended."""

_MOST_ENDED = 2 * tracks.MOST_FACES


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """A face with its number in this stream, from 1, which is never given again.

    `velocity`: (x, y) of its centre in pixels a second. `since`: when it was first seen, in
    seconds of the stream.
    """

    track: int
    face: Face
    velocity: tuple[float, float]
    since: float


class Tracker:
    """The tracks of one stream. A plain state machine: one thread, no clock of its own.

    Time that goes backwards or stands still counts as no time. When frames change their size, the
    tracks are scaled along.
    """

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._ended: list[tuple[Box, float]] = []
        self._beyond: list[Box] = []
        self._next = 1
        self._now = 0.0
        self._time: float | None = None
        self._grey: motion.Grey | None = None
        self._size: tuple[int, int] | None = None

    @property
    def alive(self) -> set[int]:
        """The numbers of all who are on screen or may still come back."""
        return {one.number for one in self._tracks if one.number is not None}

    @property
    def doubtful(self) -> bool:
        """Whether a detection soon would help: a face moved too fast, or needs confirming, or
        two are about to cross."""
        places = [one.place for one in self._tracks]
        return any(not one.steady or not one.shown(self._now) for one in self._tracks) or any(
            tracks.overlap(a, b) > 0 for a, b in itertools.combinations(places, 2)
        )

    @property
    def hidden(self) -> tuple[Box, ...]:
        """Where else a face may be in the last frame: unconfirmed ones, those that a detection
        missed, those beyond the surest `MOST_FACES`, and where a track ended in the last
        `LINGER_SECONDS`."""
        if self._size is None:
            return ()
        faces = [one.face(*self._size) for one in self._tracks if not one.shown(self._now)]
        boxes = [face.box for face in faces if face is not None]
        return (*boxes, *self._beyond, *(box for box, _ in self._ended))

    def detected(self, image: Image, faces: Sequence[Face], time: float) -> tuple[Tracked, ...]:
        """The tracks on screen, left to right, in a frame in which a detector found `faces`.

        `image` is RGB uint8 (H, W, 3), `time` in seconds.
        """
        self._advance(image, time)
        found = tracks.distinct(faces)
        distinct = found[: tracks.MOST_FACES]
        self._beyond = [face.box for face in found[tracks.MOST_FACES :]]
        matched = tracks.matched(self._tracks, distinct, self._now)
        missing = [one for place, one in enumerate(self._tracks) if place not in matched.values()]
        for place, face in enumerate(distinct):
            if place in matched:
                self._tracks[matched[place]].correct(face, self._now)
            else:
                self._tracks.append(Track.begun(face, self._now))
        front = [one.place for one in self._tracks if one not in missing]
        for track in missing:
            track.missed += 1
            if front and not track.covered:
                track.cover(front, self._now)
        self._keep([one for one in self._tracks if one.number or not one.missed], image)
        return self._shown(image)

    def moved(self, image: Image, time: float) -> tuple[Tracked, ...]:
        """The tracks on screen, left to right, in a frame between detections."""
        self._advance(image, time)
        return self._shown(image)

    def _advance(self, image: Image, time: float) -> None:
        """Moves every track to where it should be in this frame; forgets who is gone."""
        passed = self._passed(time)
        height, width = image.shape[:2]
        self._resize(width, height)
        grey, scale = motion.small_grey(image)
        followed = [place for place, one in enumerate(self._tracks) if one.shown(self._now)]
        found: dict[int, Motion | None] = {}
        if self._grey is not None:
            places = [self._tracks[place].place * scale for place in followed]
            found = dict(zip(followed, motion.follow(self._grey, grey, places), strict=True))
        self._grey = grey
        for place, track in enumerate(self._tracks):
            track.move(found.get(place), scale, passed, self._now)
        self._ended = [one for one in self._ended if self._now - one[1] <= LINGER_SECONDS]
        inside = [one for one in self._tracks if one.is_inside(width, height)]
        self._keep([one for one in inside if not one.lost(self._now)], image)

    def _keep(self, kept: list[Track], image: Image) -> None:
        """Ends all other tracks."""
        height, width = image.shape[:2]
        ended = [one.face(width, height) for one in self._tracks if one not in kept]
        self._ended += [(face.box, self._now) for face in ended if face is not None]
        self._ended = self._ended[-_MOST_ENDED:]
        self._tracks = kept

    def _passed(self, time: float) -> float:
        """Seconds since the last frame, none if time is not a number or runs backwards."""
        if not math.isfinite(time):
            return 0.0
        if self._time is None:
            self._now = self._time = time
        passed = max(0.0, time - self._time)
        self._now, self._time = self._now + passed, time
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
        return tuple(sorted(shown, key=lambda one: (one.face.box.left, one.face.box.top)))
