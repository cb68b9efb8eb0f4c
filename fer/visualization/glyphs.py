"""A drawn face for each emotion, by which colours that look alike are told apart, and text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

Point = tuple[float, float]

SIDE = 24
LINE_WIDTH = 1.8
UNSURE = "unsure"

_OVERSAMPLING = 4
_MARGIN = 3.5  # around a glyph; only icons, which are round, need it


@dataclass(frozen=True, slots=True)
class Glyph:
    """Lines through points, and ovals as (x, y, half width, half height), on a field of 24×24."""

    lines: tuple[tuple[Point, ...], ...]
    ovals: tuple[tuple[float, float, float, float], ...] = ()


def _arc(left: Point, middle: Point, right: Point) -> tuple[Point, ...]:
    """A curve (9, 2) from left to right that passes through the middle."""
    along = np.linspace(0, 1, 9)[:, None]
    bend = 2 * np.array(middle) - (np.array(left) + np.array(right)) / 2
    points = (1 - along) ** 2 * left + 2 * along * (1 - along) * bend + along**2 * np.array(right)
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in points)


_EYES = ((8.4, 9.6, 1.4, 1.4), (15.6, 9.6, 1.4, 1.4))
_WIDE_EYES = ((8.4, 9.4, 1.9, 1.9), (15.6, 9.4, 1.9, 1.9))

GLYPHS = {
    "angry": Glyph(
        (((5.8, 6.2), (10, 8)), ((18.2, 6.2), (14, 8)), _arc((8, 17), (12, 15.2), (16, 17))), _EYES
    ),
    "disgust": Glyph(
        (
            ((6.4, 8.2), (10, 9.8), (6.4, 11.2)),
            ((17.6, 8.2), (14, 9.8), (17.6, 11.2)),
            (
                *_arc((7.4, 16.6), (9.6, 14.8), (12, 15.8)),
                *_arc((12, 15.8), (14.4, 16.8), (16.6, 15)),
            ),
        )
    ),
    "fear": Glyph(
        (
            ((5.6, 6.8), (9, 5)),
            ((18.4, 6.8), (15, 5)),
            ((7.4, 16.8), (9.2, 15), (11.1, 16.8), (12.9, 15), (14.8, 16.8), (16.6, 15)),
        ),
        _WIDE_EYES,
    ),
    "happy": Glyph((_arc((7, 13.6), (12, 16.6), (17, 13.6)),), _EYES),
    "sad": Glyph(
        (((5.6, 7.8), (9.4, 6)), ((18.4, 7.8), (14.6, 6)), _arc((8, 17.4), (12, 15.4), (16, 17.4))),
        _EYES,
    ),
    "surprise": Glyph(
        (_arc((6.4, 5.9), (8.4, 5.1), (10.4, 5.9)), _arc((13.6, 5.9), (15.6, 5.1), (17.6, 5.9))),
        (*_WIDE_EYES, (12, 16.4, 2.3, 2.8)),
    ),
    "neutral": Glyph((((8, 15.8), (16, 15.8)),), _EYES),
    UNSURE: Glyph(
        ((*_arc((9, 9.4), (12, 6.4), (15, 9.4)), (14.2, 11), (12.4, 12.4), (12, 14.2)),),
        ((12, 17.6, 1.3, 1.3),),
    ),
}


@lru_cache(maxsize=64)
def mask(name: str, side: int) -> NDArray[np.uint8]:
    """Coverage (0-255) of a glyph's pixels without its margin, (side, side)."""
    scale = _OVERSAMPLING * side / (SIDE - 2 * _MARGIN)
    canvas = np.zeros((_OVERSAMPLING * side,) * 2, np.uint8)
    glyph = GLYPHS[name]
    for line in glyph.lines:
        cv2.polylines(canvas, [_pixels(line, scale)], False, 255, max(1, round(LINE_WIDTH * scale)))
    for x, y, half_width, half_height in glyph.ovals:
        axes = round(half_width * scale), round(half_height * scale)
        cv2.ellipse(canvas, _pixels([(x, y)], scale)[0].tolist(), axes, 0, 0, 360, 255, -1)
    small = np.asarray(cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    small.flags.writeable = False
    return small


@lru_cache(maxsize=512)
def with_text(name: str, words: str, size: int) -> NDArray[np.uint8]:
    """Coverage (0-255) of a glyph's pixels, and of those of words beside it."""
    written = text(words, size)
    side = len(written)
    gap = np.zeros((side, max(1, side // 6)), np.uint8)
    both = np.hstack([mask(name, side), gap, written])
    both.flags.writeable = False
    return both


@lru_cache(maxsize=512)
def text(words: str, size: int) -> NDArray[np.uint8]:
    """Coverage (0–255) of a text's pixels, in the font that comes with Pillow."""
    font = _font(size)
    left, _, right, _ = font.getbbox(words)
    ascent, descent = _height(font)
    picture = PIL.Image.new("L", (int(right - left) + 1, ascent + descent), 0)
    PIL.ImageDraw.Draw(picture).text((-left, 0), words, 255, font)
    coverage = np.array(picture)
    coverage.flags.writeable = False
    return coverage


@lru_cache(maxsize=32)
def _font(size: int) -> PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont:
    return PIL.ImageFont.load_default(size)


def _height(font: PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont) -> tuple[int, int]:
    if isinstance(font, PIL.ImageFont.FreeTypeFont):
        return font.getmetrics()
    return int(font.getbbox("Ag")[3]), 0


def _pixels(points: Sequence[Point], scale: float) -> NDArray[np.int32]:
    return np.rint((np.array(points) - _MARGIN) * scale).astype(np.int32)
