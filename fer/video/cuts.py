"""Where one shot ends and the next begins.

A frame is compared with the one before it, block by block, wherever each block may have moved.
After a cut most blocks are found nowhere near, and the frame after agrees: a flash passes. Where
the background stays, as in an interview cut shorter, the faces alone tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fer.geometry import Box, Image

SIDE = 160
"""Frames are compared on copies of this size at the most."""

_COARSE_SIDE = 48
_BLOCK = 8
_REACH = 8
"""So many pixels of the coarse copy a block may move from frame to frame: a sixth of its width."""
_STILL = 2.0
_LEAST_ERROR = 25.0
_SHARE_OF_VARIANCE = 0.4
_CHANGED_BLOCKS = 0.5
_MOST_GAIN = 2.0
_BLANK_DEVIATION = 3.0

_FACE_REACH = 0.5
_FACE_SCALES = (1.0, 0.9, 1.1)
_ALIKE, _UNLIKE = 0.75, 0.55
_SMALLEST_FACE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """A frame made small for comparing: `coarse` RGB of up to 48 pixels, `grey` of up to 160, and
    the size of `grey` / the film's."""

    coarse: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    scale: float

    @classmethod
    def of(cls, picture: Image, film_width: int) -> Glance:
        """From a copy of a frame of at most `SIDE` pixels."""
        height, width = picture.shape[:2]
        share = min(1.0, _COARSE_SIDE / max(height, width))
        size = max(1, round(width * share)), max(1, round(height * share))
        coarse = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return cls(np.asarray(coarse), np.asarray(grey), width / film_width)

    @property
    def is_blank(self) -> bool:
        """Whether it shows nothing, as between a fade out and a fade in."""
        return float(self.grey.std()) < _BLANK_DEVIATION


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A frame `at` with those before and after it; at a film's ends there are none."""

    at: Glance
    before: Glance | None = None
    earlier: Glance | None = None
    after: Glance | None = None

    @property
    def is_cut(self) -> bool:
        """Whether a shot begins here."""
        if self.before is None:
            return False
        if self.before.grey.shape != self.at.grey.shape:
            return True
        if self.before.is_blank and not self.at.is_blank:
            return True
        return (
            _is_other_picture(self.before, self.at)
            and (self.after is None or _is_other_picture(self.before, self.after))
            and (self.earlier is None or _is_other_picture(self.earlier, self.at))
        )

    def is_replaced(self, box: Box) -> bool:
        """Whether from one frame to the next something else is where a face was, `box` in pixels
        of the film, while before and after nothing leaps."""
        if self.earlier is None or self.before is None or self.after is None:
            return False
        return (
            not _is_like(self.before, self.at, box, _UNLIKE)
            and not _is_like(self.before, self.after, box, _UNLIKE)
            and _is_like(self.earlier, self.before, box, _ALIKE)
            and _is_like(self.at, self.after, box, _ALIKE)
        )


def _is_other_picture(before: Glance, at: Glance) -> bool:
    """Whether most blocks of `at` are nowhere near in `before`, its brightness aside."""
    if before.coarse.shape != at.coarse.shape:
        return True
    gain = (float(at.coarse.mean()) + 1) / (float(before.coarse.mean()) + 1)
    alike = cv2.convertScaleAbs(before.coarse, alpha=min(max(gain, 1 / _MOST_GAIN), _MOST_GAIN))
    if float(cv2.absdiff(alike, at.coarse).mean()) < _STILL:
        return False
    height, width = at.coarse.shape[:2]
    tall, wide = min(_BLOCK, height), min(_BLOCK, width)
    changed = [
        _is_new(alike, at.coarse[top : top + tall, left : left + wide], top, left)
        for top in range(0, height - tall + 1, tall)
        for left in range(0, width - wide + 1, wide)
    ]
    return sum(changed) > _CHANGED_BLOCKS * len(changed)


def _is_new(before: NDArray[np.uint8], block: NDArray[np.uint8], top: int, left: int) -> bool:
    """Whether a block is unlike everything near its position in the frame before."""
    tall, wide = block.shape[:2]
    area = before[
        max(0, top - _REACH) : top + tall + _REACH, max(0, left - _REACH) : left + wide + _REACH
    ]
    errors = cv2.matchTemplate(area, block, cv2.TM_SQDIFF)
    variance = float(block.reshape(-1, 3).var(axis=0).mean())
    return float(errors.min()) / block.size > _LEAST_ERROR + _SHARE_OF_VARIANCE * variance


def _is_like(before: Glance, after: Glance, box: Box, least: float) -> bool:
    """Whether what is in a box is also near it in another frame, correlated at least so much."""
    if before.grey.shape != after.grey.shape:
        return False
    height, width = before.grey.shape
    left, top, right, bottom = (round(value * before.scale) for value in box.as_list())
    patch = before.grey[max(0, top) : bottom, max(0, left) : right]
    if min(patch.shape) < _SMALLEST_FACE:
        return True
    across, down = (round(_FACE_REACH * side) for side in (right - left, bottom - top))
    area = after.grey[
        max(0, top - down) : min(height, bottom + down),
        max(0, left - across) : min(width, right + across),
    ]
    for scale in _FACE_SCALES:
        scaled = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        fits = scaled.shape[0] <= area.shape[0] and scaled.shape[1] <= area.shape[1]
        if fits and float(cv2.matchTemplate(area, scaled, cv2.TM_CCOEFF_NORMED).max()) >= least:
            return True
    return False
