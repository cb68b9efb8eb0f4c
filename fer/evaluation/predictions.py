"""Every model's prediction for every face, a few pictures at a time to bound the memory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fer.data.dataset import Dataset, RowProblem, as_rgb
from fer.emotions import NUM_EMOTIONS
from fer.engine import Model
from fer.errors import BadImage
from fer.geometry import Image
from fer.inference import cropping, detection, quality
from fer.model_card import InputSpec
from fer.results import Face

QUALITIES = ("size", "sharpness", "brightness", "roll", "yaw")
"""The columns of `Reading.quality`, as `Quality` has them."""

_MOST_AT_ONCE = 256
_MOST_BYTES = 32 * 1024**2
_PROBLEMS_KEPT = 5

PROGRESS = "progress.json"
"""In the folder that `--keep` names: `{"done": 256, "total": 3589}`, faces done, of all."""

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The N rows that could be read.

    `readable` (N,) are their indices among the given rows; `found` (N,) says whether a face was
    detected; `boxes` int32 (N, 4) left, top, right, bottom, zeros where none was; `quality` float32
    (N, 5) as `QUALITIES`, NaN where unknown; `probabilities` float32 (N, 7) of each model, NaN
    where no face was found; `seconds` of each model for cutting and classifying one face.
    """

    readable: NDArray[np.int64]
    found: NDArray[np.bool_]
    boxes: NDArray[np.int32]
    quality: NDArray[np.float32]
    probabilities: tuple[NDArray[np.float32], ...]
    seconds: tuple[float, ...]
    problems: tuple[RowProblem, ...]
    num_unreadable: int


def read(
    models: Sequence[Model],
    data: Dataset,
    rows: NDArray[np.int64],
    whole_picture: bool = False,
    on_progress: OnProgress = lambda done, total: None,
) -> Reading:
    """The prediction of each model for each of `rows`.

    Pictures that are cut faces, or all with `whole_picture`, are one face each. In others faces
    are detected, and the largest is the one that the label is about. `on_progress` gets how many
    rows are done, of how many; what it raises ends the reading.
    """
    reader = _Reader(models, len(rows))
    at_once = _at_once([model.card.input for model in models])
    for start in range(0, len(rows), at_once):
        batch = range(start, min(start + at_once, len(rows)))
        for index in batch:
            try:
                image = as_rgb(data.pictures[rows[index]])
            except BadImage as error:
                reader.leave_out(data.sources[rows[index]] if data.sources else "", str(error))
                continue
            whole = whole_picture or data.whole_faces
            find = cropping.whole_face if whole else detection.largest_face
            reader.add(index, image, find(image))
        reader.classify()
        on_progress(batch.stop, len(rows))
    return reader.reading()


def _at_once(specs: Sequence[InputSpec]) -> int:
    """How many faces' inputs fit in `_MOST_BYTES`, as float32."""
    largest = max(math.prod(spec.shape) for spec in specs)
    return max(1, min(_MOST_AT_ONCE, _MOST_BYTES // (4 * largest)))


@dataclass(slots=True, eq=False)
class _Reader:
    """Collects faces until `classify` runs the models on all of them."""

    models: Sequence[Model]
    num_rows: int
    readable: list[int] = field(default_factory=list)
    boxes: list[Sequence[int]] = field(default_factory=list)
    qualities: list[tuple[float, ...]] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    num_unreadable: int = 0
    waiting: list[int] = field(default_factory=list)
    inputs: dict[InputSpec, list[NDArray[np.uint8]]] = field(init=False)
    crop_seconds: dict[InputSpec, float] = field(init=False)
    classify_seconds: list[float] = field(init=False)
    probabilities: list[NDArray[np.float32]] = field(init=False)

    def __post_init__(self) -> None:
        specs = dict.fromkeys(model.card.input for model in self.models)
        self.inputs = {spec: [] for spec in specs}
        self.crop_seconds = dict.fromkeys(specs, 0.0)
        self.classify_seconds = [0.0 for _ in self.models]
        shape = self.num_rows, NUM_EMOTIONS
        self.probabilities = [np.full(shape, np.nan, np.float32) for _ in self.models]

    def leave_out(self, where: str, reason: str) -> None:
        self.num_unreadable += 1
        if len(self.problems) < _PROBLEMS_KEPT:
            self.problems.append(RowProblem(where, reason))

    def add(self, index: int, image: Image, face: Face | None) -> None:
        self.readable.append(index)
        if face is None:
            self.boxes.append((0, 0, 0, 0))
            self.qualities.append((np.nan,) * len(QUALITIES))
            return
        measured = quality.measure(cropping.face_crop(image, face), face)
        values = (getattr(measured, name) for name in QUALITIES)
        self.boxes.append(face.box.as_list())
        self.qualities.append(tuple(np.nan if value is None else value for value in values))
        self.waiting.append(index)
        for spec, inputs in self.inputs.items():
            began = time.perf_counter()
            inputs.append(cropping.model_input(image, [face], spec)[0])
            self.crop_seconds[spec] += time.perf_counter() - began

    def classify(self) -> None:
        if not self.waiting:
            return
        for number, model in enumerate(self.models):
            pixels = np.stack(self.inputs[model.card.input])
            began = time.perf_counter()
            self.probabilities[number][self.waiting] = model.probabilities(pixels)
            self.classify_seconds[number] += time.perf_counter() - began
        self.waiting.clear()
        for inputs in self.inputs.values():
            inputs.clear()

    def reading(self) -> Reading:
        readable = np.array(self.readable, np.int64)
        boxes = np.array(self.boxes, np.int32).reshape(-1, 4)
        found = boxes[:, 2] > 0
        return Reading(
            readable=readable,
            found=found,
            boxes=boxes,
            quality=np.array(self.qualities, np.float32).reshape(-1, len(QUALITIES)),
            probabilities=tuple(rows[readable] for rows in self.probabilities),
            seconds=tuple(self._seconds_per_face(int(found.sum()))),
            problems=tuple(self.problems),
            num_unreadable=self.num_unreadable,
        )

    def _seconds_per_face(self, num_found: int) -> Iterator[float]:
        for model, seconds in zip(self.models, self.classify_seconds, strict=True):
            total = seconds + self.crop_seconds[model.card.input]
            yield total / num_found if num_found else math.nan
