"""A detector that tests steer, registered under the name "stub"."""

from __future__ import annotations

import threading

import numpy as np

from fer.geometry import Image, clip_box
from fer.inference import detection
from fer.results import Face

NAME = "stub"


def bright_square(left: int = 100, top: int = 80, side: int = 60) -> Image:
    """A dark picture of 320×240 with one bright square, which the stub takes for a face; it has
    some texture, so that its motion can be followed."""
    image = np.full((240, 320, 3), 20, np.uint8)
    rows, columns = np.mgrid[:side, :side] // 6
    image[top : top + side, left : left + side] = (225 + rows * columns % 7 * 5)[:, :, None]
    return image


class StubDetector:
    """Sees the bright part of a picture as a face. `gate` holds it up while it is not set; on a
    picture with a pixel (1, 2, 3) in its corner it raises."""

    made: list[StubDetector] = []  # noqa: RUF012 - replaced by the fixture for each test
    gate: threading.Event

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.threads: set[int] = set()
        self.calls = 0
        StubDetector.made.append(self)

    def detect(self, image: Image) -> tuple[Face, ...]:
        self.entered.set()
        self.threads.add(threading.get_ident())
        self.calls += 1
        assert StubDetector.gate.wait(60)
        if tuple(image[image.shape[0] // 2, image.shape[1] // 2]) == POISON:
            raise RuntimeError("the lens cap is on")
        rows, columns = np.nonzero(image[:, :, 0] > 200)
        if len(rows) == 0:
            return ()
        height, width = image.shape[:2]
        left, top = float(columns.min()), float(rows.min())
        right, bottom = float(columns.max() + 1), float(rows.max() + 1)
        box = clip_box(left, top, right, bottom, width, height)
        return () if box is None else (Face(box, 0.99),)


POISON = (1, 2, 3)


def poison() -> Image:
    """A picture on which the stub raises."""
    return np.full((240, 320, 3), POISON, np.uint8)


def register(monkeypatch: object) -> None:
    """Makes the stub known for one test."""
    StubDetector.made = []
    StubDetector.gate = threading.Event()
    StubDetector.gate.set()
    monkeypatch.setitem(detection._DETECTORS, NAME, StubDetector)  # type: ignore[attr-defined]
