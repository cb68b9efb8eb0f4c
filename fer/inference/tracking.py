"""Who is who from frame to frame: identity by overlap and motion. No face is ever recognised."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fer.inference import motion
from fer.inference.motion import Motion
from fer.values import Box, Face, Image, clipped_box

LOST_SECONDS = 1.0
"""Who was not seen for so long is gone; who comes back is a new track."""

COVERED_SECONDS = 2.0
"""The same for who passes behind another face."""

HIDDEN_SECONDS = 0.5
"""Who was not seen for so long is not shown any more, but may still come back."""

MOST_FACES = 32
SURE = 0.9
"""A face of a lower detector score is shown once a second detection confirms it."""

_SAME_FACE = 0.5
_COVERS = 0.25
_HIDING_SIDES = 1.5
_BLEND = 0.6
_CALM_SECONDS = 0.15
_COAST_SECONDS = 0.5
_FORBIDDEN = 1e3

_Floats = NDArray[np.float64]


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


@dataclass(slots=True)
class _Track:
    """`place`: centre x, centre y, width, height in pixels. `course`: place, velocity and time when
    a detection last found it. `missed`: detections in a row that did not. `steady`: its motion
    could be followed into the present frame. `covered`: another face is in front of it."""

    place: _Floats
    landmarks: _Floats | None
    score: float
    since: float
    seen: float
    course: tuple[_Floats, _Floats, float]
    velocity: _Floats = field(default_factory=lambda: np.zeros(2))
    number: int | None = None
    sightings: int = 1
    missed: int = 0
    steady: bool = True
    covered: bool = False

    def shown(self, now: float) -> bool:
        settled = self.score >= SURE or self.sightings > 1
        visible = self.missed < 2 and not self.covered
        return settled and visible and now - self.seen <= HIDDEN_SECONDS

    def lost(self, now: float) -> bool:
        return now - self.seen > (COVERED_SECONDS if self.covered else LOST_SECONDS)

    def expected(self, now: float) -> _Floats:
        """Its centre if it went on as it did when it was last found."""
        place, velocity, then = self.course
        return place[:2] + velocity * (now - then)


class Tracker:
    """The tracks of one stream. A plain state machine: one thread, no clock of its own.

    Time that goes backwards or stands still counts as no time. When frames change their size, the
    tracks are scaled along.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
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
            _overlap(a, b) > 0 for a, b in itertools.combinations(places, 2)
        )

    def detected(self, image: Image, faces: Sequence[Face], time: float) -> tuple[Tracked, ...]:
        """The tracks on screen, left to right, in a frame in which a detector found `faces`.

        `image` is RGB uint8 (H, W, 3), `time` in seconds.
        """
        self._advance(image, time)
        distinct = _distinct(faces)
        matched = _matched(self._tracks, distinct, self._now)
        missing = [one for place, one in enumerate(self._tracks) if place not in matched.values()]
        for place, face in enumerate(distinct):
            if place in matched:
                _correct(self._tracks[matched[place]], face, self._now)
            else:
                self._tracks.append(_begun(face, self._now))
        for track in missing:
            track.missed += 1
        self._tracks = [one for one in self._tracks if one.number or not one.missed]
        self._hide_covered()
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
            _move(track, found.get(place), scale, passed, self._now)
        self._tracks = [
            one
            for one in self._tracks
            if not one.lost(self._now) and _is_inside(one.place, width, height)
        ]

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
                track.place = track.place * np.tile(ratio, 2)
                track.velocity = track.velocity * ratio
                place, velocity, then = track.course
                track.course = (place * np.tile(ratio, 2), velocity * ratio, then)
                if track.landmarks is not None:
                    track.landmarks = track.landmarks * ratio
            self._grey = None
        self._size = (width, height)

    def _hide_covered(self) -> None:
        """Who is missing beside another face passes behind it, on the old course: what moved since
        in that place was the person in front."""
        there = [one for one in self._tracks if not one.missed]
        for track in self._tracks:
            if not track.missed or track.covered:
                continue
            course = np.concatenate([track.expected(self._now), track.course[0][2:]])
            if any(_hides(one.place, track, course) for one in there):
                track.covered, track.landmarks = True, None
                track.place, track.velocity = course, track.course[1]

    def _shown(self, image: Image) -> tuple[Tracked, ...]:
        height, width = image.shape[:2]
        shown = []
        for track in self._tracks:
            box = _box(track.place, width, height)
            if not track.shown(self._now) or box is None:
                continue
            if track.number is None:
                track.number, self._next = self._next, self._next + 1
            points = None if track.landmarks is None else track.landmarks.astype(np.float32)
            velocity = float(track.velocity[0]), float(track.velocity[1])
            face = Face(box, track.score, points)
            shown.append(Tracked(track.number, face, velocity, track.since))
        return tuple(sorted(shown, key=lambda one: (one.face.box.left, one.face.box.top)))


