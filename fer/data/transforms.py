"""What happens to pictures on their way: turned, shrunk, compressed. Plain OpenCV.

Pixels are uint8 (H, W) or (H, W, C); what comes from outside the picture repeats its border.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def moved(
    face: Pixels,
    right: float = 0.0,
    down: float = 0.0,
    degrees: float = 0.0,
    scale: float = 1.0,
) -> Pixels:
    """Turned counter-clockwise and scaled about the middle, then shifted by shares of the sides."""
    height, width = face.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, scale)
    turn[0, 2] += right * width
    turn[1, 2] += down * height
    done = cv2.warpAffine(
        face, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _as_before(done, face)


def relit(face: Pixels, gain: float, brighter: float = 0.0) -> Pixels:
    """Contrast about mid-grey times `gain`, then brighter by a share of the range."""
    levels = (np.arange(256) - 128) * gain + 128 + 255 * brighter
    return _as_before(cv2.LUT(face, np.clip(levels, 0, 255).astype(np.uint8)), face)


def resampled(face: Pixels, share: float) -> Pixels:
    """Shrunk to a share of its sides and enlarged again."""
    small = cv2.resize(face, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    size = face.shape[1], face.shape[0]
    return _as_before(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), face)


def through_jpeg(face: Pixels, quality: int) -> Pixels:
    """Enlarged four times, compressed and shrunk again, as faces cut from web pictures are."""
    size = face.shape[1], face.shape[0]
    large = cv2.resize(face, (size[0] * 4, size[1] * 4), interpolation=cv2.INTER_LINEAR)
    _, data = cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return _as_before(cv2.resize(read, size, interpolation=cv2.INTER_AREA), face)


def _as_before(done: object, face: Pixels) -> Pixels:
    """OpenCV drops the channel axis of grey pictures (H, W, 1)."""
    return np.asarray(done, np.uint8).reshape(face.shape)
