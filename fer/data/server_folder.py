"""The data sets that a server offers to its visitors: those below the folder `FER_DATA`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from fer import images
from fer.data.formats.fer_plus import VOTES_NAME
from fer.data.splits import split_of
from fer.emotions import emotions_in
from fer.errors import BadDataset

_OFFERED_ENDINGS = (".csv", ".tsv", ".parquet", ".zip")
_OFFERED_DEPTH = 3


def offered() -> list[Path]:
    """The data sets below the server's folder `FER_DATA`, as paths inside it; none if it is unset.

    CSV, parquet and zip files, and folders with a folder for at least two emotions; links and what
    lies more than three folders deep are not offered.
    """
    root = _server_folder()
    return sorted(_offered_in(root, _OFFERED_DEPTH)) if root and root.is_dir() else []


def resolve(name: str | Path) -> Path:
    """The path of what `offered` lists. Raises `BadDataset` for one outside of `FER_DATA`."""
    root = _server_folder()
    if root is None:
        raise BadDataset("this server offers no data: FER_DATA is not set.")
    shown = images.display_name(str(name))
    try:
        path = (root / name).resolve()
        is_there = path.exists()
    except (OSError, ValueError, RuntimeError):
        raise BadDataset(f"{shown!r} is no path. Choose one of those that are offered.") from None
    if not path.is_relative_to(root):
        raise BadDataset(f"{shown!r} leads out of the server's data folder.")
    if not is_there:
        raise BadDataset(f"{shown!r} is not in the server's data folder.")
    return path


def _server_folder() -> Path | None:
    folder = os.environ.get("FER_DATA")
    return Path(folder).resolve() if folder else None


def _offered_in(root: Path, depth: int, inside: Path = Path()) -> Iterator[Path]:
    for path in _inside(root / inside):
        here = inside / path.name
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_file():
            is_votes = path.name == VOTES_NAME
            if path.suffix.lower() in _OFFERED_ENDINGS and not is_votes:
                yield here
        elif path.is_dir() and _has_classes(path):
            yield here
        elif path.is_dir() and depth > 1:
            yield from _offered_in(root, depth - 1, here)


def _has_classes(folder: Path) -> bool:
    """Whether a folder, or one of its splits, has folders for at least two emotions."""
    folders = [path for path in _inside(folder) if path.is_dir() and not path.is_symlink()]
    classes = [path for path in folders if emotions_in(path.name) or path.name.isdigit()]
    return len(classes) > 1 or any(_has_classes(path) for path in folders if split_of(path.name))


def _inside(folder: Path) -> list[Path]:
    """What is in a folder; nothing where it may not be read."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []
