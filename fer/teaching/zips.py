"""Zips that their owner keeps, of captures or of a model: read in memory alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fer.data import archives
from fer.data.archives import Tree
from fer.data.budget import Budget
from fer.data.builder import short
from fer.errors import BadDataset, FerError, OverBudget
from fer.images import display_name
from fer.storage import files


@contextmanager
def opened(source: Path | bytes, name: str, most: int, error: type[FerError]) -> Iterator[Tree]:
    """The files of a zip, or of a folder, of at most so many bytes; `name` stands for bytes in
    messages. Raises `error` for what is missing, broken, too large or not to be trusted."""
    shown = source.name if isinstance(source, Path) else name
    try:
        with ExitStack() as stack:
            budget = Budget()
            stack.enter_context(budget.reading())
            if isinstance(source, Path) and source.is_dir():
                yield stack.enter_context(archives.opened(source, budget))
                return
            file: io.FileIO | io.BytesIO
            file = io.FileIO(source) if isinstance(source, Path) else io.BytesIO(source)
            stack.enter_context(file)
            size = file.seek(0, io.SEEK_END)
            if size > most:
                raise error(
                    f"{shown} has {size / 1024**2:,.0f} MB; it can have at most {most // 1024**2}."
                )
            yield stack.enter_context(archives.zipped(file, shown, budget))
    except FileNotFoundError:
        raise error(f"{shown} does not exist. Check the path.") from None
    except OSError as problem:
        raise error(f"{shown} cannot be read: {files.reason_of(problem)}.") from None
    except (BadDataset, OverBudget) as problem:
        raise error(str(problem)) from None


def read(tree: Tree, file: str, most: int, error: type[FerError]) -> bytes:
    """A file of a tree. Raises `error` where it has more than so many bytes, or is damaged."""
    name = display_name(file)
    if tree.sizes[file] > most:
        raise error(f"{name} in {tree.name} is larger than {most // 1024**2} MB.")
    try:
        with tree.open(file) as stream:
            return stream.read(most)
    except archives.UNREADABLE as problem:
        reason = short(str(problem), 120)
        raise error(f"{name} in {tree.name} is damaged: {reason}.") from None
