"""Files that one process writes while others read them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

PART = ".part"
_TAIL_BYTES = 200_000


def replace_file(path: Path, data: bytes) -> None:
    """Writes a whole file so that a reader sees the old one or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of `path` once it is complete, and leaves none else."""
    part = path.with_suffix(PART)
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises `OSError` or `ValueError` where there is none."""
    values = json.loads(path.read_text("utf-8"))
    if not isinstance(values, dict):
        raise ValueError(f"{path.name} holds no JSON object")
    return values


def json_rows(data: bytes) -> tuple[list[dict[str, Any]], int]:
    """The objects of all whole lines, and how many bytes those lines take.

    A half-written last line is left for the next reading; a line that is no object is passed over.
    """
    end = data.rfind(b"\n") + 1
    return [row for line in data[:end].splitlines() if (row := _row(line)) is not None], end


def tail(path: Path, lines: int) -> str:
    """The last lines of a text file, without reading a long one from its beginning."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:]) if lines > 0 else ""


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
