"""Tables of faces, on the disk or in a tree, with the votes that belong to them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fer.data.archives import Tree
from fer.data.budget import Budget
from fer.data.builder import DatasetBuilder
from fer.data.class_names import ClassNames
from fer.data.dataset import Dataset
from fer.data.formats import (
    columns,
    delimited,
    fer_plus,
    label_lists,
    parquet,
    pixel_tables,
    signatures,
)
from fer.data.formats.fer_plus import VOTES_NAME
from fer.errors import BadDataset

FER2013_LICENCE = (
    "FER2013's pictures: collected from the web for the ICML 2013 challenge, for research; "
    "FER+ votes: MIT licence, Microsoft"
)
ENDINGS = (".csv", ".tsv", ".parquet")
MAX_PACKED_PARQUET = 512 * 1024**2
"""A parquet file inside a zip is held in memory, because it is not read from front to back."""
_USUAL = ("fer2013.csv", "icml_face_data.csv", "fer2013.parquet")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table's or votes' file name, and how to open it; its size where it lies in a zip."""

    name: str
    open: Callable[[], IO[bytes]]
    packed_size: int | None = None


def read_file(
    file: Path, votes: Path | None, names: ClassNames, longest: int | None, budget: Budget
) -> Dataset:
    """The faces of a table on the disk. With `longest` None it is read as it is, and its pictures
    on demand."""
    _check_kind(file)
    beside = file.with_name(VOTES_NAME)
    if votes is None and file.suffix.lower() == ".csv" and beside.is_file() and beside != file:
        votes = beside
    joined = on_disk(votes, budget) if votes else None
    builder = read(on_disk(file, budget), joined, names, longest, budget)
    return builder.build(
        digest(file, votes), licence(file.name, votes is not None), as_it_is=longest is None
    )


def read(
    table: Table, votes: Table | None, names: ClassNames, longest: int | None, budget: Budget
) -> DatasetBuilder:
    """The faces of a table, joined with votes."""
    name = table.name.rpartition("/")[2]
    with table.open() as stream:
        if not name.lower().endswith(".parquet"):
            joined = _read_votes(votes) if votes else None
            return pixel_tables.read(stream, name, names, joined, budget)
        if votes is not None:
            raise BadDataset(f"{name} has its votes in its own columns; name no others.")
        if table.packed_size is not None:
            if table.packed_size > MAX_PACKED_PARQUET:
                raise BadDataset(
                    f"{name} has {table.packed_size / 1024**2:,.0f} MB, and inside a zip the limit "
                    f"is {MAX_PACKED_PARQUET // 1024**2} MB. Take it out of the zip."
                )
            budget.keep(table.packed_size)
            stream = io.BytesIO(stream.read(table.packed_size))
        return parquet.read(stream, name, names, longest, budget)


def one_of(tree: Tree) -> str | None:
    """The one table of a tree: FER2013's by its usual name, else the only one that holds faces."""
    tables = [file for file in tree.named(*ENDINGS) if not file.endswith(VOTES_NAME)]
    for usual in _USUAL:
        for file in tables:
            if file.rpartition("/")[2].lower() == usual:
                return file
    if len(tables) > 1:
        raise BadDataset(
            f"{tree.name} holds several tables ({', '.join(tables[:5])}). Name one of them."
        )
    return tables[0] if tables else None


def is_list(file: Path) -> bool:
    """Whether a file lists pictures with their labels, instead of holding faces."""
    if file.suffix.lower() not in label_lists.ENDINGS:
        return False
    with file.open("rb") as stream:
        head = stream.read(signatures.SIGNATURE_BYTES)
        stream.seek(0)
        if signatures.kind_of(head):
            return False
        header, _ = delimited.read(stream, file.name)
    has_pixels = header.find(*columns.PIXELS) is not None
    return not has_pixels and (file.suffix.lower() == ".txt" or label_lists.is_list(header))


def on_disk(file: Path, budget: Budget) -> Table:
    return Table(file.name, lambda: budget.watched(file.open("rb")))


def in_tree(tree: Tree, file: str) -> Table:
    return Table(file, lambda: tree.open(file), tree.sizes[file] if tree.is_packed else None)


def digest(*files: Path | None) -> str:
    """SHA-256 of the files' bytes, one file after the other."""
    whole = hashlib.sha256()
    for file in filter(None, files):
        with file.open("rb") as stream:
            while piece := stream.read(1 << 20):
                whole.update(piece)
    return whole.hexdigest()


def licence(name: str, has_votes: bool) -> str | None:
    """FER2013's, for a table that is called so or has its votes; else None."""
    is_usual = name.rpartition("/")[2].lower() in _USUAL
    return FER2013_LICENCE if is_usual or has_votes else None


def _read_votes(votes: Table) -> fer_plus.Votes:
    with votes.open() as stream:
        return fer_plus.read_votes(stream, votes.name.rpartition("/")[2])


def _check_kind(file: Path) -> None:
    """Raises `BadDataset` for a file of a kind that is not read."""
    if file.suffix.lower() in (*ENDINGS, ".txt"):
        return
    with file.open("rb") as stream:
        kind = signatures.kind_of(stream.read(signatures.SIGNATURE_BYTES))
    what = f"{kind[0]}; {kind[1]}. It is " if kind else ""
    raise BadDataset(
        f"{file.name} is {what}no data set that can be read. Use a CSV, parquet or zip file, "
        "a folder with a folder of pictures for each emotion, or the word 'drawn'."
    )
