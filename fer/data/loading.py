"""From a path to a data set, whichever of the known forms it has."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from fer.data import archives, class_folders, tables
from fer.data.archives import Tree
from fer.data.builder import LONGEST_SIDE, DatasetBuilder, short
from fer.data.dataset import Dataset
from fer.data.synthetic import faces as synthetic_faces
from fer.errors import BadDataset

DRAWN = "drawn"
"""The word that stands for the built-in drawings where a path is asked for."""

_TABLES = (".csv", ".parquet")
_USUAL_TABLES = ("fer2013.csv", "icml_face_data.csv", "fer2013.parquet")
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError)


def load(path: str | Path, votes: str | Path | None = None, longest: int = LONGEST_SIDE) -> Dataset:
    """The labelled faces of a file or folder, or the drawings where `path` is the word ``drawn``.

    Reads Kaggle's `fer2013.csv` and `icml_face_data.csv`, joined row by row with the FER+ votes in
    `votes` or in a `fer2013new.csv` beside them; a parquet file with those columns; class folders
    (see `class_folders.read`, which keeps pictures at most `longest` pixels long); and a zip of any
    of those. Rows and files that cannot be used are left out and told in the data set. Raises
    `BadDataset` with a sentence where nothing is left or the whole cannot be trusted. A folder that
    is called "drawn" can be named `./drawn`.
    """
    if str(path) == DRAWN:
        return synthetic_faces.dataset()
    file, votes_file = Path(path), Path(votes) if votes else None
    with _told(file):
        _check_paths(file, votes_file)
        if not _is_tree(file):
            return _from_file(file, votes_file, longest)
        with archives.opened(file) as tree:
            return _from_tree(file, tree, votes_file, longest)


@contextmanager
def opened(path: str | Path, votes: str | Path | None = None) -> Iterator[Dataset]:
    """`load`, but as the data is: without splits that it does not have, with one emotion if it has
    no more, and pictures read on demand while it is open: in class folders at their own size."""
    if str(path) == DRAWN:
        yield synthetic_faces.dataset()
        return
    file, votes_file = Path(path), Path(votes) if votes else None
    with ExitStack() as stack:
        with _told(file):
            _check_paths(file, votes_file)
            if _is_tree(file):
                tree = stack.enter_context(archives.opened(file))
                data = _from_tree(file, tree, votes_file, None)
            else:
                data = _from_file(file, votes_file, None)
        yield data


def _is_tree(file: Path) -> bool:
    return file.is_dir() or file.suffix.lower() == ".zip"


def _check_paths(*files: Path | None) -> None:
    for one in files:
        if one is not None and not one.exists():
            raise BadDataset(f"{short(str(one), 200)} does not exist. Check the path.")


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Errors of the system and of broken archives as sentences."""
    try:
        yield
    except _BROKEN_ZIP as error:
        raise BadDataset(
            f"{file.name} is damaged ({short(str(error), 120)}). Get it again."
        ) from None
    except OSError as error:
        raise BadDataset(
            f"{short(file.name, 60)} cannot be read: {error.strerror or error}."
        ) from None


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """A table's or votes' file name, and how to open it."""

    name: str
    open: Callable[[], IO[bytes]]


def _from_file(file: Path, votes: Path | None, longest: int | None) -> Dataset:
    """With `longest` None the data is read as it is, and its pictures on demand."""
    if not file.name.lower().endswith(_TABLES):
        raise BadDataset(
            f"{file.name} is no data set that can be read. Use a CSV, parquet or zip file, "
            f"a folder with a folder of pictures for each emotion, or the word '{DRAWN}'."
        )
    beside = file.with_name(tables.VOTES_NAME)
    if votes is None and file.suffix.lower() == ".csv" and beside.is_file() and beside != file:
        votes = beside
    found = _read_table(_on_disk(file), _on_disk(votes) if votes else None, longest)
    licence = _licence(file.name, votes is not None)
    return found.dataset(_digest(file, votes), licence, as_it_is=longest is None)


def _from_tree(file: Path, tree: Tree, votes: Path | None, longest: int | None) -> Dataset:
    """As `_from_file`."""
    table = None if class_folders.pictures_in_folders(tree) else _table_in(tree)
    if table is None:
        if votes is not None:
            raise BadDataset(
                f"the votes in {votes.name} belong to the rows of a CSV, "
                f"but {file.name} holds pictures."
            )
        if longest is None:
            data = class_folders.on_demand(tree)
            return data if file.is_dir() else replace(data, hash=_digest(file))
        found, digest = class_folders.read(tree, longest)
        return found.dataset(digest if file.is_dir() else _digest(file))
    beside = table.rpartition("/")[0] + "/" + tables.VOTES_NAME
    inside = beside.lstrip("/")
    joined = _on_disk(votes) if votes else None
    if joined is None and inside in tree.sizes and table.lower().endswith(".csv"):
        joined = _in_tree(tree, inside)
    found = _read_table(_in_tree(tree, table), joined, longest)
    read = [file] if file.is_file() else [file / table]
    if joined is not None and (votes or file.is_dir()):
        read.append(votes or file / inside)
    return found.dataset(_digest(*read), _licence(table, joined is not None), longest is None)


def _table_in(tree: Tree) -> str | None:
    """The one table of a tree: FER2013's by its usual name, else the only one that holds faces."""
    named = [file for file in tree.named(*_TABLES) if not file.endswith(tables.VOTES_NAME)]
    for usual in _USUAL_TABLES:
        for file in named:
            if file.rpartition("/")[2].lower() == usual:
                return file
    if len(named) > 1:
        raise BadDataset(
            f"{tree.name} holds several tables ({', '.join(named[:5])}). Name one of them."
        )
    return named[0] if named else None


def _read_table(table: _Table, votes: _Table | None, longest: int | None) -> DatasetBuilder:
    name = table.name.rpartition("/")[2]
    with table.open() as stream:
        if name.lower().endswith(".parquet"):
            if votes is not None:
                raise BadDataset(f"{name} has its votes in its own columns; name no others.")
            seekable = (
                stream if isinstance(stream, io.BufferedReader) else io.BytesIO(stream.read())
            )
            return tables.read_parquet(seekable, name, longest)
        return tables.read_csv(stream, name, _read_votes(votes) if votes else None)


def _read_votes(votes: _Table) -> tables.Votes:
    with votes.open() as stream:
        return tables.read_votes(stream, votes.name.rpartition("/")[2])


def _on_disk(file: Path) -> _Table:
    return _Table(file.name, lambda: file.open("rb"))


def _in_tree(tree: Tree, file: str) -> _Table:
    return _Table(file, lambda: tree.open(file))


def _digest(*files: Path | None) -> str:
    """SHA-256 of the files' bytes, one file after the other."""
    digest = hashlib.sha256()
    for file in filter(None, files):
        with file.open("rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def _licence(name: str, has_votes: bool) -> str | None:
    usual = name.rpartition("/")[2].lower() in _USUAL_TABLES
    return tables.FER2013_LICENCE if usual or has_votes else None
