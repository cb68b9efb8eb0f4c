"""How a face in a picture becomes the input of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PREPROCESSING = ("none", "equalize", "threshold")

_KINDS: dict[str, Any] = {
    **{"height": int, "width": int, "channels": int},
    **{"margin": int | float, "align": bool, "preprocessing": str},
}
_KIND_NAMES = {
    int: "a whole number",
    int | float: "a number",
    bool: "true or false",
    str: "a text",
}


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How a face box becomes a network's input.

    `margin` widens the detector's box on each side by this share of it; `align` turns the face so
    that its eyes are level; `preprocessing` is "none", "equalize" (histogram) or "threshold:N"
    (black below grey level N, white from N on).
    """

    height: int = 48
    width: int = 48
    channels: int = 1
    margin: float = 0.0
    align: bool = True
    preprocessing: str = "none"

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                raise ValueError(f"{name} of the input is {value!r}; expected {_KIND_NAMES[kind]}")
        if not (8 <= self.height <= 512 and 8 <= self.width <= 512):
            raise ValueError(
                f"an input side lies between 8 and 512; got {self.height}×{self.width}"
            )
        if self.channels not in (1, 3):
            raise ValueError(f"channels are 1 (grey) or 3 (RGB); got {self.channels}")
        if not -0.4 <= self.margin <= 1:
            raise ValueError(f"margin lies between -0.4 and 1; got {self.margin}")
        method, _, level = self.preprocessing.partition(":")
        is_level = level.isdigit() and 1 <= int(level) <= 254
        if method not in PREPROCESSING or (method == "threshold") != is_level:
            raise ValueError(
                f"preprocessing is 'none', 'equalize' or 'threshold:N' with N from 1 to 254; "
                f"got {self.preprocessing!r}"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.height, self.width, self.channels

    def as_dict(self) -> dict[str, Any]:
        return {
            "height": self.height,
            "width": self.width,
            "channels": self.channels,
            "margin": self.margin,
            "align": self.align,
            "preprocessing": self.preprocessing,
        }
