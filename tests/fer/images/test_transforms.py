"""Turning and mirroring."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from fer import images


@given(st.integers(-8, 8))
def test_turning_back_gives_the_same_picture(turns: int) -> None:
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    assert (images.turned(images.turned(image, turns), -turns) == image).all()


def test_one_turn_is_clockwise() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 0] = 255
    assert images.turned(image, 1)[0, 1].tolist() == [255, 255, 255]


def test_mirroring_swaps_left_and_right() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(1, 4, 3)
    assert images.mirrored(picture)[0, :, 0].tolist() == [9, 6, 3, 0]
