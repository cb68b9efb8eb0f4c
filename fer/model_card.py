"""What a model's users must know of it: its input, its settings, its figures, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fer.emotions import EMOTIONS

INTENDED_USE = (
    "Showing which of seven apparent expressions people would see in a face, for study, teaching "
    "and demonstration, with the consent of those shown."
)
NOT_FOR = (
    "Judging what somebody feels, and any decision about people: hiring, school, policing, health. "
    "The EU AI Act forbids inferring emotions at work and in education (Art. 5(1)(f)) and demands "
    "that people be told when they are analysed (Art. 50)."
)

PREPROCESSING = ("none", "equalize", "threshold")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Everything that turns a box into a network's input.

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
        if not isinstance(self.height, int) or not isinstance(self.width, int):
            raise ValueError(f"an input side is a whole number; got {self.height}×{self.width}")
        if not isinstance(self.margin, int | float) or not isinstance(self.preprocessing, str):
            raise ValueError(
                f"margin is a number and preprocessing a text; got {self.margin!r} and "
                f"{self.preprocessing!r}"
            )
        if not (8 <= self.height <= 512 and 8 <= self.width <= 512):
            raise ValueError(
                f"an input side lies between 8 and 512; got {self.height}×{self.width}"
            )
        if self.channels not in (1, 3):
            raise ValueError(f"channels are 1 (grey) or 3 (RGB); got {self.channels}")
        if not -0.4 <= self.margin <= 1:
            raise ValueError(f"margin lies between -0.4 and 1; got {self.margin}")
        kind, _, level = self.preprocessing.partition(":")
        is_level = level.isdigit() and 1 <= int(level) <= 254
        if kind not in PREPROCESSING or (kind == "threshold") != is_level:
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


@dataclass(frozen=True, slots=True, eq=False)
class ModelCard:
    """What `card.json` holds: all that a model's users must know, beside its weights.

    `question`: "crowd" (the share of people who would say each emotion) or "fer2013" (that data
    set's label). `uncertain_below`: the confidence under which the least sure 20% of validation
    faces fall. `files`: SHA-256 of each file in the folder.
    """

    name: str
    network: str
    question: str
    labels: tuple[str, ...]
    input: InputSpec
    temperature: float
    uncertain_below: float
    data: Mapping[str, Any]
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    parameters: int
    multiply_adds: int
    created: str
    intended_use: str
    not_for: str
    files: Mapping[str, str]
    schema: int = 1

    def __post_init__(self) -> None:
        if self.labels != EMOTIONS:
            raise ValueError(f"labels are {list(self.labels)}; expected {list(EMOTIONS)}")
        for name in ("data", "settings", "metrics", "files"):
            if not isinstance(getattr(self, name), Mapping):
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected an object")
        for name in ("network", "question", "created", "intended_use", "not_for"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected a text")
        for name in ("parameters", "multiply_adds"):
            if not isinstance(getattr(self, name), int):
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected a whole number")
        if not 0.05 <= self.temperature <= 20:
            raise ValueError(f"temperature lies between 0.05 and 20; got {self.temperature}")
        if not 0 <= self.uncertain_below <= 1:
            raise ValueError(f"uncertain_below lies between 0 and 1; got {self.uncertain_below}")
