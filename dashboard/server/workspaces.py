"""Folders of commands: what a visitor uploaded for one, and what it writes. Nobody else may read
them, and none outlives its server for long.

They lie in `FER_RUNS/.commands`. Each names the process that made it, and is deleted with its
command, when that process ends, or by the next server's sweep where it was killed. Only what a
visitor may come back to survives that, for two hours.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from fer.errors import FerError
from fer.figures import checked
from fer.runs import processes
from fer.runs.processes import Identity
from fer.storage import files, folders

Workspace = tempfile.TemporaryDirectory[str]

LONGEST_LEFT_SECONDS = 2 * 3600.0
"""How long a finished result waits for its visitor after its server was killed."""
UMASK = 0o077
_UNNAMED_SECONDS = 60.0
"""A folder so young may be about to get its owner's name."""
_OWNER, _KEPT = "owner.json", "kept.json"


class Kept(msgspec.Struct, frozen=True):
    """How a result is found again: the hash of its key, the file that is there once it is
    finished, and what its page must know."""

    key: str
    result: str
    title: str
    arguments: list[str]


def folder() -> Path:
    return folders.runs().resolve() / ".commands"


def new(kind: str) -> Workspace:
    """A folder that this process owns. Raises `FerError` where it cannot be made."""
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(prefix=f"{kind}-", dir=folder())
        owner = json.dumps(dataclasses.asdict(processes.identity()))
        files.replace_file(Path(made.name, _OWNER), owner.encode())
    except OSError as error:
        reason = files.reason_of(error)
        raise FerError(f"the folder of runs cannot be written: {reason}.") from None
    return made


def keep(workspace: Workspace, key: str, result: str, title: str, arguments: list[str]) -> None:
    """Lets `take_over` find a finished result by its key, which itself is not written down."""
    kept = Kept(_digest(key), result, title, arguments)
    files.replace_file(Path(workspace.name, _KEPT), msgspec.json.encode(kept))


def take_over(key: str) -> tuple[Workspace, Kept] | None:
    """A finished result that a killed server left, in a folder of this process; None if there is
    none."""
    for path in _existing():
        kept = _kept(path)
        if kept is not None and kept.key == _digest(key) and _is_left(path) and _waits(path, kept):
            return _taken_over(path, kept)
    return None


def sweep() -> None:
    """Deletes the folders of processes that are gone, except what a visitor may come back to."""
    for path in left():
        shutil.rmtree(path, ignore_errors=True)


def left() -> list[Path]:
    """What `sweep` deletes."""
    return [path for path in _existing() if _is_left(path) and not _may_come_back(path)]


def _may_come_back(path: Path) -> bool:
    kept = _kept(path)
    return kept is not None and _waits(path, kept)


def _taken_over(path: Path, kept: Kept) -> tuple[Workspace, Kept] | None:
    workspace = new("again")
    moved = Path(workspace.name, path.name)
    try:
        os.rename(path, moved)  # of two who try, one succeeds
        for item in list(moved.iterdir()):
            if item.name != _OWNER:
                item.rename(Path(workspace.name, item.name))
        shutil.rmtree(moved)
    except OSError:
        workspace.cleanup()
        return None
    arguments = [text.replace(str(path), workspace.name) for text in kept.arguments]
    return workspace, msgspec.structs.replace(kept, arguments=arguments)


def _existing() -> list[Path]:
    with suppress(OSError):
        return [path for path in folder().iterdir() if path.is_dir() and not path.is_symlink()]
    return []


def _is_left(path: Path) -> bool:
    """Whether its process is gone."""
    try:
        owner = checked(Identity, files.json_object(path / _OWNER), "owner")
    except FileNotFoundError:
        return _seconds_since(path) > _UNNAMED_SECONDS
    except (OSError, ValueError):
        return True
    return not owner.is_alive()


def _waits(path: Path, kept: Kept) -> bool:
    """Whether a result is finished, and its visitor may still come back to it."""
    result = (path / kept.result).resolve()
    return result.is_relative_to(path) and _seconds_since(result) < LONGEST_LEFT_SECONDS


def _kept(path: Path) -> Kept | None:
    try:
        return checked(Kept, files.json_object(path / _KEPT), "result")
    except (OSError, ValueError):
        return None


def _seconds_since(path: Path) -> float:
    """Since it was changed; for ever where it is not there."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
