"""How faces move from one frame to the next, by sparse optical flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from fer.geometry import Image

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIDE = 320
"""Motion is looked for in grey pictures whose longer side has so many pixels at the most."""

_SMALLEST = 32
_STEPS = 5
_STEPS_OF_MANY = 4
_MANY = 8
_INNER = 0.7
_LEAST_SHARE = 0.3
_FURTHEST_BACK = 1.0
_LARGEST_ZOOM = 1.15
_FLOW: dict[str, Any] = {"winSize": (15, 15), "maxLevel": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """`shift`: (x, y) of the centre in pixels; `zoom`: new size / old size."""

    shift: Floats
    zoom: float


def small_grey(image: Image) -> tuple[Grey, float]:
    """A small grey copy of an RGB picture (H, W, 3), and its size / the picture's size."""
    height, width = image.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = image if scale == 1.0 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8), scale


def follow(before: Grey, after: Grey, positions: Sequence[Floats]) -> list[Motion | None]:
    """The motion of each position (centre x, centre y, width, height) between two grey pictures of
    one size; None where it cannot be measured.

    Points on a grid inside the face are followed forwards and back again (Kalal et al. 2010, doi
    10.1109/ICPR.2010.675); those that return to where they began vote with their median.
    """
    if not positions or min(before.shape) < _SMALLEST:
        return [None] * len(positions)
    steps = _STEPS if len(positions) <= _MANY else _STEPS_OF_MANY
    starts = np.stack([_grid(position, steps) for position in positions])
    points = starts.reshape(-1, 1, 2).astype(np.float32)
    ends, there, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, **_FLOW)
    again, back, _ = cv2.calcOpticalFlowPyrLK(after, before, ends, None, **_FLOW)
    returned = np.linalg.norm(again - points, axis=2) < _FURTHEST_BACK
    sound = ((there == 1) & (back == 1) & returned).reshape(len(positions), -1)
    targets = np.asarray(ends, np.float64).reshape(starts.shape)
    return [
        _voted(start[good], target[good], position) if good.mean() >= _LEAST_SHARE else None
        for start, target, good, position in zip(starts, targets, sound, positions, strict=True)
    ]


def _grid(position: Floats, steps: int) -> Floats:
    """Points (steps², 2) on the inner part of a face, where little background shows."""
    shares = np.linspace(-0.5, 0.5, steps) * _INNER
    across, down = np.meshgrid(shares * position[2], shares * position[3])
    return np.stack([position[0] + across.ravel(), position[1] + down.ravel()], axis=1)


def _voted(starts: Floats, ends: Floats, position: Floats) -> Motion | None:
    """The motion of most of the points (N, 2); None where they go different ways."""
    shifts = ends - starts
    shift = np.median(shifts, axis=0)
    side = float(min(position[2], position[3]))
    if float(np.median(np.abs(shifts - shift))) > 0.05 * side + 0.5:
        return None
    zoom = float(np.median(pdist(ends) / pdist(starts)))
    return Motion(shift, min(max(zoom, 1 / _LARGEST_ZOOM), _LARGEST_ZOOM))
