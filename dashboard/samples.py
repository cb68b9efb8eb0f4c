"""A real face to try things on: NASA's portrait of Eileen Collins, which scikit-image carries."""

from __future__ import annotations

from pathlib import Path

import skimage

from fer import images
from fer.geometry import Image

NAME = "astronaut.png"
CREDIT = "Sample: Eileen Collins, NASA, public domain; shipped with scikit-image."


def astronaut() -> Image:
    """The portrait as RGB uint8 (512, 512, 3), read from the package's own file."""
    return images.read(Path(skimage.__file__).parent / "data" / NAME)
