"""The votes of FER+: beside FER2013's CSV, row by row, or in a `label.csv` beside the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from fer.data.archives import Tree
from fer.data.builder import MAX_FACES, DatasetBuilder, short
from fer.data.dataset import UNLABELLED
from fer.data.formats import columns, delimited
from fer.data.pictures import LabelledPicture
from fer.data.splits import split_of
from fer.emotions import OTHER_VOTE_COLUMNS, VOTE_COLUMNS
from fer.errors import BadDataset

VOTES_NAME = "fer2013new.csv"
COUNTS = (*VOTE_COLUMNS, *OTHER_VOTE_COLUMNS)
MAX_VOTES = 1000

_LIST = "label.csv"
_LIST_COLUMNS = (
    *("neutral", "happiness", "surprise", "sadness", "anger"),
    *("disgust", "fear", "contempt", "unknown", "NF"),
)
"""The columns of a `label.csv` after the picture's name and the face's box; it has no header."""
_ORDER = [_LIST_COLUMNS.index(name) for name in COUNTS]


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """FER+ as its file has it: `splits` of its N rows, None where not given; `counts` (N, 10)."""

    name: str
    splits: list[str | None]
    counts: NDArray[np.int64]
    wrong: dict[int, str]

    def of(
        self, index: int, where: str, split: str | None, builder: DatasetBuilder
    ) -> NDArray[np.int64]:
        """The ten counts of a row; zeros, and a problem, where FER+'s row cannot be read.

        Raises `BadDataset` where the votes are of another file.
        """
        if index >= len(self.counts):
            raise self.not_joined(builder.name, f"no row beside {where}")
        other = self.splits[index]
        if other and split and other != split:
            raise self.not_joined(builder.name, f"{other} beside {split} in {where}")
        if index in self.wrong:
            reason = f"{self.wrong[index]}; the face has no votes"
            builder.add_problem(f"{where} of {self.name}", reason)
        return np.asarray(self.counts[index])

    def not_joined(self, name: str, reason: str) -> BadDataset:
        return BadDataset(
            f"{self.name} does not belong to {name} row by row: it has {reason}. "
            "Name the votes of this very file, or move them elsewhere."
        )


def read_votes(stream: IO[bytes], name: str) -> Votes:
    """The FER+ counts in `fer2013new.csv`. A row that is wrong has none, and is in `wrong`."""
    header, rows = delimited.read(stream, name)
    positions = header.require(*([count.lower()] for count in COUNTS))
    usage = header.find(*columns.USAGE)
    splits: list[str | None] = []
    counts: list[list[int]] = []
    wrong: dict[int, str] = {}
    for index, (_, row) in enumerate(rows):
        if index == MAX_FACES:
            raise BadDataset(f"{name} holds more than {MAX_FACES:,} rows of votes.")
        try:
            counts.append(_counts([delimited.cell(row, position) for position in positions]))
        except BadDataset as error:
            wrong[index] = str(error)
            counts.append([0] * len(COUNTS))
        has_usage = usage is not None and row is not None and usage < len(row)
        splits.append(split_of(delimited.cell(row, usage or 0)) if has_usage else None)
    return Votes(name, splits, np.array(counts, np.int64).reshape(-1, len(COUNTS)), wrong)


def find(tree: Tree, builder: DatasetBuilder) -> list[LabelledPicture] | None:
    """The pictures of FER+'s folders, each of which has a `label.csv`; None where there is none."""
    lists = [file for file in tree.sizes if file.rpartition("/")[2].lower() == _LIST]
    pictures: list[LabelledPicture] = []
    for file in lists:
        listed = _listed(tree, file, builder)
        if listed is None:
            return None
        pictures += listed
    return pictures or None


def _listed(tree: Tree, file: str, builder: DatasetBuilder) -> list[LabelledPicture] | None:
    """The pictures that one list names, or None where it is not FER+'s."""
    folder = file.rpartition("/")[0]
    split = split_of(folder.rpartition("/")[2])
    pictures: list[LabelledPicture] = []
    with tree.open(file) as stream:
        for number, row in delimited.listed(stream, file):
            if number == 1 and not _has_votes(row) and row and len(row) >= len(COUNTS):
                continue  # a header
            if row is None or len(row) < len(COUNTS) + 1:
                if not pictures:
                    return None
                builder.skip(f"{file}, line {number}", "it has no ten votes", split)
                continue
            picture = f"{folder}/{row[0]}".lstrip("/")
            if picture not in tree.sizes:
                builder.skip(f"{file}, line {number}", f"{short(row[0])} is missing", split)
                continue
            try:
                counts = _counts([row[-len(COUNTS) :][position] for position in _ORDER])
            except BadDataset as error:
                builder.skip(f"{file}, line {number}", str(error), split)
                continue
            votes = np.array(counts, np.int64)
            pictures.append(LabelledPicture(picture, UNLABELLED, split, votes))
    return pictures


def _has_votes(row: list[str] | None) -> bool:
    return row is not None and all(cell.strip().isdigit() for cell in row[-len(COUNTS) :])


def _counts(cells: list[str]) -> list[int]:
    if not all(cell.isascii() and cell.isdigit() and len(cell) < 5 for cell in cells):
        raise BadDataset(f"its votes are {short(' '.join(cells))!r}; expected whole numbers")
    return [min(int(cell), MAX_VOTES) for cell in cells]
