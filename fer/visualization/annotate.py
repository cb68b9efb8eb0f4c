"""Annotated pictures: a frame and a label for each face, in its emotion's colour."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

from fer.emotions import COLOURS
from fer.geometry import Box, Image
from fer.results import FaceResult, FrameResult, Prediction
from fer.visualization import glyphs

STYLES = ("box", "circle")
UNSURE_COLOUR = "#F2F2F2"

_SMALLEST_TEXT = 11
_WIDEST = 1.6
_MASK = NDArray[np.uint8]
_Rgb = tuple[int, int, int]
_Rectangle = tuple[int, int, int, int]


def percent(share: float) -> str:
    """A probability in words that never claim certainty: ``93%``, ``>99%``, ``<1%``."""
    if share >= 0.995:
        return ">99%"
    return "<1%" if share < 0.005 else f"{share:.0%}"


def draw(image: Image, result: FrameResult, style: str = "box", numbered: bool = False) -> Image:
    """A copy of the RGB picture with every face framed and labelled; labels keep out of each
    other's way, and lose their percentage where faces are narrow.

    `style` is "box" or "circle". `numbered` puts the face's number before its label where there
    are several: from 1, or its track's in a video. A face that the model is unsure of gets a pale,
    broken frame and the word "unsure".
    """
    canvas = image.copy()
    height, width = image.shape[:2]
    line = max(2, round(max(height, width) / 400))
    for face in result.faces:
        _frame(canvas, face, style, line)
    taken: list[_Rectangle] = []
    for number, face in enumerate(result.faces, start=1):
        prefix = f"{face.track or number} " if numbered and len(result.faces) > 1 else ""
        taken.append(_label(canvas, face, prefix, line, taken))
    return canvas


def caption(prediction: Prediction) -> str:
    """The text of a label: ``happy 93%``, or ``unsure``."""
    if prediction.uncertain:
        return "unsure"
    return f"{prediction.label} {percent(prediction.confidence)}"


def colour_of(prediction: Prediction) -> str:
    """The emotion's colour, or a pale one where the model is unsure."""
    return UNSURE_COLOUR if prediction.uncertain else COLOURS[prediction.label]


def _frame(canvas: Image, face: FaceResult, style: str, line: int) -> None:
    colour = _rgb(colour_of(face.prediction))
    outline = _outline(face, style)
    shade = (20, 20, 20)
    pieces = [outline]
    if face.prediction.uncertain:
        pieces = [outline[start : start + 8] for start in range(0, len(outline), 16)]
    for piece in pieces:
        closed = piece is outline
        cv2.polylines(canvas, [piece], closed, shade, line + 2, cv2.LINE_AA)
        cv2.polylines(canvas, [piece], closed, colour, line, cv2.LINE_AA)


def _outline(face: FaceResult, style: str) -> NDArray[np.int32]:
    """A closed line of many points (N, 2) around a face, so that it can be broken into dashes."""
    box = face.face.box
    if style == "circle":
        radius = 0.56 * max(box.width, box.height)
        angles = np.linspace(0, 2 * np.pi, 160, endpoint=False)
        x = box.centre[0] + radius * np.cos(angles)
        y = box.centre[1] + radius * np.sin(angles)
        return np.stack([x, y], axis=1).round().astype(np.int32)
    corners = np.array(
        [
            (box.left, box.top),
            (box.right - 1, box.top),
            (box.right - 1, box.bottom - 1),
            (box.left, box.bottom - 1),
        ]
    )
    sides = [np.linspace(corners[i], corners[(i + 1) % 4], 40, endpoint=False) for i in range(4)]
    return np.concatenate(sides).round().astype(np.int32)


def _label(
    canvas: Image, face: FaceResult, prefix: str, line: int, taken: Sequence[_Rectangle]
) -> _Rectangle:
    """Writes a face's label where it fits best; returns its left, top, right and bottom."""
    height, width = canvas.shape[:2]
    box = face.face.box
    longest = max(height, width)
    size = max(_SMALLEST_TEXT, int(np.clip(box.width / 5.5, longest / 75, longest / 28)))
    emotion = face.prediction.display_label
    mask = _tag_mask(emotion, prefix + caption(face.prediction), size)
    if mask.shape[1] > _WIDEST * box.width:
        mask = _tag_mask(emotion, prefix + emotion, size)
    pad = max(2, mask.shape[0] // 5)
    tall, wide = mask.shape[0] + 2 * pad, mask.shape[1] + 2 * pad
    if tall >= height or wide >= width:
        return (0, 0, 0, 0)
    rectangle = _free_rectangle(box, wide, tall, line, (width, height), taken)
    left, top, right, bottom = rectangle
    background = np.array(_rgb(colour_of(face.prediction)))
    ink = 0.0 if background @ (0.299, 0.587, 0.114) > 110 else 255.0
    patch = np.broadcast_to(background.astype(np.float32), (tall, wide, 3)).copy()
    share = mask[:, :, None].astype(np.float32) / 255
    inner = patch[pad : pad + mask.shape[0], pad : pad + mask.shape[1]]
    inner += share * (ink - inner)
    canvas[top:bottom, left:right] = patch.round().astype(np.uint8)
    return rectangle


def _free_rectangle(
    box: Box, wide: int, tall: int, line: int, size: tuple[int, int], taken: Sequence[_Rectangle]
) -> _Rectangle:
    """Above the face if that is free, else below it or a line further off, else above anyway."""
    width, height = size
    left = int(np.clip((box.left + box.right - wide) // 2, 0, width - wide))
    above, below = box.top - tall - line, box.bottom + line
    candidates = []
    for top in (above, below, above - tall, below + tall):
        if 0 <= top <= height - tall:
            candidates.append((left, top, left + wide, top + tall))
    if not candidates:
        top = int(np.clip(above, 0, height - tall))
        candidates.append((left, top, left + wide, top + tall))
    return next(
        (
            rectangle
            for rectangle in candidates
            if not any(_overlap(rectangle, other) for other in taken)
        ),
        candidates[0],
    )


def _overlap(a: _Rectangle, b: _Rectangle) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@lru_cache(maxsize=512)
def _tag_mask(emotion: str, text: str, size: int) -> _MASK:
    """Coverage (0-255) of a label's pixels: the emotion's drawn face, then the text."""
    words = _text_mask(text, size)
    side = len(words)
    gap = np.zeros((side, max(1, side // 6)), np.uint8)
    mask = np.hstack([glyphs.mask(emotion, side), gap, words])
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=512)
def _text_mask(text: str, size: int) -> _MASK:
    """Coverage (0–255) of a text's pixels, in the font that comes with Pillow."""
    font = _font(size)
    left, _, right, _ = font.getbbox(text)
    ascent, descent = _height(font)
    picture = PIL.Image.new("L", (int(right - left) + 1, ascent + descent), 0)
    PIL.ImageDraw.Draw(picture).text((-left, 0), text, 255, font)
    mask = np.array(picture)
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=32)
def _font(size: int) -> PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont:
    return PIL.ImageFont.load_default(size)


def _height(font: PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont) -> tuple[int, int]:
    if isinstance(font, PIL.ImageFont.FreeTypeFont):
        return font.getmetrics()
    return int(font.getbbox("Ag")[3]), 0


def _rgb(colour: str) -> _Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
