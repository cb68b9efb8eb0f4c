"""A visitor's own expressions: takes and the faces in them, as frozen values."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fer.emotions import EMOTIONS
from fer.errors import BadCaptures
from fer.geometry import Image, read_only
from fer.inference.recognizer import CROP_SIDE

MOST_FACES = 3000
MOST_TAKES = 300
SMALLEST_SIDE, LARGEST_SIDE = 16, CROP_SIDE
"""Pixels of a captured face."""
TAKES_TO_COMPARE = 2
"""Takes of an emotion from which on one can be held back."""
FACES_TO_TEACH = 5
"""Faces of an emotion from which on it can be taught."""


@dataclass(frozen=True, slots=True)
class Take:
    """One recording, or one upload, of an emotion; `take` is its number."""

    take: int
    emotion: str
    seconds: float

    def __post_init__(self) -> None:
        _check_emotion(self.emotion)
        _check_seconds(self.seconds, "seconds")
        if self.take < 1:
            raise ValueError(f"takes are numbered from 1; got {self.take}")


@dataclass(frozen=True, slots=True, eq=False)
class CapturedFace:
    """A face of a take: `crop` RGB uint8 (H, W, 3) as `FaceResult.crop` has it, `time` its seconds
    from the beginning of the take. It does not show in a `repr`, which may reach a log."""

    crop: Image = field(repr=False)
    emotion: str
    take: int
    time: float

    def __post_init__(self) -> None:
        _check_emotion(self.emotion)
        _check_seconds(self.time, "time")
        crop = self.crop
        if crop.ndim != 3 or crop.shape[2] != 3 or crop.dtype != np.uint8:
            raise ValueError(f"a crop is RGB uint8 (H, W, 3); got {crop.dtype} {crop.shape}")
        if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in crop.shape[:2]):
            raise ValueError(
                f"a crop's side has {SMALLEST_SIDE} to {LARGEST_SIDE} pixels; got {crop.shape[:2]}"
            )
        object.__setattr__(self, "crop", read_only(crop))


@dataclass(frozen=True, slots=True, eq=False)
class Captures:
    """All takes of a visitor and the faces in them; each change gives a new value.

    The emotion of a face is what is taught; it may differ from its take's once it was relabelled.
    Raises `BadCaptures` for more than `MOST_FACES` or `MOST_TAKES`.

    >>> captures = Captures().with_take("happy", 3.0, [(crop, 0.0), (crop, 0.5)])
    >>> captures.counts()["happy"], captures.wanting()
    (2, {'happy': 1})
    """

    takes: tuple[Take, ...] = ()
    faces: tuple[CapturedFace, ...] = ()

    def __post_init__(self) -> None:
        if len(self.faces) > MOST_FACES:
            raise BadCaptures(too_many_faces(len(self.faces)))
        if len(self.takes) > MOST_TAKES:
            raise BadCaptures(
                f"{len(self.takes):,} takes are more than the {MOST_TAKES} that can be kept. "
                "Delete some."
            )
        numbers = [take.take for take in self.takes]
        if len(set(numbers)) < len(numbers):
            raise ValueError("two takes have the same number")
        unknown = {face.take for face in self.faces} - set(numbers)
        if unknown:
            raise ValueError(f"faces belong to takes that do not exist: {sorted(unknown)[:5]}")

    def with_take(
        self, emotion: str, seconds: float, crops: Sequence[tuple[Image, float]]
    ) -> Captures:
        """With one more take, of crops and their times."""
        number = max((take.take for take in self.takes), default=0) + 1
        faces = [CapturedFace(crop, emotion, number, time) for crop, time in crops]
        return Captures((*self.takes, Take(number, emotion, seconds)), (*self.faces, *faces))

    def without_take(self, number: int) -> Captures:
        """Without a take and its faces."""
        return Captures(
            tuple(take for take in self.takes if take.take != number),
            tuple(face for face in self.faces if face.take != number),
        )

    def without_faces(self, indices: Collection[int]) -> Captures:
        """Without the faces at some positions of `faces`; a take goes with its last face."""
        kept = tuple(face for index, face in enumerate(self.faces) if index not in indices)
        lost = {self.faces[index].take for index in indices} - {face.take for face in kept}
        return Captures(tuple(take for take in self.takes if take.take not in lost), kept)

    def relabelled_take(self, number: int, emotion: str) -> Captures:
        """With another emotion for a take and all of its faces."""
        return self._relabelled(emotion, lambda one: one.take == number)

    def relabelled_faces(self, indices: Collection[int], emotion: str) -> Captures:
        """With another emotion for the faces at some positions of `faces`."""
        faces = (
            replace(face, emotion=emotion) if index in indices else face
            for index, face in enumerate(self.faces)
        )
        return replace(self, faces=tuple(faces))

    def relabelled(self, emotion: str, into: str) -> Captures:
        """With the takes and faces of one emotion given to another."""
        return self._relabelled(into, lambda one: one.emotion == emotion)

    def _relabelled(self, into: str, is_meant: Callable[[Take | CapturedFace], bool]) -> Captures:
        return Captures(
            tuple(replace(take, emotion=into) if is_meant(take) else take for take in self.takes),
            tuple(replace(face, emotion=into) if is_meant(face) else face for face in self.faces),
        )

    def faces_of(self, number: int) -> tuple[tuple[int, CapturedFace], ...]:
        """The faces of a take with their positions in `faces`."""
        return tuple((i, face) for i, face in enumerate(self.faces) if face.take == number)

    @property
    def num_bytes(self) -> int:
        """Of all pixels."""
        return sum(face.crop.nbytes for face in self.faces)

    def emotions(self) -> tuple[str, ...]:
        """The emotions that have a face, in the order of `EMOTIONS`."""
        shown = {face.emotion for face in self.faces}
        return tuple(emotion for emotion in EMOTIONS if emotion in shown)

    def counts(self) -> dict[str, int]:
        """Faces of each of the seven emotions."""
        return {
            emotion: sum(face.emotion == emotion for face in self.faces) for emotion in EMOTIONS
        }

    def takes_of(self, emotion: str) -> tuple[int, ...]:
        """Numbers of the takes with faces of an emotion, in order."""
        return tuple(sorted({face.take for face in self.faces if face.emotion == emotion}))

    def wanting(self) -> dict[str, int]:
        """How many takes each shown emotion lacks before a comparison can hold one back; only
        emotions that lack some."""
        missing = {e: TAKES_TO_COMPARE - len(self.takes_of(e)) for e in self.emotions()}
        return {emotion: number for emotion, number in missing.items() if number > 0}

    def check_teachable(self) -> None:
        """Raises `BadCaptures` where there is too little to teach."""
        emotions = self.emotions()
        if len(emotions) < 2:
            shown = emotions[0] if emotions else "none"
            raise BadCaptures(
                f"show at least two emotions; so far: {shown}. One alone cannot be told apart from "
                "anything."
            )
        few = {e: n for e, n in self.counts().items() if 0 < n < FACES_TO_TEACH}
        if few:
            counted = ", ".join(f"{emotion} {number}" for emotion, number in few.items())
            raise BadCaptures(
                f"each emotion needs at least {FACES_TO_TEACH} faces; too few: {counted}. "
                "Record another take, or delete that emotion."
            )


def too_many_faces(number: int) -> str:
    return (
        f"{number:,} faces are more than the {MOST_FACES:,} that can be taught at once. "
        "Use a part of them: a few takes of each emotion are enough."
    )


def _check_emotion(emotion: str) -> None:
    if emotion not in EMOTIONS:
        raise ValueError(f"unknown emotion {emotion!r}; the emotions are {', '.join(EMOTIONS)}")


def _check_seconds(seconds: float, name: str) -> None:
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"{name} is {seconds}; expected 0 or more")
