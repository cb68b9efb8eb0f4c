"""Faces to try things on: NASA's portrait of Eileen Collins, which scikit-image carries, and
drawings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import skimage
from numpy.typing import NDArray

from fer import images
from fer.data.synthetic import faces
from fer.geometry import Image

NAME = "astronaut.png"
CREDIT = "Sample: Eileen Collins, NASA, public domain."

_HEAD = (slice(0, 300), slice(75, 375))
_DRAWN = "Drawn by this program; nobody is in it."
_CLOTH, _FOLD = (170, 200, 215), (145, 170, 183)
_MASK = (
    *((182, 114), (203, 107), (224, 104), (247, 108), (266, 115)),
    *((265, 150), (250, 176), (226, 188), (202, 177), (184, 150)),
)
_FOLDS = [((192, y), (225, y - 3), (258, y)) for y in (134, 144, 154)]
_BANDS = [((183, 118), (172, 104)), ((184, 148), (173, 122))]
_BANDS += [((266, 118), (276, 104)), ((265, 148), (275, 122))]


@dataclass(frozen=True, slots=True)
class Sample:
    """A face to try: its file's name, its title, whose it is, and what makes it."""

    name: str
    title: str
    credit: str
    make: Callable[[], Image]


def astronaut() -> Image:
    """The portrait as RGB uint8 (512, 512, 3), read from the package's own file."""
    return images.read(Path(skimage.__file__).parent / "data" / NAME)


@lru_cache
def astronaut_png() -> bytes:
    """The portrait as a file; kept, so that callbacks, which a new run may overtake, are quick."""
    return images.encode_png(astronaut())


def _head() -> Image:
    return np.ascontiguousarray(astronaut()[_HEAD])


def _masked() -> Image:
    """Head and shoulders, with mouth and nose behind a drawn mask."""
    portrait = astronaut()
    for band in _BANDS:
        cv2.polylines(portrait, [_points(band)], False, _FOLD, 2, cv2.LINE_AA)
    cv2.fillPoly(portrait, [_points(_MASK)], _CLOTH, cv2.LINE_AA)
    for fold in _FOLDS:
        cv2.polylines(portrait, [_points(fold)], False, _FOLD, 1, cv2.LINE_AA)
    return np.ascontiguousarray(portrait[_HEAD])


def _points(pairs: tuple[tuple[int, int], ...]) -> NDArray[np.int32]:
    return np.array(pairs, np.int32)


def _drawing(emotion: str, seed: int) -> Image:
    face = faces.face(emotion, np.random.default_rng(seed), side=370)
    return np.repeat(face[:, :, None], 3, axis=2)


SAMPLES = (
    Sample("portrait.png", "Portrait", CREDIT, _head),
    Sample("masked.png", "Behind a mask", f"{CREDIT} The mask is drawn.", _masked),
    Sample("wide-eyes.png", "Wide eyes", _DRAWN, lambda: _drawing("surprise", 5007)),
    Sample("frown.png", "Frown", _DRAWN, lambda: _drawing("angry", 0)),
)
"""The first is as clear as can be; of the second, a model that hides nothing is unsure."""
