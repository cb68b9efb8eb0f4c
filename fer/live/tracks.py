"""One face from detection to detection: where it is, where it goes, whether it is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fer.geometry import Box, clip_box
from fer.live.motion import Motion
from fer.results import Face

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
_MOST_MISSED = 90
_BLEND = 0.6
_CALM_SECONDS = 0.15
_COAST_SECONDS = 0.5
_FORBIDDEN = 1e3

Floats = NDArray[np.float64]

Place = Floats
"""Centre x, centre y, width and height in pixels: (4,)."""


@dataclass(slots=True, eq=False)
class Track:
    """`course`: place, velocity and time when a detection last found it. `missed`: detections in a
    row that did not. `steady`: its motion could be followed into the present frame. `covered`:
    another face is in front of it."""

    place: Place
    landmarks: Floats | None
    score: float
    since: float
    seen: float
    course: tuple[Place, Floats, float]
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    number: int | None = None
    sightings: int = 1
    missed: int = 0
    steady: bool = True
    covered: bool = False

    @classmethod
    def begun(cls, face: Face, now: float) -> Track:
        """A new one, where a detection found it."""
        place, points = place_of(face.box), _points(face)
        return cls(place, points, face.score, now, now, (place, np.zeros(2), now))

    def shown(self, now: float) -> bool:
        settled = self.score >= SURE or self.sightings > 1
        visible = self.missed < 2 and not self.covered
        return settled and visible and now - self.seen <= HIDDEN_SECONDS

    def lost(self, now: float) -> bool:
        unseen = now - self.seen
        return unseen > (COVERED_SECONDS if self.covered else LOST_SECONDS) or (
            self.missed > _MOST_MISSED
        )

    def is_inside(self, width: int, height: int) -> bool:
        """Whether its centre is in the picture, and its size one that a face may have there."""
        x, y, across, down = (float(value) for value in self.place)
        sized = min(across, down) >= 1 and max(across, down) <= 2 * max(width, height)
        return 0 <= x < width and 0 <= y < height and sized

    def expected(self, now: float) -> Place:
        """Its place if it went on as it did when it was last found."""
        place, velocity, then = self.course
        return np.concatenate([place[:2] + velocity * (now - then), place[2:]])

    def move(self, found: Motion | None, scale: float, passed: float, now: float) -> None:
        """By the motion found in a picture of `scale`; without one it drifts on and slows down."""
        self.steady = found is not None
        if found is None:
            shift, zoom = self.velocity * passed, 1.0
            if not self.covered:
                self.velocity = self.velocity * math.exp(-passed / _COAST_SECONDS)
        else:
            shift, zoom = found.shift / scale, found.zoom
            if passed > 0:
                share = 1 - math.exp(-passed / _CALM_SECONDS)
                self.velocity = self.velocity + share * (shift / passed - self.velocity)
            if not self.missed:
                self.seen = now
        centre = self.place[:2]
        if self.landmarks is not None:
            self.landmarks = (self.landmarks - centre) * zoom + centre + shift
        self.place = np.concatenate([centre + shift, self.place[2:] * zoom])

    def correct(self, face: Face, now: float) -> None:
        """Towards what the detector saw; all the way where the two differ much."""
        place, points = place_of(face.box), _points(face)
        share = _BLEND if overlap(place, self.place) > _SAME_FACE else 1.0
        if not self.steady and not self.covered:
            off = place[:2] - self.place[:2]
            self.velocity = self.velocity + off / max(2 * (now - self.seen), 0.1)
        self.place = self.place + share * (place - self.place)
        if points is None or self.landmarks is None:
            self.landmarks = points
        else:
            self.landmarks = self.landmarks + share * (points - self.landmarks)
        self.score, self.seen = face.score, now
        self.sightings += 1
        self.missed, self.steady, self.covered = 0, True, False
        self.course = (self.place, self.velocity, now)

    def cover(self, front: Sequence[Place], now: float) -> None:
        """Goes on unseen, on the old course, if one of the faces in `front` stands before it: what
        moved since in that place was the person in front, whose hair and shoulders hide too."""
        course = self.expected(now)
        sides = np.array([max(*one[2:], *course[2:]) for one in front])
        away = np.array([math.hypot(*(one[:2] - course[:2])) for one in front])
        near = self.missed > 1 and bool((away < _HIDING_SIDES * sides).any())
        places = (self.place, course)
        if near or any(overlap(one, own) > _COVERS for one in front for own in places):
            self.covered, self.landmarks = True, None
            self.place, self.velocity = course, self.course[1]

    def scale(self, ratio: Floats) -> None:
        """To a picture of another size: `ratio` (2,) is new size / old size."""
        place, velocity, then = self.course
        self.course = (place * np.tile(ratio, 2), velocity * ratio, then)
        self.place, self.velocity = self.place * np.tile(ratio, 2), self.velocity * ratio
        if self.landmarks is not None:
            self.landmarks = self.landmarks * ratio

    def face(self, width: int, height: int) -> Face | None:
        """It as a face in a picture of that size; None if none of it is inside."""
        corners = np.concatenate(
            [self.place[:2] - self.place[2:] / 2, self.place[:2] + self.place[2:] / 2]
        )
        left, top, right, bottom = corners.tolist()
        box = clip_box(left, top, right, bottom, width, height)
        points = None if self.landmarks is None else self.landmarks.astype(np.float32)
        return None if box is None else Face(box, self.score, points)


def distinct(faces: Sequence[Face]) -> list[Face]:
    """Faces, the surest first, without those that are another one's once more."""
    kept: list[Face] = []
    places: list[Place] = []
    for face in sorted(faces, key=lambda one: -one.score):
        place = place_of(face.box)
        if all(overlap(place, other) <= _SAME_FACE for other in places):
            kept.append(face)
            places.append(place)
    return kept


