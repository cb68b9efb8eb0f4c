"""From a path to a data set, whichever of the known forms it has."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fer.data import archives
from fer.data.budget import Budget
from fer.data.builder import LONGEST_SIDE, short
from fer.data.class_names import ClassNames, parse
from fer.data.dataset import Dataset
from fer.data.formats import signatures, table_files, trees
from fer.data.synthetic import faces as synthetic_faces
from fer.errors import BadDataset

DRAWN = "drawn"
"""The word that stands for the built-in drawings where a path is asked for."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


def load(
    path: str | Path,
    votes: str | Path | None = None,
    longest: int = LONGEST_SIDE,
    classes: str | None = None,
    budget: Budget | None = None,
) -> Dataset:
    """The labelled faces of a file or folder, or the drawings where `path` is the word ``drawn``.

    Reads tables of faces (FER2013's CSV, joined row by row with the FER+ votes in `votes` or in a
    `fer2013new.csv` beside it, and parquet); pictures in class folders, with a list of labels, or
    with the label in the file name, kept at most `longest` pixels long; and a zip of any of those.
    `classes` says what class names mean ("1=surprise,2=fear"). Rows and files that cannot be used
    are left out and counted in the data set. Raises `BadDataset` with a sentence where nothing is
    left or the whole cannot be trusted, and what the `budget` raises. A folder that is called
    "drawn" can be named `./drawn`.
    """
    if str(path) == DRAWN:
        return synthetic_faces.dataset()
    file, votes_file, names = Path(path), Path(votes) if votes else None, parse(classes)
    budget = budget or Budget()
    with _as_sentences(file), ExitStack() as stack, budget.reading():
        return _read(file, votes_file, names, longest, stack, budget)


@contextmanager
def opened(
    path: str | Path, votes: str | Path | None = None, classes: str | None = None
) -> Iterator[Dataset]:
    """`load`, but as the data is: without splits that it does not have, with one emotion if it has
    no more, and pictures read on demand while it is open: in folders at their own size."""
    if str(path) == DRAWN:
        yield synthetic_faces.dataset()
        return
    file, votes_file, names = Path(path), Path(votes) if votes else None, parse(classes)
    budget = Budget()
    with ExitStack() as stack:
        with _as_sentences(file), budget.reading():
            data = _read(file, votes_file, names, None, stack, budget)
        yield data


def _read(
    file: Path,
    votes: Path | None,
    names: ClassNames,
    longest: int | None,
    stack: ExitStack,
    budget: Budget,
) -> Dataset:
    """With `longest` None the data is read as it is, and its pictures while `stack` is open."""
    for path in (file, votes):
        if path is not None and not os.path.exists(path):
            raise BadDataset(f"{short(str(path), 200)} does not exist. Check the path.")
    if file.is_dir() or file.suffix.lower() == ".zip":
        _check_zip(file)
        tree = stack.enter_context(archives.opened(file, budget))
        return trees.read(tree, file, votes, names, longest)
    if table_files.is_list(file):
        tree = stack.enter_context(archives.opened(file.parent, budget))
        return trees.read_list(tree, file, names, longest)
    return table_files.read_file(file, votes, names, longest, budget)


def _check_zip(file: Path) -> None:
    """Raises `BadDataset` for another kind of archive that is called .zip."""
    if file.is_dir():
        return
    with file.open("rb") as stream:
        head = stream.read(signatures.SIGNATURE_BYTES)
    kind = signatures.kind_of(head)
    if kind and not signatures.is_zip(head):
        raise BadDataset(f"{file.name} is no zip that can be read: it is {kind[0]}; {kind[1]}.")


@contextmanager
def _as_sentences(file: Path) -> Iterator[None]:
    """Errors of the system and of broken archives, while one is read, as sentences."""
    try:
        yield
    except _BROKEN as error:
        raise BadDataset(
            f"{file.name} is damaged ({short(str(error), 120)}). Get it again."
        ) from None
    except OSError as error:
        raise BadDataset(
            f"{short(file.name, 60)} cannot be read: {error.strerror or error}."
        ) from None
