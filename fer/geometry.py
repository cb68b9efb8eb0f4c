"""Images as arrays, and rectangles in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""RGB uint8 of shape (height, width, 3)."""


_Scalar = TypeVar("_Scalar", bound=np.generic)


def read_only(array: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """The same numbers in an array of their own that cannot be written to."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in whole pixels; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError(f"a box needs a width and a height of at least one pixel; got {self}")

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) in pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def covers(self, image: Image) -> bool:
        """Whether this box is the whole picture."""
        height, width = image.shape[:2]
        return (self.left, self.top, self.right, self.bottom) == (0, 0, width, height)

    def as_list(self) -> list[int]:
        return [self.left, self.top, self.right, self.bottom]

    def mirrored(self, width: int) -> Box:
        """The same box in a picture of `width` pixels turned left to right."""
        return Box(width - self.right, self.top, width - self.left, self.bottom)

    def scaled(self, across: float, down: float, width: int, height: int) -> Box:
        """The same box in a picture of `width` × `height` that is so many times as large; at least
        one pixel of it."""
        left, top, right, bottom = self.as_list()
        box = clip_box(left * across, top * down, right * across, bottom * down, width, height)
        if box is not None:
            return box
        x, y = min(int(left * across), width - 1), min(int(top * down), height - 1)
        return Box(x, y, x + 1, y + 1)


def clip_box(
    left: float, top: float, right: float, bottom: float, width: int, height: int
) -> Box | None:
    """The part of a rectangle inside a picture of `width` × `height`; None if nothing is."""
    corners = (
        max(0, round(left)),
        max(0, round(top)),
        min(width, round(right)),
        min(height, round(bottom)),
    )
    return Box(*corners) if corners[2] > corners[0] and corners[3] > corners[1] else None
