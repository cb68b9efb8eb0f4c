"""Whether a PNG is cut into so many pieces that reading them takes its time."""

from __future__ import annotations

import struct

MAX_CHUNKS = 200_000
"""Encoders write chunks of 8 KiB or more: 100 MB have about 13,000 of them."""


def has_too_many_chunks(data: bytes) -> bool:
    """Whether the data is a PNG of more than `MAX_CHUNKS` chunks; Pillow reads each in Python."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return False
    at = 8
    for _ in range(MAX_CHUNKS):
        if at + 8 > len(data):
            return False
        (length,) = struct.unpack_from(">I", data, at)
        at += 12 + length
    return True
