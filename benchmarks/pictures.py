"""Pictures for benchmarks: the sample's portrait in grids, as real faces of many sizes."""

from __future__ import annotations

import cv2
import numpy as np

from dashboard import samples
from fer.geometry import Image


def group(columns: int, rows: int, field: int) -> Image:
    """The portrait once in each of `columns` × `rows` fields of `field` pixels, varied in light."""
    portrait = cv2.resize(samples.astronaut()[:320, 70:390], (field, field))
    picture = np.empty((rows * field, columns * field, 3), np.uint8)
    for index in range(columns * rows):
        top, left = index // columns * field, index % columns * field
        varied = np.clip(portrait * (0.7 + 0.6 * index / (columns * rows)), 0, 255)
        picture[top : top + field, left : left + field] = varied.astype(np.uint8)
    return picture


def photographs() -> list[Image]:
    """Ten pictures of 1 to 2 megapixels with 1 to 12 faces."""
    grids = [(4, 3, 320), (3, 2, 480), (2, 1, 800), (1, 1, 1200), (4, 2, 400)]
    return [group(*grid) for grid in grids] + [group(*grid)[:, ::-1].copy() for grid in grids]
