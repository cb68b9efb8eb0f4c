"""Labelled faces: read, checked and freed of copies before anything is trained on them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import PIL.Image
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS, OTHER_VOTE_COLUMNS, VOTE_COLUMNS
from fer.errors import BadDataset
from fer.inference import cropping
from fer.metrics import crowd_majority
from fer.training.settings import TrainSettings
from fer.values import InputSpec

SPLITS = ("train", "validation", "test")
USAGE = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
UNLABELLED = -1
FER2013_LICENCE = (
    "FER2013's pictures: collected from the web for the ICML 2013 challenge, for research; "
    "FER+ votes: MIT licence, Microsoft"
)

Picture = NDArray[np.uint8]
"""A face as its data set has it: grey (H, W) or RGB (H, W, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """N faces with what people said of them.

    `labels` int64 (N,), `UNLABELLED` where there is none; `votes` int64 (N, 10), FER+ counts of the
    seven emotions, then contempt, unknown and NF, or None; `splits` (N,) holds "train",
    "validation" or "test"; `hash` is the SHA-256 of what was read.
    """

    name: str
    hash: str
    pictures: Sequence[Picture]
    labels: NDArray[np.int64]
    votes: NDArray[np.int64] | None
    splits: NDArray[np.str_]
    licence: str = "not stated: ask whoever gave the data"

    def __post_init__(self) -> None:
        n = len(self.pictures)
        if self.labels.shape != (n,) or self.splits.shape != (n,):
            raise ValueError(f"{n} pictures need as many labels and splits")
        if self.votes is not None and self.votes.shape != (n, 10):
            raise ValueError(f"votes have shape {self.votes.shape}; expected ({n}, 10)")

    def __len__(self) -> int:
        return len(self.pictures)

    def rows(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Dataset:
        """The faces that a mask or a list of indices picks."""
        chosen = np.arange(len(self))[keep]
        return replace(
            self,
            pictures=[self.pictures[row] for row in chosen],
            labels=self.labels[chosen],
            votes=None if self.votes is None else self.votes[chosen],
            splits=self.splits[chosen],
        )

    def split(self, name: str) -> Dataset:
        return self.rows(self.splits == name)

    def inputs(self, spec: InputSpec) -> NDArray[np.uint8]:
        """Every face as a network takes it, uint8 (N, height, width, channels)."""
        batch = np.empty((len(self), *spec.shape), np.uint8)
        for row, picture in enumerate(self.pictures):
            image = as_rgb(picture)
            batch[row] = cropping.model_input(image, [cropping.whole_face(image)], spec)[0]
        return batch

    def picture_hashes(self) -> list[bytes]:
        """A hash of each picture's size and pixels: equal for exact copies."""
        return [
            hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).digest()
            for picture in self.pictures
        ]


def as_rgb(picture: Picture) -> Picture:
    """A grey or RGB picture as RGB (H, W, 3)."""
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)


def load(path: str | Path) -> Dataset:
    """The labelled faces of a file. Raises `BadDataset` with a sentence that names the file."""
    file = Path(path)
    if not file.exists():
        raise BadDataset(f"{path} does not exist. Check the path.")
    if file.suffix != ".parquet":
        raise BadDataset(f"{path} is no parquet file with the columns of FER2013 + FER+.")
    return _read_parquet(file)


def without_copies(data: Dataset) -> Dataset:
    """`data` without training faces that occur in another split or earlier in training."""
    hashes = data.picture_hashes()
    seen = {one for one, split in zip(hashes, data.splits, strict=True) if split != "train"}
    keep = np.ones(len(data), bool)
    for row, (one, split) in enumerate(zip(hashes, data.splits, strict=True)):
        if split == "train":
            keep[row] = one not in seen
            seen.add(one)
    return data.rows(keep)


def answerable(data: Dataset, question: str) -> Dataset:
    """The faces for which there is an answer to the question "crowd" or "fer2013"."""
    if question == "fer2013":
        return data.rows(data.labels != UNLABELLED)
    if data.votes is None:
        raise BadDataset(
            f"{data.name} holds no crowd votes. Choose the labels of the data set, or add FER+."
        )
    return data.rows(data.votes[:, :NUM_EMOTIONS].sum(axis=1) > 0)


def targets(data: Dataset, question: str) -> NDArray[np.float32]:
    """What a network should answer, (N, 7): shares of the seven votes, or 1 at the label."""
    if question == "fer2013":
        return np.eye(NUM_EMOTIONS, dtype=np.float32)[data.labels]
    assert data.votes is not None
    seven = data.votes[:, :NUM_EMOTIONS].astype(np.float32)
    return np.asarray(seven / seven.sum(axis=1, keepdims=True), np.float32)


def truth(data: Dataset, question: str) -> NDArray[np.int64]:
    """The one right answer (N,): the label, or the crowd's majority with `TIED` where it has none."""
    if question == "fer2013":
        return data.labels
    assert data.votes is not None
    return crowd_majority(data.votes)


def prepared(settings: TrainSettings) -> Dataset:
    """The faces of a run: those with an answer, free of copies, and no more than its limit.

    The limit holds for training faces; as many at most are validated with. Raises `BadDataset`
    where training or validation is left without faces.
    """
    data = answerable(without_copies(load(settings.data)), settings.labels)
    for split in ("train", "validation"):
        if not (data.splits == split).any():
            raise BadDataset(f"{data.name} has no faces in its {split} split.")
    if settings.limit is None:
        return data
    chosen = np.zeros(len(data), bool)
    for split in SPLITS:
        rows = np.flatnonzero(data.splits == split)
        random = np.random.default_rng(settings.seed)
        chosen[random.permutation(rows)[: settings.limit]] = True
    return data.rows(chosen)


def _read_parquet(file: Path) -> Dataset:
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise BadDataset(f"{file.name} is no parquet file that can be read: {error}.") from None
    columns = {"png", "emotion", "usage", *VOTE_COLUMNS, *OTHER_VOTE_COLUMNS}
    missing = sorted(columns - set(table.columns))
    if missing:
        raise BadDataset(f"{file.name} lacks the columns {', '.join(missing)}.")
    pictures = [np.asarray(PIL.Image.open(io.BytesIO(png))) for png in table["png"]]
    return Dataset(
        name=file.name,
        hash=hashlib.sha256(file.read_bytes()).hexdigest(),
        pictures=pictures,
        labels=table["emotion"].to_numpy(np.int64),
        votes=table[[*VOTE_COLUMNS, *OTHER_VOTE_COLUMNS]].to_numpy(np.int64),
        splits=table["usage"].map(USAGE).to_numpy(str),
        licence=FER2013_LICENCE,
    )
