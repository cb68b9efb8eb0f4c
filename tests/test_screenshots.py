"""The colours of the pictures in the README."""

from __future__ import annotations

import numpy as np
import PIL.Image
import PIL.ImageColor

from fer.emotions import COLOURS
from tests.browser import screenshots
from tests.helpers import astronaut


def test_few_colours_leave_those_of_the_emotions_as_they_are() -> None:
    pixels = astronaut().copy()
    side = 10
    for number, colour in enumerate(COLOURS.values()):
        pixels[:side, side * number : side * (number + 1)] = PIL.ImageColor.getrgb(colour)
    few = screenshots.in_few_colours(PIL.Image.fromarray(pixels))
    assert few.mode == "P" and len(few.getcolors() or []) <= 256
    shown = np.array(few.convert("RGB"))
    emotions = np.s_[:side, : side * len(COLOURS)]
    assert np.array_equal(shown[emotions], pixels[emotions])
