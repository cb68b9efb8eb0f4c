"""Bounds on the tags of TIFF and EXIF, which Pillow reads one by one, each into memory of its own.

Thousands of tags may all name the same bytes: a file of 1 MB would take tens of gigabytes. Pillow
reads such directories while it opens a picture of any format, so the bound is set on its reader.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import IO, Any

from PIL.TiffImagePlugin import ImageFileDirectory_v2

MAX_NUMBERS = 500_000
"""Numbers in one tag. A picture of 50 megapixels in tiles of 16 × 16 has 200,000 tiles."""

_BYTES = (1, 2, 6, 7)
"""The types of tags that stay bytes: bytes, text, and what only its writer understands."""
_TIMES = 2
_SLACK = 1 << 20

_load = ImageFileDirectory_v2.load


def _bounded_load(directory: Any, stream: IO[bytes]) -> None:
    """Reads a directory. Raises `SyntaxError`, as Pillow does for what is no picture, where its
    tags are together far longer than the file, or one has too many numbers."""
    at = stream.tell()
    size = stream.seek(0, io.SEEK_END)
    stream.seek(at)
    total = 0
    for kind, number in _entries(stream, size, directory._endian, directory._bigtiff):
        total += number * directory._load_dispatch.get(kind, (0, None))[0]
        if number > MAX_NUMBERS and kind not in _BYTES:
            raise SyntaxError("a tag has too many numbers")
    if total > _TIMES * size + _SLACK:
        raise SyntaxError("the tags are together longer than the file")
    stream.seek(at)
    _load(directory, stream)


def _entries(stream: IO[bytes], size: int, endian: str, is_big: bool) -> Iterator[tuple[int, int]]:
    """Type and number of values of each tag of the directory that begins here."""
    head = stream.read(8 if is_big else 2)
    count = int.from_bytes(head, "little" if endian == "<" else "big")
    entry = struct.Struct(endian + ("2xHQ8x" if is_big else "2xHL4x"))
    data = stream.read(min(count * entry.size, size))
    yield from entry.iter_unpack(data[: len(data) // entry.size * entry.size])


def bound() -> None:
    """Sets the bound in Pillow, for the whole process."""
    ImageFileDirectory_v2.load = _bounded_load  # type: ignore[assignment, method-assign]
