"""Files that visitors uploaded, each kept once in `FER_RUNS/uploads/<SHA-256>/`, which no other
account of the computer may read."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fer.errors import BadDataset
from fer.images import display_name
from fer.runs import status as run_status, store
from fer.runs.store import Run
from fer.storage import files

MAX_BYTES = 1024**3
ENDINGS = (".csv", ".tsv", ".parquet", ".zip")
"""Data sets that can be uploaded; weights have `weights.ENDINGS`."""
GRACE_SECONDS = 600.0
"""An upload so young may belong to a run that is about to be written."""

_MARKS = {
    b"PK\x03\x04": (".zip", ".keras"),
    b"PAR1": (".parquet",),
    b"\x89HDF": (".h5", ".hdf5"),
}
"""The endings of files that begin with these bytes."""

_PIECE = 1 << 20
_HASH = re.compile(r"[0-9a-f]{64}")
_INCOMING = ".incoming-"


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file; `stored` is seconds since 1970, `used_by` the ids of runs that name it."""

    hash: str
    path: Path
    num_bytes: int
    stored: float
    used_by: tuple[str, ...]


def folder() -> Path:
    """Where uploads live: `uploads` in the folder of runs."""
    return store.folder().resolve() / "uploads"


def save(stream: IO[bytes], name: str, endings: Sequence[str] = ENDINGS) -> Path:
    """Writes a stream piece by piece and returns its absolute path, the same for the same bytes.

    The file appears whole or not at all. Raises `BadDataset` where it is empty, larger than 1 GB,
    of another kind than `endings`, or cannot be written.
    """
    safe, shown = safe_name(name, endings), display_name(name)
    incoming = folder() / f"{_INCOMING}{secrets.token_hex(8)}"
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        folder().chmod(0o700)  # versions before this one let others look in
        incoming.mkdir(mode=0o700)
        with files.held(incoming):
            digest = _write(stream, incoming / safe, shown)
            _check_kind(incoming / safe, shown)
            return _settled(incoming, folder() / digest)
    except OSError as error:
        raise BadDataset(f"{shown} cannot be stored: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def safe_name(name: str, endings: Sequence[str] = ENDINGS) -> str:
    """A file name of plain letters with one of `endings`. Raises `BadDataset` for other kinds."""
    base = name.replace("\\", "/").rpartition("/")[2]
    ending = next((ending for ending in endings if base.lower().endswith(ending)), None)
    if ending is None:
        raise BadDataset(
            f"{display_name(name)} cannot be read here. Upload a file that ends in "
            f"{', '.join(endings[:-1])} or {endings[-1]}."
        )
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", base[: -len(ending)]).strip("_")[:60]
    return f"{plain or 'upload'}{ending}"


def listing() -> list[Upload]:
    """All uploads, the newest first."""
    paths = [path for path in folder().glob("*") if _HASH.fullmatch(path.name)]
    listed = [upload for upload in map(_upload, paths) if upload is not None]
    return sorted(listed, key=lambda upload: (-upload.stored, upload.hash))


def hash_of(path: str | Path) -> str | None:
    """The hash of the upload that a path leads to, or None where it leads to none."""
    try:
        inside = Path(path).resolve().relative_to(folder())
    except (OSError, ValueError):
        return None
    return inside.parts[0] if inside.parts and _HASH.fullmatch(inside.parts[0]) else None


def used_by(digest: str) -> tuple[str, ...]:
    """The ids of the runs whose settings name this upload as their data, votes or weights."""
    return tuple(run.id for run in _runs_with(digest))


def named_in(run: Run) -> tuple[str, ...]:
    """The hashes of the uploads that a run's settings name as their data, votes or weights."""
    hashes = map(hash_of, _paths_in(run.path / "settings.json"))
    return tuple(sorted({digest for digest in hashes if digest is not None}))


def delete(digest: str) -> None:
    """Deletes an upload. Raises `BadDataset` where there is none or an active run uses it."""
    path = _existing(digest)
    for run in _runs_with(digest):
        if run.status().state in run_status.ACTIVE:
            raise BadDataset(f"the run {run.id} uses this upload and is active. Stop it first.")
    leaving = folder() / f"{_INCOMING}{secrets.token_hex(8)}"
    try:
        os.rename(path, leaving)  # a reader sees the whole upload or none
        shutil.rmtree(leaving)
    except OSError as error:
        raise BadDataset(f"the upload cannot be deleted: {error.strerror or error}.") from None


def delete_if_unused(digest: str) -> bool:
    """Deletes an upload that no run names any more, as after deleting its last run."""
    if used_by(digest):
        return False
    delete(digest)
    return True


def delete_unused(grace_seconds: float = GRACE_SECONDS) -> list[str]:
    """Deletes uploads older than `grace_seconds` that no run names, and what a crash left over.

    Returns the hashes of what is gone.
    """
    for path in _incoming(grace_seconds):
        shutil.rmtree(path, ignore_errors=True)
    unused = _unused(grace_seconds)
    return [upload.hash for upload in unused if delete_if_unused(upload.hash)]


def left(grace_seconds: float = GRACE_SECONDS) -> list[Path]:
    """What `delete_unused` would delete."""
    return [*_incoming(grace_seconds), *(upload.path for upload in _unused(grace_seconds))]


def _incoming(grace_seconds: float) -> list[Path]:
    found = folder().glob(f"{_INCOMING}*")
    return [path for path in found if files.was_left(path, grace_seconds)]


def _unused(grace_seconds: float) -> list[Upload]:
    oldest = time.time() - grace_seconds
    return [one for one in listing() if not one.used_by and one.stored < oldest]


def _write(stream: IO[bytes], file: Path, shown: str) -> str:
    """Copies the stream into a new file and returns the SHA-256 of its bytes."""
    digest, size = hashlib.sha256(), 0
    with files.private(file) as target:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > MAX_BYTES:
                raise BadDataset(
                    f"{shown} is larger than {MAX_BYTES / 1024**3:g} GB. Upload a part of it, "
                    "or put it into the server's data folder (FER_DATA)."
                )
            digest.update(piece)
            target.write(piece)
    if size == 0:
        raise BadDataset(f"{shown} is empty (0 bytes). Choose another file.")
    return digest.hexdigest()


def _check_kind(file: Path, shown: str) -> None:
    """Raises `BadDataset` where a zip, parquet or HDF5 file comes under another ending."""
    with file.open("rb") as source:
        begin = source.read(4)
    endings = _MARKS.get(begin)
    if endings is not None and file.suffix not in endings:
        raise BadDataset(
            f"{shown} is a {endings[0][1:]} file by its content. Give its name the ending "
            f"{' or '.join(endings)} and upload it again."
        )


def _settled(incoming: Path, final: Path) -> Path:
    """Renames a new folder, or keeps the existing one with the same bytes."""
    try:
        os.rename(incoming, final)
    except OSError:
        if _file_in(final) is None:
            raise
    os.utime(final)
    stored = _file_in(final)
    assert stored is not None
    return stored


def _upload(path: Path) -> Upload | None:
    file = _file_in(path)
    if file is None:
        return None
    return Upload(path.name, file, file.stat().st_size, _changed(path), used_by(path.name))


def _file_in(folder: Path) -> Path | None:
    return next((file for file in folder.glob("*") if file.is_file()), None)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _existing(digest: str) -> Path:
    path = folder() / digest
    if not _HASH.fullmatch(digest) or not path.is_dir():
        raise BadDataset("there is no such upload; it may have been deleted already.")
    return path


def _runs_with(digest: str) -> list[Run]:
    return [
        Run(file.parent)
        for file in sorted(store.folder().glob("*/settings.json"))
        if digest in map(hash_of, _paths_in(file))
    ]


def _paths_in(settings: Path) -> list[str]:
    """The files that a run's settings name; none where they cannot be read."""
    try:
        values = files.json_object(settings)
    except (OSError, ValueError):
        return []
    named = (values.get(setting) for setting in ("data", "votes", "weights"))
    return [path for path in named if isinstance(path, str)]
