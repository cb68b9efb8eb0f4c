"""Decoded pictures of every mode as RGB uint8 arrays."""

from __future__ import annotations

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from fer.errors import BadImage
from fer.geometry import Image

_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_STRIP_ROWS = 512


def to_rgb(picture: PIL.Image.Image, shown: str) -> Image:
    """A picture of any mode as RGB uint8 (H, W, 3); transparency is laid over white."""
    if picture.mode in _SIXTEEN_BIT:
        picture = PIL.Image.fromarray(_eight_bits(np.asarray(picture).astype(np.uint16)))
    elif picture.mode == "I":
        clipped = np.clip(np.asarray(picture), 0, 65535)
        picture = PIL.Image.fromarray(_eight_bits(clipped.astype(np.uint16)))
    elif picture.mode == "F":
        raise BadImage(
            f"{shown} holds floating-point pixels, whose range is unknown. "
            "Save it with 8 or 16 bits."
        )
    # In strips: converted as a whole, a large picture is held three to five times.
    image = np.empty((picture.height, picture.width, 3), np.uint8)
    for top in range(0, picture.height, _STRIP_ROWS):
        bottom = min(picture.height, top + _STRIP_ROWS)
        strip = picture.crop((0, top, picture.width, bottom))
        image[top:bottom] = np.asarray(_opaque(strip))
    return image


def _opaque(picture: PIL.Image.Image) -> PIL.Image.Image:
    """In mode RGB, over white where it is transparent."""
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = PIL.Image.new("RGBA", layer.size, "white")
        picture.alpha_composite(layer)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _eight_bits(grey: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Divided by 257 and rounded, in 16 bits: a wider copy of a large picture takes memory."""
    rounded = (np.minimum(grey, 65535 - 128) + np.uint16(128)) // np.uint16(257)
    return np.asarray(rounded, np.uint8)
