"""What travels between the parts: small frozen values that check their own shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS, NUM_EMOTIONS

Image = NDArray[np.uint8]
"""RGB uint8 of shape (height, width, 3)."""

Probabilities = NDArray[np.float32]
"""Float32 of shape (7,) in the order of `EMOTIONS`, summing to 1."""


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
        box = clipped_box(left * across, top * down, right * across, bottom * down, width, height)
        if box is not None:
            return box
        x, y = min(int(left * across), width - 1), min(int(top * down), height - 1)
        return Box(x, y, x + 1, y + 1)


def clipped_box(
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


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Where a detector saw a face.

    `landmarks`: float32 (5, 2), pixels: the eye on the picture's left, the one on its right, nose,
    mouth corner left and right; None where the detector gives none.
    """

    box: Box
    score: float
    landmarks: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError(f"a detector's score lies between 0 and 1; got {self.score}")
        if self.landmarks is not None:
            if self.landmarks.shape != (5, 2):
                raise ValueError(f"landmarks have shape {self.landmarks.shape}; expected (5, 2)")
            object.__setattr__(self, "landmarks", read_only(self.landmarks.astype(np.float32)))

    def moved(self, across: float, down: float, width: int, height: int) -> Face:
        """The same face so many pixels further, if any of it is still in the picture."""
        left, top, right, bottom = self.box.as_list()
        box = clipped_box(left + across, top + down, right + across, bottom + down, width, height)
        if box is None:
            return self
        points = self.landmarks
        if points is not None:
            points = points + np.array([across, down], np.float32)
        return Face(box, self.score, points)

    def scaled(self, across: float, down: float, width: int, height: int) -> Face:
        """The same face in a picture of `width` × `height` that is so many times as large."""
        points = self.landmarks
        if points is not None:
            points = points * np.array([across, down], np.float32)
        return Face(self.box.scaled(across, down, width, height), self.score, points)

    def mirrored(self, width: int) -> Face:
        """The same face in a picture of `width` pixels turned left to right."""
        points = self.landmarks
        if points is not None:
            points = points[[1, 0, 2, 4, 3]] * np.array([-1, 1], np.float32)
            points = points + np.array([width - 1, 0], np.float32)
        return Face(self.box.mirrored(width), self.score, points)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a model says of one face. `uncertain`: it should rather say nothing. `held`: index of
    the label that is kept in a video although another has become a little likelier; None in a
    photo."""

    probabilities: Probabilities
    uncertain: bool
    held: int | None = None

    def __post_init__(self) -> None:
        p = self.probabilities
        if p.shape != (NUM_EMOTIONS,):
            raise ValueError(f"probabilities have shape {p.shape}; expected ({NUM_EMOTIONS},)")
        if not np.isfinite(p).all() or p.min() < 0 or abs(float(p.sum()) - 1) > 1e-3:
            raise ValueError(f"probabilities must be finite, not negative and sum to 1; got {p}")
        if self.held is not None and not 0 <= self.held < NUM_EMOTIONS:
            raise ValueError(f"held is an index below {NUM_EMOTIONS}; got {self.held}")
        object.__setattr__(self, "probabilities", read_only(p.astype(np.float32)))

    @property
    def label(self) -> str:
        """The likeliest of the seven, or the held one, whether or not the model is sure of it."""
        return EMOTIONS[self._index]

    @property
    def confidence(self) -> float:
        """Probability of `label`, after temperature scaling."""
        return float(self.probabilities[self._index])

    @property
    def _index(self) -> int:
        return int(self.probabilities.argmax()) if self.held is None else self.held

    @property
    def words(self) -> str:
        """What may be shown: the label, or "unsure"."""
        return "unsure" if self.uncertain else self.label

    def as_dict(self) -> dict[str, float]:
        return dict(zip(EMOTIONS, map(float, self.probabilities), strict=True))


@dataclass(frozen=True, slots=True)
class Quality:
    """What can make a reading worse: `size` is the box's shorter side in pixels; `sharpness` the
    variance of the Laplacian of the grey 48×48 face; `brightness` its mean (0–255); `roll` the tilt
    of the eyes in degrees and `yaw` the nose's offset from the middle of the eyes in eye distances
    (0 frontal), both None without landmarks."""

    size: int
    sharpness: float
    brightness: float
    roll: float | None = None
    yaw: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FaceResult:
    """One face of a picture with what the model says of it; `track` is its number in a video."""

    face: Face
    prediction: Prediction
    quality: Quality
    track: int | None = None

    def scaled(self, across: float, down: float, width: int, height: int) -> FaceResult:
        """The same result in a picture of `width` × `height` that is so many times as large."""
        face = self.face.scaled(across, down, width, height)
        size = min(face.box.width, face.box.height)
        return replace(self, face=face, quality=replace(self.quality, size=size))

    def mirrored(self, width: int) -> FaceResult:
        """The same result in a picture of `width` pixels turned left to right."""
        roll, yaw = self.quality.roll, self.quality.yaw
        quality = replace(
            self.quality,
            roll=None if roll is None else -roll,
            yaw=None if yaw is None else -yaw,
        )
        return replace(self, face=self.face.mirrored(width), quality=quality)


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """All faces of one picture, left to right, in pixels of the picture that was given.

    `seconds` holds the time spent in "decode", "detect", "crop" and "classify", in a stream also
    in "track" and in "analysis" as a whole; `time` is the position in a stream in seconds (0 for a
    photo). `hidden`: where else in a stream a face may be, of which nothing is told.
    """

    faces: tuple[FaceResult, ...]
    width: int
    height: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    time: float = 0.0
    hidden: tuple[Box, ...] = ()

    def mirrored(self) -> FrameResult:
        """The same result for the picture turned left to right."""
        faces = tuple(face.mirrored(self.width) for face in reversed(self.faces))
        hidden = tuple(box.mirrored(self.width) for box in self.hidden)
        return replace(self, faces=faces, hidden=hidden)

    def with_seconds(self, **more: float) -> FrameResult:
        """The same result with the time of further steps."""
        return replace(self, seconds={**more, **self.seconds})

    def scaled(self, width: int, height: int) -> FrameResult:
        """The same result in the pixels of a picture of another size."""
        across, down = width / self.width, height / self.height
        faces = tuple(one.scaled(across, down, width, height) for one in self.faces)
        hidden = tuple(box.scaled(across, down, width, height) for box in self.hidden)
        return replace(self, faces=faces, hidden=hidden, width=width, height=height)


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
