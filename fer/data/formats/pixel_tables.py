"""Faces whose pixels stand in a text table: FER2013's CSV in both of its forms, and their kin."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import IO

import numpy as np
from numpy.typing import NDArray

from fer.data.budget import Budget
from fer.data.builder import MAX_FACES, DatasetBuilder, short
from fer.data.class_names import OTHER, ClassNames
from fer.data.dataset import NO_LABEL, Picture
from fer.data.formats import columns, delimited
from fer.data.formats.delimited import Header
from fer.data.formats.fer_plus import Votes
from fer.data.splits import split_of
from fer.errors import BadDataset

SIDE = 48
SMALLEST_SIDE, LARGEST_SIDE = 8, 256
MAX_CLASSES = 1000

_BETWEEN_PIXELS = re.compile(r"[\s,;|\[\](){}\"']+")
_NOT_A_PIXEL = re.compile(r"[^0-9. ]")
_A_PIXEL_COLUMN = re.compile(r"(?:pixels?|px|p)?[ _.-]?[0-9]+(?:[ _x.-][0-9]+)?")


@dataclass(frozen=True, slots=True, eq=False)
class LabelledRow:
    """A face of a table before its class name is read."""

    where: str
    picture: Picture | bytes
    class_name: str
    split: str | None
    votes: NDArray[np.int64] | None


class LabelledRows:
    """The rows of a table before all of its class names are known."""

    def __init__(self, builder: DatasetBuilder) -> None:
        self.builder = builder
        self._rows: list[LabelledRow] = []
        self._class_names: set[str] = set()
        self._encoded: dict[bytes, bytes] = {}

    def add(self, row: LabelledRow) -> None:
        """Keeps a row; equal bytes are kept once. Raises `FerError` where there are too many."""
        name = self.builder.name
        if len(self._rows) == MAX_FACES:
            raise BadDataset(f"{name} holds more than {MAX_FACES:,} faces. Use a part of it.")
        self._class_names.add(row.class_name)
        if len(self._class_names) > MAX_CLASSES:
            raise BadDataset(
                f"{name} has more than {MAX_CLASSES:,} different labels; expected a few classes."
            )
        if isinstance(row.picture, bytes):
            first = self._encoded.setdefault(row.picture, row.picture)
            if first is row.picture:
                self.builder.budget.keep(len(first))
            else:
                row = replace(row, picture=first)
        else:
            self.builder.budget.keep(row.picture.nbytes)
        self._rows.append(row)

    def label(self, names: ClassNames, fer2013: bool) -> None:
        """Gives the builder the rows whose class is one of the seven, and counts the others."""
        builder = self.builder
        reading = names.read(builder.name, (row.class_name for row in self._rows), fer2013)
        builder.notes += reading.notes
        for row in self._rows:
            label = reading.labels[row.class_name]
            if label is None:
                reason = f"{row.class_name!r} is not one of the seven emotions"
                builder.skip(row.where, reason, row.split, NO_LABEL)
            elif label == OTHER:
                builder.skip_class(row.class_name, row.split)
            else:
                builder.add(row.where, row.picture, label, row.split, row.votes)


def read(
    stream: IO[bytes],
    name: str,
    names: ClassNames,
    votes: Votes | None = None,
    budget: Budget | None = None,
) -> DatasetBuilder:
    """The faces of a CSV such as `fer2013.csv` or `icml_face_data.csv`, read row by row.

    Columns are known by their names, whatever spaces stand around them: emotion or label, pixels
    (numbers from 0 to 255 of a square picture, in one column or in one each) and, where the data
    set has splits, Usage. Row 1 is the header.
    """
    header, rows = delimited.read(stream, name)
    layout = _Layout.of(header)
    labelled = LabelledRows(DatasetBuilder(name, budget=budget or Budget()))
    builder = labelled.builder
    num_rows, side = 0, 0
    for index, (number, row) in enumerate(rows):
        num_rows += 1
        where, split = f"row {number}", None
        try:
            split = layout.split(row)
            picture = pixels(layout.pixels(row), side)
            class_name = short(layout.label(row), 40)
        except BadDataset as error:
            builder.skip(where, str(error), split)
            continue
        side = side or len(picture)
        counts = None if votes is None else votes.of(index, where, split, builder)
        labelled.add(LabelledRow(where, picture, class_name, split, counts))
    if votes is not None and len(votes.counts) != num_rows:
        raise votes.not_joined(name, f"{len(votes.counts):,} rows beside {num_rows:,}")
    labelled.label(names, fer2013=layout.is_fer2013)
    return builder


def pixels(text: str, side: int = 0) -> Picture:
    """A grey picture (side, side) from its numbers: "70 80 82 …" or "[70, 80, 82, …]".

    Raises `BadDataset` for what is none, or is of another side than `side` where that is given.
    """
    if _NOT_A_PIXEL.search(text):
        text = _BETWEEN_PIXELS.sub(" ", text)
    text = text.strip()
    if odd := _NOT_A_PIXEL.search(text):
        word = text[text.rfind(" ", 0, odd.start()) + 1 :].partition(" ")[0]
        raise BadDataset(f"its pixels hold {short(word)!r}; expected whole numbers from 0 to 255")
    values = _numbers(text)
    root = math.isqrt(len(values))
    is_square = root * root == len(values) and SMALLEST_SIDE <= root <= LARGEST_SIDE
    if not is_square or side not in (0, root):
        expected = side or SIDE
        raise BadDataset(
            f"it has {len(values):,} pixels; expected {expected**2} ({expected} × {expected})"
            + ("" if side else " or another square")
        )
    if values.max() > 255:
        raise BadDataset(f"it has a pixel of {values.max()}; expected whole numbers from 0 to 255")
    return values.astype(np.uint8).reshape(root, root)


def _numbers(text: str) -> NDArray[np.int64]:
    if not text:
        return np.empty(0, np.int64)
    if "." not in text:
        return np.fromstring(text, np.int64, sep=" ")
    try:
        values = np.array(text.split(), np.float64)
    except ValueError:
        raise BadDataset("its pixels hold no numbers; expected whole ones from 0 to 255") from None
    if (values != np.floor(values)).any():
        raise BadDataset(
            "its pixels are fractions; expected whole numbers from 0 to 255: write them so"
        )
    return values.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where label, pixels (from `first` to before `last`) and split stand in each row.

    Pixels that a file separates by commas without quotes make rows longer than the header.
    """

    width: int
    label_at: int
    first: int
    last: int
    usage_at: int | None
    is_fer2013: bool

    @staticmethod
    def of(header: Header) -> _Layout:
        cells = [cell.strip().lower() for cell in header.cells]
        own = [n for n, text in enumerate(cells) if _A_PIXEL_COLUMN.fullmatch(text)]
        many = len(own) >= SMALLEST_SIDE**2 and own == list(range(own[0], own[-1] + 1))
        if many:
            (label,) = header.require(columns.LABEL)
            first, last = own[0], own[-1] + 1
        else:
            label, first = header.require(columns.LABEL, columns.PIXELS)
            last = first + 1
        is_fer2013 = {"emotion", "pixels", "usage"} <= set(cells)
        usage = header.find(*columns.USAGE)
        return _Layout(len(cells), label, first, last, usage, is_fer2013)

    def pixels(self, row: list[str] | None) -> str:
        delimited.cell(row, self.first)
        assert row is not None
        return " ".join(row[self.first : self.last + self._surplus(row)])

    def label(self, row: list[str] | None) -> str:
        return self._cell(row, self.label_at)

    def split(self, row: list[str] | None) -> str | None:
        if self.usage_at is None:
            return None
        usage = self._cell(row, self.usage_at)
        split = split_of(usage)
        if split is None:
            raise BadDataset(
                f"its usage is {short(usage)!r}; expected Training, PublicTest or PrivateTest"
            )
        return split

    def _cell(self, row: list[str] | None, position: int) -> str:
        shift = self._surplus(row) if row is not None and position >= self.last else 0
        return delimited.cell(row, position + shift)

    def _surplus(self, row: list[str]) -> int:
        """By how many cells a row is longer than the header, where these can be pixels."""
        surplus = len(row) - self.width
        return surplus if surplus >= SMALLEST_SIDE**2 - 1 else 0