def matched(tracks: Sequence[Track], faces: Sequence[Face], now: float) -> dict[int, int]:
    """Index of the face -> index of the track, so that all pairs together lie closest."""
    if not tracks or not faces:
        return {}
    places = [place_of(face.box) for face in faces]
    cost = np.array([[_cost(one, place, now) for place in places] for one in tracks])
    rows, columns = linear_sum_assignment(cost)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {column: row for row, column in pairs if cost[row, column] < _FORBIDDEN}


def place_of(box: Box) -> Place:
    return np.array([*box.centre, box.width, box.height], np.float64)


def overlap(a: Place, b: Place) -> float:
    """Intersection over union of two places."""
    ax, ay, a_wide, a_tall = a.tolist()
    bx, by, b_wide, b_tall = b.tolist()
    across = min(ax + a_wide / 2, bx + b_wide / 2) - max(ax - a_wide / 2, bx - b_wide / 2)
    down = min(ay + a_tall / 2, by + b_tall / 2) - max(ay - a_tall / 2, by - b_tall / 2)
    if across <= 0 or down <= 0:
        return 0.0
    common = float(across * down)
    return common / float(a_wide * a_tall + b_wide * b_tall - common)


def _cost(track: Track, place: Place, now: float) -> float:
    """Distance in face sides from where it is and from where its course led, and difference in
    size; forbidden for what cannot be the same face."""
    sides = math.sqrt(track.place[2] * track.place[3]), math.sqrt(place[2] * place[3])
    distance = math.hypot(*(place[:2] - track.place[:2])) / max(sides)
    off_course = math.hypot(*(place[:2] - track.expected(now)[:2])) / max(sides)
    grown = abs(math.log(sides[1] / sides[0]))
    reach = 0.5 if track.steady else 0.9
    if distance > reach or grown > math.log(2):
        return _FORBIDDEN
    return distance + min(off_course, 1.0) + grown / 2


def _points(face: Face) -> Floats | None:
    return None if face.landmarks is None else face.landmarks.astype(np.float64)
