"""A drawn head whose brows, lids and mouth follow the action units of `drawn`."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fer.data.dataset import Picture

Points = NDArray[np.float64]
"""Points (N, 2) of a face: x to the right and y down, 1 is half the head's width."""


@dataclass(frozen=True, slots=True)
class _Person:
    """What does not move: tones are grey levels, lengths in half head widths."""

    skin: float
    hair: float
    backdrop: float
    length: float
    jaw: float
    eye_distance: float
    eye_size: float
    brow_width: float
    mouth_width: float
    lips: float
    fringe: float
    long_hair: bool
    bald: bool


def _person(random: np.random.Generator) -> _Person:
    skin = random.uniform(115, 225)
    return _Person(
        skin=skin,
        hair=random.uniform(15, min(190, skin - 25)),
        backdrop=random.uniform(30, 225),
        length=random.uniform(1.2, 1.42),
        jaw=random.uniform(0.12, 0.34),
        eye_distance=random.uniform(0.38, 0.46),
        eye_size=random.uniform(1.0, 1.2),
        brow_width=random.uniform(0.065, 0.11),
        mouth_width=random.uniform(0.33, 0.4),
        lips=random.uniform(0.045, 0.085),
        fringe=random.uniform(-0.95, -0.72),
        long_hair=random.random() < 0.4,
        bald=random.random() < 0.1,
    )


