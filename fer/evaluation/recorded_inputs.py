"""The input of each network for each evaluated face, kept in files beside the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer.engine import Model
from fer.errors import BadDataset
from fer.geometry import read_only

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class RecordingModel(Model):
    """A model that adds its inputs to a file."""

    file: Path

    def probabilities(self, pixels: Pixels) -> NDArray[np.float32]:
        """As the model's own. Raises `BadDataset` where the file cannot be written as well."""
        try:
            with self.file.open("ab") as stream:
                stream.write(pixels.tobytes())
        except OSError as error:
            raise BadDataset(f"{self.file} cannot be written: {error.strerror}.") from None
        return Model.probabilities(self, pixels)


def recording(models: Sequence[Model], folder: Path) -> list[Model]:
    """The models, each with an empty file of its own in an existing folder."""
    for old in folder.glob("inputs-*.raw"):
        old.unlink()
    return [
        RecordingModel(
            model.card,
            model.session,
            model.prior,
            folder / _name(number, model.card.input.shape),
            passes=model.passes,
        )
        for number, model in enumerate(models)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """A model's inputs for N evaluated faces by their index, read from the disk when needed.
    `positions` (N,) say where each is in the file, -1 for one that was not found."""

    pixels: Pixels
    positions: NDArray[np.int64]

    def __getitem__(self, index: int) -> Pixels:
        """Uint8 (H, W, C). Raises `BadDataset` where no face was found."""
        position = int(self.positions[index])
        if position < 0:
            raise BadDataset("no face was found in that picture, so no network got one.")
        return read_only(self.pixels[position])


def inputs(folder: Path, number: int, found: NDArray[np.bool_]) -> Inputs:
    """The inputs of the model with that number, from whether each face (N,) was found.

    Raises `BadDataset` where they were not stored, or for another number of faces.
    """
    file = next(folder.glob(_name(number, "*")), None)
    if not found.any():
        return Inputs(np.zeros((0, 1, 1, 1), np.uint8), np.full(len(found), -1))
    if file is None:
        raise BadDataset("the faces of this evaluation were not stored. Evaluate again.")
    height, width, channels = map(int, file.stem.split("-")[2].split("x"))
    pixels = np.memmap(file, np.uint8, mode="r")
    if pixels.size != int(found.sum()) * height * width * channels:
        raise BadDataset("the stored faces are not those of the report. Evaluate again.")
    positions = np.where(found, np.cumsum(found) - 1, -1)
    return Inputs(pixels.reshape(-1, height, width, channels), positions)


def _name(number: int, shape: Sequence[int] | str) -> str:
    return f"inputs-{number}-{'x'.join(map(str, shape))}.raw"
