"""What is known of a film: its frames' faces, the people in it, and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fer.errors import BadFilm
from fer.geometry import Box
from fer.results import Face, FaceResult, FrameResult, Prediction, Quality

UNSURE = "unsure"
"""The key of the time without a label, beside the seven emotions."""

_LONGEST_NAME = 60
_MOST_PEOPLE = 2**24


@dataclass(frozen=True, slots=True)
class Film:
    """A film, and what analyses it.

    `file`: its name as it was given. `width`, `height`: upright pixels. `seconds`: its length up
    to the end of the last frame that was read. `frames`: how many were read, `analysed` how many
    of them were looked at. `cuts`: the times of the first frames of new shots.
    `frames_per_second`: what the film was thinned out to, None for every frame. `is_complete`:
    whether it was read to its end; where not, `error` may say why.
    """

    file: str
    model: str
    detector: str
    prior: str
    width: int
    height: int
    seconds: float = 0.0
    frames: int = 0
    analysed: int = 0
    cuts: tuple[float, ...] = ()
    frames_per_second: float | None = None
    is_complete: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PersonFace:
    """A person's face in one frame; the box in upright pixels of the film."""

    person: int
    box: Box
    score: float
    prediction: Prediction


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One analysed frame: its index in the film, from 0, and its time in seconds.

    `hidden`: where else a face may be, of which nothing is shown.
    """

    frame: int
    time: float
    faces: tuple[PersonFace, ...]
    hidden: tuple[Box, ...] = ()

    def result(self, width: int, height: int) -> FrameResult:
        """The same as drawing takes it, in a film of `width` × `height` pixels."""
        faces = tuple(
            FaceResult(
                Face(face.box, face.score),
                face.prediction,
                Quality(min(face.box.width, face.box.height), 0.0, 0.0),
                face.person,
            )
            for face in self.faces
        )
        return FrameResult(faces, width, height, time=self.time, hidden=self.hidden)


@dataclass(frozen=True, slots=True)
class Person:
    """One track: a face followed from frame to frame. It is no identity: who leaves and comes
    back, or is seen after a cut, is somebody new.

    `first` and `last`: times of the first and the last frame with this face. `on_screen`: seconds.
    `shares`: of that time, for each emotion and for "unsure"; they sum to 1. `best`: time of the
    frame that shows the face largest, for a thumbnail. `name`: as its user called it.
    """

    person: int
    first: float
    last: float
    on_screen: float
    shares: Mapping[str, float]
    best: float
    name: str | None = None

    @property
    def display_name(self) -> str:
        return self.name or f"Person {self.person}"


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of at least half a second in which a person shows one expression, from `start` to
    before `end` in seconds; `confidence` is the mean of its frames."""

    person: int
    start: float
    end: float
    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PeopleEdits:
    """What a user says about the people of a film: names, numbers that are `merged` into another
    one's, and those left out, of whom nothing is shown but that pixelating still covers them."""

    names: Mapping[int, str] = field(default_factory=dict)
    merged: Mapping[int, int] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, record: object) -> PeopleEdits:
        """From JSON such as ``{"names": {"1": "Anna"}, "merged": {"3": 1}, "left_out": [4]}``.

        Raises `BadFilm` for anything else.
        """
        try:
            values = dict(record)  # type: ignore[call-overload]
            names, merged = values.pop("names", {}), values.pop("merged", {})
            left_out = values.pop("left_out", [])
            if values:
                raise ValueError
            return cls(
                {_number(person): str(name)[:_LONGEST_NAME] for person, name in names.items()},
                {_number(person): _number(other) for person, other in merged.items()},
                frozenset(map(_number, left_out)),
            )
        except (AttributeError, TypeError, ValueError):
            raise BadFilm(
                'the file of people holds an object such as {"names": {"1": "Anna"}, '
                '"merged": {"3": 1}, "left_out": [4]}, with the numbers of people.'
            ) from None

    def record(self) -> dict[str, Any]:
        """What `parse` takes."""
        return {
            "names": {str(person): name for person, name in self.names.items()},
            "merged": {str(person): other for person, other in self.merged.items()},
            "left_out": sorted(self.left_out),
        }


def _number(value: object) -> int:
    number = int(str(value))
    if not 0 < number < _MOST_PEOPLE:
        raise ValueError
    return number
