"""Pictures with known faces: the sample's portrait moved, scaled and mirrored over a wall."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from fer.geometry import Box, Image, clip_box
from tests.helpers import ASTRONAUT_FACE, astronaut

_PORTRAIT = (90, 20, 350, 280)

Place = tuple[float, float, float, bool]
"""A portrait's centre x and y, its side, and whether it is mirrored."""


def frame(places: list[Place], width: int = 640, height: int = 480) -> Image:
    """A picture with the portraits, later ones in front."""
    picture = wall(width, height).copy()
    for x, y, side, mirrored in places:
        portrait = _portrait(mirrored)
        scale = side / len(portrait)
        turn = np.array([[scale, 0, x - side / 2], [0, scale, y - side / 2]], np.float32)
        smaller = cv2.warpAffine(portrait, turn, (width, height), flags=cv2.INTER_AREA)
        left, top, right, bottom = (round(v) for v in _corners(x, y, side))
        here = slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
        picture[here] = smaller[here]
    return picture


def face_box(place: Place, width: int = 640, height: int = 480) -> Box | None:
    """Where a portrait's face is, as a person sees it."""
    x, y, side, mirrored = place
    left, top, right, bottom = ASTRONAUT_FACE
    inside = (np.array([left, right]) - _PORTRAIT[0]) / (_PORTRAIT[2] - _PORTRAIT[0])
    if mirrored:
        inside = 1 - inside[::-1]
    down = (np.array([top, bottom]) - _PORTRAIT[1]) / (_PORTRAIT[3] - _PORTRAIT[1])
    across = x + (inside - 0.5) * side
    rows = y + (down - 0.5) * side
    return clip_box(across[0], rows[0], across[1], rows[1], width, height)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    common = max(0, across) * max(0, down)
    return common / (a.width * a.height + b.width * b.height - common)


@cache
def wall(width: int, height: int) -> Image:
    """A background with some texture and no face."""
    coarse = np.random.default_rng(7).integers(80, 165, (max(2, height // 16), max(2, width // 16)))
    smooth = cv2.resize(coarse.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    picture = np.repeat(np.asarray(smooth, np.uint8)[:, :, None], 3, axis=2)
    picture.flags.writeable = False
    return picture


@cache
def _portrait(mirrored: bool) -> Image:
    left, top, right, bottom = _PORTRAIT
    face = astronaut()[top:bottom, left:right]
    return np.ascontiguousarray(face[:, ::-1] if mirrored else face)


def _corners(x: float, y: float, side: float) -> tuple[float, float, float, float]:
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2
