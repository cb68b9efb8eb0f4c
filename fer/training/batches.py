"""Training batches, made ahead by a thread of their own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer.data.augmentation import STRENGTHS, augmented, mixed
from fer.runs.settings import TrainSettings

_PREPARED_BATCHES = 8

Batch = tuple[NDArray[Any], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Faces as a network takes them, uint8 (N, H, W, C), their targets, float32 (N, 7), and
    the true emotion, int64 (N,), with `TIED` where there is none.

    `other`, float32 (N, 7): the targets of a second head for the other question, zeros where
    they are unknown; None without such a head. `wanted` holds both side by
    side, (N, 7) or (N, 14).
    """

    pixels: NDArray[np.uint8]
    targets: NDArray[np.float32]
    truth: NDArray[np.int64]
    other: NDArray[np.float32] | None = None
    wanted: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        both = (self.targets,) if self.other is None else (self.targets, self.other)
        object.__setattr__(self, "wanted", np.concatenate(both, axis=1))

    def __len__(self) -> int:
        return len(self.pixels)


def order(settings: TrainSettings, n: int, epoch: int) -> NDArray[np.int64]:
    """The order in which `n` faces are seen in an epoch."""
    return np.random.default_rng([settings.seed, epoch]).permutation(n)


def varied(
    settings: TrainSettings, train: Examples, rows: NDArray[np.int64], epoch: int, number: int
) -> Batch:
    """The faces in `rows` as batch `number` of an epoch, augmented and mixed by the settings.

    What is drawn depends on seed, epoch and number alone. Faces in pure black and white stay so.
    """
    random = np.random.default_rng([settings.seed, epoch, number])
    faces = augmented(train.pixels[rows], STRENGTHS[settings.augmentation], random)
    if settings.input.preprocessing.startswith("threshold"):
        faces = np.where(faces >= 128, 255, 0).astype(np.uint8)
    if settings.mixup:
        return mixed(faces, train.wanted[rows], settings.mixup, random)
    return faces, train.wanted[rows]


def ahead(make: Callable[[int], Batch], first: int, end: int) -> Iterator[Batch]:
    """Batches `first` to `end` (exclusive), made a few ahead of their use."""
    ready: queue.Queue[Batch | Exception | None] = queue.Queue(_PREPARED_BATCHES)
    given_up = threading.Event()

    def offer(item: Batch | Exception | None) -> None:
        while not given_up.is_set():
            try:
                return ready.put(item, timeout=0.2)
            except queue.Full:
                continue

    def prepare() -> None:
        try:
            for number in range(first, end):
                if given_up.is_set():
                    return
                offer(make(number))
            offer(None)
        except Exception as error:  # noqa: BLE001 - raised again where batches are read
            offer(error)

    threading.Thread(target=prepare, name="batches", daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        given_up.set()
