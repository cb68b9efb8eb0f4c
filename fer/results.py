"""Faces and their predictions, as frozen values that check their shapes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.geometry import Box, Image, clip_box, read_only

Probabilities = NDArray[np.float32]
"""Float32 of shape (7,) in the order of `EMOTIONS`, summing to 1."""


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
        box = clip_box(left + across, top + down, right + across, bottom + down, width, height)
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
    """A model's prediction for one face. `uncertain`: the confidence is too low to show the label.
    `held`: index of the label that a video goes on showing although another has become slightly
    likelier; None in a photo."""

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
        """The likeliest of the seven, or the held one, sure or not."""
        return EMOTIONS[self._index]

    @property
    def confidence(self) -> float:
        """Probability of `label`, after temperature scaling."""
        return float(self.probabilities[self._index])

    @property
    def _index(self) -> int:
        return int(self.probabilities.argmax()) if self.held is None else self.held

    @property
    def display_label(self) -> str:
        """What may be shown: the label, or "unsure"."""
        return "unsure" if self.uncertain else self.label

    @property
    def words(self) -> str:
        """Deprecated name of `display_label`."""
        warnings.warn("use display_label instead of words", DeprecationWarning, stacklevel=2)
        return self.display_label

    def as_dict(self) -> dict[str, float]:
        return dict(zip(EMOTIONS, map(float, self.probabilities), strict=True))


@dataclass(frozen=True, slots=True)
class Quality:
    """What can make a prediction worse: `size` is the box's shorter side in pixels; `sharpness` the
    variance of the Laplacian of the grey 48×48 face; `brightness` its mean (0–255); `roll` the tilt
    of the eyes in degrees and `yaw` the nose's offset from the middle of the eyes in eye distances
    (0 frontal), both None without landmarks."""

    size: int
    sharpness: float
    brightness: float
    roll: float | None = None
    yaw: float | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched for faces: `search` is its name, `smallest_face` the side in pixels of the
    picture from which on faces are found, `tiles` how many of the `tiles_total` were searched
    before the time was up (0 of 0 without tiles). `capped`: so many faces, or places that look
    like some, that only the clearest of them are given."""

    search: str
    smallest_face: int
    tiles: int = 0
    tiles_total: int = 0
    capped: bool = False

    @property
    def complete(self) -> bool:
        return self.tiles == self.tiles_total

    @property
    def sentence(self) -> str:
        """What was searched, for the user."""
        more = " It shows too many faces to look at all: only the clearest are given."
        return self._extent + (more if self.capped else "")

    @property
    def _extent(self) -> str:
        limit = f"faces smaller than about {self.smallest_face} pixels may be missed"
        if not self.complete:
            done = f"{self.tiles} of {self.tiles_total} tiles"
            return f"Searched in {done} before the time was up; elsewhere {limit}."
        if self.tiles_total:
            return f"Searched in {self.tiles_total} tiles; {limit}."
        return f"Searched once; {limit}."


@dataclass(frozen=True, slots=True, eq=False)
class FaceResult:
    """One face of a picture with the model's prediction; `track` is its number in a video.

    `crop` RGB uint8 (S, S, 3) is the face as it was cut from the picture, made smaller if it is
    large, and `pixels` uint8 (H, W, C) what the network saw of it, so that nothing is cut twice.
    Neither shows in its `repr`, which may reach a log.
    """

    face: Face
    prediction: Prediction
    quality: Quality
    track: int | None = None
    crop: Image | None = field(default=None, repr=False)
    pixels: NDArray[np.uint8] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("crop", "pixels"):
            array = getattr(self, name)
            if array is not None:
                if array.ndim != 3 or array.dtype != np.uint8:
                    raise ValueError(f"{name} is uint8 (H, W, C); got {array.dtype} {array.shape}")
                object.__setattr__(self, name, read_only(array))

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
    photo). `hidden`: where else in a stream a face may be, of which nothing is shown. `searched`:
    what was searched for faces, None where nothing was or in a stream.
    """

    faces: tuple[FaceResult, ...]
    width: int
    height: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    time: float = 0.0
    hidden: tuple[Box, ...] = ()
    searched: Searched | None = None

    def mirrored(self) -> FrameResult:
        """The same result for the picture turned left to right."""
        faces = tuple(face.mirrored(self.width) for face in reversed(self.faces))
        hidden = tuple(box.mirrored(self.width) for box in self.hidden)
        return replace(self, faces=faces, hidden=hidden)

    def with_seconds(self, **more: float) -> FrameResult:
        """The same result with the time of further steps."""
        return replace(self, seconds={**self.seconds, **more})

    def scaled(self, width: int, height: int) -> FrameResult:
        """The same result in the pixels of a picture of another size."""
        if (width, height) == (self.width, self.height):
            return self
        across, down = width / self.width, height / self.height
        faces = tuple(face.scaled(across, down, width, height) for face in self.faces)
        hidden = tuple(box.scaled(across, down, width, height) for box in self.hidden)
        searched = self.searched
        if searched is not None:
            smallest = round(searched.smallest_face * max(across, down))
            searched = replace(searched, smallest_face=smallest)
        return replace(
            self, faces=faces, hidden=hidden, width=width, height=height, searched=searched
        )
