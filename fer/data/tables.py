"""Faces in tables: FER2013's CSV in both of its forms, the votes of FER+ beside it, and parquet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from fer.data.builder import MAX_FACES, DatasetBuilder, decoded, short, split_of
from fer.data.dataset import NO_LABEL, UNREADABLE, Picture
from fer.emotions import OTHER_VOTE_COLUMNS, VOTE_COLUMNS, index_of
from fer.errors import BadDataset, BadImage

SIDE = 48
NUM_PIXELS = SIDE * SIDE
VOTES_NAME = "fer2013new.csv"
FER2013_LICENCE = (
    "FER2013's pictures: collected from the web for the ICML 2013 challenge, for research; "
    "FER+ votes: MIT licence, Microsoft"
)

_COUNTS = (*VOTE_COLUMNS, *OTHER_VOTE_COLUMNS)
_MAX_LINE = 1 << 17
_NOT_A_PIXEL = re.compile(r"[^0-9 ]")
_MAX_VOTES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """FER+ as its file has it: `splits` of its N rows, None where not given; `counts` (N, 10)."""

    name: str
    splits: list[str | None]
    counts: NDArray[np.int64]
    wrong: dict[int, str]


def read_votes(stream: IO[bytes], name: str) -> Votes:
    """The FER+ counts in `fer2013new.csv`. A row that is wrong has none, and is in `wrong`."""
    rows = _rows(stream)
    columns = _columns(rows, name, required=_COUNTS)
    splits: list[str | None] = []
    counts: list[list[int]] = []
    wrong: dict[int, str] = {}
    for index, (_, row) in enumerate(rows):
        if index == MAX_FACES:
            raise BadDataset(f"{name} holds more than {MAX_FACES:,} rows of votes.")
        try:
            counts.append(_counts(row, columns))
        except BadDataset as error:
            wrong[index] = str(error)
            counts.append([0] * len(_COUNTS))
        splits.append(split_of(_cell(row, columns["usage"])) if "usage" in columns else None)
    return Votes(name, splits, np.array(counts, np.int64).reshape(-1, len(_COUNTS)), wrong)


def read_csv(stream: IO[bytes], name: str, votes: Votes | None = None) -> DatasetBuilder:
    """The faces of `fer2013.csv` or `icml_face_data.csv`, read row by row.

    Columns are known by their names, whatever spaces stand around them: emotion (0…6 or a name),
    pixels (2304 numbers, 0–255) and, where the data set has splits, Usage. Row 1 is the header.
    """
    rows = _rows(stream)
    columns = _columns(rows, name, required=("emotion", "pixels"))
    found = DatasetBuilder(name)
    num_rows = 0
    for index, (number, row) in enumerate(rows):
        num_rows += 1
        where, split, kind = f"row {number}", None, UNREADABLE
        try:
            split = _split(row, columns)
            picture = pixels(_cell(row, columns["pixels"]))
            kind = NO_LABEL
            label = index_of(short(_cell(row, columns["emotion"])))
        except BadDataset as error:
            found.leave_out(where, str(error), split, kind)
            continue
        found.add(where, picture, label, split, _votes_of(votes, index, where, split, found))
    if votes is not None and len(votes.counts) != num_rows:
        raise _not_joined(votes, name, f"{len(votes.counts):,} rows beside {num_rows:,}")
    return found


def pixels(text: str) -> Picture:
    """A grey picture (48, 48) from its numbers, as FER2013 writes them: "70 80 82 …"."""
    text = text.strip()
    odd = _NOT_A_PIXEL.search(text)
    if odd:
        word = text[text.rfind(" ", 0, odd.start()) + 1 :].partition(" ")[0]
        raise BadDataset(f"its pixels hold {short(word)!r}; expected whole numbers from 0 to 255")
    values = np.fromstring(text, np.int64, sep=" ") if text else np.empty(0, np.int64)
    if len(values) != NUM_PIXELS:
        raise BadDataset(f"it has {len(values):,} pixels; expected {NUM_PIXELS} ({SIDE} × {SIDE})")
    if values.max() > 255:
        raise BadDataset(f"it has a pixel of {values.max()}; expected whole numbers from 0 to 255")
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def read_parquet(stream: IO[bytes], name: str, longest: int | None) -> DatasetBuilder:
    """The faces of a parquet file with the columns of FER2013 + FER+, read a few at a time.

    `png` holds the bytes of a picture, `emotion` 0…6, `usage` FER2013's word for the split; the
    ten columns of votes may be missing. With `longest` None the pictures stay encoded.
    """
    try:
        file = pyarrow.parquet.ParquetFile(stream)
        return _parquet_faces(file, name, longest)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise BadDataset(
            f"{name} is no parquet file that can be read: {short(str(error), 120)}."
        ) from None


def _parquet_faces(file: Any, name: str, longest: int | None) -> DatasetBuilder:
    present = set(file.schema_arrow.names)
    missing = sorted({"png", "emotion", "usage"} - present)
    if missing:
        raise BadDataset(f"{name} lacks the columns {', '.join(missing)}.")
    if file.metadata.num_rows > MAX_FACES:
        raise BadDataset(f"{name} holds more than {MAX_FACES:,} faces. Use a part of it.")
    counts = _COUNTS if present.issuperset(_COUNTS) else ()
    found = DatasetBuilder(name)
    batches = file.iter_batches(batch_size=256, columns=["png", "emotion", "usage", *counts])
    for row in (row for batch in batches for row in batch.to_pylist()):
        where = f"row {len(found.labels) + found.num_problems + 1}"
        split, kind = None, UNREADABLE
        try:
            split = split_of(short(str(row["usage"])))
            if split is None:
                raise BadDataset(f"its usage is {short(str(row['usage']))!r}")
            picture = _picture(row["png"], longest)
            votes = _checked_counts([row[one] for one in counts]) if counts else None
            kind = NO_LABEL
            label = index_of(short(str(row["emotion"])))
        except (BadDataset, BadImage) as error:
            found.leave_out(where, str(error), split, kind)
            continue
        found.add(where, picture, label, split, votes)
    return found


def _picture(data: object, longest: int | None) -> Picture | bytes:
    if not isinstance(data, bytes):
        raise BadDataset("it has no bytes of a picture")
    return data if longest is None else decoded(data, longest)


def _checked_counts(values: list[object]) -> NDArray[np.int64]:
    if not all(isinstance(value, int) and 0 <= value <= _MAX_VOTES for value in values):
        raise BadDataset(f"its votes are {short(str(values))}; expected whole numbers")
    return np.array(values, np.int64)


def _counts(row: list[str] | None, columns: dict[str, int]) -> list[int]:
    cells = [_cell(row, columns[name.lower()]) for name in _COUNTS]
    if not all(cell.isascii() and cell.isdigit() and len(cell) < 5 for cell in cells):
        raise BadDataset(f"its votes are {short(' '.join(cells))!r}; expected whole numbers")
    return [min(int(cell), _MAX_VOTES) for cell in cells]


def _votes_of(
    votes: Votes | None, index: int, where: str, split: str | None, found: DatasetBuilder
) -> NDArray[np.int64] | None:
    """The ten counts of a row; zeros, told as a problem, where FER+'s row cannot be read."""
    if votes is None:
        return None
    if index >= len(votes.counts):
        raise _not_joined(votes, found.name, f"no row beside {where}")
    its_split = votes.splits[index]
    if its_split and split and its_split != split:
        raise _not_joined(votes, found.name, f"{its_split} beside {split} in {where}")
    if index in votes.wrong:
        found.tell(f"{where} of {votes.name}", f"{votes.wrong[index]}; the face has no votes")
    return np.asarray(votes.counts[index])


