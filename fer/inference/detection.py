"""Face detectors: a registry, and a bounded pool so that threads never share a detector."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from fer import images
from fer.errors import UnknownDetector
from fer.geometry import Image, clip_box
from fer.inference.mtcnn import Cascade
from fer.results import Face

DEFAULT = "mtcnn"
POOL_SIZE = 2
LONGEST_SIDE = 1024
"""Pictures are searched at this size at the most."""
SMALLEST_FACE = 20
"""Detectors find faces from about so many pixels on, in the picture that they search."""
MINIMUM_SCORES = {"mtcnn": 0.9}
"""Below it most finds in photos are noise: `python -m benchmarks.detection scores` measures it."""
MOST_FACES = 1000
"""Of more faces in a picture, those with the best scores are given."""

_PAD = 8
_TINY = 48


class Detector(Protocol):
    """Finds faces. It keeps state between its steps, so one thread at a time may use it."""

    def detect(self, image: Image) -> tuple[Face, ...]:
        """The faces of an RGB picture, left to right, in its own pixels; none is an empty tuple."""
        ...


class Mtcnn:
    """Three networks in a cascade, with five landmarks, see `fer.inference.mtcnn`."""

    def __init__(self, min_face: int = SMALLEST_FACE) -> None:
        self._cascade = Cascade(min_face)

    @property
    def is_capped(self) -> bool:
        """Whether the last picture had more places to look at than is allowed."""
        return self._cascade.is_capped

    def detect(self, image: Image) -> tuple[Face, ...]:
        height, width = image.shape[:2]
        faces = []
        for (left, top, right, bottom, score), points in zip(
            *self._cascade.detect(image), strict=True
        ):
            corners = max(0, int(left)), max(0, int(top)), int(right), int(bottom)
            box = clip_box(*corners, width, height)
            if box is not None:
                points = np.fix(points).astype(np.float32)
                faces.append(Face(box, min(1.0, float(score)), points))
        return _left_to_right(faces)


class Haar:
    """The cascade of Viola and Jones (2001, doi 10.1109/CVPR.2001.990517) that comes with OpenCV:
    the classic, kept for comparison. Its score is the logistic function of half the weight of its
    last stage."""

    def __init__(self) -> None:
        path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(path))

    def detect(self, image: Image) -> tuple[Face, ...]:
        height, width = image.shape[:2]
        grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
        boxes, _, weights = self._cascade.detectMultiScale3(
            grey,
            scaleFactor=1.1,
            minNeighbors=5,
            minSize=(SMALLEST_FACE, SMALLEST_FACE),
            outputRejectLevels=True,
        )
        faces = []
        for (left, top, side, _), weight in zip(boxes, np.ravel(weights), strict=True):
            box = clip_box(left, top, left + side, top + side, width, height)
            if box is not None:
                faces.append(Face(box, float(1 / (1 + np.exp(-weight / 2)))))
        return _left_to_right(faces)


_DETECTORS: dict[str, Callable[[], Detector]] = {"mtcnn": Mtcnn, "haar": Haar}


def names() -> list[str]:
    """The registered detectors, the default first."""
    return sorted(_DETECTORS, key=lambda name: (name != DEFAULT, name))


def create(name: str = DEFAULT) -> Detector:
    """A detector of one's own, for a thread that keeps it. Raises `UnknownDetector`."""
    check(name)
    return _DETECTORS[name]()


def check(name: str) -> None:
    """Raises `UnknownDetector`, with the list of those that exist, for any other name."""
    if name not in _DETECTORS:
        raise UnknownDetector(f"unknown detector {name!r}; choose one of {', '.join(names())}.")


def detect(image: Image, name: str = DEFAULT) -> tuple[Face, ...]:
    """The faces of an RGB picture of any size, left to right, in its own pixels.

    Safe to call from any thread: at most `POOL_SIZE` detectors of a name exist, and a caller waits
    for a free one. Larger pictures are searched at `LONGEST_SIDE` pixels. Finds whose score is
    below `MINIMUM_SCORES` are left out. Raises `UnknownDetector`.
    """
    return search(image, name)[0]


def search(image: Image, name: str = DEFAULT) -> tuple[tuple[Face, ...], bool]:
    """`detect`, and whether faces may be missing because there are too many, see `best`."""
    check(name)
    with _borrowed(name) as detector:
        faces = detect_with(detector, image)
        is_capped = isinstance(detector, Mtcnn) and detector.is_capped
    least = MINIMUM_SCORES.get(name, 0.0)
    sure = [face for face in faces if face.score >= least]
    return best(sure), is_capped or len(sure) > MOST_FACES


def best(faces: Sequence[Face]) -> tuple[Face, ...]:
    """At most `MOST_FACES`, those with the best scores, left to right."""
    chosen = sorted(faces, key=lambda face: -face.score)[:MOST_FACES]
    return _left_to_right(chosen)


def largest_face(image: Image) -> Face | None:
    """The face with the largest box, of equal ones that with the highest score; None if none is
    detected."""
    faces = detect(image)
    return max(faces, key=lambda face: (face.box.width * face.box.height, face.score), default=None)


def detect_with(
    detector: Detector, image: Image, longest_side: int = LONGEST_SIDE
) -> tuple[Face, ...]:
    """All finds of a detector that the caller owns, on a copy of at most `longest_side` pixels."""
    height, width = image.shape[:2]
    smaller, scale = images.bounded(image, longest_side)
    padded, pad = _padded(smaller)
    faces = []
    for face in detector.detect(padded):
        left, top, right, bottom = ((value - pad) / scale for value in face.box.as_list())
        box = clip_box(left, top, right, bottom, width, height)
        if box is None or min(box.width, box.height) < 2:
            continue
        points = None if face.landmarks is None else (face.landmarks - pad) / np.float32(scale)
        faces.append(Face(box, face.score, points))
    return tuple(faces)


def _padded(image: Image) -> tuple[Image, int]:
    """A border around a small picture, so that a face that fills it can be found; its width."""
    pad = max(_PAD, (_TINY - min(image.shape[:2]) + 1) // 2) if min(image.shape[:2]) < 256 else 0
    if pad == 0:
        return image, 0
    bordered = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    return np.asarray(bordered, np.uint8), pad


@cache
def _pool(name: str) -> queue.LifoQueue[Detector | None]:
    pool: queue.LifoQueue[Detector | None] = queue.LifoQueue()
    for _ in range(POOL_SIZE):
        pool.put(None)
    return pool


@contextmanager
def _borrowed(name: str) -> Iterator[Detector]:
    pool = _pool(name)
    detector = pool.get()
    try:
        if detector is None:
            detector = _DETECTORS[name]()
        yield detector
    finally:
        pool.put(detector)


def release() -> None:
    """Lets go of the pools' detectors that are not at work; they are made anew when needed."""
    for name in _DETECTORS:
        pool, taken = _pool(name), 0
        with suppress(queue.Empty):
            while taken < POOL_SIZE:
                pool.get_nowait()
                taken += 1
        for _ in range(taken):
            pool.put(None)


if hasattr(os, "register_at_fork"):  # the threads that hold detectors do not exist in the child
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _left_to_right(faces: list[Face]) -> tuple[Face, ...]:
    return tuple(sorted(faces, key=lambda face: (face.box.left, face.box.top)))
