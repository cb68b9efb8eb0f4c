"""Labelled faces as one value."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.inference import cropping
from fer.model_card import InputSpec
from fer.results import Face

SPLITS = ("train", "validation", "test")
UNLABELLED = -1
UNSPLIT = ""
"""The split of a face whose data set has none, where it was read as it is."""

UNREADABLE, NO_LABEL, OTHER_CLASS = "unreadable", "no usable label", "none of the seven"
"""Why no face comes of a row or file."""

CROWD, FER2013, OWN = "crowd", "fer2013", "own"
"""What a network may predict: the crowd's votes, FER2013's labels, or another data set's labels."""

NUM_VOTES = 10

UNREAD_HASH = b""
"""Stands for the hash of a file that could not be read."""

Picture = NDArray[np.uint8]
"""A face as its data set has it: grey (H, W) or RGB (H, W, 3)."""


_Encoded = TypeVar("_Encoded")


class OnDemand(Sequence[Picture], Generic[_Encoded]):
    """Pictures that are decoded one at a time, when they are asked for.

    `decode` may raise `BadImage` for what turns out to be no picture.
    """

    def __init__(self, encoded: Sequence[_Encoded], decode: Callable[[_Encoded], Picture]) -> None:
        self._encoded = encoded
        self._decode = decode

    def __len__(self) -> int:
        return len(self._encoded)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | Sequence[Picture]:
        if isinstance(index, slice):
            return OnDemand(self._encoded[index], self._decode)
        return self._decode(self._encoded[index])


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something in a data set that is no usable face: where it stands, and why."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """N faces with what people said of them.

    `labels` int64 (N,), `UNLABELLED` where there is none; `votes` int64 (N, 10), FER+ counts of the
    seven emotions, then contempt, unknown and NF, or None; `splits` (N,) holds "train",
    "validation" or "test"; `hash` is the SHA-256 of what was read. `sources` says where each face
    stands ("row 2", "train/happy/a.png"), or is empty. `whole_faces`: every picture is a cut face,
    as in FER2013; pictures from class folders may show more. `problems` are the first five of the
    `num_problems` rows or files that could not be used; `left_out` counts those of which no face
    came by their split, `UNSPLIT` where it is not known, and by `UNREADABLE`, `NO_LABEL` or
    `OTHER_CLASS`. `other_classes` counts the latter by their class, `passed_over` the files that
    are neither pictures nor lists of labels by their ending. `notes` are sentences on how the set
    was read. `validation_from_training`: the set has no such split, so that a part of training
    became it. `own_labels` is the word for what its labels are: FER2013's, or its own.
    `file_hashes` is the SHA-256 of each picture's file, where pictures are `OnDemand`. `faces` says
    where each face lies in its picture; without them the whole picture is the face.
    """

    name: str
    hash: str
    pictures: Sequence[Picture]
    labels: NDArray[np.int64]
    votes: NDArray[np.int64] | None
    splits: NDArray[np.str_]
    licence: str = "not stated: ask whoever gave the data"
    sources: tuple[str, ...] = ()
    whole_faces: bool = True
    problems: tuple[RowProblem, ...] = ()
    num_problems: int = 0
    left_out: Mapping[tuple[str, str], int] = field(default_factory=dict)
    other_classes: Mapping[str, int] = field(default_factory=dict)
    passed_over: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    validation_from_training: bool = False
    own_labels: str = OWN
    file_hashes: tuple[bytes, ...] = ()
    faces: tuple[Face, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.pictures)
        if self.labels.shape != (n,) or self.splits.shape != (n,):
            raise ValueError(f"{n} pictures need as many labels and splits")
        if self.votes is not None and self.votes.shape != (n, NUM_VOTES):
            raise ValueError(f"votes have shape {self.votes.shape}; expected ({n}, {NUM_VOTES})")
        if self.sources and len(self.sources) != n:
            raise ValueError(f"{n} pictures cannot have {len(self.sources)} sources")

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
            sources=tuple(self.sources[row] for row in chosen) if self.sources else (),
            faces=tuple(self.faces[row] for row in chosen) if self.faces else (),
            file_hashes=tuple(self.file_hashes[row] for row in chosen) if self.file_hashes else (),
        )

    def split(self, name: str) -> Dataset:
        return self.rows(self.splits == name)

    def inputs(self, spec: InputSpec) -> NDArray[np.uint8]:
        """Every face as a network takes it, uint8 (N, height, width, channels)."""
        batch = np.empty((len(self), *spec.shape), np.uint8)
        for row, picture in enumerate(self.pictures):
            image = as_rgb(picture)
            face = self.faces[row] if self.faces else cropping.whole_face(image)
            batch[row] = cropping.model_input(image, [face], spec)[0]
        return batch

    def emotions(self) -> NDArray[np.int64]:
        """The label of each face (N,), else the emotion that most people named, else
        `UNLABELLED`."""
        return leading_emotions(self.labels, self.votes)

    def picture_hashes(self) -> list[bytes]:
        """A hash of each picture's size and pixels, or of its file: equal for exact copies."""
        return list(self.file_hashes) or picture_hashes(self.pictures)

    def rows_by_picture(self) -> list[list[int]]:
        """The rows of each distinct picture, in order: of more than one where there are copies."""
        rows_of: dict[bytes, list[int]] = defaultdict(list)
        for row, picture_hash in enumerate(self.picture_hashes()):
            rows_of[picture_hash].append(row)
        rows_of.pop(UNREAD_HASH, None)
        return list(rows_of.values())


def default_labels(data: Dataset) -> str:
    """What a network learns from the data set unless told otherwise: votes where there are any,
    else the labels, by the data set's own word for them."""
    return data.own_labels if data.votes is None else CROWD


def leading_emotions(
    labels: NDArray[np.int64], votes: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """The labels (N,), with the emotion of the most votes where there is a vote but no label."""
    if votes is None:
        return labels
    seven = votes[:, :NUM_EMOTIONS]
    is_voted = (labels == UNLABELLED) & seven.any(axis=1)
    return np.where(is_voted, seven.argmax(axis=1), labels)


def as_rgb(picture: Picture) -> Picture:
    """A grey or RGB picture as RGB (H, W, 3)."""
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)


def picture_hashes(pictures: Sequence[Picture]) -> list[bytes]:
    """SHA-256 of each picture's size and pixels: equal for exact copies."""
    return [
        hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).digest()
        for picture in pictures
    ]