class Drawing:
    """A canvas (side, side), a person and a pose; `units` are the action units of this moment."""

    def __init__(self, side: int, units: dict[int, float], random: np.random.Generator) -> None:
        self.units = units
        self.person = _person(random)
        self.canvas = np.full((side, side), self.person.backdrop, np.uint8)
        self.scale = side * random.uniform(0.35, 0.39)
        self.middle = side * (np.array([0.5, 0.49]) + random.uniform(-0.025, 0.025, 2))
        self.yaw = random.uniform(-0.25, 0.25)
        roll = random.normal(0, 0.07)
        self.turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
        self.lopsided = random.uniform(-0.15, 0.15)

    def drawn(self) -> Picture:
        self._head()
        for side in (-1, 1):
            self._eye(side)
            self._brow(side)
        self._nose()
        self._mouth()
        self._furrows()
        return self.canvas

    def _pixels(self, points: Points) -> NDArray[np.int32]:
        """Where points of the face lie on the canvas, in sixteenths of a pixel, (N, 2)."""
        depth = np.sqrt(np.maximum(0, 1 - points[:, 0] ** 2))
        turned = points[:, 0] * np.cos(self.yaw) + 0.45 * np.sin(self.yaw) * depth
        flat = np.column_stack([turned, points[:, 1]])
        pixels = flat @ self.turn * self.scale + self.middle
        return np.asarray(np.rint(pixels * 16), np.int32)

    def _fill(self, points: Points, tone: float, into: Picture | None = None) -> None:
        canvas = self.canvas if into is None else into
        cv2.fillPoly(canvas, [self._pixels(points)], float(np.clip(tone, 0, 255)), shift=4)

    def _line(self, points: Points, tone: float, width: float) -> None:
        thickness = max(1, round(width * self.scale))
        shade = float(np.clip(tone, 0, 255))
        cv2.polylines(self.canvas, [self._pixels(points)], False, shade, thickness, shift=4)

    def _head(self) -> None:
        """Hair behind, neck, ears, the head itself, and the hair on it."""
        person = self.person
        drop = 0.13 * self.units[26]
        if not person.bald:
            self._fill(_oval(0, -0.28, 1.16, 1.16), person.hair)
            if person.long_hair:
                fall = np.array([[-1.14, -0.3], [1.14, -0.3], [1.05, 2.2], [-1.05, 2.2]])
                self._fill(fall, person.hair)
        neck = np.array([[-0.5, 0.7], [0.5, 0.7], [0.62, 2.0], [-0.62, 2.0]])
        self._fill(neck, person.skin - 30)
        for side in (-1, 1):
            self._fill(_oval(side * 0.99, 0.0, 0.13, 0.26), person.skin - 18)
        turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        down = np.cos(turn)
        narrow = 1 - person.jaw * np.maximum(0, down) ** 2
        height = np.where(down > 0, person.length + drop, person.length)
        self._fill(np.column_stack([np.sin(turn) * narrow, down * height - 0.04]), person.skin)
        if not person.bald:
            across = np.linspace(-0.98, 0.98, 17)
            line = person.fringe + 0.42 * across**4
            top = -person.length * np.sqrt(np.maximum(0, 1 - across**2)) - 0.12
            cap = np.vstack([np.column_stack([across, line]), np.column_stack([across, top])[::-1]])
            self._fill(cap, person.hair)

    def _eye(self, side: int) -> None:
        person, units = self.person, self.units
        half = 0.2 * person.eye_size
        raised = 1 + 0.95 * units[5] - 0.45 * units[7] - 0.3 * units[6] - 0.3 * units[9]
        lowered = 1 + 0.3 * units[5] - 0.75 * units[7] - 1.1 * units[6] - 0.4 * units[9]
        upper = 0.115 * person.eye_size * max(0.2, raised)
        lower = 0.08 * person.eye_size * lowered
        x, y = side * person.eye_distance, -0.17
        lid = _arc(x, y, half, -upper)
        almond = np.vstack([lid, _arc(x, y, half, max(lower, -0.4 * upper))[::-1]])
        inside = np.zeros_like(self.canvas)
        self._fill(almond, 255, into=inside)
        eye = np.full_like(self.canvas, int(min(245, person.skin + 45)))
        self._fill(_oval(x, y - 0.015, 0.1, 0.1), 45, into=eye)
        self._fill(_oval(x, y - 0.015, 0.045, 0.045), 8, into=eye)
        np.copyto(self.canvas, eye, where=inside > 0)
        self._line(lid, 20, 0.035)
        self._line(_arc(x, y, half, lower), person.skin - 45, 0.02)
        if units[6] > 0.3:
            self._line(_arc(x, y + 0.15, half, 0.07), person.skin - 40 * units[6], 0.025)

    def _brow(self, side: int) -> None:
        units = self.units
        one, two, four = units[1], units[2] * (1 + side * self.lopsided), units[4]
        droop = 0.09 * one * max(0.0, 1 - 2 * two)
        inner = -0.44 - 0.2 * one - 0.03 * two + 0.17 * four
        middle = -0.53 - 0.06 * one - 0.17 * two + 0.13 * four + 0.3 * droop
        outer = -0.44 - 0.02 * one - 0.16 * two + droop
        x = self.person.eye_distance
        knots = np.array([x - 0.25 - 0.07 * four, x + 0.03, x + 0.28])
        across = np.linspace(knots[0], knots[2], 9)
        curve = np.polyval(np.polyfit(knots, [inner, middle, outer], 2), across)
        tone = min(self.person.hair, self.person.skin - 55)
        self._line(np.column_stack([side * across, curve]), tone, self.person.brow_width)

    def _nose(self) -> None:
        shade = self.person.skin - 35
        up = 0.05 * self.units[9]
        wide = 0.15 + 0.05 * self.units[9]
        self._line(np.array([[0.07, -0.1], [0.1, 0.2 - up], [0.13, 0.28 - up]]), shade + 12, 0.03)
        self._line(_arc(0, 0.3 - up, wide, 0.05), shade, 0.035)
        for side in (-1, 1):
            self._fill(_oval(side * 0.07, 0.31 - up, 0.035, 0.022), shade - 45)

    def _mouth(self) -> None:
        """Lips as two arcs each between the corners; dark between them, teeth under the upper."""
        person, units = self.person, self.units
        pulled = 0.32 * units[12] + 0.34 * units[20] - 0.2 * units[23] - 0.1 * units[15]
        half = person.mouth_width * (1 + pulled - 0.32 * units[26] * (1 - min(1, units[20])))
        y = 0.66 - 0.04 * units[9]
        corner = y - 0.17 * units[12] + 0.15 * units[15] + 0.04 * units[20] + 0.08 * units[26]
        upper = y + 0.03 * units[12] - 0.05 * units[15] - 0.07 * units[9] - 0.05 * units[26]
        gap = 0.16 * units[25] + 0.36 * units[26] + 0.15 * units[16] * min(1, units[9]) + 0.004
        lips = person.lips * (1 - 0.65 * min(1, units[23]))
        tone = person.skin - 48
        roundness = 1 - 0.45 * min(1, units[26])

        def between(top: float, bottom: float) -> Points:
            first = _arc(0, corner, half, top - corner, roundness)
            second = _arc(0, corner, half, bottom - corner, roundness)
            return np.vstack([first, second[::-1]])

        self._fill(between(upper - lips, upper + gap + 1.25 * lips), tone)
        if gap > 0.05:
            self._fill(between(upper, upper + gap), 22)
            teeth = min(0.09, 0.6 * gap)
            self._fill(between(upper, upper + teeth), min(240, person.skin + 55))
        else:
            self._line(_arc(0, corner, half, upper + gap / 2 - corner), tone - 50, 0.035)

    def _furrows(self) -> None:
        """What strong movement folds: between the brows, over the nose, beside nose and mouth."""
        units, skin = self.units, self.person.skin
        for side in (-1, 1):
            if units[4] > 0.3:
                frown = np.array([[side * 0.06, -0.42], [side * 0.05, -0.26]])
                self._line(frown, skin - 65 * units[4], 0.03)
            fold = max(units[9], 0.8 * units[12])
            if fold > 0.25:
                beside = np.array([[0.2, 0.22], [0.34, 0.38], [0.44 + 0.08 * units[12], 0.58]])
                self._line(beside * [side, 1], skin - 50 * fold, 0.03)
        if units[9] > 0.3:
            for y in (-0.16, -0.07, 0.02):
                self._line(_arc(0, y, 0.11, -0.03), skin - 60 * units[9], 0.025)


def _arc(x: float, y: float, half: float, height: float, power: float = 1.0) -> Points:
    """An arc (13, 2) from (x - half, y) to (x + half, y), `height` off that line in the middle.

    `power` 1 makes a parabola, 0.5 half an ellipse.
    """
    across = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 13))
    return np.column_stack([x + half * across, y + height * (1 - across**2) ** power])


def _oval(x: float, y: float, half_width: float, half_height: float) -> Points:
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    return np.column_stack([x + half_width * np.cos(turn), y + half_height * np.sin(turn)])
