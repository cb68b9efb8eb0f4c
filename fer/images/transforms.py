"""RGB pictures turned, mirrored, made smaller, and encoded."""

from __future__ import annotations

import io

import cv2
import numpy as np
import PIL.Image

from fer.geometry import Image


def encode_png(image: Image) -> bytes:
    """An RGB picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def turned(image: Image, quarter_turns: int) -> Image:
    """The picture turned clockwise by a number of quarter turns."""
    return np.ascontiguousarray(np.rot90(image, -quarter_turns))


def mirrored(image: Image) -> Image:
    """The picture turned left to right."""
    return np.asarray(cv2.flip(image, 1), np.uint8)


def bounded(image: Image, longest: int) -> tuple[Image, float]:
    """The picture with its longer side at most `longest` pixels, and new size / old size."""
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale == 1.0:
        return image, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # AREA avoids moire
    return np.asarray(smaller, np.uint8), scale
