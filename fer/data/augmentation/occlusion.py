"""Drawn things in front of a face: dark glasses, a hand, a mask, a smooth patch.

Positions suit faces that fill their picture, as those of FER2013 do.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from fer.data.transforms import Pixels

Draw = NDArray[np.float64]
"""Numbers in [0, 1) that decide a shape, (8,)."""


def covered(face: Pixels, random: np.random.Generator) -> Pixels:
    """A copy of the face (H, W, C) with one drawn thing in front of it."""
    draw = random.random(9)
    shape = _SHAPES[int(draw[8] * len(_SHAPES))]
    canvas = np.ascontiguousarray(face).copy()
    height, width = face.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    shape(mask, draw)
    # A shade with a slope, so that the edge of the thing is all that is sharp.
    slope = 60 * (draw[6] - 0.5) * np.linspace(-1, 1, height)[:, None]
    shade = _level(shape, draw[7]) + slope + 60 * (draw[5] - 0.5) * np.linspace(-1, 1, width)
    thing = np.clip(shade, 0, 255).astype(np.uint8)[:, :, None]
    return np.where(mask[:, :, None] > 0, thing, canvas).astype(np.uint8)


def _level(shape: Callable[[NDArray[np.uint8], Draw], None], draw: float) -> float:
    """Mean grey: glasses are dark, everything else may be of any grey."""
    return 10 + 60 * draw if shape is _glasses else 20 + 215 * draw


def _glasses(mask: NDArray[np.uint8], draw: Draw) -> None:
    """Two ellipses joined by a bar, at about the height of the eyes; filled or frames alone."""
    height, width = mask.shape
    y = height * (0.34 + 0.12 * draw[0])
    half, tall = width * (0.12 + 0.06 * draw[1]), height * (0.07 + 0.06 * draw[2])
    thickness = -1 if draw[3] < 0.6 else 1
    for side in (-1, 1):
        centre = round(width / 2 + side * width * (0.18 + 0.04 * draw[4])), round(y)
        cv2.ellipse(mask, centre, (round(half), round(tall)), 0, 0, 360, 1, thickness)
    cv2.line(mask, (round(width * 0.4), round(y)), (round(width * 0.6), round(y)), 1, 1)


def _hand(mask: NDArray[np.uint8], draw: Draw) -> None:
    """Two to four parallel fingers that come from a border."""
    height, width = mask.shape
    angle = 2 * np.pi * draw[0]
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    middle = np.array([width, height]) * (0.5 + 0.15 * along) + across * width * (draw[1] - 0.5) / 2
    thickness = max(2, round(width * (0.06 + 0.05 * draw[2])))
    fingers = 2 + int(3 * draw[3])
    for finger in range(fingers):
        start = middle + across * (finger - (fingers - 1) / 2) * (thickness + 1)
        start = start - along * width * 0.1 * ((finger + draw[4]) % 2)
        end = start + along * width
        cv2.line(
            mask,
            np.rint(start).astype(int).tolist(),
            np.rint(end).astype(int).tolist(),
            1,
            thickness,
        )


def _mask(mask: NDArray[np.uint8], draw: Draw) -> None:
    """A part of the lower face, from nose or mouth down to the chin."""
    height, width = mask.shape
    top = height * (0.55 + 0.25 * draw[0])
    centre = round(width * (0.4 + 0.2 * draw[1])), round(top + height * 0.3)
    axes = round(width * (0.2 + 0.2 * draw[2])), round(height * 0.3)
    cv2.ellipse(mask, centre, axes, 20 * (draw[3] - 0.5), 0, 360, 1, -1)


def _patch(mask: NDArray[np.uint8], draw: Draw) -> None:
    """A turned rectangle of 3 to 15% of the picture, anywhere."""
    height, width = mask.shape
    area, aspect = (0.03 + 0.12 * draw[0]) * height * width, np.exp(1.6 * (draw[1] - 0.5))
    box = cv2.boxPoints(
        (
            (width * draw[2], height * draw[3]),
            (np.sqrt(area * aspect), np.sqrt(area / aspect)),
            180 * draw[4],
        )
    )
    cv2.fillConvexPoly(mask, np.rint(box).astype(np.int32), 1)


_SHAPES = (_glasses, _hand, _mask, _patch)
