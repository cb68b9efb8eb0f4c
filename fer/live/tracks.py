"""One track: where a face is, where it is going, and whether it is lost."""

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
"""A face not seen for this long is gone; coming back makes a new track."""

COVERED_SECONDS = 2.0
"""The same for a face that passes behind another one."""

HIDDEN_SECONDS = 0.5
"""A face not seen for this long is no longer shown, but keeps its track."""

LONGEST_STEP = 0.6
"""Frames that are further apart are so many seconds apart for their tracks."""

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

Position = Floats
"""Centre x, centre y, width and height in pixels: (4,)."""


@dataclass(slots=True, eq=False)
class Track:
    """`since`: when it was first seen, in seconds of the stream; all other times are the tracker's.
    `course`: position, velocity and time of the last detection. `missed`: detections in a
    row that did not. `steady`: its motion could be followed into the present frame. `covered`:
    another face is in front of it."""

    position: Position
    landmarks: Floats | None
    score: float
    since: float
    seen: float
    course: tuple[Position, Floats, float]
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    number: int | None = None
    sightings: int = 1
    missed: int = 0
    steady: bool = True
    covered: bool = False

    @classmethod
    def begun(cls, face: Face, now: float, since: float) -> Track:
        """A new track where a face was detected."""
        position, points = position_of(face.box), _points(face)
        return cls(position, points, face.score, since, now, (position, np.zeros(2), now))

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
        x, y, across, down = (float(value) for value in self.position)
        sized = min(across, down) >= 1 and max(across, down) <= 2 * max(width, height)
        return 0 <= x < width and 0 <= y < height and sized

    def expected(self, now: float) -> Position:
        """Its position if it has kept the course of the last detection."""
        position, velocity, then = self.course
        return np.concatenate([position[:2] + velocity * (now - then), position[2:]])

    def move(self, motion: Motion | None, scale: float, passed: float, now: float) -> None:
        """Moves by the optical flow of an image of `scale`; without it, coasts and slows down."""
        self.steady = motion is not None
        if motion is None:
            shift, zoom = self.velocity * min(passed, LONGEST_STEP), 1.0
            if not self.covered:
                self.velocity = self.velocity * math.exp(-passed / _COAST_SECONDS)
        else:
            shift, zoom = motion.shift / scale, motion.zoom
            if passed > 0:
                share = 1 - math.exp(-passed / _CALM_SECONDS)
                self.velocity = self.velocity + share * (shift / passed - self.velocity)
            if not self.missed:
                self.seen = now
        centre = self.position[:2]
        if self.landmarks is not None:
            self.landmarks = (self.landmarks - centre) * zoom + centre + shift
        self.position = np.concatenate([centre + shift, self.position[2:] * zoom])

    def correct(self, face: Face, now: float) -> None:
        """Moves towards the detection; all the way where the two differ much."""
        position, points = position_of(face.box), _points(face)
        share = _BLEND if overlap(position, self.position) > _SAME_FACE else 1.0
        if not self.steady and not self.covered:
            off = position[:2] - self.position[:2]
            self.velocity = self.velocity + off / max(2 * (now - self.seen), 0.1)
        self.position = self.position + share * (position - self.position)
        if points is None or self.landmarks is None:
            self.landmarks = points
        else:
            self.landmarks = self.landmarks + share * (points - self.landmarks)
        self.score, self.seen = face.score, now
        self.sightings += 1
        self.missed, self.steady, self.covered = 0, True, False
        self.course = (self.position, self.velocity, now)

    def cover(self, front: Sequence[Position], now: float) -> None:
        """Keeps its old course unseen if one of the faces in `front` hides it: the motion measured
        since was that of the person in front, whose hair and shoulders hide too."""
        course = self.expected(now)
        sides = np.array([max(*other[2:], *course[2:]) for other in front])
        away = np.array([math.hypot(*(other[:2] - course[:2])) for other in front])
        near = self.missed > 1 and bool((away < _HIDING_SIDES * sides).any())
        positions = (self.position, course)
        if near or any(overlap(other, own) > _COVERS for other in front for own in positions):
            self.covered, self.landmarks = True, None
            self.position, self.velocity = course, self.course[1]

    def scale(self, ratio: Floats) -> None:
        """Rescales to an image of another size: `ratio` (2,) is new size / old size."""
        position, velocity, then = self.course
        self.course = (position * np.tile(ratio, 2), velocity * ratio, then)
        self.position, self.velocity = self.position * np.tile(ratio, 2), self.velocity * ratio
        if self.landmarks is not None:
            self.landmarks = self.landmarks * ratio

    def face(self, width: int, height: int) -> Face | None:
        """The track as a face in an image of that size; None if it is outside."""
        corners = np.concatenate(
            [self.position[:2] - self.position[2:] / 2, self.position[:2] + self.position[2:] / 2]
        )
        left, top, right, bottom = corners.tolist()
        box = clip_box(left, top, right, bottom, width, height)
        points = None if self.landmarks is None else self.landmarks.astype(np.float32)
        return None if box is None else Face(box, self.score, points)


def distinct(faces: Sequence[Face]) -> list[Face]:
    """Faces by falling score, without duplicates of the same face."""
    chosen: list[Face] = []
    positions: list[Position] = []
    for face in sorted(faces, key=lambda face: -face.score):
        position = position_of(face.box)
        if all(overlap(position, other) <= _SAME_FACE for other in positions):
            chosen.append(face)
            positions.append(position)
    return chosen


def matched(tracks: Sequence[Track], faces: Sequence[Face], now: float) -> dict[int, int]:
    """Index of the face -> index of the track, with the least total distance."""
    if not tracks or not faces:
        return {}
    positions = [position_of(face.box) for face in faces]
    cost = np.array([[_cost(track, position, now) for position in positions] for track in tracks])
    rows, columns = linear_sum_assignment(cost)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {column: row for row, column in pairs if cost[row, column] < _FORBIDDEN}


def position_of(box: Box) -> Position:
    return np.array([*box.centre, box.width, box.height], np.float64)


def overlap(a: Position, b: Position) -> float:
    """Intersection over union of two positions."""
    ax, ay, a_wide, a_tall = a.tolist()
    bx, by, b_wide, b_tall = b.tolist()
    across = min(ax + a_wide / 2, bx + b_wide / 2) - max(ax - a_wide / 2, bx - b_wide / 2)
    down = min(ay + a_tall / 2, by + b_tall / 2) - max(ay - a_tall / 2, by - b_tall / 2)
    if across <= 0 or down <= 0:
        return 0.0
    common = float(across * down)
    return common / float(a_wide * a_tall + b_wide * b_tall - common)


def _cost(track: Track, position: Position, now: float) -> float:
    """Distance in face sides from its position and from its expected position, and the
    difference in size; forbidden for what cannot be the same face."""
    sides = math.sqrt(track.position[2] * track.position[3]), math.sqrt(position[2] * position[3])
    distance = math.hypot(*(position[:2] - track.position[:2])) / max(sides)
    off_course = math.hypot(*(position[:2] - track.expected(now)[:2])) / max(sides)
    grown = abs(math.log(sides[1] / sides[0]))
    reach = 0.5 if track.steady else 0.9
    if distance > reach or grown > math.log(2):
        return _FORBIDDEN
    return distance + min(off_course, 1.0) + grown / 2


def _points(face: Face) -> Floats | None:
    return None if face.landmarks is None else face.landmarks.astype(np.float64)
