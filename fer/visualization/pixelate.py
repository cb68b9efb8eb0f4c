"""Pixelated faces, so that expressions can be shown without showing people."""

from __future__ import annotations

import cv2
import numpy as np

from fer.geometry import Image, clip_box
from fer.results import FrameResult

BLOCKS = 5
"""Squares across a face: of seven, a detector still made a face now and then."""

_MARGIN = 0.3


def faces(image: Image, result: FrameResult) -> Image:
    """A copy of the RGB picture (H, W, 3) with every face of the result, shown or hidden, and a rim
    around it for its hair and for what it moves meanwhile, in `BLOCKS` squares across."""
    canvas = image.copy()
    height, width = image.shape[:2]
    for box in (*result.hidden, *(face.face.box for face in result.faces)):
        across, down = _MARGIN * box.width, _MARGIN * box.height
        wider = clip_box(
            box.left - across, box.top - down, box.right + across, box.bottom + down, width, height
        )
        if wider is not None:
            area = canvas[wider.top : wider.bottom, wider.left : wider.right]
            area[...] = _squares(area, max(box.width, box.height) / BLOCKS)
    return canvas


def everything(image: Image) -> Image:
    """The whole picture pixelated, for when it is not known where the faces are."""
    return _squares(image, max(image.shape[:2]) / 16)


def _squares(area: Image, side: float) -> Image:
    height, width = area.shape[:2]
    few = max(1, round(width / side)), max(1, round(height / side))
    coarse = cv2.resize(area, few, interpolation=cv2.INTER_AREA)
    squares = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(squares, np.uint8)
