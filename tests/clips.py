"""Films for a browser's fake camera: the sample's face, moving and changing its size."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import PIL.Image

from dashboard import samples
from fer.geometry import Image

WIDTH, HEIGHT = 640, 480
FRAMES = 90
"""Three seconds at 30 frames a second; the last frame leads to the first."""


def frame(number: int, of: int = FRAMES) -> Image:
    """One frame, RGB (480, 640, 3): none as orange as the frame of a happy face."""
    turn = 2 * math.pi * number / of
    portrait = samples.astronaut()[10:210, 125:325]
    side = round(330 + 70 * math.sin(turn))
    scaled = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_LINEAR)
    left = round((WIDTH - side) / 2 + 80 * math.cos(turn))
    top = (HEIGHT - side) // 2
    picture = np.full((HEIGHT, WIDTH, 3), (70, 90, 110), np.uint8)
    picture[top : top + side, left : left + side] = scaled
    return picture


def samples_in_turn(seconds: float = 5.0) -> Iterator[Image]:
    """Frames of each sample in turn, for so long, none of it still."""
    count = round(30 * seconds)
    for sample in samples.SAMPLES:
        face = cv2.resize(sample.make(), (HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
        backdrop = cv2.GaussianBlur(cv2.resize(face, (WIDTH, WIDTH))[80:-80], (0, 0), 30)
        for number in range(count):
            picture = backdrop.copy()
            left = round((WIDTH - HEIGHT) / 2 + 30 * math.sin(2 * math.pi * number / count))
            picture[:, left : left + HEIGHT] = face
            yield picture


def write(path: Path, frames: Iterable[Image] | None = None) -> Path:
    """A .mjpeg film, as Chromium's fake camera takes it: one JPEG after the other."""
    with path.open("wb") as film:
        for picture in frames or map(frame, range(FRAMES)):
            buffer = io.BytesIO()
            PIL.Image.fromarray(picture).save(buffer, "JPEG", quality=90)
            film.write(buffer.getvalue())
    return path
