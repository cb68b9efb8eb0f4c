"""Files that one process writes while others read them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

if sys.platform != "win32":
    import fcntl

PART = ".part"
_TAIL_BYTES = 200_000
MOST_JSON_BYTES = 16 * 1024**2
"""The largest JSON file that is read."""
_DEEPEST = 32
_LARGEST_INTEGER = 2**63
LEFT_SECONDS = 3600.0
"""A hidden folder that has not changed for so long, and that no process holds, was left."""
_HIDDEN = re.compile(r"\..+[.-][0-9a-f]{4,8}")


def replace_file(path: Path, data: bytes) -> None:
    """Writes a whole file so that a reader sees the old one or the new one, never a part of it."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def overwrite_file(path: Path, data: bytes) -> None:
    """Writes over a text file where it lies, which a full disk still has room for. Readers may see
    a part of it; a longer one before it is followed by blanks."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        file.write(data.ljust(size))


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that replaces `path` once it is complete; an incomplete one is removed."""
    part = path.with_suffix(PART)
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def private(path: Path) -> IO[bytes]:
    """A new file to write that no other account may read."""
    return open(path, "xb", opener=_private_opener)


@contextlib.contextmanager
def hidden_folder(parent: Path) -> Iterator[Path]:
    """A folder to make something in, which is gone afterwards unless it was renamed.

    What killed processes left there is removed first.
    """
    remove_leftovers(parent)
    path = parent / f".making-{secrets.token_hex(4)}"
    path.mkdir(parents=True)
    try:
        with held(path):
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Inside, a folder is none that was left, also where somebody sets the clock forward. The lock
    ends with its process; where the system has none, the folder's age alone counts."""
    handle = None
    with contextlib.suppress(OSError):
        handle = _locked(path)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def was_left(path: Path, seconds: float = LEFT_SECONDS) -> bool:
    """Whether a hidden folder or file has not changed for so long, and nobody holds it."""
    try:
        return time.time() - path.lstat().st_mtime > seconds and not _is_held(path)
    except OSError:
        return False


def leftovers(parent: Path) -> list[Path]:
    """What processes that were killed have left half-made or half-deleted in a folder."""
    return [path for path in parent.glob(".*") if _HIDDEN.fullmatch(path.name) and was_left(path)]


def remove_leftovers(parent: Path) -> None:
    """Removes `leftovers`, where it can."""
    for path in leftovers(parent):
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def _is_held(path: Path) -> bool:
    try:
        os.close(_locked(path, waits=False))
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def _locked(path: Path, waits: bool = True) -> int:
    """A handle of a folder that is locked until it is closed. Raises `OSError` where there are no
    such locks, and `BlockingIOError` where another one has it."""
    if sys.platform == "win32":
        raise OSError
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError:
        os.close(handle)
        raise
    return handle


def reason_of(error: Exception) -> str:
    """Why something failed, without the server's path that the system's message names."""
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")


def file_hash(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse_json(data: str | bytes) -> Any:
    """The value that JSON stands for. Raises `ValueError`, and nothing else, for what is none or
    what breaks those who use it: deep nesting, integers beyond 64 bits, half a surrogate pair."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    _check_json(value)
    return value


def json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises `OSError` or `ValueError` where there is none."""
    with path.open("rb") as file:
        data = file.read(MOST_JSON_BYTES + 1)
    if len(data) > MOST_JSON_BYTES:
        raise ValueError(f"{path.name} is larger than {MOST_JSON_BYTES // 1024**2} MB")
    values = parse_json(data)
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


def _private_opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = parse_json(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _check_json(value: Any) -> None:
    values, depth = [value], 0
    while values:
        depth += 1
        if depth > _DEEPEST:
            raise ValueError("the JSON is nested too deeply")
        inner: list[Any] = []
        for item in values:
            if isinstance(item, dict):
                inner += [*item, *item.values()]
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str):
                _check_text(item)
            elif isinstance(item, int) and abs(item) >= _LARGEST_INTEGER:
                raise ValueError("the JSON has an integer of more than 64 bits")
        values = inner


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the JSON has a text with half a surrogate pair") from None
