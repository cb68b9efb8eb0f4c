"""What each network saw of each evaluated face, kept in files beside the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer.errors import BadDataset
from fer.geometry import read_only
from fer.registry import Model

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class RecordingModel(Model):
    """A model that adds whatever it is asked of to a file."""

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
            model.card, model.session, model.prior, folder / _name(number, model.card.input.shape)
        )
        for number, model in enumerate(models)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What a model saw of N evaluated faces, by their place among them, read from the disk when
    asked for. `places` (N,) say where each is in the file, -1 for one that was not found."""

    pixels: Pixels
    places: NDArray[np.int64]

    def __getitem__(self, place: int) -> Pixels:
        """Uint8 (H, W, C). Raises `BadDataset` where no face was found."""
        at = int(self.places[place])
        if at < 0:
            raise BadDataset("no face was found in that picture, so no network saw one.")
        return read_only(self.pixels[at])


def inputs(folder: Path, number: int, found: NDArray[np.bool_]) -> Inputs:
    """Of the model with that number, from whether each face (N,) was found.

    Raises `BadDataset` where they were not kept, or not of as many faces.
    """
    file = next(folder.glob(_name(number, "*")), None)
    if not found.any():
        return Inputs(np.zeros((0, 1, 1, 1), np.uint8), np.full(len(found), -1))
    if file is None:
        raise BadDataset("the faces of this evaluation were not kept. Evaluate again.")
    height, width, channels = map(int, file.stem.split("-")[2].split("x"))
    pixels = np.memmap(file, np.uint8, mode="r")
    if pixels.size != int(found.sum()) * height * width * channels:
        raise BadDataset("the kept faces are not those of the report. Evaluate again.")
    places = np.where(found, np.cumsum(found) - 1, -1)
    return Inputs(pixels.reshape(-1, height, width, channels), places)


def _name(number: int, shape: Sequence[int] | str) -> str:
    return f"inputs-{number}-{'x'.join(map(str, shape))}.raw"
