"""From an image and its faces to a network's input, the same for training and inference."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fer import images
from fer.geometry import Box, Image, clip_box
from fer.model_card import InputSpec
from fer.results import Face

MAX_SIDE = 8192
"""Pixels of a crop's side. A picture of 20 × 60,000 would need a square of 10 GB."""
_OPENCV_SIDE = 32767


def whole_face(image: Image) -> Face:
    """The face of an image that is a face crop already, such as those of FER2013."""
    height, width = image.shape[:2]
    return Face(Box(0, 0, width, height), 1.0)


def model_input(image: Image, faces: Sequence[Face], spec: InputSpec) -> NDArray[np.uint8]:
    """Cuts, aligns and resizes faces: uint8 (N, height, width, channels), values 0–255.

    `image` is RGB (H, W, 3). Each face is cut as a square around its box: its longer side, widened
    by the spec's margin, turned so that the eyes are level where landmarks are known. What lies
    outside the picture repeats its border. A box that is the whole picture is a crop
    already: it gets neither margin nor rotation.
    """
    return network_input([face_crop(image, face, spec.margin, spec.align) for face in faces], spec)


def network_input(crops: Sequence[Image], spec: InputSpec) -> NDArray[np.uint8]:
    """The second half of `model_input`, for faces that `face_crop` has cut already."""
    batch = np.empty((len(crops), *spec.shape), np.uint8)
    for row, crop in enumerate(crops):
        batch[row] = network_pixels(crop, spec)
    return batch


def face_crop(image: Image, face: Face, margin: float = 0.0, align: bool = True) -> Image:
    """The upright square of RGB pixels around a face, at the picture's own resolution."""
    whole = face.box.covers(image)
    if whole and face.box.width == face.box.height:
        return image
    longest = max(face.box.width, face.box.height)
    side = max(1, round(longest if whole else longest * (1 + 2 * margin)))
    if side > MAX_SIDE:  # a thin picture, or most of one
        smaller, scale = images.bounded(image, max(image.shape) * MAX_SIDE // (side + 1))
        return face_crop(smaller, _scaled(face, smaller, scale), margin, align)
    angle = roll(face) if align and not whole else None
    image, left, top = _around(image, face.box, side)
    centre_x, centre_y = face.box.centre[0] - left, face.box.centre[1] - top
    turn = cv2.getRotationMatrix2D((centre_x - 0.5, centre_y - 0.5), angle or 0.0, 1.0)
    turn[0, 2] += side / 2 - centre_x
    turn[1, 2] += side / 2 - centre_y
    crop = cv2.warpAffine(
        image,
        turn,
        (side, side),
        flags=cv2.INTER_LINEAR if angle else cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(crop, np.uint8)


def _around(image: Image, box: Box, side: int) -> tuple[Image, int, int]:
    """What a crop of that side may need of a picture that is too long for OpenCV, and where that
    begins; the whole of any other."""
    if max(image.shape) < _OPENCV_SIDE:
        return image, 0, 0
    reach = side + 2
    left, top = max(0, box.left - reach), max(0, box.top - reach)
    return image[top : box.bottom + reach, left : box.right + reach], left, top


def _scaled(face: Face, smaller: Image, scale: float) -> Face:
    height, width = smaller.shape[:2]
    left, top, right, bottom = (value * scale for value in face.box.as_list())
    box = clip_box(left, top, right, bottom, width, height)
    points = None if face.landmarks is None else face.landmarks * np.float32(scale)
    return whole_face(smaller) if box is None else Face(box, face.score, points)


def network_pixels(crop: Image, spec: InputSpec) -> NDArray[np.uint8]:
    """A cut RGB face as uint8 (height, width, channels) after the spec's preprocessing."""
    shrinks = crop.shape[0] > spec.height or crop.shape[1] > spec.width
    pixels = crop
    if crop.shape[:2] != (spec.height, spec.width):
        # AREA avoids moire when shrinking, but is nearest neighbour when enlarging.
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        pixels = np.asarray(cv2.resize(crop, (spec.width, spec.height), interpolation=method))
    kind, _, level = spec.preprocessing.partition(":")
    if spec.channels == 3 and kind == "none":
        return pixels
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if kind == "equalize":
        grey = cv2.equalizeHist(grey)
    elif kind == "threshold":
        grey = np.where(grey >= int(level), 255, 0).astype(np.uint8)
    return np.repeat(np.asarray(grey, np.uint8)[:, :, None], spec.channels, axis=2)


def roll(face: Face) -> float | None:
    """Tilt of the eyes in degrees, positive where the right one is lower; None without them."""
    if face.landmarks is None:
        return None
    (left_x, left_y), (right_x, right_y) = face.landmarks[:2]
    return float(np.degrees(np.arctan2(right_y - left_y, right_x - left_x)))
