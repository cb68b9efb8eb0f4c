"""From the frames or pictures of one take to the faces that are worth teaching.

>>> take = TakeFilter(spec)
>>> for time, frame in enumerate(frames):
...     take.add(frame, time / 15)
>>> filtered = take.result()
>>> captures = captures.with_take("happy", filtered.seconds, filtered.crops)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from fer import images
from fer.errors import BadCaptures
from fer.geometry import Image
from fer.inference import cropping, detection, quality
from fer.inference.recognizer import CROP_SIDE
from fer.model_card import InputSpec
from fer.results import Face, Quality
from fer.teaching import near_duplicates
from fer.teaching.near_duplicates import Thumbnail

NO_FACE, SEVERAL_FACES, BLURRED, TINY, DARK, ALIKE, EXTRA = (
    *("without a face", "with several faces", "blurred", "too small", "too dark"),
    *("nearly identical", "more than enough"),
)
REASONS = (NO_FACE, SEVERAL_FACES, BLURRED, TINY, DARK, ALIKE, EXTRA)
"""Why a frame is left out, in the order in which it is asked."""

SMALLEST_FACE = 32
"""Pixels of a box's shorter side. Networks see 48."""
SHARP_FROM = 100.0
"""Variance of the Laplacian: a face in focus has 500 and more, one that is blurred by 4% of its
width less than this."""
BRIGHT_FROM = 25.0
"""Mean grey level, of 255."""
MOST_OF_A_TAKE = 60
SEVERAL_FACES_SHARE = 0.1
"""A take is refused from this share of frames with several people on; below, one is an accident."""

Kind: TypeAlias = Literal["frame", "picture"]
"""What a take is made of, in its sentences."""


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """The faces of a take: `crops` RGB uint8 (S, S, 3) with their times; how many frames were
    `left_out` for each of the `REASONS`."""

    crops: tuple[tuple[Image, float], ...] = field(repr=False)
    frames: int
    left_out: Mapping[str, int]
    seconds: float
    kind: Kind = "frame"

    @property
    def sentence(self) -> str:
        """What became of the frames, for the user."""
        kept = f"{len(self.crops)} of {self.frames} {self.kind}s are kept"
        reasons = ", ".join(f"{number} {reason}" for reason, number in self.left_out.items())
        return f"{kept}; left out: {reasons}." if reasons else f"{kept}."


class TakeFilter:
    """Looks at the frames of one take as they come and keeps the crops alone. One thread at a time
    may use it."""

    def __init__(
        self, spec: InputSpec, detector: str = detection.DEFAULT, kind: Kind = "frame"
    ) -> None:
        detection.check(detector)
        self._spec, self._detector, self._kind = spec, detector, kind
        self._crops: list[tuple[Image, float]] = []
        self._thumbnails: list[Thumbnail] = []
        self._left_out: Counter[str] = Counter()
        self._frames, self._last = 0, 0.0

    def add(self, image: Image, time: float) -> str | None:
        """Takes a frame, RGB uint8 (H, W, 3), at its seconds from the beginning. The reason it was
        left out for; None where its face is kept."""
        self._frames += 1
        self._last = max(self._last, time)
        reason = self._look_at(image, time)
        if reason is not None:
            self._left_out[reason] += 1
        return reason

    def result(self) -> Filtered:
        """The take. Raises `BadCaptures` where several people are in view or no face is usable."""
        self._check_alone()
        left_out = {reason: self._left_out[reason] for reason in REASONS if self._left_out[reason]}
        if not self._crops:
            raise BadCaptures(_none_left(self._frames, left_out, self._kind))
        return Filtered(tuple(self._crops), self._frames, left_out, self._last, self._kind)

    def _look_at(self, image: Image, time: float) -> str | None:
        if len(self._crops) >= MOST_OF_A_TAKE:
            return EXTRA
        faces = _in_view(detection.detect(image, self._detector))
        if len(faces) != 1:
            return SEVERAL_FACES if faces else NO_FACE
        crop = cropping.face_crop(image, faces[0], self._spec.margin, self._spec.align)
        problem = _problem(quality.measure(crop, faces[0]))
        if problem:
            return problem
        thumbnail = near_duplicates.thumbnail(crop)
        if not near_duplicates.is_new(thumbnail, self._thumbnails):
            return ALIKE
        self._thumbnails.append(thumbnail)
        self._crops.append((images.bounded(crop, CROP_SIDE)[0], time))
        return None

    def _check_alone(self) -> None:
        if self._left_out[SEVERAL_FACES] >= max(1, math.ceil(self._frames * SEVERAL_FACES_SHARE)):
            raise BadCaptures(
                f"several people were in view in {self._left_out[SEVERAL_FACES]} of {self._frames} "
                f"{self._kind}s, so this take is not kept. {_ALONE[self._kind]}"
            )


def filtered(
    frames: Iterable[tuple[Image, float]], spec: InputSpec, detector: str = detection.DEFAULT
) -> Filtered:
    """The faces of all frames of a take, see `TakeFilter`."""
    take = TakeFilter(spec, detector)
    for image, time in frames:
        take.add(image, time)
    return take.result()


def _in_view(faces: Sequence[Face]) -> Sequence[Face]:
    """Those large enough to be somebody before the camera, or all of them where none is: specks of
    a backdrop, in which a detector sees a face at times, are nobody."""
    large = [face for face in faces if min(face.box.width, face.box.height) >= SMALLEST_FACE]
    return large or faces


def _problem(measured: Quality) -> str | None:
    if measured.size < SMALLEST_FACE:
        return TINY
    if measured.brightness < BRIGHT_FROM:
        return DARK
    return BLURRED if measured.sharpness < SHARP_FROM else None


def _none_left(frames: int, left_out: Mapping[str, int], kind: Kind) -> str:
    if not frames:
        return _EMPTY[kind]
    if set(left_out) == {NO_FACE}:
        return f"no face was found in this take. {_AGAIN[kind]}"
    reasons = ", ".join(f"{number} {reason}" for reason, number in left_out.items())
    return f"no face of this take can be used: {reasons}. {_AGAIN[kind]}"


_ALONE: Mapping[Kind, str] = {
    "frame": "Record it again alone.",
    "picture": "Choose pictures of you alone.",
}
_EMPTY: Mapping[Kind, str] = {
    "frame": "this take has no frames. Check the camera and record it again.",
    "picture": "this take has no picture that can be read.",
}
_AGAIN: Mapping[Kind, str] = {
    "frame": "Come closer, turn up the light, look into the camera, and record it again.",
    "picture": "Choose sharp and bright pictures in which your face is large.",
}
