"""What a JPEG costs, read from its headers before any pixel is decoded."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
"""Every marker with a length, and the end; between scans and in them alike."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END = 0xDA, 0xD9
MAX_SEGMENTS = 100_000
_MOST_FILLING = 65_536


@dataclass(frozen=True, slots=True)
class JpegCost:
    """Size in pixels, number of scans, and the bytes of coefficients that a decoder holds."""

    width: int
    height: int
    scans: int
    coefficient_bytes: int


def cost(data: bytes, most_scans: int) -> JpegCost | None:
    """The cost of a JPEG, or None where the data is none.

    A picture in several scans, as a progressive one is, keeps two bytes for each coefficient of
    the full picture until its last scan. Counting stops beyond `most_scans`; a file of more than
    `MAX_SEGMENTS` segments, which nobody writes, counts as one of too many scans, and one with
    filling in place of its headers, which Pillow reads byte by byte, as one of none.
    """
    if not data.startswith(b"\xff\xd8"):
        return None
    width = height = scans = coefficients = 0
    at, segments, filling = 2, 0, 0
    while scans <= most_scans and (match := _MARKER.search(data, at)):
        filling += 0 if scans else match.start() - at
        if filling > _MOST_FILLING:
            break
        marker, at, segments = match[1][0], match.end(), segments + 1
        if segments > MAX_SEGMENTS:
            scans = most_scans + 1
        if marker == _END:
            break
        length = int.from_bytes(data[at : at + 2], "big")
        if marker in _FRAMES:
            height, width, coefficients = _frame(data[at : at + length])
        scans += marker == _START_OF_SCAN
        at += length
    return JpegCost(width, height, scans, 2 * coefficients if scans > 1 else 0)


def _frame(segment: bytes) -> tuple[int, int, int]:
    """Height, width and number of coefficients; zeros where the segment is too short."""
    try:
        height, width, components = struct.unpack_from(">HHB", segment, 3)
        sampling = [segment[9 + 3 * number] for number in range(components)]
    except (struct.error, IndexError):
        return 0, 0, 0
    across = max((value >> 4 for value in sampling), default=1) or 1
    down = max((value & 15 for value in sampling), default=1) or 1
    share = sum((value >> 4) * (value & 15) for value in sampling) / (across * down)
    return height, width, round(width * height * share)
