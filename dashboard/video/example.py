"""A film to try the page on: two drawn faces that change their expressions. Nobody is in it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from fer.data.synthetic import faces
from fer.geometry import Image

NAME = "drawn-faces.mp4"
DESCRIPTION = "Ten seconds with two drawn faces, made by this program; nobody is in them."
RATE = 12
SECONDS_EACH = 2.5
WIDTH, HEIGHT, SIDE = 640, 360, 240
_SHOWN = (("happy", "surprise", "neutral", "disgust"), ("angry", "happy", "happy", "surprise"))
_SEEDS = (2, 0)
_BACKGROUND = 96


def write(path: Path) -> None:
    """H.264 in an MP4, ten seconds."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(frames()):
            coded = av.VideoFrame.from_ndarray(picture, format="rgb24")
            coded.pts, coded.time_base = number, Fraction(1, RATE)
            film.mux(stream.encode(coded))
        film.mux(stream.encode(None))


def frames() -> Iterator[Image]:
    """RGB (360, 640, 3)."""
    return map(frame, range(len(_SHOWN[0]) * round(SECONDS_EACH * RATE)))


def frame(number: int) -> Image:
    """One of them: the faces come into their expressions, hold them, and leave them again."""
    each = round(SECONDS_EACH * RATE)
    turn, phase = number // each, number % each / each
    strength = min(1.0, 3 * phase, 3 * (1 - phase))
    picture = np.full((HEIGHT, WIDTH), _BACKGROUND, np.uint8)
    for person, (shown, seed) in enumerate(zip(_SHOWN, _SEEDS, strict=True)):
        small = faces.face(shown[turn], np.random.default_rng(seed), strength, SIDE // 2)
        drawn = cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        left = 50 + 300 * person + round(10 * np.sin(number / 9 + person))
        top = 60 + round(8 * np.cos(number / 11 + 2 * person))
        picture[top : top + SIDE, left : left + SIDE] = drawn
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), np.uint8)
