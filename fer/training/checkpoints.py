"""Checkpoints of a run: written whole, and set aside where they are damaged."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fer.errors import BadRun
from fer.runs.store import Run
from fer.runs.weights import first_line
from fer.storage.files import written_whole

_UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError),
    *(zipfile.BadZipFile, zlib.error),
)


def write(path: Path, arrays: Mapping[str, Any]) -> None:
    """Writes arrays by their names, atomically."""
    with written_whole(path) as file:
        np.savez(file, **arrays)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The arrays of a checkpoint by their names. Raises `BadRun` if it, or what is done with its
    arrays, shows that it is damaged or of another network."""
    try:
        with path.open("rb") as file, np.load(file) as saved:
            yield saved
    except _UNREADABLE as error:
        reason = first_line(error)
        raise BadRun(f"the checkpoint {path.name} cannot be restored: {reason}.") from None


@contextlib.contextmanager
def set_aside_if_damaged(run: Run) -> Iterator[None]:
    """A checkpoint that cannot be read is renamed, so that the run can start over."""
    try:
        yield
    except BadRun as error:
        for path in (run.checkpoint, run.best):
            if path.exists():
                path.replace(path.with_suffix(".damaged"))
        raise BadRun(
            f"{error} It is set aside. Resume the run once more to start it over from the first "
            "epoch, or delete it."
        ) from None
