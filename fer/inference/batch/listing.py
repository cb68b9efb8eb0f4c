"""The pictures that paths and folders name, in order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fer import images


@dataclass(frozen=True, slots=True)
class Listed:
    """A picture by the name that records give it, and its file, or why there is none."""

    name: str
    path: Path | None = None
    problem: str = ""


def pictures(paths: Sequence[str]) -> tuple[list[Listed], list[str]]:
    """What is to be read, and a sentence for each folder that holds other files as well.

    A folder is read recursively in sorted order, by the endings of pictures; a file that is named
    is always tried.
    """
    listed: list[Listed] = []
    notes: list[str] = []
    for given in paths:
        if not given:
            listed.append(Listed(given, problem="an empty path names no picture."))
        elif os.path.isdir(given):
            _add_folder(given, listed, notes)
        else:
            listed.append(Listed(given, Path(given)))
    return listed, notes


def _add_folder(given: str, listed: list[Listed], notes: list[str]) -> None:
    folder = Path(given)
    all_files = sorted(path for path in folder.rglob("*") if path.is_file())
    files = [file for file in all_files if file.suffix.lower() in images.ENDINGS]
    if len(files) < len(all_files):
        notes.append(_passed_over(given, set(all_files) - set(files)))
    for file in files:
        name = f"{given.rstrip('/')}/{file.relative_to(folder).as_posix()}"
        listed.append(Listed(name, file))
    if not files:
        problem = f"the folder {images.display_name(given)} holds no pictures."
        listed.append(Listed(given, problem=problem))


def _passed_over(folder: str, files: Iterable[Path]) -> str:
    endings = Counter(file.suffix.lower() or "without ending" for file in files)
    counts = ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
    return f"files passed over in {images.display_name(folder)}: {counts}."
