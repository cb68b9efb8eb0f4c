"""Pictures that Pillow decodes in Python, number by number: portable pixmaps and packed BMPs."""

from __future__ import annotations

import re

import PIL.Image

MAX_PIXELS = 4_000_000
"""Two to four seconds."""
MAX_BYTES = 20 * 1024 * 1024

_CODECS = ("ppm_plain", "ppm", "bmp_rle")
_PIXMAP = re.compile(rb"P[1-6][\s#]")
_COMMENT = re.compile(rb"#[^\r\n]*")
_BITMAPS = (b"P1", b"P4")
_MOST_HEADER = 4096
_MOST_COMMENTS = 100


def has_long_comments(data: bytes) -> bool:
    """Whether the data is a portable pixmap with more comments than anybody writes: Pillow reads
    those of the header byte by byte, and copies the rest for each of the others."""
    if not _PIXMAP.match(data):
        return False
    numbers = 3 if data.startswith(_BITMAPS) else 4
    is_long = len(_COMMENT.sub(b"", data[:_MOST_HEADER]).split()) < numbers
    is_text = data[:2] in (b"P1", b"P2", b"P3")
    return (is_long and len(data) > _MOST_HEADER) or (is_text and data.count(b"#") > _MOST_COMMENTS)


def is_too_slow(picture: PIL.Image.Image, num_bytes: int) -> bool:
    """Whether an opened picture is one of those, and too large for it."""
    is_large = picture.width * picture.height > MAX_PIXELS or num_bytes > MAX_BYTES
    return is_large and any(tile[0] in _CODECS for tile in getattr(picture, "tile", ()))
