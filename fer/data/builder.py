"""From the faces that a reader finds to a data set: what is left out, and who is in which split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fer import images
from fer.data.budget import Budget
from fer.data.dataset import (
    FER2013,
    NUM_VOTES,
    OTHER_CLASS,
    UNLABELLED,
    UNREADABLE,
    UNSPLIT,
    Dataset,
    OnDemand,
    Picture,
    RowProblem,
    leading_emotions,
)
from fer.data.splits import BY_PICTURE, NO_VALIDATION, completed_splits, cut_note
from fer.emotions import EMOTIONS
from fer.errors import BadDataset
from fer.geometry import Image

MAX_FACES = 500_000
PROBLEMS_KEPT = 5
LONGEST_SIDE = 224
_OTHERS_SHOWN = 8


@dataclass(slots=True)
class DatasetBuilder:
    """Faces as a reader finds them, with what it had to leave out; `build` makes the value.

    A split of None means that the data set does not say. A face's `votes` are ten counts, or None.
    Pictures are all decoded, or all `encoded`, or all None and given to `build`. `has_persons`: the
    set tells its persons apart, which the cut into splits does not.
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
    budget: Budget = field(default_factory=Budget)
    encoded: list[bytes] = field(default_factory=list)
    file_hashes: list[bytes] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    other_classes: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    has_persons: bool = False
    _hashes: dict[bytes, bytes] = field(default_factory=dict)
    """Of encoded pictures, of which there may be one for all faces."""

    def add(
        self,
        source: str,
        picture: Picture | bytes | None,
        label: int,
        split: str | None,
        votes: NDArray[np.int64] | None = None,
    ) -> None:
        if len(self.labels) == MAX_FACES:
            raise BadDataset(f"{self.name} holds more than {MAX_FACES:,} faces. Use a part of it.")
        self.sources.append(source)
        if isinstance(picture, bytes):
            self.encoded.append(picture)
            if picture not in self._hashes:
                self.budget.check()
                self._hashes[picture] = hashlib.sha256(picture).digest()
            self.file_hashes.append(self._hashes[picture])
        elif picture is not None:
            self.pictures.append(picture)
        self.labels.append(label)
        self.splits.append(split)
        self.votes.append(votes)

    def skip(
        self, source: str, reason: str, split: str | None = None, kind: str = UNREADABLE
    ) -> None:
        """Counts a row or file of which no face comes because something is wrong with it."""
        self.left_out[split or UNSPLIT, kind] += 1
        self.add_problem(source, reason)

    def skip_class(self, name: str, split: str | None) -> None:
        """Counts a face of a class that is none of the seven."""
        self.left_out[split or UNSPLIT, OTHER_CLASS] += 1
        self.other_classes[short(name, 40)] += 1

    def add_problem(self, source: str, reason: str) -> None:
        """Counts something that is wrong."""
        self.num_problems += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(RowProblem(short(source, 80), reason))

    def build(
        self,
        digest: str,
        licence: str | None = None,
        as_it_is: bool = False,
        pictures: Sequence[Picture] | None = None,
    ) -> Dataset:
        """The data set with all its splits. Raises `BadDataset` for no face or one emotion only.

        `licence` is given for FER2013 alone. `as_it_is`: no split is made that the data set does
        not have, and one emotion is enough. `pictures` are those of faces that were added without.
        """
        self.check(num_emotions=1 if as_it_is else 2)
        data = Dataset(
            name=self.name,
            hash=digest,
            pictures=pictures or self._pictures(),
            labels=np.array(self.labels, np.int64),
            votes=self._stacked_votes(),
            splits=np.array([split or UNSPLIT for split in self.splits], str)
            if as_it_is
            else completed_splits(self.splits, self._emotions(), self.pictures),
            sources=tuple(self.sources),
            whole_faces=self.whole_faces,
            problems=tuple(self.problems),
            num_problems=self.num_problems,
            left_out=self.left_out,
            other_classes=self.other_classes,
            passed_over=self.passed_over,
            notes=self.all_notes(as_it_is),
            validation_from_training=not as_it_is and cut_note(self.splits) == NO_VALIDATION,
            file_hashes=tuple(self.file_hashes),
        )
        return data if licence is None else replace(data, licence=licence, own_labels=FER2013)

    def all_notes(self, as_it_is: bool = False) -> tuple[str, ...]:
        """What a user must know of how the data set was read, a sentence each."""
        cut = None if as_it_is else cut_note(self.splits)
        by_picture = [BY_PICTURE] if cut and self.has_persons else []
        return (*self.notes, *self._counts_in_words(), *([cut] if cut else []), *by_picture)

    def check(self, num_emotions: int) -> None:
        """Raises `BadDataset` where there is nothing to learn or to measure."""
        if not self.labels:
            raise BadDataset(f"{self.name} holds no face that can be used; {self._why_empty()}.")
        emotions = set(self._emotions()) - {UNLABELLED}
        if len(emotions) < num_emotions:
            names = " and ".join(EMOTIONS[index] for index in emotions)
            others = "".join(f" {note}" for note in self._counts_in_words())
            raise BadDataset(
                f"{self.name} holds one emotion only{names and f', {names}'}. There is nothing to "
                f"tell apart: add faces of at least one other emotion.{others}"
            )

    def _why_empty(self) -> str:
        if self.problems:
            return f"all {self.num_problems:,} are wrong, the first: {self.problems[0]}"
        if self.other_classes:
            return f"its classes are none of the seven: {_listed(self.other_classes)}"
        return "it has no rows"

    def _counts_in_words(self) -> list[str]:
        notes = []
        if self.other_classes:
            total = sum(self.other_classes.values())
            notes.append(
                f"Left out, because their class is none of the seven emotions: {total:,} faces "
                f"({_listed(self.other_classes)})."
            )
        if self.passed_over:
            total = sum(self.passed_over.values())
            notes.append(f"Files that were passed over: {total:,} ({_listed(self.passed_over)}).")
        return notes

    def _pictures(self) -> Sequence[Picture]:
        if not self.encoded:
            return self.pictures
        return OnDemand(self.encoded, lambda data: decoded(data, LONGEST_SIDE, self.budget))

    def _stacked_votes(self) -> NDArray[np.int64] | None:
        if all(votes is None for votes in self.votes):
            return None
        none = np.zeros(NUM_VOTES, np.int64)
        return np.stack([none if votes is None else votes for votes in self.votes])

    def _emotions(self) -> list[int]:
        """The label of each face, or its leading emotion where only the crowd knows it."""
        labels = np.array(self.labels, np.int64)
        return [int(label) for label in leading_emotions(labels, self._stacked_votes())]


def decoded(data: bytes, longest: int, budget: Budget) -> Picture:
    """An encoded picture as it is kept. Raises `BadImage`."""
    return compact(budget.decode(data), longest)


def compact(image: Image, longest: int) -> Picture:
    """A picture (H, W, 3) as it is kept: its longer side at most `longest`, grey without colour."""
    smaller, _ = images.bounded(image, longest)
    grey = smaller[:, :, 0]
    return grey.copy() if (smaller == grey[:, :, None]).all() else smaller


def short(text: str, length: int = 24) -> str:
    """The beginning of a text that may be anything, printable and at most `length` long."""
    clean = "".join(c if c.isprintable() else "?" for c in text[: length + 1])
    return clean if len(clean) <= length else f"{clean[: length - 1]}…"


def _listed(counts: Counter[str]) -> str:
    """``contempt 12, bored 3``: the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name} {count:,}" for name, count in ordered[:_OTHERS_SHOWN])
    return shown + (", …" if len(ordered) > _OTHERS_SHOWN else "")