def _hides(front: _Floats, track: _Track, course: _Floats) -> bool:
    """Whether a face at `front` stands before a missing one; its hair and shoulders hide too."""
    if max(_overlap(front, track.place), _overlap(front, course)) > _COVERS:
        return True
    distance = float(np.hypot(*(front[:2] - course[:2])))
    return track.missed > 1 and distance < _HIDING_SIDES * float(
        max(front[2:].max(), course[2:].max())
    )


def _begun(face: Face, now: float) -> _Track:
    points = None if face.landmarks is None else face.landmarks.astype(np.float64)
    place = _place(face.box)
    return _Track(place, points, face.score, now, now, (place, np.zeros(2), now))


def _move(track: _Track, found: Motion | None, scale: float, passed: float, now: float) -> None:
    """By the motion found in a picture of `scale`; without one it drifts on and slows down."""
    track.steady = found is not None
    if found is None:
        shift, zoom = track.velocity * passed, 1.0
        if not track.covered:
            track.velocity = track.velocity * math.exp(-passed / _COAST_SECONDS)
    else:
        shift, zoom = found.shift / scale, found.zoom
        if passed > 0:
            share = 1 - math.exp(-passed / _CALM_SECONDS)
            track.velocity = track.velocity + share * (shift / passed - track.velocity)
        if not track.missed:
            track.seen = now
    centre = track.place[:2]
    if track.landmarks is not None:
        track.landmarks = (track.landmarks - centre) * zoom + centre + shift
    track.place = np.concatenate([centre + shift, track.place[2:] * zoom])


def _correct(track: _Track, face: Face, now: float) -> None:
    """Towards what the detector saw; all the way where the two differ much."""
    place = _place(face.box)
    share = _BLEND if _overlap(place, track.place) > _SAME_FACE else 1.0
    if not track.steady and not track.covered:
        off = place[:2] - track.place[:2]
        track.velocity = track.velocity + off / max(2 * (now - track.seen), 0.1)
    track.place = track.place + share * (place - track.place)
    points = face.landmarks
    if points is None or track.landmarks is None:
        track.landmarks = None if points is None else points.astype(np.float64)
    else:
        track.landmarks = track.landmarks + share * (points - track.landmarks)
    track.score, track.seen = face.score, now
    track.sightings += 1
    track.missed, track.steady, track.covered = 0, True, False
    track.course = (track.place, track.velocity, now)


def _distinct(faces: Sequence[Face]) -> list[Face]:
    """The surest faces, without those that are another one's once more."""
    kept: list[Face] = []
    places: list[_Floats] = []
    for face in sorted(faces, key=lambda one: -one.score):
        place = _place(face.box)
        if all(_overlap(place, other) <= _SAME_FACE for other in places):
            kept.append(face)
            places.append(place)
    return kept[:MOST_FACES]


def _matched(tracks: Sequence[_Track], faces: Sequence[Face], now: float) -> dict[int, int]:
    """Index of the face -> index of the track, so that all pairs together lie closest."""
    if not tracks or not faces:
        return {}
    places = [_place(face.box) for face in faces]
    cost = np.array([[_cost(one, place, now) for place in places] for one in tracks])
    rows, columns = linear_sum_assignment(cost)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {column: row for row, column in pairs if cost[row, column] < _FORBIDDEN}


def _cost(track: _Track, place: _Floats, now: float) -> float:
    """Distance in face sides from where it is and from where its course led, and difference in
    size; forbidden for what cannot be the same face."""
    sides = math.sqrt(track.place[2] * track.place[3]), math.sqrt(place[2] * place[3])
    distance = float(np.hypot(*(place[:2] - track.place[:2]))) / max(sides)
    off_course = float(np.hypot(*(place[:2] - track.expected(now)))) / max(sides)
    grown = abs(math.log(sides[1] / sides[0]))
    reach = 0.5 if track.steady else 0.9
    if distance > reach or grown > math.log(2):
        return _FORBIDDEN
    return distance + min(off_course, 1.0) + grown / 2


def _is_inside(place: _Floats, width: int, height: int) -> bool:
    """Whether the centre is in the picture, and the size is one that a face may have there."""
    x, y, across, down = (float(value) for value in place)
    sized = min(across, down) >= 1 and max(across, down) <= 2 * max(width, height)
    return 0 <= x < width and 0 <= y < height and sized


def _place(box: Box) -> _Floats:
    return np.array([*box.centre, box.width, box.height], np.float64)


def _box(place: _Floats, width: int, height: int) -> Box | None:
    corners = np.concatenate([place[:2] - place[2:] / 2, place[:2] + place[2:] / 2])
    left, top, right, bottom = corners.tolist()
    return clipped_box(left, top, right, bottom, width, height)


def _overlap(a: _Floats, b: _Floats) -> float:
    """Intersection over union of two places."""
    lowest = np.maximum(a[:2] - a[2:] / 2, b[:2] - b[2:] / 2)
    highest = np.minimum(a[:2] + a[2:] / 2, b[:2] + b[2:] / 2)
    common = float(np.prod(np.maximum(0.0, highest - lowest)))
    return common / float(np.prod(a[2:]) + np.prod(b[2:]) - common)
