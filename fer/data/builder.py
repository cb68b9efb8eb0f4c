"""From the faces that a reader finds to a data set: what is left out, and who is in which split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fer import images
from fer.data.dataset import (
    NUM_VOTES,
    UNREADABLE,
    UNSPLIT,
    Dataset,
    OnDemand,
    Picture,
    RowProblem,
    picture_hashes,
)
from fer.emotions import EMOTIONS
from fer.errors import BadDataset
from fer.geometry import Image

MAX_FACES = 500_000
PROBLEMS_KEPT = 5
LONGEST_SIDE = 224
VALIDATION_SHARE = TEST_SHARE = 0.1

_SPLIT_SPELLINGS = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "publictest"),
    "test": ("test", "testing", "privatetest"),
}
_SPLIT_OF = {spelling: split for split, names in _SPLIT_SPELLINGS.items() for spelling in names}


@dataclass(slots=True)
class DatasetBuilder:
    """Faces as a reader finds them, with what it had to leave out; `dataset` makes the value.

    A split of None means that the data set does not say. A face's `votes` are ten counts, or None.
    Pictures are all decoded, or all `encoded` and decoded on demand.
    """

    name: str
    whole_faces: bool = True
    pictures: list[Picture] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    splits: list[str | None] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    votes: list[NDArray[np.int64] | None] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    num_problems: int = 0
    encoded: list[bytes] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(
        self,
        source: str,
        picture: Picture | bytes,
        label: int,
        split: str | None,
        votes: NDArray[np.int64] | None = None,
    ) -> None:
        if len(self.labels) == MAX_FACES:
            raise BadDataset(f"{self.name} holds more than {MAX_FACES:,} faces. Use a part of it.")
        self.sources.append(source)
        if isinstance(picture, bytes):
            self.encoded.append(picture)
        else:
            self.pictures.append(picture)
        self.labels.append(label)
        self.splits.append(split)
        self.votes.append(votes)

    def leave_out(
        self, where: str, reason: str, split: str | None = None, kind: str = UNREADABLE
    ) -> None:
        """Counts a row or file of which no face comes."""
        self.left_out[split or UNSPLIT, kind] += 1
        self.tell(where, reason)

    def tell(self, where: str, reason: str) -> None:
        """Counts something that is wrong."""
        self.num_problems += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(RowProblem(short(where, 80), reason))

    def dataset(self, digest: str, licence: str | None = None, as_it_is: bool = False) -> Dataset:
        """The data set with all its splits. Raises `BadDataset` for no face or one emotion only.

        `as_it_is`: no split is made that the data set does not have, and one emotion is enough.
        """
        self._check(num_emotions=1 if as_it_is else 2)
        none = np.zeros(NUM_VOTES, np.int64)
        voted = any(votes is not None for votes in self.votes)
        votes = np.stack([none if votes is None else votes for votes in self.votes])
        data = Dataset(
            name=self.name,
            hash=digest,
            pictures=OnDemand(self.encoded, decoded) if self.encoded else self.pictures,
            labels=np.array(self.labels, np.int64),
            votes=votes if voted else None,
            splits=np.array([split or UNSPLIT for split in self.splits], str)
            if as_it_is
            else completed_splits(self.splits, self.labels, self.pictures),
            sources=tuple(self.sources),
            whole_faces=self.whole_faces,
            problems=tuple(self.problems),
            num_problems=self.num_problems,
            left_out=self.left_out,
            file_hashes=tuple(hashlib.sha256(one).digest() for one in self.encoded),
        )
        return data if licence is None else replace(data, licence=licence)

    def _check(self, num_emotions: int) -> None:
        if not self.labels:
            why = "it has no rows"
            if self.problems:
                why = f"all {self.num_problems:,} are wrong, the first: {self.problems[0]}"
            raise BadDataset(f"{self.name} holds no face that can be used; {why}.")
        if len(set(self.labels)) < num_emotions:
            emotion = EMOTIONS[self.labels[0]]
            raise BadDataset(
                f"{self.name} holds one emotion only, {emotion}. "
                "There is nothing to tell apart: add faces of at least one other emotion."
            )


def decoded(data: bytes, longest: int = LONGEST_SIDE) -> Picture:
    """An encoded picture as it is kept. Raises `BadImage`."""
    return compact(images.decode(data), longest)


def compact(image: Image, longest: int) -> Picture:
    """A picture (H, W, 3) as it is kept: its longer side at most `longest`, grey without colour."""
    smaller, _ = images.bounded(image, longest)
    grey = smaller[:, :, 0]
    return grey.copy() if (smaller == grey[:, :, None]).all() else smaller


def short(text: str, length: int = 24) -> str:
    """The beginning of a text that may be anything, printable and at most `length` long."""
    clean = "".join(c if c.isprintable() else "?" for c in text[: length + 1])
    return clean if len(clean) <= length else f"{clean[: length - 1]}…"


def split_of(name: str) -> str | None:
    """The one of `SPLITS` that a usual spelling (``Training``, ``val``) stands for, else None."""
    return _SPLIT_OF.get(name.strip().lower())


def completed_splits(
    splits: Sequence[str | None], labels: Sequence[int], pictures: Sequence[Picture]
) -> NDArray[np.str_]:
    """The splits (N,) with those that the data set leaves open.

    A data set that has splits keeps them; where validation is missing, a tenth of the training
    faces becomes it. One without any is cut into 80% training, 10% validation and 10% test. The
    cut is made within each emotion, in the order of the pictures' hashes: as good as random, the
    same on every machine and in every run whatever its seed, and copies stay together.
    """
    if "train" in splits and "validation" not in splits:
        shares = {"validation": VALIDATION_SHARE}
    elif None in splits:
        shares = {"validation": VALIDATION_SHARE, "test": TEST_SHARE}
    else:
        return np.array(splits, str)
    filled = ["train" if split is None else split for split in splits]
    rows = [row for row, split in enumerate(filled) if split == "train"]
    hashes = picture_hashes([pictures[row] for row in rows])
    carved = _carved(hashes, [labels[row] for row in rows], shares)
    for row, one in zip(rows, hashes, strict=True):
        filled[row] = carved.get(one, "train")
    return np.array(filled, str)


def _carved(
    hashes: Sequence[bytes], labels: Sequence[int], shares: dict[str, float]
) -> dict[bytes, str]:
    """The split of each picture hash that leaves training: of every emotion its `shares`."""
    label_of: dict[bytes, int] = {}
    for one, label in zip(hashes, labels, strict=True):
        label_of.setdefault(one, label)
    carved = {}
    for label in set(labels):
        waiting = sorted(one for one, its_label in label_of.items() if its_label == label)
        total = len(waiting)
        for split, share in shares.items():
            # At least one face for each split, but never the last one of an emotion.
            number = min(max(1, round(share * total)), len(waiting) - 1)
            carved.update(dict.fromkeys(waiting[:number], split))
            del waiting[:number]
    return carved