def _not_joined(votes: Votes, name: str, why: str) -> BadDataset:
    return BadDataset(
        f"{votes.name} does not belong to {name} row by row: it has {why}. "
        "Name the votes of this very file, or move them elsewhere."
    )


def _columns(
    rows: Iterator[tuple[int, list[str] | None]], name: str, required: tuple[str, ...]
) -> dict[str, int]:
    """Position of each column by its name in small letters. Raises `BadDataset` where one lacks."""
    header = next(rows, (1, None))[1] or []
    columns = {cell.strip().lower(): position for position, cell in enumerate(header)}
    missing = [one for one in required if one.lower() not in columns]
    if missing:
        found = ", ".join(short(cell.strip()) for cell in header[:15]) or "nothing"
        raise BadDataset(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"its first line has {found}."
        )
    return columns


def _rows(stream: IO[bytes]) -> Iterator[tuple[int, list[str] | None]]:
    """Number and cells of each line that is not empty; None for one that is no row of a table.

    Lines are split one by one, so that a stray quote spoils its own line and not all that follow.
    """
    number = 0
    while line := stream.readline(_MAX_LINE):
        number += 1
        if len(line) == _MAX_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(_MAX_LINE)
            yield number, None
            continue
        text = line.decode("utf-8-sig" if number == 1 else "utf-8", "replace").rstrip("\r\n")
        try:
            cells = next(csv.reader([text], skipinitialspace=True), [])
        except csv.Error:
            yield number, None
            continue
        if any(cells):
            yield number, cells


def _cell(row: list[str] | None, position: int) -> str:
    if row is None:
        raise BadDataset("the line is no row of a table")
    if position >= len(row):
        raise BadDataset(f"it has {len(row)} columns; expected at least {position + 1}")
    return row[position]


def _split(row: list[str] | None, columns: dict[str, int]) -> str | None:
    if "usage" not in columns:
        return None
    usage = _cell(row, columns["usage"])
    split = split_of(usage)
    if split is None:
        raise BadDataset(
            f"its usage is {short(usage)!r}; expected Training, PublicTest or PrivateTest"
        )
    return split
