"""Annotated pictures: a frame and a label for each face, in its emotion's colour."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fer.emotions import COLOURS
from fer.geometry import Box, Image
from fer.results import FaceResult, FrameResult, Prediction
from fer.visualization import glyphs

STYLES = ("box", "circle")
UNSURE_COLOUR = "#F2F2F2"

_SMALLEST_TEXT = 11
_LEGIBLE = 28
"""Text that is so many times smaller than a picture can be read on a phone."""
_WIDEST = 1.6
_LABELS_FIRST = 10
"""So much worse it is to cover another label than as much of another face."""
_MASK = NDArray[np.uint8]
_Rgb = tuple[int, int, int]
_Rectangle = tuple[int, int, int, int]


def percent(share: float) -> str:
    """A probability in words that never claim certainty: ``93%``, ``>99%``, ``<1%``."""
    if share >= 0.995:
        return ">99%"
    return "<1%" if share < 0.005 else f"{share:.0%}"


def draw(
    image: Image,
    result: FrameResult,
    style: str = "box",
    numbered: bool = False,
    brief: bool = False,
) -> Image:
    """A copy of the RGB picture with every face framed and labelled; labels keep out of each
    other's way, and lose their percentage where faces are narrow.

    `style` is "box" or "circle". `numbered` puts the face's number before its label where there
    are several: from 1, or its track's in a video. `brief`, for pictures beside a list of their
    faces: labels can be read on a phone, and one that has no room beside other faces and labels is
    shortened, to the face's number at last. A face that the model is unsure of gets a pale, broken
    frame and the word "unsure".
    """
    canvas = image.copy()
    height, width = image.shape[:2]
    line = max(2, round(max(height, width) / 400))
    for face in result.faces:
        _frame(canvas, face, style, line)
    prefixes = [
        f"{face.track or number} " if numbered and len(result.faces) > 1 else ""
        for number, face in enumerate(result.faces, start=1)
    ]
    if brief:
        _brief_labels(canvas, result.faces, prefixes, line)
        return canvas
    taken: list[_Rectangle] = []
    for face, prefix in zip(result.faces, prefixes, strict=True):
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
    size = max(_SMALLEST_TEXT, int(np.clip(box.width / 5.5, longest / 75, longest / _LEGIBLE)))
    emotion = face.prediction.display_label
    mask = glyphs.with_text(emotion, prefix + caption(face.prediction), size)
    if mask.shape[1] > _WIDEST * box.width:
        mask = glyphs.with_text(emotion, prefix + emotion, size)
    places = _places(box, mask, line, (width, height))
    if not places:
        return (0, 0, 0, 0)
    rectangle = next(
        (place for place in places if not any(_overlap(place, other) for other in taken)),
        places[0],
    )
    _write(canvas, mask, rectangle, face.prediction)
    return rectangle


def _brief_labels(
    canvas: Image, faces: Sequence[FaceResult], prefixes: Sequence[str], line: int
) -> None:
    """Writes the longest label of each face, the largest face's first, that covers neither another
    label nor another face and the room above it; else the shortest, where it covers least."""
    height, width = canvas.shape[:2]
    size = max(_SMALLEST_TEXT, max(height, width) // _LEGIBLE)
    room = 2 * size + line
    boxes = [face.face.box for face in faces]
    reserved = np.array([(box.left, box.top - room, box.right, box.bottom) for box in boxes])
    written = np.zeros_like(reserved)
    for number, index in enumerate(sorted(range(len(faces)), key=lambda i: -boxes[i].width)):
        others = np.delete(reserved, index, axis=0)
        best = None
        for mask in _shorter_and_shorter(faces[index].prediction, prefixes[index], size):
            places = _places(boxes[index], mask, line, (width, height))
            if not places:
                continue
            covered = _LABELS_FIRST * _covered(places, written[:number])
            covered += _covered(places, others)
            best = mask, places[int(covered.argmin())]
            if covered.min() == 0:
                break
        if best is not None:
            _write(canvas, *best, faces[index].prediction)
            written[number] = best[1]


def _shorter_and_shorter(prediction: Prediction, prefix: str, size: int) -> list[_MASK]:
    """A label with its percentage, without, and the number alone if there is one."""
    emotion, number = prediction.display_label, prefix.strip()
    texts = (caption(prediction), emotion)
    masks = [glyphs.with_text(emotion, prefix + text, size) for text in texts]
    if number:
        masks += [glyphs.with_text(emotion, number, size), glyphs.text(number, size)]
    return masks


def _covered(places: Sequence[_Rectangle], rectangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many pixels of the rectangles (N, 4) each of the places (P,) covers."""
    corners = np.array(places)[:, np.newaxis]
    shared = np.minimum(corners[..., 2:], rectangles[:, 2:])
    shared -= np.maximum(corners[..., :2], rectangles[:, :2])
    return np.asarray(shared.clip(0).prod(axis=2).sum(axis=1))


def _places(box: Box, mask: _MASK, line: int, size: tuple[int, int]) -> list[_Rectangle]:
    """Where a label can be, the best place first: above the face, below it, a line further off,
    or beside it; none where it is larger than the picture."""
    width, height = size
    pad = _pad(mask)
    tall, wide = mask.shape[0] + 2 * pad, mask.shape[1] + 2 * pad
    if tall >= height or wide >= width:
        return []
    middle = int(np.clip((box.left + box.right - wide) // 2, 0, width - wide))
    above, below = box.top - tall - line, box.bottom + line
    corners = [(middle, top) for top in (above, below, above - tall, below + tall)]
    corners += [(box.right + line, box.top), (box.left - line - wide, box.top)]
    inside = [
        (left, top, left + wide, top + tall)
        for left, top in corners
        if 0 <= top <= height - tall and 0 <= left <= width - wide
    ]
    top = int(np.clip(above, 0, height - tall))
    return inside or [(middle, top, middle + wide, top + tall)]


def _write(canvas: Image, mask: _MASK, place: _Rectangle, prediction: Prediction) -> None:
    """A label's text on the colour of its emotion."""
    left, top, right, bottom = place
    pad = _pad(mask)
    background = np.array(_rgb(colour_of(prediction)))
    ink = 0.0 if background @ (0.299, 0.587, 0.114) > 110 else 255.0
    patch = np.broadcast_to(background.astype(np.float32), (bottom - top, right - left, 3)).copy()
    share = mask[:, :, None].astype(np.float32) / 255
    inner = patch[pad : pad + mask.shape[0], pad : pad + mask.shape[1]]
    inner += share * (ink - inner)
    canvas[top:bottom, left:right] = patch.round().astype(np.uint8)


def _pad(mask: _MASK) -> int:
    return max(2, len(mask) // 5)


def _overlap(a: _Rectangle, b: _Rectangle) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _rgb(colour: str) -> _Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
