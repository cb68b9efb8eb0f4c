"""What can be known of an import before TensorFlow is loaded: files, classes, scales of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS, NUM_EMOTIONS, index_of
from fer.errors import BadDataset, BadSettings

ENDINGS = (".keras", ".weights.h5", ".h5", ".hdf5", ".onnx", ".json")

LEAST = 1e-7
"""Added to probabilities that are divided by their sum, which may be 0."""

SCALES = ("0..1", "-1..1", "0..255", "imagenet")
_IMAGENET_MEAN = np.array((0.485, 0.456, 0.406))
_IMAGENET_DEVIATION = np.array((0.229, 0.224, 0.225))

_BESIDE_SEVEN = ("contempt", "contemptuous", "none", "other", "unknown", "uncertain", "skip")


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """A network's classes by name; `matrix` (K, 7) holds a 1 where a class is an emotion."""

    names: tuple[str, ...]
    matrix: NDArray[np.float32]

    @property
    def left_out(self) -> tuple[str, ...]:
        """The classes that are none of the seven."""
        return tuple(
            name for name, row in zip(self.names, self.matrix, strict=True) if not row.any()
        )

    @property
    def known(self) -> NDArray[np.float32]:
        """A 1 (7,) for each emotion that a class stands for."""
        return np.asarray(self.matrix.max(axis=0), np.float32)

    @property
    def missing(self) -> tuple[str, ...]:
        """The emotions that no class stands for: their probability is always 0."""
        return tuple(name for name, known in zip(EMOTIONS, self.known, strict=True) if not known)

    def seven(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (N, K) of the classes as those (N, 7) of the emotions."""
        seven = probabilities @ self.matrix
        if self.left_out:
            seven = seven + LEAST * self.known
            seven = seven / seven.sum(axis=1, keepdims=True)
        return np.asarray(seven, np.float32)


def parse_classes(text: str) -> Classes:
    """Classes from their names in the network's order, separated by commas.

    Raises `BadSettings` for a name that is unknown, or an emotion that is named twice.
    """
    names = tuple(name.strip() for name in text.split(","))
    indices = [_index(name) for name in names]
    emotions = [index for index in indices if index is not None]
    for index in emotions:
        if emotions.count(index) > 1:
            raise BadSettings(f"two of the classes are {EMOTIONS[index]}; name each once.")
    if len(emotions) < 2:
        raise BadSettings("fewer than two of the classes are among the seven emotions.")
    matrix = np.zeros((len(names), NUM_EMOTIONS), np.float32)
    for row, position in enumerate(indices):
        if position is not None:
            matrix[row, position] = 1
    return Classes(names, matrix)


def parse_scale(scale: str, channels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Factor and offset (channels,) that turn pixels 0–255 into what the network was trained on.

    Raises `BadSettings` for a scale that is unknown or does not fit the channels.
    """
    ones = np.ones(channels)
    if scale == "0..1":
        return ones / 255, 0 * ones
    if scale == "-1..1":
        return ones / 127.5, -ones
    if scale == "0..255":
        return ones, 0 * ones
    if scale != "imagenet":
        raise BadSettings(f"unknown scale {scale!r}; choose one of {', '.join(SCALES)}.")
    if channels != 3:
        raise BadSettings("the scale imagenet is for networks that take colours; this one is grey.")
    return 1 / (255 * _IMAGENET_DEVIATION), -_IMAGENET_MEAN / _IMAGENET_DEVIATION


def _index(name: str) -> int | None:
    """Position in `EMOTIONS`; None for a class that is known to be none of the seven."""
    if name.lower() in _BESIDE_SEVEN:
        return None
    try:
        if name.isdecimal():
            raise BadDataset("numbers say nothing")
        return index_of(name)
    except BadDataset:
        raise BadSettings(
            f"the class {name!r} is unknown; name the network's classes in its own order, such as "
            f"{','.join(EMOTIONS)}. Contempt, other and unknown are left out."
        ) from None
