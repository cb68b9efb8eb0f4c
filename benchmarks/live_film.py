"""A film for the benchmark's camera: one moving face, each frame numbered by a bar code."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from dashboard import samples
from fer.geometry import Image

WIDTH, HEIGHT = 640, 480
FRAMES_PER_SECOND = 30
FRAMES = 240
"""Eight seconds at 30 frames a second: far longer than any delay, so that numbers are clear."""

BAR = 20
"""Side of a bar in pixels. Eleven stand in the lower left corner, which no label reaches: white,
black, eight digits of the number from the highest down, and their parity."""


def write(path: Path) -> Path:
    """An uncompressed .y4m film, which costs a browser little to play."""
    with path.open("wb") as film:
        film.write(
            f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode()
        )
        for number in range(FRAMES):
            planes = cv2.cvtColor(frame(number), cv2.COLOR_RGB2YUV_I420)
            film.write(b"FRAME\n" + planes.tobytes())
    return path


def frame(number: int) -> Image:
    """RGB (480, 640, 3): the face moves sideways and comes nearer; the last leads to the first."""
    turn = 2 * np.pi * number / FRAMES
    portrait = samples.astronaut()[10:210, 125:325]
    side = round(330 + 70 * np.sin(turn))
    left = round((WIDTH - side) / 2 + 80 * np.cos(turn))
    top = (HEIGHT - side) // 2
    picture = np.full((HEIGHT, WIDTH, 3), (70, 90, 110), np.uint8)
    picture[top : top + side, left : left + side] = cv2.resize(portrait, (side, side))
    digits = [number >> place & 1 for place in range(7, -1, -1)]
    for place, bar in enumerate([1, 0, *digits, sum(digits) % 2]):
        picture[HEIGHT - BAR :, place * BAR : (place + 1) * BAR] = 255 * bar
    return picture
